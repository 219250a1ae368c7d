# The database: one collection for each kind of record. A record's content is the text "data",
# what queries ask for is in the map "f", and "expires" is when it may be removed.

resource "google_firestore_database" "database" {
  project                           = var.project
  name                              = var.database
  location_id                       = var.database_location
  type                              = "FIRESTORE_NATIVE"
  concurrency_mode                  = "PESSIMISTIC"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = "DELETE_PROTECTION_ENABLED"
  deletion_policy                   = "ABANDON"

  depends_on = [google_project_service.service]
}

locals {
  # Every collection; true where its records expire.
  collections = {
    accounts       = true
    answered       = true
    audit          = false
    budgets        = true
    census         = false
    changes        = false
    channels       = true
    cursors        = false
    destinations   = false
    drafts         = true
    feed           = true
    groups         = true
    handovers      = false
    listings       = false
    losses         = false
    members        = false
    messages       = true
    notices        = true
    people         = true
    places         = true
    presses        = true
    quarantine     = true
    removals-held  = false
    request-keys   = true
    schemas        = false
    services       = false
    settings       = true
    slack-accounts = true
    slack-channels = true
    summaries      = false
    tellings       = true
    unfinished     = true
    walk-steps     = true
    walks          = false
    withheld       = true
  }

  # Every combination of fields by which queries ask: fields that must be equal, then the field
  # of the order. A single field is indexed by itself.
  indexes = [
    "audit: change, at",
    "changes: batch, proposed",
    "changes: kind, proposed",
    "changes: kind, requester, until",
    "changes: kind, target, proposed",
    "changes: kind, until",
    "changes: slot, n desc",
    "groups: gone, email",
    "people: admin, email",
  ]
}

resource "google_firestore_index" "index" {
  for_each    = toset(local.indexes)
  project     = var.project
  database    = google_firestore_database.database.name
  collection  = split(": ", each.value)[0]
  query_scope = "COLLECTION"

  dynamic "fields" {
    for_each = split(", ", split(": ", each.value)[1])
    content {
      field_path = "f.${split(" ", fields.value)[0]}"
      order      = endswith(fields.value, " desc") ? "DESCENDING" : "ASCENDING"
    }
  }
}

# Nobody searches in contents, and an index would refuse what is longer than 1,500 bytes.
resource "google_firestore_field" "data" {
  for_each   = local.collections
  project    = var.project
  database   = google_firestore_database.database.name
  collection = each.key
  field      = "data"
  index_config {}
}

# Firestore removes what has expired, within a day or so; readers do not see it any more before.
resource "google_firestore_field" "expires" {
  for_each   = { for name, expires in local.collections : name => name if expires }
  project    = var.project
  database   = google_firestore_database.database.name
  collection = each.key
  field      = "expires"
  index_config {}
  ttl_config {}
}

resource "google_firestore_backup_schedule" "daily" {
  project   = var.project
  database  = google_firestore_database.database.name
  retention = "${var.backup_retention_days * 86400}s"
  daily_recurrence {}
}

resource "google_firestore_backup_schedule" "weekly" {
  project   = var.project
  database  = google_firestore_database.database.name
  retention = "8467200s" # 14 weeks, the longest
  weekly_recurrence {
    day = "SUNDAY"
  }
}

# The functions come as service accounts, for whom rules do not count. Nobody else has any
# business here.
resource "google_firebaserules_ruleset" "nobody" {
  project = var.project
  source {
    files {
      name    = "firestore.rules"
      content = <<-RULES
        rules_version = '2';
        service cloud.firestore {
          match /databases/{database}/documents {
            match /{document=**} {
              allow read, write: if false;
            }
          }
        }
      RULES
    }
  }

  depends_on = [google_project_service.service]
}

resource "google_firebaserules_release" "nobody" {
  project      = var.project
  name         = "cloud.firestore/${google_firestore_database.database.name}"
  ruleset_name = google_firebaserules_ruleset.nobody.name
}
