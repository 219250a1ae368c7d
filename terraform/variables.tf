# --- Where -----------------------------------------------------------------------------------

variable "project" {
  description = "The Google Cloud project, which holds nothing else."
  type        = string
}

variable "region" {
  description = "Where functions, queues and jobs are."
  type        = string
  default     = "asia-northeast1"
}

variable "database_location" {
  description = "Where the Firestore database is. It cannot be changed later."
  type        = string
  default     = "asia-northeast1"
}

variable "organization" {
  description = "The organisation's number, for the second intake: audit logs by way of Cloud Logging. Empty means without it."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^[0-9]*$", var.organization))
    error_message = "The organisation is a number, as gcloud organizations list shows it."
  }
}

# --- What is deployed ------------------------------------------------------------------------

variable "bundles" {
  description = "The SHA-256 of each function's bundle, as scripts/bundle writes it."
  type        = map(string)
}

variable "bundle_dir" {
  description = "The folder in which scripts/bundle wrote the bundles."
  type        = string
  default     = "bundles"
}

# --- Google Workspace ------------------------------------------------------------------------

variable "workspace_subject" {
  description = "The administrator for whom functions read and correct groups, by delegation to their service accounts. Empty means that the service accounts are administrators themselves."
  type        = string
  default     = ""
}

variable "workspace_customer" {
  description = "The id of the Workspace account, C0…; my_customer stands for that of the administrator."
  type        = string
  default     = "my_customer"
}

# --- Slack -----------------------------------------------------------------------------------

variable "slack_team" {
  description = "The id of the Slack workspace, T…"
  type        = string
}

variable "slack_channel" {
  description = "The id of the Slack channel that hears what nobody else can be told, C…"
  type        = string
}

variable "secret_versions" {
  description = "The version in force of each secret. A new version is put into force by naming it here."
  type        = map(string)
  default     = {}
}

variable "slack_signing_secret_former_version" {
  description = "The version of slack-signing-secret that holds beside the one in force, while it is rotated. Empty means none."
  type        = string
  default     = ""
}

# --- Operations ------------------------------------------------------------------------------

variable "alert_emails" {
  description = "Who is told when an alert fires."
  type        = list(string)
}

variable "runbooks" {
  description = "Where the runbooks are, for the links in alerts."
  type        = string
  default     = "https://github.com/sekisho/sekisho/blob/main/docs/runbooks"
}

variable "backup_retention_days" {
  description = "How long a daily backup of the database is kept."
  type        = number
  default     = 14
}

variable "github_repository" {
  description = "The repository whose deploy workflow may apply this configuration, as owner/name. Empty means none."
  type        = string
  default     = ""
}
