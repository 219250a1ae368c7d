# Does what time alone brings about, repairs what was left behind, and keeps the dead letters.
module "changesweep" {
  source      = "./modules/function"
  platform    = local.platform
  name        = "changesweep"
  entry_point = "ChangeSweep"

  publishes = ["change-events"]

  jobs = {
    sweep = { schedule = "* * * * *", alert_after = "10m" }
  }

  subscriptions = {
    # Without attempts: here nothing is given up.
    changesweep-dead-letter = { topic = "dead-letter", min_backoff = 10, max_backoff = 600, attempts = 0 }
  }
}

output "changesweep" {
  value = module.changesweep.summary
}
