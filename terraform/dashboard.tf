# One page: are people served, does work flow, does anything wait, does anything fail?

locals {
  tiles = [
    { title = "Requests by function", query = "sum by (service_name) (rate(run_googleapis_com:request_count{${local.run}}[5m]))" },
    { title = "Failed requests by function", query = "sum by (service_name) (rate(run_googleapis_com:request_count{${local.run}, response_code_class=\"5xx\"}[5m]))" },
    { title = "Slack's wait for an answer, 95 % (ms)", query = "histogram_quantile(0.95, sum by (le) (rate(run_googleapis_com:request_latencies_bucket{${local.run}, service_name=\"slackinteract\"}[10m])))" },
    { title = "Jobs done in an hour", query = "sum by (function, job) (increase(${local.log}_job_done{${local.run}}[1h]))" },
    { title = "Tasks waiting by queue", query = "max by (queue_id) (cloudtasks_googleapis_com:queue_depth{monitored_resource=\"cloud_tasks_queue\"})" },
    { title = "Delay of tasks by queue, half (ms)", query = "histogram_quantile(0.5, sum by (queue_id, le) (rate(cloudtasks_googleapis_com:queue_task_attempt_delays_bucket{monitored_resource=\"cloud_tasks_queue\"}[10m])))" },
    { title = "Tries of tasks by queue and answer", query = "sum by (queue_id, response_code) (rate(cloudtasks_googleapis_com:queue_task_attempt_count{monitored_resource=\"cloud_tasks_queue\"}[5m]))" },
    { title = "Oldest message by subscription (s)", query = "max by (subscription_id) (pubsub_googleapis_com:subscription_oldest_unacked_message_age{monitored_resource=\"pubsub_subscription\"})" },
    { title = "Errors by function", query = "sum by (function) (increase(${local.log}_errors{${local.run}}[1h]))" },
    { title = "Turned away by function", query = "sum by (function) (increase(${local.log}_turned_away{${local.run}}[1h]))" },
    { title = "In quarantine, and dead letters", query = "sum(increase(${local.log}_quarantined{${local.run}}[1d])) or sum(increase(${local.log}_dead_letters{${local.run}}[1d]))" },
    { title = "Changes that failed, by kind", query = "sum by (kind) (increase(${local.log}_change_failed{${local.run}}[1d]))" },
  ]
}

resource "google_monitoring_dashboard" "sekisho" {
  project = var.project
  dashboard_json = jsonencode({
    displayName = "Sekisho"
    mosaicLayout = {
      columns = 12
      tiles = [for i, tile in local.tiles : {
        xPos   = i % 2 * 6
        yPos   = floor(i / 2) * 4
        width  = 6
        height = 4
        widget = {
          title = tile.title
          xyChart = {
            dataSets = [{
              plotType        = "LINE"
              timeSeriesQuery = { prometheusQuery = tile.query }
            }]
          }
        }
      }]
    }
  })

  depends_on = [google_logging_metric.log, google_logging_metric.errors]
}
