# Sekisho on Google Cloud. Every function is one file, function_<name>.tf, over
# modules/function; the other files are what functions share.

terraform {
  required_version = ">= 1.9"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.0"
    }
  }

  # Where the state is, is said when Terraform is initialised:
  # terraform init -backend-config=bucket=NAME
  backend "gcs" {
    prefix = "sekisho"
  }
}

provider "google" {
  project = var.project
  region  = var.region
}

data "google_project" "project" {
  project_id = var.project
}

resource "google_project_service" "service" {
  for_each = toset([
    "admin.googleapis.com",
    "artifactregistry.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudfunctions.googleapis.com",
    "cloudscheduler.googleapis.com",
    "cloudtasks.googleapis.com",
    "compute.googleapis.com",
    "firebaserules.googleapis.com",
    "firestore.googleapis.com",
    "groupssettings.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "iap.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "sts.googleapis.com",
  ])
  project            = var.project
  service            = each.value
  disable_on_destroy = false
}

locals {
  # What every function gets.
  platform = {
    project        = var.project
    project_number = data.google_project.project.number
    region         = var.region
    database       = google_firestore_database.database.name
    subject        = var.workspace_subject
    bucket         = google_storage_bucket.bundles.name
    bundles        = var.bundles
    bundle_dir     = var.bundle_dir
    builder        = google_service_account.builder.id
    topics         = { for name, topic in google_pubsub_topic.topic : name => topic.id }
    secrets        = local.secrets
    channels       = [for c in google_monitoring_notification_channel.email : c.id]
    runbooks       = var.runbooks
  }
}
