# Bundles, and the account as which Cloud Build makes functions of them.

resource "google_storage_bucket" "bundles" {
  project                     = var.project
  name                        = "${var.project}-bundles"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = true
  }

  # Long enough to go back to any of them.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      with_state = "ARCHIVED"
      age        = 365
    }
  }

  depends_on = [google_project_service.service]
}

resource "google_service_account" "builder" {
  project      = var.project
  account_id   = "function-builder"
  display_name = "Cloud Build, as which functions are built"

  depends_on = [google_project_service.service]
}

resource "google_project_iam_member" "builder" {
  for_each = toset(["roles/logging.logWriter", "roles/artifactregistry.writer"])
  project  = var.project
  role     = each.value
  member   = "serviceAccount:${google_service_account.builder.email}"
}

# Bundles, and what Cloud Functions copies of them into a bucket of its own.
resource "google_project_iam_member" "builder_sources" {
  project = var.project
  role    = "roles/storage.objectViewer"
  member  = "serviceAccount:${google_service_account.builder.email}"
}
