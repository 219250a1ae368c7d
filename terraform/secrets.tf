# Secrets are made here without a value. People put values in, with
# gcloud secrets versions add NAME --data-file=-, so that no value is in Terraform's state.

resource "google_secret_manager_secret" "secret" {
  for_each  = toset(["slack-token", "slack-signing-secret"])
  project   = var.project
  secret_id = each.value

  replication {
    auto {}
  }

  depends_on = [google_project_service.service]
}

locals {
  secret_versions = { for name, s in google_secret_manager_secret.secret : name => { id = s.secret_id, version = lookup(var.secret_versions, name, "1") } }

  # By the name that a function uses; a former secret is an older version of the same one.
  secrets = merge(local.secret_versions, {
    slack-signing-secret-former = {
      id      = google_secret_manager_secret.secret["slack-signing-secret"].secret_id
      version = var.slack_signing_secret_former_version
    }
  })
}
