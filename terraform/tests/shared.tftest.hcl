# What all functions share: the database with its indexes, removals and backups, what is measured,
# who may put what where, and the exact roles of every function.

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
  organization      = "777"
  fivetran          = true
}

run "everything" {
  command = apply
}

run "shared" {
  command = plan

  # --- Roles: tests/roles.json says what the package comments say, which a test in Go compares.
  assert {
    condition     = { for name, f in run.everything : name => f.roles if can(f.roles) } == { for name, roles in jsondecode(file("tests/roles.json")) : name => tolist(roles) }
    error_message = "Functions whose roles are not those of their package comments: ${jsonencode({ for name, f in run.everything : name => f.roles if can(f.roles) && try(tolist(jsondecode(file("tests/roles.json"))[name]), []) != try(f.roles, []) })}"
  }

  # --- The database
  assert {
    condition     = { for name, i in google_firestore_index.index : name => "${i.collection}: ${join(", ", [for f in i.fields : "${f.field_path} ${f.order}"])}" }["changes: slot, n desc"] == "changes: f.slot ASCENDING, f.n DESCENDING"
    error_message = "An index is of other fields than a query asks for."
  }
  assert {
    condition     = alltrue([for i in google_firestore_index.index : i.query_scope == "COLLECTION" && i.database == google_firestore_database.database.name])
    error_message = "An index is not of the collection, or of another database."
  }
  assert {
    condition     = sort(keys(google_firestore_field.expires)) == sort([for name, expires in local.collections : name if expires]) && alltrue([for f in google_firestore_field.expires : f.field == "expires" && length(f.ttl_config) == 1 && f.database == google_firestore_database.database.name])
    error_message = "What expires is not removed, or what does not expire is."
  }
  assert {
    condition     = sort(keys(google_firestore_field.data)) == sort(keys(local.collections)) && alltrue([for f in google_firestore_field.data : f.field == "data" && length(f.index_config) == 1 && length(f.index_config[0].indexes) == 0])
    error_message = "Contents are indexed: a long one would be refused."
  }
  assert {
    condition     = length(google_firestore_backup_schedule.daily.daily_recurrence) == 1 && google_firestore_backup_schedule.daily.retention == "${var.backup_retention_days * 86400}s" && google_firestore_backup_schedule.daily.database == google_firestore_database.database.name
    error_message = "There is no backup of every day."
  }
  assert {
    condition     = google_firestore_backup_schedule.weekly.weekly_recurrence[0].day == "SUNDAY" && google_firestore_backup_schedule.weekly.retention == "8467200s" && google_firestore_backup_schedule.weekly.database == google_firestore_database.database.name
    error_message = "There is no backup of every week for 14 weeks."
  }
  assert {
    condition     = google_firebaserules_release.nobody.name == "cloud.firestore/${google_firestore_database.database.name}"
    error_message = "The rules are those of another database."
  }

  # --- Dead letters and the second intake
  assert {
    condition     = google_pubsub_topic_iam_member.dead_letter.role == "roles/pubsub.publisher" && google_pubsub_topic_iam_member.dead_letter.member == "serviceAccount:service-123456@gcp-sa-pubsub.iam.gserviceaccount.com"
    error_message = "Pub/Sub may not put what cannot be delivered into the dead letters."
  }
  assert {
    condition     = google_pubsub_topic_iam_member.workspace[0].role == "roles/pubsub.publisher"
    error_message = "The sink may not write to its topic."
  }
  assert {
    condition     = google_logging_organization_sink.workspace[0].org_id == "777" && google_logging_organization_sink.workspace[0].filter == "logName=\"organizations/777/logs/cloudaudit.googleapis.com%2Factivity\" AND protoPayload.serviceName=(\"admin.googleapis.com\" OR \"cloudidentity.googleapis.com\")"
    error_message = "The audit log is filtered by ${google_logging_organization_sink.workspace[0].filter}"
  }

  # --- What is measured
  assert {
    condition     = google_logging_metric.log["not_told"].name == "sekisho/not_told" && google_logging_metric.log["not_told"].filter == "resource.type=\"cloud_run_revision\" AND jsonPayload.message=(\"message refused\" OR \"message not posted\")"
    error_message = "Lines are counted by ${google_logging_metric.log["not_told"].filter}"
  }
  assert {
    condition     = google_logging_metric.log["job_done"].label_extractors == tomap({ function = "EXTRACT(jsonPayload.function)", job = "EXTRACT(jsonPayload.job)" }) && alltrue([for m in google_logging_metric.log : sort(keys(m.label_extractors)) == sort([for l in m.metric_descriptor[0].labels : l.key])])
    error_message = "Lines are told apart by something else than their attributes."
  }
  assert {
    condition     = google_logging_metric.errors.filter == "resource.type=\"cloud_run_revision\" AND severity>=ERROR AND jsonPayload.function:*" && google_logging_metric.errors.name == "sekisho/errors"
    error_message = "Errors are counted by ${google_logging_metric.errors.filter}"
  }
}
