# Serves the mirror to other systems of the company.
module "groupapi" {
  source      = "./modules/function"
  platform    = local.platform
  name        = "groupapi"
  entry_point = "GroupAPI"

  # It remembers nothing.
  roles    = ["roles/datastore.viewer"]
  enqueues = [module.grouprefresh.queue, module.groupsettings.queue]

  # Google lets nobody else in; what each of them may ask is decided by the function.
  clients = [for c in var.api_clients : "serviceAccount:${c.account}"]

  environment = {
    API_AUDIENCE = module.groupapi.url
    API_CLIENTS  = jsonencode(var.api_clients)
  }
}

output "groupapi" {
  value = module.groupapi.summary
}
