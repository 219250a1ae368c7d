package contract

// SlackExceptions are the known differences between Slack's descriptions and Slack.
var SlackExceptions = []Exception{
	// Arguments.
	{
		Operation: "conversations.history", At: "argument.include_all_metadata", Text: "*the method has no such argument",
		Reason: "https://docs.slack.dev/reference/methods/conversations.history has it; only the OpenAPI document, which is older, is at hand for this method",
	},
	{
		Operation: "response_url", At: "body.blocks", Text: "*it is null, which is not documented",
		Reason: "slack-go writes null where a message has no blocks, and Slack takes it",
	},
	{
		Operation: "response_url", At: "body.metadata.event_payload", Text: "*it is null, which is not documented",
		Reason: "slack-go writes metadata without content where a message has none, and Slack takes it",
	},

	// Errors.
	{
		Operation: "*", At: "answer.error", Text: "invalid_auth is not documented for this method",
		Reason: "every method says so of a wrong token; the reference lists it for auth.test alone and shows it in examples of others",
	},
	{
		Operation: "*", At: "answer.error", Text: "invalid_arguments is not documented for this method",
		Reason: "every method says so, with its reasons under response_metadata, as the reference's example of views.publish shows",
	},
	{
		Operation: "*", At: "answer.error", Text: "invalid_json is not documented for this method",
		Reason: "methods that take JSON say so: https://docs.slack.dev/apis/web-api#posting_json; the OpenAPI document lists it",
	},
	{
		Operation: "*", At: "answer.error", Text: "json_not_object is not documented for this method",
		Reason: "methods that take JSON say so: https://docs.slack.dev/apis/web-api#posting_json; the OpenAPI document lists it",
	},
	{
		Operation: "chat.postMessage", At: "answer.error", Text: "msg_too_long is not documented for this method",
		Reason: "Slack cuts text above 40,000 characters; the simulator refuses it, so that nobody relies on that. The OpenAPI document has the error",
	},
	{
		Operation: "conversations.open", At: "answer.error", Text: "cannot_dm_bot is not documented for this method",
		Reason: "Slack says so when a bot opens direct messages with a bot; many programs handle it",
	},
	{
		Operation: "conversations.history", At: "answer.error", Text: "not_in_channel is not documented for this method",
		Reason: "the OpenAPI document is older than the error: https://github.com/slackapi/deno-slack-sdk/issues/128",
	},
	{
		Operation: "users.list", At: "answer.error", Text: "invalid_limit is not documented for this method",
		Reason: "documented for the listings of conversations; what users.list says is not documented",
	},
	{
		Operation: "*", At: "answer.errors", Text: "there is no such field in the error invalid_blocks",
		Reason: "Slack repeats the reasons of invalid_blocks there: https://github.com/slackapi/bolt-python/issues/1016",
	},

	// Answers.
	{
		Operation: "*", At: "*message*.app_id", Text: "there is no such field",
		Reason: "messages of apps have it; the OpenAPI document is older",
	},
	{
		Operation: "*", At: "*message*.edited", Text: "there is no such field",
		Reason: "https://docs.slack.dev/reference/events/message/message_changed; the OpenAPI document leaves it out",
	},
	{
		Operation: "*", At: "*.view.app_installed_team_id", Text: "there is no such field",
		Reason: "https://docs.slack.dev/reference/events/app_home_opened shows it",
	},
	{
		Operation: "conversations.list", At: "answer.channels[].context_team_id", Text: "there is no such field",
		Reason: "the reference's example of conversations.info shows it",
	},
	{
		Operation: "conversations.history", At: "answer.channel_actions_*", Text: "it is required and not there",
		Reason: "Slack's own libraries take it for optional, and current examples are without it",
	},

	// What Slack posts to the app.
	{
		Operation: "slack.event.*", At: "body.authed_users", Text: "it is required and not there",
		Reason: "replaced by authorizations: https://docs.slack.dev/changelog/2020-09-15-events-api-truncate-authed-users",
	},
}
