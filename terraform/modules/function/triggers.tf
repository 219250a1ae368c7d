# What calls the function: its queue, its jobs and its subscriptions, all as its invoker.

resource "google_cloud_tasks_queue" "queue" {
  count    = var.queue == null ? 0 : 1
  project  = var.platform.project
  location = var.platform.region
  name     = var.queue.name

  rate_limits {
    max_dispatches_per_second = var.queue.rate
    max_concurrent_dispatches = var.queue.concurrency
  }

  retry_config {
    max_attempts  = -1 # a task is done or waits; it is never given up
    min_backoff   = "${var.queue.min_backoff}s"
    max_backoff   = "${var.queue.max_backoff}s"
    max_doublings = 16
  }

  stackdriver_logging_config {
    sampling_ratio = 0.01
  }
}

resource "google_cloud_scheduler_job" "job" {
  for_each  = var.jobs
  project   = var.platform.project
  region    = var.platform.region
  name      = "${var.name}-${each.key}"
  schedule  = each.value.schedule
  time_zone = "Etc/UTC"
  paused    = var.idle
  # Longer than the function's own time limit; half an hour is the most.
  attempt_deadline = "${var.timeout + 30}s"

  # Without it a call that went wrong is not made again before the next one is due.
  retry_config {
    retry_count          = 5
    min_backoff_duration = "5s"
    max_backoff_duration = "80s"
    max_doublings        = 4
  }

  http_target {
    http_method = "POST"
    uri         = local.url
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode(jsonencode({ type = "tick/1", data = { job = each.key } }))
    oidc_token {
      service_account_email = google_service_account.invoker.email
      audience              = local.url
    }
  }
}

resource "google_pubsub_subscription" "subscription" {
  for_each = var.subscriptions
  project  = var.platform.project
  name     = each.key
  topic    = var.platform.topics[each.value.topic]

  # (attributes.kind = "a" OR attributes.kind = "b") AND attributes.state = "c"; 256 bytes at most.
  filter = join(" AND ", [for name in sort(keys(each.value.filter)) : format(
    length(each.value.filter) > 1 && length(each.value.filter[name]) > 1 ? "(%s)" : "%s",
    join(" OR ", [for value in each.value.filter[name] : "attributes.${name} = \"${value}\""]),
  )])

  ack_deadline_seconds       = 60
  message_retention_duration = "604800s"

  # Otherwise a subscription that has heard nothing for 31 days is removed.
  expiration_policy {
    ttl = ""
  }

  push_config {
    push_endpoint = local.url
    oidc_token {
      service_account_email = google_service_account.invoker.email
      audience              = local.url
    }
  }

  retry_policy {
    minimum_backoff = "${each.value.min_backoff}s"
    maximum_backoff = "${each.value.max_backoff}s"
  }

  dynamic "dead_letter_policy" {
    for_each = each.value.attempts == 0 ? [] : [each.value.attempts]
    content {
      dead_letter_topic     = var.platform.topics["dead-letter"]
      max_delivery_attempts = dead_letter_policy.value
    }
  }
}

# Pub/Sub itself takes a message out of the subscription when it puts it into the dead letters.
resource "google_pubsub_subscription_iam_member" "dead_letter" {
  for_each     = { for name, s in var.subscriptions : name => s if s.attempts > 0 }
  project      = var.platform.project
  subscription = google_pubsub_subscription.subscription[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = "serviceAccount:service-${var.platform.project_number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}
