# A job that has not ended well for too long: it failed, it was not called, or it was never
# made. Metrics of what does not happen are missing, not zero; hence "or vector(0)".
resource "google_monitoring_alert_policy" "job_missed" {
  for_each     = var.idle ? {} : var.jobs
  project      = var.platform.project
  display_name = "Job missed: ${var.name} ${each.key}"
  combiner     = "OR"
  severity     = "ERROR"
  user_labels  = { runbook = "job-missed", function = var.name, job = each.key }

  conditions {
    display_name = "not done for ${each.value.alert_after}"
    condition_prometheus_query_language {
      query               = "(sum(increase(logging_googleapis_com:user_sekisho_job_done{monitored_resource=\"cloud_run_revision\", function=\"${var.name}\", job=\"${each.key}\"}[${each.value.alert_after}])) or vector(0)) < 1"
      duration            = "0s"
      evaluation_interval = "60s"
    }
  }

  notification_channels = var.platform.channels

  documentation {
    mime_type = "text/markdown"
    content   = "The job ${each.key} of ${var.name} (${each.value.schedule}, UTC) has not ended well for ${each.value.alert_after}. Runbook: ${var.platform.runbooks}/job-missed.md"
  }
}
