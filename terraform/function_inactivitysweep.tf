# Looks every night for accounts that nobody uses.
module "inactivitysweep" {
  source      = "./modules/function"
  platform    = local.platform
  name        = "inactivitysweep"
  entry_point = "InactivitySweep"

  # Delegated only where policy looks after accounts of Google Workspace.
  scopes    = ["admin.directory.user.readonly"]
  publishes = ["change-events"]
  enqueues  = [module.slacknotify.queue]

  environment = {
    LOOKER_URL     = var.looker_url
    LOOKER_ADDRESS = var.looker_address
  }

  secrets = {
    LOOKER_CLIENT_ID     = "looker-client-id"
    LOOKER_CLIENT_SECRET = "looker-client-secret"
  }

  # A listing of many thousand accounts is many requests.
  timeout = 1620

  jobs = {
    sweep = { schedule = "41 2 * * *", alert_after = "26h" }
  }
}

output "inactivitysweep" {
  value = module.inactivitysweep.summary
}
