output "url" {
  description = "Where the function is."
  value       = local.url
}

output "queue" {
  description = "The function's queue, for those that put work into it."
  value = var.queue == null ? null : {
    name = var.queue.name
    id   = one(google_cloud_tasks_queue.queue[*].id)
    url  = local.url
    # Known from the names alone, so that a function may put work into its own queue.
    account    = google_service_account.invoker.email
    account_id = google_service_account.invoker.name
  }
}

output "summary" {
  description = "What people and tests want to know of the function."
  value = {
    url     = local.url
    account = google_service_account.function.email
    # Whether anybody may call it.
    public = anytrue([for m in google_cloud_run_v2_service_iam_member.invoker : contains(["allUsers", "allAuthenticatedUsers"], m.member)])
    # From where requests are let in at all.
    ingress = google_cloudfunctions2_function.function.service_config[0].ingress_settings
    # The names of its configuration's variables.
    variables = sort(concat(keys(local.environment), keys(local.secrets)))
    # What an administrator of Google Workspace delegates to it.
    delegation = length(var.scopes) == 0 ? null : { client_id = google_service_account.function.unique_id, scopes = join(",", [for s in var.scopes : "https://www.googleapis.com/auth/${s}"]) }
    # Every role that it has, and on what.
    roles = sort(concat(
      [for m in google_project_iam_member.role : m.role],
      [for topic, m in google_pubsub_topic_iam_member.publishes : "${m.role} on ${topic}"],
      [for queue, m in google_cloud_tasks_queue_iam_member.enqueues : "${m.role} on ${queue}"],
      [for queue, m in google_service_account_iam_member.enqueues : "${m.role} on the caller of ${queue}"],
      [for m in google_service_account_iam_member.itself : "${m.role} on itself"],
      [for name, m in google_service_account_iam_member.acts_as : "${m.role} on ${name}"],
      [for name, m in google_secret_manager_secret_iam_member.secret : "${m.role} on ${name}"],
    ))
    # What it hears of the topics that it subscribes to.
    filters = { for name, s in google_pubsub_subscription.subscription : name => s.filter }
    # Subscriptions whose messages go nowhere when they cannot be delivered.
    without_dead_letter = [for name, s in google_pubsub_subscription.subscription : name if length(s.dead_letter_policy) == 0]
    # Jobs that nobody would miss.
    without_alert = setsubtract([for name, j in google_cloud_scheduler_job.job : name if !j.paused], keys(google_monitoring_alert_policy.job_missed))
  }
}
