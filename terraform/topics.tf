# What travels between functions. Who hears what is beside each function.

resource "google_pubsub_topic" "topic" {
  for_each = toset(["group-changed", "change-events", "workspace-audit", "dead-letter"])
  project  = var.project
  name     = each.value
  # So long can a topic be read again after a mistake in a subscriber.
  message_retention_duration = "604800s"

  depends_on = [google_project_service.service]
}

# Pub/Sub itself puts what cannot be delivered into the dead letters; changesweep reads them.
resource "google_pubsub_topic_iam_member" "dead_letter" {
  project = var.project
  topic   = google_pubsub_topic.topic["dead-letter"].id
  role    = "roles/pubsub.publisher"
  member  = "serviceAccount:service-${data.google_project.project.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}
