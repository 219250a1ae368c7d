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

variable "database" {
  description = "The name of the Firestore database. Another one than before after a restore, and only then."
  type        = string
  default     = "sekisho"
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

variable "slack_language" {
  description = "The language of messages in channels: en or ja. A person is told in their own."
  type        = string
  default     = "en"

  validation {
    condition     = contains(["en", "ja"], var.slack_language)
    error_message = "Messages are written in en or ja."
  }
}

variable "slack_time_zone" {
  description = "The time zone of messages in channels, by its IANA name: Asia/Tokyo. A person is told in their own."
  type        = string
  default     = "UTC"

  validation {
    # Slacknotify checks that there is such a zone, and does not start without.
    condition     = can(regex("^(UTC|[A-Z][A-Za-z]+(/[A-Za-z0-9_+-]+)+)$", var.slack_time_zone))
    error_message = "A time zone is written Area/City, such as Asia/Tokyo, or UTC."
  }
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

variable "api_clients" {
  description = "The systems that may ask groupapi: their service accounts, the groups that they may see, by whole addresses or by the beginnings of them, and what they may ask."
  type        = list(object({ account = string, groups = list(string), scopes = list(string) }))
  default     = []
}

variable "request_clients" {
  description = "The tools that may send people's requests to requestapi, as members of IAM: serviceAccount:… of a portal, or group:… of people who use a command line."
  type        = list(string)
  default     = []
}

variable "request_audiences" {
  description = "What the tokens of people may be for that these tools send: the ids of the OAuth clients with which people sign in there. Tokens for requestapi's own address are good anyhow."
  type        = list(string)
  default     = []
}

# --- Accounts and access ---------------------------------------------------------------------

variable "looker_url" {
  description = "The API of the Looker instance whose accounts are looked after, https://company.looker.com:19999. Empty means none."
  type        = string
  default     = ""
}

variable "looker_address" {
  description = "Where people sign in to Looker; empty means at looker_url."
  type        = string
  default     = ""
}

variable "openmetadata_url" {
  description = "The address of OpenMetadata's API, https://catalog.example.com/api. Empty means that there is no data catalogue."
  type        = string
  default     = ""
}

variable "openmetadata_bot" {
  description = "The name of the bot in OpenMetadata whose token is put into the secret openmetadata-token."
  type        = string
  default     = "sekisho-bot"
}

variable "access_targets" {
  description = "The projects in which access is given for a time, and the roles that may be given there. Policy alone cannot widen it."
  type        = map(list(string))
  default     = {}

  validation {
    condition     = alltrue([for roles in values(var.access_targets) : length(roles) >= 1 && length(roles) <= 10])
    error_message = "IAM can limit what is given in a project to at most 10 roles."
  }
  validation {
    condition     = !anytrue([for role in flatten(values(var.access_targets)) : contains(["roles/owner", "roles/resourcemanager.projectIamAdmin", "roles/iam.securityAdmin"], role)])
    error_message = "Whoever holds one of these roles can give themselves every other one, for ever."
  }
}

# --- Connections -----------------------------------------------------------------------------

variable "fivetran" {
  description = "Whether the company has Fivetran."
  type        = bool
  default     = false
}

variable "fivetran_webhooks" {
  description = "Whether Fivetran tells of connections by webhooks. The function connectcard is public then; without them it looks by itself."
  type        = bool
  default     = false
}

variable "fivetran_webhook_secret_former_version" {
  description = "The version of fivetran-webhook-secret that holds beside the one in force, while it is rotated. Empty means none."
  type        = string
  default     = ""
}

variable "connect_domain" {
  description = "The name under which owners of data reach the page, such as connect.example.com: that of the policy's redirect. Empty means that there is no page."
  type        = string
  default     = ""
}

variable "connect_people" {
  description = "Who may come to the page, as members of IAM: domain:example.com."
  type        = list(string)
  default     = []
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
