# One function with everything that is its own: two service accounts (one that it is, one that
# may call it), roles, queue, jobs, subscriptions and alerts.

terraform {
  required_providers {
    google = { source = "hashicorp/google" }
  }
}

locals {
  # The address of a service of Cloud Run is known before there is one
  # (https://cloud.google.com/run/docs/triggering/https-request#deterministic).
  url = "https://${var.name}-${var.platform.project_number}.${var.platform.region}.run.app"

  # The bundle's own hash names it, so that a new one is a new function.
  bundle = lookup(var.platform.bundles, var.name, "missing")

  secrets = { for variable, name in var.secrets : variable => var.platform.secrets[name] if var.platform.secrets[name].version != "" }

  environment = merge(
    {
      GOOGLE_CLOUD_PROJECT = var.platform.project
      FIRESTORE_DATABASE   = var.platform.database
      AUDIENCE             = local.url
      CALLERS              = google_service_account.invoker.email
      PUBLIC               = tostring(var.public)
      # Where the buildpack leaves what was uploaded.
      POLICY_DIR = "serverless_function_source_code/policy"
    },
    length(var.enqueues) == 0 ? {} : {
      QUEUE_LOCATION = var.platform.region
      QUEUES         = join(" ", [for q in var.enqueues : "${q.name}=${q.url},${q.account}"])
    },
    length(var.scopes) == 0 || var.platform.subject == "" ? {} : {
      SERVICE_ACCOUNT   = google_service_account.function.email
      WORKSPACE_SUBJECT = var.platform.subject
    },
    var.iap_audience == "" ? {} : {
      IAP_AUDIENCE = var.iap_audience
    },
    { for variable, value in var.environment : variable => value if value != "" },
  )
}

resource "google_service_account" "function" {
  project      = var.platform.project
  account_id   = "fn-${var.name}"
  display_name = "${var.name}, as which it runs"
}

resource "google_service_account" "invoker" {
  project      = var.platform.project
  account_id   = "${var.name}-invoker"
  display_name = "${var.name}, as which queue, bus and scheduler call it"
}

resource "google_storage_bucket_object" "bundle" {
  bucket = var.platform.bucket
  name   = "${var.name}-${local.bundle}.zip"
  source = "${var.platform.bundle_dir}/${var.name}.zip"

  lifecycle {
    precondition {
      condition     = contains(keys(var.platform.bundles), var.name)
      error_message = "There is no bundle of ${var.name}: run go run ./scripts/bundle all, and give its bundles.tfvars.json with -var-file."
    }
  }
}

resource "google_cloudfunctions2_function" "function" {
  project  = var.platform.project
  location = var.platform.region
  name     = var.name

  build_config {
    runtime         = "go126"
    entry_point     = var.entry_point
    service_account = var.platform.builder
    source {
      storage_source {
        bucket = google_storage_bucket_object.bundle.bucket
        object = google_storage_bucket_object.bundle.name
      }
    }
  }

  service_config {
    service_account_email = google_service_account.function.email
    # Queues, bus and scheduler of the project count as internal; nobody else reaches the rest.
    ingress_settings                 = var.public || length(var.clients) > 0 ? "ALLOW_ALL" : var.visitors ? "ALLOW_INTERNAL_AND_GCLB" : "ALLOW_INTERNAL_ONLY"
    timeout_seconds                  = var.timeout
    available_memory                 = var.memory
    available_cpu                    = "1"
    max_instance_request_concurrency = 20
    min_instance_count               = var.min_instances
    max_instance_count               = var.max_instances
    environment_variables            = local.environment

    dynamic "secret_environment_variables" {
      for_each = local.secrets
      content {
        key        = secret_environment_variables.key
        project_id = var.platform.project
        secret     = secret_environment_variables.value.id
        version    = secret_environment_variables.value.version
      }
    }
  }

  depends_on = [google_secret_manager_secret_iam_member.secret]
}

# --- What it may do -------------------------------------------------------------------------

resource "google_project_iam_member" "role" {
  for_each = toset(var.roles)
  project  = var.platform.project
  role     = each.value
  member   = "serviceAccount:${google_service_account.function.email}"

  # The store's role holds for the store's database alone.
  dynamic "condition" {
    for_each = startswith(each.value, "roles/datastore.") ? [var.platform.database] : []
    content {
      title      = "only ${condition.value}"
      expression = "resource.name == \"projects/${var.platform.project}/databases/${condition.value}\""
    }
  }
}

resource "google_pubsub_topic_iam_member" "publishes" {
  for_each = toset(var.publishes)
  project  = var.platform.project
  topic    = var.platform.topics[each.value]
  role     = "roles/pubsub.publisher"
  member   = "serviceAccount:${google_service_account.function.email}"
}

resource "google_cloud_tasks_queue_iam_member" "enqueues" {
  for_each = { for q in var.enqueues : q.name => q.id }
  project  = var.platform.project
  location = var.platform.region
  name     = each.key
  role     = "roles/cloudtasks.enqueuer"
  member   = "serviceAccount:${google_service_account.function.email}"
}

# Who puts in a task that calls as an account must be allowed to act as that account.
resource "google_service_account_iam_member" "enqueues" {
  for_each           = { for q in var.enqueues : q.name => q.account_id }
  service_account_id = each.value
  role               = "roles/iam.serviceAccountUser"
  member             = "serviceAccount:${google_service_account.function.email}"
}

# It signs for itself what an administrator has delegated to it: there is no key.
resource "google_service_account_iam_member" "itself" {
  count              = length(var.scopes) > 0 ? 1 : 0
  service_account_id = google_service_account.function.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "serviceAccount:${google_service_account.function.email}"
}

resource "google_service_account_iam_member" "acts_as" {
  for_each           = var.acts_as
  service_account_id = each.value
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "serviceAccount:${google_service_account.function.email}"
}

resource "google_secret_manager_secret_iam_member" "secret" {
  for_each  = toset([for name in values(var.secrets) : var.platform.secrets[name].id])
  project   = var.platform.project
  secret_id = each.value
  role      = "roles/secretmanager.secretAccessor"
  member    = "serviceAccount:${google_service_account.function.email}"
}

# --- Who may call it ------------------------------------------------------------------------

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = toset(concat(["invoker"], var.public ? ["everybody"] : [], var.visitors ? ["proxy"] : [], var.clients))
  project  = var.platform.project
  location = var.platform.region
  name     = google_cloudfunctions2_function.function.name
  role     = "roles/run.invoker"
  member = lookup({
    invoker   = "serviceAccount:${google_service_account.invoker.email}"
    everybody = "allUsers"
    proxy     = "serviceAccount:service-${var.platform.project_number}@gcp-sa-iap.iam.gserviceaccount.com"
  }, each.value, each.value)
}
