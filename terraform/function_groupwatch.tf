# Keeps Google's push channels open, and finds in the audit log what no notification told.
module "groupwatch" {
  source      = "./modules/function"
  platform    = local.platform
  name        = "groupwatch"
  entry_point = "GroupWatch"

  scopes   = ["admin.reports.audit.readonly"]
  enqueues = [module.grouprefresh.queue, module.groupsettings.queue]

  environment = {
    WEBHOOK_URL = module.groupwebhook.url
    ROBOT_EMAIL = var.workspace_subject
  }

  jobs = {
    # A channel lives for six hours.
    renew = { schedule = "7 * * * *", alert_after = "3h" }
    poll  = { schedule = "*/5 * * * *", alert_after = "20m" }
  }
}

output "groupwatch" {
  value = module.groupwatch.summary
}
