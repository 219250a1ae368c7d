# Stops accounts, gives them back and makes new ones, as the only writer of Looker.
module "accountaction" {
  source      = "./modules/function"
  platform    = local.platform
  name        = "accountaction"
  entry_point = "AccountAction"

  # Delegated only where policy looks after accounts of Google Workspace.
  scopes    = ["admin.directory.user"]
  publishes = ["change-events"]
  enqueues  = [module.accountaction.queue]

  environment = {
    LOOKER_URL = var.looker_url
  }

  secrets = {
    LOOKER_CLIENT_ID     = "looker-client-id"
    LOOKER_CLIENT_SECRET = "looker-client-secret"
  }

  queue = {
    name        = "looker"
    rate        = 2
    concurrency = 2
    min_backoff = 10
    max_backoff = 900
  }

  subscriptions = {
    accountaction-approved = {
      topic = "change-events"
      filter = {
        kind  = ["account.disable", "account.disable.plan", "account.listing", "account.enable", "account.create"]
        state = ["approved"]
      }
    }
    accountaction-kept = {
      topic  = "change-events"
      filter = { kind = ["account.disable"], state = ["denied"] }
    }
  }
}

output "accountaction" {
  value = module.accountaction.summary
}
