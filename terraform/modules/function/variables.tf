variable "platform" {
  description = "What all functions share: local.platform of the root module."
  type = object({
    project        = string
    project_number = string
    region         = string
    database       = string
    subject        = string
    bucket         = string
    bundles        = map(string)
    bundle_dir     = string
    builder        = string
    topics         = map(string)
    secrets        = map(object({ id = string, version = string }))
    channels       = list(string)
    runbooks       = string
  })
}

variable "name" {
  description = "The function's name: its folder, its service, its label in logs, and the beginning of everything that is its own."
  type        = string
}

variable "entry_point" {
  description = "The name under which the function registers itself."
  type        = string
}

variable "public" {
  description = "Whether anybody may send it requests, because the sender cannot sign in to Google. It checks the sender itself then."
  type        = bool
  default     = false
}

variable "clients" {
  description = "Other systems that may call it, as members of IAM: serviceAccount:… or group:…"
  type        = list(string)
  default     = []
}

variable "visitors" {
  description = "Whether it has a page for people, whom the Identity-Aware Proxy of a load balancer signs in."
  type        = bool
  default     = false
}

variable "iap_audience" {
  description = "The backend whose Identity-Aware Proxy signs its visitors in."
  type        = string
  default     = ""
}

variable "roles" {
  description = "Roles in the project."
  type        = list(string)
  default     = ["roles/datastore.user"]
}

variable "acts_as" {
  description = "Service accounts other than its own as which the function may act, by name."
  type        = map(string)
  default     = {}
}

variable "publishes" {
  description = "Topics on which it publishes."
  type        = list(string)
  default     = []
}

variable "enqueues" {
  description = "Queues in which it puts work: output queue of the function that does the work."
  type        = list(object({ name = string, id = string, url = string, account = string, account_id = string }))
  default     = []
}

variable "scopes" {
  description = "Scopes of Google Workspace for which an administrator delegates authority to its service account."
  type        = list(string)
  default     = []
}

variable "environment" {
  description = "Its configuration. What is empty is not set."
  type        = map(string)
  default     = {}
}

variable "secrets" {
  description = "Configuration that comes from secrets: the variable, and the secret's name. A secret without a version is not set."
  type        = map(string)
  default     = {}
}

variable "queue" {
  description = "The queue in front of it, at the rate of the API behind it. Backoff in seconds; a rate of r lets r times s+1 tasks start in s seconds."
  type = object({
    name        = string
    rate        = number
    concurrency = number
    min_backoff = number
    max_backoff = number
  })
  default = null
}

variable "jobs" {
  description = "Calls by the scheduler, in UTC. An alert fires when a job has not ended well for alert_after (a duration of PromQL)."
  type        = map(object({ schedule = string, alert_after = string }))
  default     = {}
}

variable "idle" {
  description = "Whether there is nothing for it to do, because the company does without its vendor: its jobs are paused, and nobody misses them."
  type        = bool
  default     = false
}

variable "subscriptions" {
  description = "What it hears of topics. Messages whose attributes are not among those of the filter are not sent. Without attempts a message comes until it is acknowledged."
  type = map(object({
    topic       = string
    filter      = optional(map(list(string)), {})
    min_backoff = optional(number, 2)
    max_backoff = optional(number, 300)
    attempts    = optional(number, 20)
  }))
  default = {}
}

variable "timeout" {
  description = "How long one request may take, in seconds: longer than the function gives itself."
  type        = number
  default     = 60
}

variable "memory" {
  description = "Memory of one instance."
  type        = string
  default     = "512Mi"
}

variable "min_instances" {
  description = "Instances that are kept ready."
  type        = number
  default     = 0
}

variable "max_instances" {
  description = "Instances that run at once, at most."
  type        = number
  default     = 10
}
