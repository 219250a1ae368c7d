# Receives what people press in Slack, and decides whether it counts.
module "slackinteract" {
  source      = "./modules/function"
  platform    = local.platform
  name        = "slackinteract"
  entry_point = "SlackInteract"

  # Slack cannot sign in; it signs every request.
  public = true
  # Slack waits three seconds: one instance is always awake.
  min_instances = 1

  publishes = ["change-events"]
  enqueues  = [module.slackinteract.queue, module.slacknotify.queue, module.accessgrant.queue, module.connectcard.queue, module.catalogsync.queue]

  environment = {
    SLACK_TEAM_ID = var.slack_team
  }

  secrets = {
    SLACK_TOKEN                 = "slack-token"
    SLACK_SIGNING_SECRET        = "slack-signing-secret"
    SLACK_SIGNING_SECRET_FORMER = "slack-signing-secret-former"
  }

  queue = {
    name        = "presses"
    rate        = 100
    concurrency = 20
    min_backoff = 1
    max_backoff = 60
  }
}

output "slackinteract" {
  value = module.slackinteract.summary
}
