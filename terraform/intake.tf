# The second intake: Google Workspace's audit logs by way of Cloud Logging, where the
# organisation shares them (https://support.google.com/a/answer/9320190). It comes to
# groupwebhook as Google's notifications do, so that either may fail.

resource "google_logging_organization_sink" "workspace" {
  count       = var.organization == "" ? 0 : 1
  name        = "sekisho-workspace-audit"
  org_id      = var.organization
  description = "Changes to groups and accounts, for Sekisho."
  destination = "pubsub.googleapis.com/${google_pubsub_topic.topic["workspace-audit"].id}"
  filter = join(" AND ", [
    "logName=\"organizations/${var.organization}/logs/cloudaudit.googleapis.com%2Factivity\"",
    "protoPayload.serviceName=(\"admin.googleapis.com\" OR \"cloudidentity.googleapis.com\")",
  ])
}

resource "google_pubsub_topic_iam_member" "workspace" {
  count   = var.organization == "" ? 0 : 1
  project = var.project
  topic   = google_pubsub_topic.topic["workspace-audit"].id
  role    = "roles/pubsub.publisher"
  member  = google_logging_organization_sink.workspace[0].writer_identity
}
