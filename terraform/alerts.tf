# What is measured, and who is woken by it. Every alert names its runbook, docs/runbooks; a
# job's alert is made beside the job, in modules/function.

resource "google_monitoring_notification_channel" "email" {
  for_each     = toset(var.alert_emails)
  project      = var.project
  display_name = each.value
  type         = "email"
  labels       = { email_address = each.value }

  depends_on = [google_project_service.service]
}

locals {
  # Counted lines of the functions' logs, by metric, with the attributes that tell them apart.
  log_metrics = {
    job_done      = { message = ["job done"], labels = ["function", "job"] }
    set_up_failed = { message = ["set-up"], labels = ["function"] }
    quarantined   = { message = ["put into quarantine"], labels = ["function"] }
    dead_letters  = { message = ["dead letter"], labels = ["function", "subscription"] }
    turned_away   = { message = ["turned away"], labels = ["function"] }
    change_failed = { message = ["change failed"], labels = ["function", "kind"] }
    audit_missing = { message = ["audit"], labels = ["function"] }
    not_told      = { message = ["message refused", "message not posted"], labels = ["function"] }
  }

  # Metrics of what does not happen are missing; what is missing is below every limit.
  log = "logging_googleapis_com:user_sekisho"
  run = "monitored_resource=\"cloud_run_revision\""

  alerts = {
    set-up-failed = {
      title = "A function cannot start"
      query = "sum by (function) (increase(${local.log}_set_up_failed{${local.run}}[10m])) > 0"
      for   = "300s"
    }
    function-failing = {
      title = "A function fails more often than not"
      query = join(" / ", [
        "sum by (service_name) (increase(run_googleapis_com:request_count{${local.run}, response_code_class=\"5xx\"}[15m]))",
        "sum by (service_name) (increase(run_googleapis_com:request_count{${local.run}}[15m])) > 0.5",
      ])
      for = "600s"
    }
    message-quarantined = {
      title = "A message was put into quarantine"
      query = "sum by (function) (increase(${local.log}_quarantined{${local.run}}[15m])) > 0"
      for   = "0s"
    }
    dead-letter = {
      title = "A message could not be delivered"
      query = "sum by (subscription) (increase(${local.log}_dead_letters{${local.run}}[15m])) > 0"
      for   = "0s"
    }
    subscription-behind = {
      title = "Messages wait to be delivered"
      query = "max by (subscription_id) (pubsub_googleapis_com:subscription_oldest_unacked_message_age{monitored_resource=\"pubsub_subscription\"}) > 900"
      for   = "300s"
    }
    queue-behind = {
      title = "Tasks wait longer than they should"
      query = "histogram_quantile(0.5, sum by (queue_id, le) (increase(cloudtasks_googleapis_com:queue_task_attempt_delays_bucket{monitored_resource=\"cloud_tasks_queue\"}[30m]))) > 1800000"
      for   = "1800s"
    }
    callers-turned-away = {
      title = "Many requests are turned away"
      query = "sum by (function) (increase(${local.log}_turned_away{${local.run}}[10m])) > 50"
      for   = "0s"
    }
    slack-slow = {
      title = "Slack waits too long for an answer"
      query = "histogram_quantile(0.95, sum by (le) (increase(run_googleapis_com:request_latencies_bucket{${local.run}, service_name=\"slackinteract\"}[10m]))) > 2500"
      for   = "600s"
    }
    change-failed = {
      title = "A change could not be carried out"
      query = "sum by (kind) (increase(${local.log}_change_failed{${local.run}}[15m])) > 0"
      for   = "0s"
    }
    people-not-told = {
      title = "People are not told in Slack"
      query = "sum by (function) (increase(${local.log}_not_told{${local.run}}[30m])) > 5"
      for   = "0s"
    }
    audit-missing = {
      title = "An audit entry could not be written"
      query = "sum by (function) (increase(${local.log}_audit_missing{${local.run}}[15m])) > 0"
      for   = "0s"
    }
    errors-logged = {
      title = "A function logs errors"
      query = "sum by (function) (increase(${local.log}_errors{${local.run}}[1h])) > 0"
      for   = "0s"
    }
    audit-log-silent = {
      title = "The audit log has been silent for a day"
      query = "((sum(increase(pubsub_googleapis_com:topic_send_request_count{monitored_resource=\"pubsub_topic\", topic_id=\"workspace-audit\"}[1d])) or vector(0)) < 1) and on() vector(${var.organization == "" ? 0 : 1}) > 0"
      for   = "0s"
    }
  }
}

resource "google_logging_metric" "log" {
  for_each    = local.log_metrics
  project     = var.project
  name        = "sekisho/${each.key}"
  description = "Lines of the functions' logs: ${join(", ", each.value.message)}."
  filter      = "resource.type=\"cloud_run_revision\" AND jsonPayload.message=(${join(" OR ", [for m in each.value.message : "\"${m}\""])})"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    dynamic "labels" {
      for_each = each.value.labels
      content {
        key        = labels.value
        value_type = "STRING"
      }
    }
  }

  label_extractors = { for l in each.value.labels : l => "EXTRACT(jsonPayload.${l})" }

  depends_on = [google_project_service.service]
}

resource "google_logging_metric" "errors" {
  project     = var.project
  name        = "sekisho/errors"
  description = "Errors in the functions' logs."
  filter      = "resource.type=\"cloud_run_revision\" AND severity>=ERROR AND jsonPayload.function:*"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    labels {
      key        = "function"
      value_type = "STRING"
    }
  }

  label_extractors = { function = "EXTRACT(jsonPayload.function)" }

  depends_on = [google_project_service.service]
}

resource "google_monitoring_alert_policy" "alert" {
  for_each     = local.alerts
  project      = var.project
  display_name = each.value.title
  combiner     = "OR"
  severity     = "ERROR"
  user_labels  = { runbook = each.key }

  conditions {
    display_name = each.value.title
    condition_prometheus_query_language {
      query               = each.value.query
      duration            = each.value.for
      evaluation_interval = "60s"
    }
  }

  notification_channels = local.platform.channels

  documentation {
    mime_type = "text/markdown"
    content   = "Runbook: ${var.runbooks}/${each.key}.md"
  }

  depends_on = [google_logging_metric.log, google_logging_metric.errors]
}
