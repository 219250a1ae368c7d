# Receives what Google notifies of changes to groups: from its push channels, and by way of
# Cloud Logging.
module "groupwebhook" {
  source      = "./modules/function"
  platform    = local.platform
  name        = "groupwebhook"
  entry_point = "GroupWebhook"

  # Google's push channels cannot sign in; each has a token of its own.
  public = true

  enqueues = [module.grouprefresh.queue, module.groupsettings.queue]

  environment = {
    ROBOT_EMAIL = var.workspace_subject
    CUSTOMER_ID = var.workspace_customer
  }

  subscriptions = {
    groupwebhook-audit-log = { topic = "workspace-audit" }
  }
}

output "groupwebhook" {
  value = module.groupwebhook.summary
}
