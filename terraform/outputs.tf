output "webhook_url" {
  description = "Where Google notifies of changes to groups."
  value       = module.groupwebhook.url
}

output "slack_url" {
  description = "The request URL of the Slack app: for interactivity and for every slash command."
  value       = module.slackinteract.url
}

output "connect_address" {
  description = "Where the name of the page on which owners of data begin has to lead."
  value       = one(google_compute_global_address.connect[*].address)
}

output "deployer" {
  description = "What the deploy workflow signs in with: the identity provider, and the service account."
  value = var.github_repository == "" ? null : {
    provider = google_iam_workload_identity_pool_provider.github[0].name
    account  = google_service_account.deployer[0].email
  }
}
