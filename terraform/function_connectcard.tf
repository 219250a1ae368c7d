# Makes connections to data sources and hands them to the owners of the data, as the only caller
# of Fivetran.
module "connectcard" {
  source      = "./modules/function"
  platform    = local.platform
  name        = "connectcard"
  entry_point = "ConnectCard"

  idle = !var.fivetran

  # Fivetran's webhooks cannot sign in; each is signed. Without them hand-overs are looked at
  # every five minutes, and nobody outside calls but the page's visitors.
  public       = var.fivetran_webhooks
  visitors     = true
  iap_audience = var.connect_domain == "" ? "" : "/projects/${data.google_project.project.number}/global/backendServices/${google_compute_backend_service.connect[0].generated_id}"

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

  # Setup tests talk to the source, and may take five minutes.
  timeout = 360

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

# --- The page on which owners of data begin ---------------------------------------------------
# A load balancer under the company's own name, with Google's Identity-Aware Proxy in front of
# the function: who comes is signed in, and the function checks the proxy's signature.

resource "google_compute_global_address" "connect" {
  count   = var.connect_domain == "" ? 0 : 1
  project = var.project
  name    = "connect"

  depends_on = [google_project_service.service]
}

resource "google_compute_managed_ssl_certificate" "connect" {
  count   = var.connect_domain == "" ? 0 : 1
  project = var.project
  name    = "connect"
  managed {
    domains = [var.connect_domain]
  }

  depends_on = [google_project_service.service]
}

resource "google_compute_region_network_endpoint_group" "connect" {
  count                 = var.connect_domain == "" ? 0 : 1
  project               = var.project
  name                  = "connect"
  region                = var.region
  network_endpoint_type = "SERVERLESS"
  cloud_run {
    service = "connectcard"
  }

  depends_on = [google_project_service.service]
}

resource "google_compute_backend_service" "connect" {
  count                 = var.connect_domain == "" ? 0 : 1
  project               = var.project
  name                  = "connect"
  protocol              = "HTTPS"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  backend {
    group = google_compute_region_network_endpoint_group.connect[0].id
  }
  iap {
    enabled = true
  }
}

resource "google_compute_url_map" "connect" {
  count           = var.connect_domain == "" ? 0 : 1
  project         = var.project
  name            = "connect"
  default_service = google_compute_backend_service.connect[0].id
}

resource "google_compute_target_https_proxy" "connect" {
  count            = var.connect_domain == "" ? 0 : 1
  project          = var.project
  name             = "connect"
  url_map          = google_compute_url_map.connect[0].id
  ssl_certificates = [google_compute_managed_ssl_certificate.connect[0].id]
}

resource "google_compute_global_forwarding_rule" "connect" {
  count                 = var.connect_domain == "" ? 0 : 1
  project               = var.project
  name                  = "connect"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.connect[0].id
  port_range            = "443"
  target                = google_compute_target_https_proxy.connect[0].id
}

# Who may come as far as the function. Whether a page is theirs is decided there.
resource "google_project_iam_member" "connect" {
  for_each = var.connect_domain == "" ? [] : toset(var.connect_people)
  project  = var.project
  role     = "roles/iap.httpsResourceAccessor"
  member   = each.value
}
