# Secrets are made here without a value. People put values in, with
# gcloud secrets versions add NAME --data-file=-, so that no value is in Terraform's state.

locals {
  # Every secret; whether there is anything that it opens.
  opens = {
    slack-token             = true
    slack-signing-secret    = true
    looker-client-id        = var.looker_url != ""
    looker-client-secret    = var.looker_url != ""
    fivetran-key            = var.fivetran
    fivetran-secret         = var.fivetran
    fivetran-webhook-secret = var.fivetran && var.fivetran_webhooks
    openmetadata-token      = var.openmetadata_url != ""
  }

  # Older versions that hold beside the one in force.
  former = {
    slack-signing-secret    = var.slack_signing_secret_former_version
    fivetran-webhook-secret = var.fivetran_webhook_secret_former_version
  }

  # What functions get, by the name that they use. A secret without a version is not set.
  secrets = merge(
    { for name, s in google_secret_manager_secret.secret : name => {
      id      = s.secret_id
      version = local.opens[name] ? lookup(var.secret_versions, name, "1") : ""
    } },
    { for name, version in local.former : "${name}-former" => {
      id      = google_secret_manager_secret.secret[name].secret_id
      version = version
    } },
  )
}

resource "google_secret_manager_secret" "secret" {
  for_each  = local.opens
  project   = var.project
  secret_id = each.key

  replication {
    auto {}
  }

  depends_on = [google_project_service.service]
}
