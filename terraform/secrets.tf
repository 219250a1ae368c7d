# Secrets are made here without a value. People put values in, with
# gcloud secrets versions add NAME --data-file=-, so that no value is in Terraform's state.

resource "google_secret_manager_secret" "secret" {
  for_each  = toset(["slack-token", "slack-signing-secret", "looker-client-id", "looker-client-secret", "fivetran-key", "fivetran-secret", "fivetran-webhook-secret", "openmetadata-token"])
  project   = var.project
  secret_id = each.value

  replication {
    auto {}
  }

  depends_on = [google_project_service.service]
}

locals {
  # Whether there is what a secret opens.
  opened = {
    looker       = var.looker_url != ""
    fivetran     = var.fivetran
    openmetadata = var.openmetadata_url != ""
  }

  # What functions get, by the name that they use. A secret without a version is not set; a
  # former one is an older version of the same secret.
  secrets = merge(
    { for name, s in google_secret_manager_secret.secret : name => {
      id      = s.secret_id
      version = lookup(local.opened, split("-", name)[0], true) ? lookup(var.secret_versions, name, "1") : ""
    } },
    { slack-signing-secret-former = {
      id      = google_secret_manager_secret.secret["slack-signing-secret"].secret_id
      version = var.slack_signing_secret_former_version
    } },
    { fivetran-webhook-secret-former = {
      id      = google_secret_manager_secret.secret["fivetran-webhook-secret"].secret_id
      version = var.fivetran_webhook_secret_former_version
    } },
  )
}
