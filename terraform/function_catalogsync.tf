# Makes the data catalogue say what the policy says, as the only caller of OpenMetadata.
module "catalogsync" {
  source      = "./modules/function"
  platform    = local.platform
  name        = "catalogsync"
  entry_point = "CatalogSync"

  idle = var.openmetadata_url == ""

  publishes = ["change-events"]
  enqueues  = [module.catalogsync.queue, module.slacknotify.queue]

  environment = {
    OPENMETADATA_URL = var.openmetadata_url
    OPENMETADATA_BOT = var.openmetadata_bot
    SLACK_CHANNEL    = var.slack_channel
  }

  secrets = {
    OPENMETADATA_TOKEN = "openmetadata-token"
  }

  queue = {
    name        = "openmetadata"
    rate        = 1
    concurrency = 1
    min_backoff = 10
    max_backoff = 900
  }

  jobs = {
    sync  = { schedule = "11 5 * * *", alert_after = "26h" }
    drift = { schedule = "37 * * * *", alert_after = "3h" }
  }

  subscriptions = {
    catalogsync-group-changed = { topic = "group-changed" }
    catalogsync-approved = {
      topic  = "change-events"
      filter = { kind = ["catalog.apply"], state = ["approved"] }
    }
  }
}

output "catalogsync" {
  value = module.catalogsync.summary
}
