# Reads groups and people into the mirror, behind the queue of the Directory API.
module "grouprefresh" {
  source      = "./modules/function"
  platform    = local.platform
  name        = "grouprefresh"
  entry_point = "GroupRefresh"

  scopes    = ["admin.directory.group.readonly", "admin.directory.group.member.readonly", "admin.directory.user.readonly"]
  publishes = ["group-changed", "change-events"]
  enqueues  = [module.grouprefresh.queue]

  environment = {
    CUSTOMER_ID = var.workspace_customer
  }

  queue = {
    name        = "directory"
    rate        = 39 # each task is one call, and Google grants 2,400 in a minute
    concurrency = 20
    min_backoff = 2
    max_backoff = 300
  }

  subscriptions = {
    grouprefresh-approved = {
      topic  = "change-events"
      filter = { kind = ["group.members.plan"], state = ["approved"] }
    }
  }

  jobs = {
    walk   = { schedule = "17 3 * * *", alert_after = "26h" }
    secure = { schedule = "*/15 * * * *", alert_after = "1h" }
    held   = { schedule = "*/15 * * * *", alert_after = "1h" }
  }
}

output "grouprefresh" {
  value = module.grouprefresh.summary
}
