// Package groupsettings holds the settings of groups against the rules and corrects them. It reads
// those of every group once in 30 days, whether or not anybody was told of a change.
//
// Trigger: group-changed (a group is new, the anchor came or went, or its owners are others), tasks
// of the queue groups-settings (check one group; go through a page of all groups; carry out one change;
// plan what the brake holds), change-events (a change of settings, or a plan, was approved), Cloud
// Scheduler: job "recheck" every 5 minutes (an exception ended, the policy is another one, a day is over).
//
// Reads: policy; budgets, census, changes, cursors (how far a sweep is), groups, members, people,
// settings, walks (how many groups are listed while there is no census).
//
// Writes: budgets, cursors, settings; changes and audit through the ledger; tasks of its own queue and of
// the queue slack.
//
// Calls: Groups Settings API, as its only caller: groups.get, groups.patch.
//
// Permissions: roles/datastore.user, roles/pubsub.publisher on change-events,
// roles/cloudtasks.enqueuer on groups-settings and slack, roles/iam.serviceAccountUser on their callers,
// roles/iam.serviceAccountTokenCreator on itself; scope apps.groups.settings.
//
// On failure: the queue tries again; when the calls of the day are spent, which they are for less
// urgent work sooner, tasks are planned anew for the next day; a patch whose result is unknown is read
// back before it is sent again; what does not converge fails, and people are told.
package groupsettings

import (
	"context"
	"fmt"
	"net/http"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/state/budget"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// Function is the deployable.
var Function = cloudfn.Function{Name: "GroupSettings", Build: build}

func init() { cloudfn.Register(Function) }

type config struct {
	// BaseURL is where the API is; empty means at the vendor.
	BaseURL string `env:"WORKSPACE_URL"`
	// CallsPerDay is how many calls Google grants in a day, to the whole project
	// (https://developers.google.com/workspace/admin/groups-settings/limits); 0 keeps no budget.
	CallsPerDay int `env:"CALLS_PER_DAY, default=100000"`
}

// Validate implements [cloudfn.Validator].
func (c *config) Validate() error {
	if c.CallsPerDay < 0 {
		return fmt.Errorf("CALLS_PER_DAY is %d: 0 or more", c.CallsPerDay)
	}
	return nil
}

func build(ctx context.Context, env *cloudfn.Env) (http.Handler, error) {
	var cfg config
	if err := env.Load(ctx, &cfg); err != nil {
		return nil, err
	}
	policy, err := policyfile.Open(ctx, env.Policy, env.Log)
	if err != nil {
		return nil, err
	}
	client, err := env.Google(ctx, "https://www.googleapis.com/auth/apps.groups.settings")
	if err != nil {
		return nil, err
	}
	settings, err := workspace.NewSettings(ctx, workspace.Options{Client: client, BaseURL: cfg.BaseURL, Now: env.Now})
	if err != nil {
		return nil, err
	}
	m := mirror.New(env.Store)
	who, err := standing.New(m, policy.Model())
	if err != nil {
		return nil, err
	}
	calls := budget.New(env.Store, "settings", cfg.CallsPerDay, env.Now)
	h := &handler{
		store: env.Store, queue: env.Queue, budget: calls, mirror: m, ledger: ledger.New(env.Store, env.Bus, env.Now),
		standing: who, settings: heeded{settings, calls}, policy: policy, rules: policy.SettingsRules(),
		now: env.Now, log: env.Log,
	}
	h.carrier = &ledger.Carrier{
		Ledger: h.ledger, Queue: env.Queue, Name: event.QueueSettings, By: robot, Authority: h.standing.Standing, Asking: h.standing.MayStillAsk, Log: env.Log,
		Appliers: map[change.Kind]ledger.Applier{change.GroupSettings: applier{h}, change.GroupSettingsPlan: override{h}},
	}
	return cloudfn.Messages("groupsettings", env,
		cloudfn.On(h.groupChanged), cloudfn.On(within(h, h.check)), cloudfn.On(h.carrier.Moved), cloudfn.On(within(h, h.apply)), cloudfn.On(h.plan), cloudfn.On(h.sweep), cloudfn.On(h.tick)), nil
}
