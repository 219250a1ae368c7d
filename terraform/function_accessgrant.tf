# Gives access for a time, and takes it back, as the only writer of IAM policies.
module "accessgrant" {
  source      = "./modules/function"
  platform    = local.platform
  name        = "accessgrant"
  entry_point = "AccessGrant"

  publishes = ["change-events"]
  enqueues  = [module.accessgrant.queue, module.slacknotify.queue]

  # It changes no policy as itself.
  acts_as = {
    granter = google_service_account.granter.name
  }

  environment = {
    GRANTER       = google_service_account.granter.email
    SLACK_CHANNEL = var.slack_channel
  }

  queue = {
    name        = "iam"
    rate        = 5
    concurrency = 5
    min_backoff = 2
    max_backoff = 300
  }

  # A round through the policies of many places is many requests.
  timeout = 1620

  jobs = {
    ending = { schedule = "* * * * *", alert_after = "10m" }
    places = { schedule = "13 * * * *", alert_after = "3h" }
    clean  = { schedule = "23 4 * * *", alert_after = "26h" }
  }

  subscriptions = {
    accessgrant-group-changed = { topic = "group-changed" }
    accessgrant-approved = {
      topic  = "change-events"
      filter = { kind = ["access.grant", "access.revoke", "access.review"], state = ["approved"] }
    }
  }
}

# The account that may change policies. It has no key; only accessgrant becomes it, for an hour
# at a time.
resource "google_service_account" "granter" {
  project      = var.project
  account_id   = "granter"
  display_name = "Gives and takes back access, on behalf of accessgrant"

  depends_on = [google_project_service.service]
}

# It may give and take back these roles and no others
# (https://cloud.google.com/iam/docs/setting-limits-on-granting-roles).
resource "google_project_iam_member" "granter" {
  for_each = var.access_targets
  project  = each.key
  role     = "roles/resourcemanager.projectIamAdmin"
  member   = "serviceAccount:${google_service_account.granter.email}"

  condition {
    title      = "only what Sekisho gives"
    expression = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(${jsonencode(each.value)})"
  }
}

output "accessgrant" {
  value = module.accessgrant.summary
}
