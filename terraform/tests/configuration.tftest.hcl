# What must hold of every deployment, asserted of the resources that Terraform would make. The
# provider is imitated, so that nothing is made and no credentials are needed.

mock_provider "google" {
  mock_resource "google_service_account" {
    defaults = {
      email     = "account@p.iam.gserviceaccount.com"
      name      = "projects/p/serviceAccounts/account@p.iam.gserviceaccount.com"
      unique_id = "100200300"
    }
  }
  mock_resource "google_logging_organization_sink" {
    defaults = { writer_identity = "serviceAccount:sink@gcp-sa-logging.iam.gserviceaccount.com" }
  }
  mock_data "google_project" {
    defaults = { number = "123456" }
  }
}

variables {
  project           = "p"
  bundles           = { for f in fileset(".", "function_*.tf") : trimsuffix(trimprefix(f, "function_"), ".tf") => "0123abcd" }
  slack_team        = "T1"
  slack_channel     = "C1"
  alert_emails      = ["ops@example.com"]
  workspace_subject = "admin@example.com"
  fivetran          = true
}

run "everything" {
  command = apply
}

# Every function has an output of its name: run.everything is all of them, and a few others.
run "functions" {
  command = plan

  assert {
    condition     = length([for f in run.everything : f if can(f.roles)]) == length(var.bundles)
    error_message = "A function has no output of its name with its summary."
  }
  assert {
    condition     = [for name, f in run.everything : name if try(f.public, false)] == ["groupwebhook", "slackinteract"]
    error_message = "Anybody may call ${join(", ", [for name, f in run.everything : name if try(f.public, false)])}; only groupwebhook and slackinteract check their senders themselves."
  }
  assert {
    condition     = [for name, f in run.everything : name if try(f.ingress, "ALLOW_INTERNAL_ONLY") != "ALLOW_INTERNAL_ONLY"] == ["connectcard", "groupwebhook", "slackinteract"]
    error_message = "From outside are reached ${jsonencode([for name, f in run.everything : name if try(f.ingress, "ALLOW_INTERNAL_ONLY") != "ALLOW_INTERNAL_ONLY"])}"
  }
  assert {
    condition     = flatten([for f in run.everything : f.without_dead_letter if can(f.roles)]) == ["changesweep-dead-letter"]
    error_message = "Messages of ${jsonencode(flatten([for f in run.everything : f.without_dead_letter if can(f.roles)]))} go nowhere when they cannot be delivered."
  }
  assert {
    condition     = flatten([for f in run.everything : f.without_alert if can(f.roles)]) == []
    error_message = "Nobody would miss a job."
  }
  assert {
    condition     = !anytrue([for role in flatten([for f in run.everything : f.roles if can(f.roles)]) : can(regex("^roles/(owner|editor|viewer|browser)\\b", role))])
    error_message = "A function has a basic role."
  }
  assert {
    condition     = !anytrue([for role in flatten([for f in run.everything : f.roles if can(f.roles)]) : endswith(split(" ", role)[0], "dmin")])
    error_message = "A function administers something."
  }
  assert {
    condition = run.everything.groupwatch.roles == tolist([
      "roles/cloudtasks.enqueuer on directory",
      "roles/cloudtasks.enqueuer on groups-settings",
      "roles/datastore.user",
      "roles/iam.serviceAccountTokenCreator on itself",
      "roles/iam.serviceAccountUser on the caller of directory",
      "roles/iam.serviceAccountUser on the caller of groups-settings",
    ])
    error_message = "groupwatch has the roles ${jsonencode(run.everything.groupwatch.roles)}"
  }
  assert {
    condition     = run.everything.groupsettings.filters["groupsettings-approved"] == "(attributes.kind = \"group.settings\" OR attributes.kind = \"group.settings.plan\") AND attributes.state = \"approved\""
    error_message = "The filter is ${run.everything.groupsettings.filters["groupsettings-approved"]}"
  }
  assert {
    condition     = alltrue([for text in flatten([for f in run.everything : values(f.filters) if can(f.roles)]) : length(text) <= 256])
    error_message = "A filter is longer than Pub/Sub takes."
  }
  assert {
    condition     = run.everything.groupwatch.delegation == { client_id = "100200300", scopes = "https://www.googleapis.com/auth/admin.reports.audit.readonly" }
    error_message = "To groupwatch is delegated ${jsonencode(run.everything.groupwatch.delegation)}"
  }
  assert {
    condition     = !contains(run.everything.slackinteract.variables, "SLACK_SIGNING_SECRET_FORMER") && contains(run.everything.slackinteract.variables, "SLACK_SIGNING_SECRET")
    error_message = "slackinteract has the variables ${jsonencode(run.everything.slackinteract.variables)}"
  }
  assert {
    condition     = run.everything.webhook_url == "https://groupwebhook-123456.asia-northeast1.run.app"
    error_message = "The webhook is ${run.everything.webhook_url}"
  }
}

run "shared" {
  command = plan

  assert {
    condition     = !anytrue([for m in google_project_iam_member.builder : can(regex("^roles/(owner|editor|viewer)$", m.role))])
    error_message = "The builder has a basic role."
  }
  assert {
    condition     = length(regexall("allow ", google_firebaserules_ruleset.nobody.source[0].files[0].content)) == 1 && length(regexall("allow read, write: if false;", google_firebaserules_ruleset.nobody.source[0].files[0].content)) == 1
    error_message = "The database's rules let somebody in."
  }
  assert {
    condition     = google_firestore_database.database.delete_protection_state == "DELETE_PROTECTION_ENABLED" && google_firestore_database.database.point_in_time_recovery_enablement == "POINT_IN_TIME_RECOVERY_ENABLED"
    error_message = "The database can be lost."
  }
  assert {
    condition     = google_storage_bucket.bundles.public_access_prevention == "enforced" && google_storage_bucket.bundles.uniform_bucket_level_access
    error_message = "The bundles could be made public."
  }
  assert {
    condition     = alltrue([for name, a in google_monitoring_alert_policy.alert : a.user_labels.runbook == name && strcontains(a.documentation[0].content, "/${name}.md") && length(a.notification_channels) == 1])
    error_message = "An alert tells nobody, or not where its runbook is."
  }
  assert {
    condition     = length(google_logging_organization_sink.workspace) == 0 && length(google_service_account.deployer) == 0
    error_message = "Something is made that nobody asked for."
  }
}

run "second_intake" {
  command = apply
  variables { organization = "777" }

  assert {
    condition     = google_logging_organization_sink.workspace[0].destination == "pubsub.googleapis.com/${google_pubsub_topic.topic["workspace-audit"].id}"
    error_message = "The audit log does not come to the topic."
  }
  assert {
    condition     = strcontains(google_logging_organization_sink.workspace[0].filter, "logName=\"organizations/777/logs/cloudaudit.googleapis.com%2Factivity\"")
    error_message = "The filter is ${google_logging_organization_sink.workspace[0].filter}"
  }
  assert {
    condition     = google_pubsub_topic_iam_member.workspace[0].member == google_logging_organization_sink.workspace[0].writer_identity
    error_message = "The sink may not write to its topic."
  }
}

run "deployer" {
  command = apply
  variables { github_repository = "example/sekisho" }

  assert {
    condition     = google_iam_workload_identity_pool_provider.github[0].attribute_condition == "assertion.sub == \"repo:example/sekisho:environment:production\""
    error_message = "Who is let in: ${google_iam_workload_identity_pool_provider.github[0].attribute_condition}"
  }
  assert {
    condition     = endswith(google_service_account_iam_member.deployer[0].member, "/subject/repo:example/sekisho:environment:production")
    error_message = "Who may act as the deployer: ${google_service_account_iam_member.deployer[0].member}"
  }
  assert {
    condition     = !anytrue([for m in google_project_iam_member.deployer : can(regex("^roles/(owner|editor|viewer)$", m.role))])
    error_message = "The deployer has a basic role."
  }
}

run "rotation" {
  command = apply
  variables {
    secret_versions                     = { slack-signing-secret = "2" }
    slack_signing_secret_former_version = "1"
  }

  assert {
    condition     = contains(output.slackinteract.variables, "SLACK_SIGNING_SECRET_FORMER")
    error_message = "The former signing secret does not hold beside the new one."
  }
  assert {
    condition     = length([for r in output.slackinteract.roles : r if startswith(r, "roles/secretmanager.secretAccessor on slack-signing-secret")]) == 1
    error_message = "slackinteract has the roles ${jsonencode(output.slackinteract.roles)}"
  }
}

run "clients" {
  command = apply
  variables {
    api_clients       = [{ account = "wiki@other.iam.gserviceaccount.com", groups = ["wiki-"], scopes = ["groups"] }]
    request_clients   = ["serviceAccount:portal@other.iam.gserviceaccount.com"]
    request_audiences = ["portal.apps.googleusercontent.com"]
  }

  assert {
    condition     = output.groupapi.ingress == "ALLOW_ALL" && !output.groupapi.public
    error_message = "A client cannot reach groupapi, or everybody can."
  }
  assert {
    condition     = contains(output.groupapi.roles, "roles/datastore.viewer") && !contains(output.groupapi.roles, "roles/datastore.user")
    error_message = "groupapi has the roles ${jsonencode(output.groupapi.roles)}"
  }
  assert {
    condition     = output.requestapi.ingress == "ALLOW_ALL" && !output.requestapi.public
    error_message = "A tool cannot reach requestapi, or everybody can."
  }
}

run "page" {
  command = apply
  variables {
    connect_domain = "connect.example.com"
    connect_people = ["domain:example.com"]
  }

  assert {
    condition     = output.connectcard.ingress == "ALLOW_INTERNAL_AND_GCLB" && !output.connectcard.public
    error_message = "The page is reached without the proxy."
  }
  assert {
    condition     = google_compute_backend_service.connect[0].iap[0].enabled && contains(output.connectcard.variables, "IAP_AUDIENCE")
    error_message = "Nobody signs visitors of the page in, or the function does not check it."
  }
  assert {
    condition     = !contains(output.connectcard.variables, "FIVETRAN_WEBHOOK_URL") && !contains(output.connectcard.variables, "FIVETRAN_WEBHOOK_SECRET")
    error_message = "Webhooks are taken that nobody asked for."
  }
}

run "webhooks" {
  command = apply
  variables { fivetran_webhooks = true }

  assert {
    condition     = output.connectcard.public && contains(output.connectcard.variables, "FIVETRAN_WEBHOOK_SECRET")
    error_message = "Webhooks cannot come, or are not checked."
  }
}

run "without_fivetran" {
  command = apply
  variables { fivetran = false }

  assert {
    condition     = !contains(output.connectcard.variables, "FIVETRAN_KEY") && !output.connectcard.public && length(output.connectcard.without_alert) == 0
    error_message = "A company without Fivetran is asked for its key, or woken."
  }
}

run "access" {
  command = apply
  variables {
    access_targets = { etl-prj-prd = ["roles/viewer", "roles/bigquery.dataViewer"] }
    looker_url     = "https://example.looker.com"
  }

  assert {
    condition     = google_project_iam_member.granter["etl-prj-prd"].condition[0].expression == "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly([\"roles/viewer\",\"roles/bigquery.dataViewer\"])"
    error_message = "What may be given: ${google_project_iam_member.granter["etl-prj-prd"].condition[0].expression}"
  }
  assert {
    condition     = contains(output.accessgrant.roles, "roles/iam.serviceAccountTokenCreator on granter") && !anytrue([for r in output.accessgrant.roles : strcontains(r, "projectIamAdmin")])
    error_message = "accessgrant has the roles ${jsonencode(output.accessgrant.roles)}"
  }
  assert {
    condition     = contains(output.inactivitysweep.variables, "LOOKER_CLIENT_SECRET") && !contains(run.everything.inactivitysweep.variables, "LOOKER_CLIENT_SECRET")
    error_message = "Looker's secret is set without Looker, or not set with it."
  }
}

run "access_to_everything" {
  command = plan
  variables { access_targets = { etl-prj-prd = ["roles/owner"] } }
  expect_failures = [var.access_targets]
}

run "no_number" {
  command = plan
  variables { organization = "example.com" }
  expect_failures = [var.organization]
}

run "no_bundle" {
  command = plan
  module { source = "./modules/function" }
  variables {
    name        = "groupwatch"
    entry_point = "GroupWatch"
    platform = {
      project = "p", project_number = "1", region = "r", database = "d", subject = "", bucket = "b", bundles = {}, bundle_dir = "d"
      builder = "b", topics = {}, secrets = {}, channels = [], runbooks = ""
    }
  }
  expect_failures = [google_storage_bucket_object.bundle]
}
