package contract

// SlackExceptions are the known differences between Slack's descriptions and Slack.
var SlackExceptions = []Exception{}
