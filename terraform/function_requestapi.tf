# Takes requests from other tools of the company, for the people who are signed in there.
module "requestapi" {
  source      = "./modules/function"
  platform    = local.platform
  name        = "requestapi"
  entry_point = "RequestAPI"

  publishes = ["change-events"]

  # Google lets nobody else in. Who asks is told by a token of the person's own, besides.
  clients = var.request_clients

  environment = {
    REQUESTS_AUDIENCES = join(",", concat([module.requestapi.url], var.request_audiences))
  }
}

output "requestapi" {
  value = module.requestapi.summary
}
