package world

// slackScopes are those of the app's manifest, docs/slack-app.yaml: what a function calls beyond them
// is refused here as it would be at the vendor.
var slackScopes = []string{
	"channels:history", "channels:read", "chat:write", "commands", "groups:history", "groups:read", "im:history", "im:write", "users:read", "users:read.email",
}
