// Package grouprefresh reads groups and people from the Directory API into the mirror.
//
// Trigger: tasks of the queue directory. Each task is one call: one group, one page of a
// group's members, one person, one page of a walk through everything, one page of the groups
// that the anchor is in; carry out one change. Cloud Scheduler: job "walk", nightly (the first
// one fills the mirror), jobs "secure" and "held" every 15 minutes. change-events (a plan for what
// the brake holds was approved).
//
// Reads: policy; budgets, census, changes, cursors, drafts, groups, losses, members, people,
// removals-held, settings, walk-steps, walks.
//
// Writes: budgets, census, cursors, drafts, feed, groups, losses, members, people, removals-held,
// settings (of groups that are gone), walk-steps, walks; changes and audit through the ledger;
// tasks of its own queue and of the queue groups-settings; publishes group-changed.
//
// Calls: Admin SDK Directory API, as its only caller: groups.list, groups.get, members.list,
// members.get, users.list, users.get.
//
// Permissions: roles/datastore.user, roles/pubsub.publisher on group-changed
// and change-events, roles/cloudtasks.enqueuer on directory, roles/iam.serviceAccountUser on its caller,
// roles/iam.serviceAccountTokenCreator on itself; scopes admin.directory.group.readonly,
// admin.directory.group.member.readonly and admin.directory.user.readonly.
//
// On failure: the queue tries again. A listing that may be incomplete is read anew; one that
// stays so adds members and takes nobody away. What would take more away than the brake allows
// waits for two people. When the calls of the day are spent, tasks are planned anew for the next
// day. A walk goes on from its last page.
package grouprefresh

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/state/budget"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// Function is the deployable.
var Function = cloudfn.Function{Name: "GroupRefresh", Build: build}

func init() { cloudfn.Register(Function) }

type config struct {
	// BaseURL is where the API is; empty means at the vendor.
	BaseURL string `env:"WORKSPACE_URL"`
	// Customer is the id of the Workspace account; my_customer stands for that of the
	// administrator.
	Customer string `env:"CUSTOMER_ID, default=my_customer"`
	// CallsPerDay is how many calls Google grants in a day; 0 where it sets no such limit, as
	// it does today for this API.
	CallsPerDay int `env:"CALLS_PER_DAY, default=0"`
	// RemovalsPercent, RemovalsMax and RemovalsLeast are the brake: how many memberships may
	// vanish in 24 hours before people have looked.
	RemovalsPercent float64 `env:"REMOVALS_PERCENT, default=2"`
	RemovalsMax     int     `env:"REMOVALS_MAX, default=2000"`
	RemovalsLeast   int     `env:"REMOVALS_LEAST, default=50"`
}

// Validate implements [cloudfn.Validator].
func (c *config) Validate() error {
	var problems []error
	if c.CallsPerDay < 0 {
		problems = append(problems, fmt.Errorf("CALLS_PER_DAY is %d: 0 or more", c.CallsPerDay))
	}
	// A brake without a share or a number would not bind.
	if c.RemovalsPercent <= 0 || c.RemovalsPercent > 100 {
		problems = append(problems, fmt.Errorf("REMOVALS_PERCENT is %v: more than 0, up to 100", c.RemovalsPercent))
	}
	if c.RemovalsMax < 1 || c.RemovalsLeast < 0 {
		problems = append(problems, fmt.Errorf("REMOVALS_MAX is %d, REMOVALS_LEAST %d: 1 or more, and 0 or more", c.RemovalsMax, c.RemovalsLeast))
	}
	return errors.Join(problems...)
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
	client, err := env.Google(ctx,
		"https://www.googleapis.com/auth/admin.directory.group.readonly",
		"https://www.googleapis.com/auth/admin.directory.group.member.readonly",
		"https://www.googleapis.com/auth/admin.directory.user.readonly")
	if err != nil {
		return nil, err
	}
	directory, err := workspace.NewDirectory(ctx, workspace.Options{Client: client, BaseURL: cfg.BaseURL, Customer: cfg.Customer, Now: env.Now})
	if err != nil {
		return nil, err
	}
	removals := brake.Brake{Percent: cfg.RemovalsPercent, Max: cfg.RemovalsMax, Least: cfg.RemovalsLeast}
	m := mirror.New(env.Store).Fed(removals, env.Now)
	who, err := standing.New(m, policy.Model())
	if err != nil {
		return nil, err
	}
	h := &handler{
		store: env.Store, bus: env.Bus, queue: env.Queue, mirror: m, directory: directory, policy: policy,
		ledger: ledger.New(env.Store, env.Bus, env.Now),
		budget: budget.New(env.Store, "directory", cfg.CallsPerDay, env.Now), brake: removals,
		anchor: policy.SettingsRules().Anchor, now: env.Now, log: env.Log,
	}
	h.carrier = &ledger.Carrier{
		Ledger: h.ledger, Queue: env.Queue, Name: event.QueueDirectory, By: robot, Authority: who.Standing, Asking: who.MayStillAsk, Log: env.Log,
		Appliers: map[change.Kind]ledger.Applier{change.GroupMembersPlan: release{h}},
	}
	return cloudfn.Messages("grouprefresh", env,
		cloudfn.On(h.carrier.Moved), cloudfn.On(h.apply),
		cloudfn.On(within(h, h.refresh)), cloudfn.On(within(h, h.members)), cloudfn.On(within(h, h.confirm)), cloudfn.On(within(h, h.refreshPerson)),
		cloudfn.On(within(h, h.walk)), cloudfn.On(within(h, h.compareSecure)), cloudfn.On(h.tick)), nil
}
