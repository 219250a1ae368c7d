package world

import (
	"maps"
	"time"

	"github.com/sekisho/sekisho/functions/accessgrant"
	"github.com/sekisho/sekisho/functions/accountaction"
	"github.com/sekisho/sekisho/functions/catalogsync"
	"github.com/sekisho/sekisho/functions/changesweep"
	"github.com/sekisho/sekisho/functions/connectcard"
	"github.com/sekisho/sekisho/functions/groupapi"
	"github.com/sekisho/sekisho/functions/grouprefresh"
	"github.com/sekisho/sekisho/functions/groupsettings"
	"github.com/sekisho/sekisho/functions/groupwatch"
	"github.com/sekisho/sekisho/functions/groupwebhook"
	"github.com/sekisho/sekisho/functions/inactivitysweep"
	"github.com/sekisho/sekisho/functions/requestapi"
	"github.com/sekisho/sekisho/functions/slackinteract"
	"github.com/sekisho/sekisho/functions/slacknotify"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/ports/queue"
	simworkspace "github.com/sekisho/sekisho/shared/sim/workspace"
)

// This file is what would be configured in the cloud: the functions, and how they hang
// together.

// Functions are all functions of this repository.
var Functions = []cloudfn.Function{
	groupwebhook.Function, groupwatch.Function, grouprefresh.Function, groupsettings.Function, groupapi.Function,
	inactivitysweep.Function, accountaction.Function, accessgrant.Function,
	slackinteract.Function, requestapi.Function, slacknotify.Function, changesweep.Function,
	connectcard.Function, catalogsync.Function,
}

// Job is one call by the scheduler, as terraform/function_<name>.tf configures it.
type Job struct {
	Function, Name, Spec string
}

// everyMinute is the schedule of jobs that look whether something has become due.
const everyMinute = "* * * * *"

// Jobs are all calls by the scheduler.
var Jobs = []Job{
	{"GroupWatch", "renew", "7 * * * *"},
	{"GroupWatch", "poll", "*/5 * * * *"},
	{"GroupRefresh", "walk", "17 3 * * *"},
	{"GroupRefresh", "secure", "*/15 * * * *"},
	{"GroupRefresh", "held", "*/15 * * * *"},
	{"GroupSettings", "recheck", "*/5 * * * *"},
	{"InactivitySweep", "sweep", "41 2 * * *"},
	{"AccessGrant", "ending", everyMinute},
	{"AccessGrant", "places", "13 * * * *"},
	{"AccessGrant", "clean", "23 4 * * *"},
	{"ChangeSweep", "sweep", everyMinute},
	{"ConnectCard", connectcard.JobWatch, "*/5 * * * *"},
	{"ConnectCard", connectcard.JobList, "41 * * * *"},
	{"ConnectCard", connectcard.JobCheck, "23 2 * * *"},
	{"CatalogSync", catalogsync.JobSync, "11 5 * * *"},
	{"CatalogSync", catalogsync.JobDrift, "37 * * * *"},
}

// Queues are the queues with their limits, as Terraform configures them beside their functions,
// and the function that each belongs to.
var Queues = map[string]QueueOf{
	// Each task is one call, and Google grants 2,400 in a minute; 39 and not 40 for what Cloud
	// Tasks starts at once after a pause.
	event.QueueDirectory: {"GroupRefresh", queue.Limits{Rate: 39, Concurrency: 20, MinBackoff: 2 * time.Second, MaxBackoff: 5 * time.Minute}},
	event.QueueSettings:  {"GroupSettings", queue.Limits{Rate: 10, Concurrency: 10, MinBackoff: 5 * time.Second, MaxBackoff: 10 * time.Minute}},
	event.QueueLooker:    {"AccountAction", queue.Limits{Rate: 2, Concurrency: 2, MinBackoff: 10 * time.Second, MaxBackoff: 15 * time.Minute}},
	event.QueueIAM:       {"AccessGrant", queue.Limits{Rate: 5, Concurrency: 5, MinBackoff: 2 * time.Second, MaxBackoff: 5 * time.Minute}},
	event.QueuePresses:   {"SlackInteract", queue.Limits{Rate: 100, Concurrency: 20, MinBackoff: time.Second, MaxBackoff: time.Minute}},
	event.QueueSlack:     {"SlackNotify", queue.Limits{Rate: 5, Concurrency: 5, MinBackoff: 5 * time.Second, MaxBackoff: 10 * time.Minute}},
	// Fivetran takes 250 setup tests a minute and 20,000 requests an hour.
	event.QueueFivetran: {"ConnectCard", queue.Limits{Rate: 2, Concurrency: 4, MinBackoff: 10 * time.Second, MaxBackoff: 10 * time.Minute}},
	// Each task is a whole plan, and two at once would only be in each other's way.
	event.QueueCatalog: {"CatalogSync", queue.Limits{Rate: 1, Concurrency: 1, MinBackoff: 10 * time.Second, MaxBackoff: 15 * time.Minute}},
}

// queuesAt returns the queues with another rate for the Directory API, unless it is zero.
func queuesAt(directory float64) map[string]QueueOf {
	queues := maps.Clone(Queues)
	if directory > 0 {
		q := queues[event.QueueDirectory]
		q.Limits.Rate = directory
		queues[event.QueueDirectory] = q
	}
	return queues
}

// QueueOf is one queue of a function.
type QueueOf struct {
	Function string
	Limits   queue.Limits
}

// Subscriptions are the subscriptions, as Terraform configures them beside their functions;
// the endpoint is the function's name.
var Subscriptions = []bus.Subscription{
	subscription("groupwebhook-audit-log", event.TopicWorkspaceAudit, "GroupWebhook", nil),
	subscription("grouprefresh-approved", event.TopicChangeEvents, "GroupRefresh",
		bus.Filter{event.AttrKind: {"group.members.plan"}, event.AttrState: {"approved"}}),
	subscription("groupsettings-group-changed", event.TopicGroupChanged, "GroupSettings", nil),
	subscription("groupsettings-approved", event.TopicChangeEvents, "GroupSettings",
		bus.Filter{event.AttrKind: {"group.settings", "group.settings.plan"}, event.AttrState: {"approved"}}),
	subscription("accountaction-approved", event.TopicChangeEvents, "AccountAction", bus.Filter{
		event.AttrKind:  {"account.disable", "account.disable.plan", "account.listing", "account.enable", "account.create"},
		event.AttrState: {"approved"},
	}),
	subscription("accountaction-kept", event.TopicChangeEvents, "AccountAction",
		bus.Filter{event.AttrKind: {"account.disable"}, event.AttrState: {"denied"}}),
	subscription("accessgrant-approved", event.TopicChangeEvents, "AccessGrant", bus.Filter{
		event.AttrKind: {"access.grant", "access.revoke", "access.review"}, event.AttrState: {"approved"},
	}),
	subscription("accessgrant-group-changed", event.TopicGroupChanged, "AccessGrant", nil),
	subscription("connectcard-approved", event.TopicChangeEvents, "ConnectCard",
		bus.Filter{event.AttrKind: {"connection.create", "connection.renew"}, event.AttrState: {"approved"}}),
	subscription("catalogsync-group-changed", event.TopicGroupChanged, "CatalogSync", nil),
	subscription("catalogsync-approved", event.TopicChangeEvents, "CatalogSync",
		bus.Filter{event.AttrKind: {"catalog.apply"}, event.AttrState: {"approved"}}),
	subscription("slacknotify-changes", event.TopicChangeEvents, "SlackNotify", nil),
	{Name: "changesweep-dead-letter", Topic: event.TopicDeadLetter, Endpoint: "ChangeSweep", MinBackoff: 10 * time.Second, MaxBackoff: 10 * time.Minute},
}

func subscription(name, topic, function string, filter bus.Filter) bus.Subscription {
	return bus.Subscription{
		Name: name, Topic: topic, Endpoint: function, Filter: filter,
		MinBackoff: 2 * time.Second, MaxBackoff: 5 * time.Minute, MaxAttempts: 20, DeadLetter: event.TopicDeadLetter,
	}
}

// googleTokens are the tokens of the functions that call Google, with their scopes.
var googleTokens = map[string][]string{
	"token-groupwatch": {simworkspace.ScopeAudit},
	"token-grouprefresh": {
		simworkspace.ScopeGroupReadonly, simworkspace.ScopeMemberReadonly, simworkspace.ScopeUserReadonly,
	},
	"token-groupsettings":   {simworkspace.ScopeSettings},
	"token-inactivitysweep": {simworkspace.ScopeUserReadonly},
	"token-accountaction":   {simworkspace.ScopeUser},
}
