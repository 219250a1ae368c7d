# Asks and tells people in Slack, as the only one that posts.
module "slacknotify" {
  source      = "./modules/function"
  platform    = local.platform
  name        = "slacknotify"
  entry_point = "SlackNotify"

  enqueues = [module.slacknotify.queue]

  environment = {
    SLACK_CHANNEL   = var.slack_channel
    SLACK_LANGUAGE  = var.slack_language
    SLACK_TIME_ZONE = var.slack_time_zone
  }

  secrets = {
    SLACK_TOKEN = "slack-token"
  }

  queue = {
    name        = "slack"
    rate        = 5
    concurrency = 5
    min_backoff = 5
    max_backoff = 600
  }

  subscriptions = {
    slacknotify-changes = { topic = "change-events" }
  }
}

output "slacknotify" {
  value = module.slacknotify.summary
}
