# What modules/function makes of what a function asks for: which roles, who calls it and how often
# again, where lost messages go, and who is woken when a job is missed.

mock_provider "google" {
  mock_resource "google_service_account" {
    defaults = {
      email     = "account@p.iam.gserviceaccount.com"
      name      = "projects/p/serviceAccounts/account@p.iam.gserviceaccount.com"
      unique_id = "100200300"
    }
  }
}

run "example" {
  command = apply

  # Not the account as which it runs.
  override_resource {
    target = google_service_account.invoker
    values = {
      email = "caller@p.iam.gserviceaccount.com"
      name  = "projects/p/serviceAccounts/caller@p.iam.gserviceaccount.com"
    }
  }
  module { source = "./modules/function" }
  variables {
    name        = "example"
    entry_point = "Example"
    platform = {
      project = "p", project_number = "123456", region = "r", database = "d", subject = "", bucket = "b"
      bundles = { example = "0123abcd" }, bundle_dir = "d", builder = "projects/p/serviceAccounts/builder@p.iam.gserviceaccount.com"
      topics = {
        heard       = "projects/p/topics/heard"
        said        = "projects/p/topics/said"
        dead-letter = "projects/p/topics/dead-letter"
      }
      secrets = {
        token        = { id = "token", version = "2" }
        token-former = { id = "token", version = "" }
        other        = { id = "other", version = "1" }
      }
      channels = ["projects/p/notificationChannels/1"]
      runbooks = "https://runbooks.example.com"
    }
    roles     = ["roles/datastore.user", "roles/bigquery.jobUser"]
    publishes = ["said"]
    enqueues = [{
      name    = "work", id = "projects/p/locations/r/queues/work", url = "https://worker.example.com"
      account = "worker@p.iam.gserviceaccount.com", account_id = "projects/p/serviceAccounts/worker@p.iam.gserviceaccount.com"
    }]
    acts_as = { granter = "projects/p/serviceAccounts/granter@p.iam.gserviceaccount.com" }
    scopes  = ["example.readonly"]
    secrets = { TOKEN = "token", TOKEN_FORMER = "token-former" }
    queue   = { name = "own", rate = 5, concurrency = 3, min_backoff = 1, max_backoff = 600 }
    jobs    = { tick = { schedule = "*/5 * * * *", alert_after = "20m" } }
    subscriptions = {
      example-heard = { topic = "heard", filter = { kind = ["a", "b"], state = ["c"] } }
      example-kept  = { topic = "dead-letter", attempts = 0 }
    }
  }

  # --- What it may do
  assert {
    condition = output.summary.roles == tolist([
      "roles/bigquery.jobUser",
      "roles/cloudtasks.enqueuer on work",
      "roles/datastore.user",
      "roles/iam.serviceAccountTokenCreator on granter",
      "roles/iam.serviceAccountTokenCreator on itself",
      "roles/iam.serviceAccountUser on the caller of work",
      "roles/pubsub.publisher on said",
      "roles/secretmanager.secretAccessor on token",
    ])
    error_message = "It has the roles ${jsonencode(output.summary.roles)}"
  }
  assert {
    condition = alltrue([for m in concat(
      values(google_project_iam_member.role)[*].member,
      values(google_pubsub_topic_iam_member.publishes)[*].member,
      values(google_cloud_tasks_queue_iam_member.enqueues)[*].member,
      values(google_service_account_iam_member.enqueues)[*].member,
      google_service_account_iam_member.itself[*].member,
      values(google_service_account_iam_member.acts_as)[*].member,
      values(google_secret_manager_secret_iam_member.secret)[*].member,
    ) : m == "serviceAccount:${google_service_account.function.email}"])
    error_message = "Somebody else than the function got its roles."
  }
  assert {
    condition     = google_project_iam_member.role["roles/datastore.user"].condition[0].expression == "resource.name == \"projects/p/databases/d\"" && length(google_project_iam_member.role["roles/bigquery.jobUser"].condition) == 0
    error_message = "The store's role holds for more than the store's database, or another role for less."
  }
  assert {
    condition     = google_service_account_iam_member.itself[0].service_account_id == google_service_account.function.name && google_service_account_iam_member.acts_as["granter"].service_account_id == "projects/p/serviceAccounts/granter@p.iam.gserviceaccount.com" && google_service_account_iam_member.enqueues["work"].service_account_id == "projects/p/serviceAccounts/worker@p.iam.gserviceaccount.com"
    error_message = "It acts as somebody else than it should."
  }

  # --- The scheduler
  assert {
    condition     = google_cloud_scheduler_job.job["tick"].retry_config[0].retry_count == 5 && google_cloud_scheduler_job.job["tick"].retry_config[0].min_backoff_duration == "5s"
    error_message = "A call of the scheduler that went wrong is not made again."
  }
  assert {
    condition     = google_cloud_scheduler_job.job["tick"].http_target[0].oidc_token[0].audience == google_cloudfunctions2_function.function.service_config[0].environment_variables["AUDIENCE"] && google_cloud_scheduler_job.job["tick"].http_target[0].oidc_token[0].service_account_email == google_cloudfunctions2_function.function.service_config[0].environment_variables["CALLERS"]
    error_message = "The scheduler calls as somebody whom the function turns away."
  }

  # --- The queue
  assert {
    condition     = google_cloud_tasks_queue.queue[0].retry_config[0].max_attempts == -1
    error_message = "A task is given up."
  }

  # --- Subscriptions
  assert {
    condition     = google_pubsub_subscription.subscription["example-heard"].dead_letter_policy[0].dead_letter_topic == "projects/p/topics/dead-letter" && google_pubsub_subscription.subscription["example-heard"].dead_letter_policy[0].max_delivery_attempts == 20
    error_message = "Lost messages do not become dead letters."
  }
  assert {
    condition     = keys(google_pubsub_subscription_iam_member.dead_letter) == ["example-heard"] && google_pubsub_subscription_iam_member.dead_letter["example-heard"].role == "roles/pubsub.subscriber" && google_pubsub_subscription_iam_member.dead_letter["example-heard"].member == "serviceAccount:service-123456@gcp-sa-pubsub.iam.gserviceaccount.com"
    error_message = "Pub/Sub may not take a message out when it becomes a dead letter: it would be delivered for ever."
  }
  assert {
    condition     = alltrue([for s in google_pubsub_subscription.subscription : s.expiration_policy[0].ttl == ""])
    error_message = "A subscription is removed when nothing happens for a month."
  }
  assert {
    condition     = alltrue([for s in google_pubsub_subscription.subscription : s.push_config[0].oidc_token[0].audience == google_cloudfunctions2_function.function.service_config[0].environment_variables["AUDIENCE"] && s.push_config[0].oidc_token[0].service_account_email == google_cloudfunctions2_function.function.service_config[0].environment_variables["CALLERS"]])
    error_message = "The bus calls as somebody whom the function turns away."
  }
  assert {
    condition     = google_pubsub_subscription.subscription["example-heard"].filter == "(attributes.kind = \"a\" OR attributes.kind = \"b\") AND attributes.state = \"c\""
    error_message = "The filter is ${google_pubsub_subscription.subscription["example-heard"].filter}"
  }
  assert {
    condition     = [for m in google_cloud_run_v2_service_iam_member.invoker : m.member] == ["serviceAccount:${google_service_account.invoker.email}"]
    error_message = "Not its caller alone may call it."
  }

  # --- The alert
  assert {
    # The lines of this job alone; none at all is below the limit, and not missing.
    condition     = google_monitoring_alert_policy.job_missed["tick"].conditions[0].condition_prometheus_query_language[0].query == "(sum(increase(logging_googleapis_com:user_sekisho_job_done{monitored_resource=\"cloud_run_revision\", function=\"example\", job=\"tick\"}[20m])) or vector(0)) < 1"
    error_message = "A missed job is looked for by ${google_monitoring_alert_policy.job_missed["tick"].conditions[0].condition_prometheus_query_language[0].query}"
  }
  assert {
    condition     = google_monitoring_alert_policy.job_missed["tick"].notification_channels == tolist(["projects/p/notificationChannels/1"]) && strcontains(google_monitoring_alert_policy.job_missed["tick"].documentation[0].content, "https://runbooks.example.com/job-missed.md")
    error_message = "A missed job wakes nobody, or they do not find the runbook."
  }
}
