# Makes connections and hands them to the owners of the data, as the only caller of Fivetran.
module "connectcard" {
  source      = "./modules/function"
  platform    = local.platform
  name        = "connectcard"
  entry_point = "ConnectCard"

  # Fivetran cannot sign in; it signs its webhooks. Owners sign in at the proxy of a load balancer,
  # whose signature the function checks: without it, nothing is opened.
  public       = true
  iap_audience = var.iap_audience

  publishes = ["change-events"]
  enqueues  = [module.connectcard.queue, module.slacknotify.queue]

  environment = {
    FIVETRAN_WEBHOOK_URL = var.fivetran_webhooks ? module.connectcard.url : ""
  }

  secrets = {
    FIVETRAN_KEY                   = "fivetran-key"
    FIVETRAN_SECRET                = "fivetran-secret"
    FIVETRAN_WEBHOOK_SECRET        = "fivetran-webhook-secret"
    FIVETRAN_WEBHOOK_SECRET_FORMER = "fivetran-webhook-secret-former"
  }

  queue = {
    name        = "fivetran"
    rate        = 2 # 250 setup tests a minute, 20,000 requests an hour
    concurrency = 4
    min_backoff = 10
    max_backoff = 600
  }

  jobs = {
    watch = { schedule = "*/5 * * * *", alert_after = "30m" }
    list  = { schedule = "41 * * * *", alert_after = "3h" }
    check = { schedule = "23 2 * * *", alert_after = "26h" }
  }

  subscriptions = {
    connectcard-approved = {
      topic  = "change-events"
      filter = { kind = ["connection.create", "connection.renew"], state = ["approved"] }
    }
  }
}

output "connectcard" {
  value = module.connectcard.summary
}
