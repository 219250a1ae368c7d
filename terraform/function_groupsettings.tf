# Holds the settings of groups against the rules, as the only caller of the Groups Settings API.
module "groupsettings" {
  source      = "./modules/function"
  platform    = local.platform
  name        = "groupsettings"
  entry_point = "GroupSettings"

  scopes    = ["apps.groups.settings"]
  publishes = ["change-events"]
  enqueues  = [module.groupsettings.queue, module.slacknotify.queue]

  queue = {
    name        = "groups-settings"
    rate        = 10
    concurrency = 10
    min_backoff = 5
    max_backoff = 600
  }

  jobs = {
    recheck = { schedule = "*/5 * * * *", alert_after = "30m" }
  }

  subscriptions = {
    groupsettings-group-changed = { topic = "group-changed" }
    groupsettings-approved = {
      topic  = "change-events"
      filter = { kind = ["group.settings", "group.settings.plan"], state = ["approved"] }
    }
  }
}

output "groupsettings" {
  value = module.groupsettings.summary
}
