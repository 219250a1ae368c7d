// Package accountaction stops accounts, gives them back and makes new ones.
//
// Trigger: change-events (an account's change was approved, denied or carried out), tasks of the
// queue looker (carry out one change).
//
// Reads: policy; accounts, changes, groups, listings, members, people, unfinished, withheld.
//
// Writes: accounts (who is kept, who was given back), listings (one that people say is right),
// unfinished (who may set an account's roles, which it has again if nothing comes of a request, and what gave
// it back last), withheld (what a request under way gives and does not give, and whether its person was
// invited); changes and audit through the ledger; tasks of its own queue.
//
// Calls: Looker API, as the only one that changes anything there: users, roles, sessions,
// credentials. Admin SDK Directory API: users.get, users.update, where policy looks after accounts
// of Google Workspace.
//
// Permissions: roles/datastore.user, roles/pubsub.publisher on change-events,
// roles/cloudtasks.enqueuer on looker, roles/iam.serviceAccountUser on its caller,
// roles/secretmanager.secretAccessor on looker-client-id and looker-client-secret,
// roles/iam.serviceAccountTokenCreator on itself; scope admin.directory.user for an account that
// may administer users, where policy looks after accounts of Google Workspace.
//
// On failure: the queue tries again; what became of a call whose answer was lost is looked up
// before it is made again.
package accountaction

import (
	"context"
	"errors"
	"net/http"

	"github.com/sekisho/sekisho/shared/adapters/looker"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// Function is the deployable.
var Function = cloudfn.Function{Name: "AccountAction", Build: build}

func init() { cloudfn.Register(Function) }

type config struct {
	// URL is where Looker's API is; empty for a company without Looker. ID and Secret are the key
	// with which it is called.
	URL    string `env:"LOOKER_URL"`
	ID     string `env:"LOOKER_CLIENT_ID"`
	Secret string `env:"LOOKER_CLIENT_SECRET"`
	// Invite has Looker send new people a mail by which they set a password, where they do not
	// sign in through an identity provider.
	Invite bool `env:"LOOKER_INVITE"`
	// Subject is the administrator for whom it acts in Google Workspace.
	Subject string `env:"WORKSPACE_SUBJECT"`
	// Workspace is where the Directory API is; empty means at Google.
	Workspace string `env:"WORKSPACE_URL"`
}

// Validate implements [cloudfn.Validator]. A company without Looker configures nothing of it.
func (c *config) Validate() error {
	if c.URL == "" {
		return nil
	}
	return errors.Join(cloudfn.Missing(map[string]string{"LOOKER_CLIENT_ID": c.ID, "LOOKER_CLIENT_SECRET": c.Secret})...)
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
	m := mirror.New(env.Store)
	who, err := standing.New(m, policy.Model())
	if err != nil {
		return nil, err
	}
	h := &handler{
		store: env.Store, mirror: m, ledger: ledger.New(env.Store, env.Bus, env.Now), who: who, policy: policy, systems: map[string]system{},
		now: env.Now, log: env.Log,
	}
	if cfg.URL != "" {
		client, err := looker.New(looker.Options{
			Client: &http.Client{Transport: env.Outbound}, BaseURL: cfg.URL, ClientID: cfg.ID, ClientSecret: cfg.Secret, Now: env.Now,
		})
		if err != nil {
			return nil, err
		}
		h.systems[policyfile.LookerAccounts] = lookerSystem{client, cfg.Invite}
	}
	if _, wanted := policy.Inactivity.Systems[policyfile.WorkspaceAccounts]; wanted {
		users, err := workspaceUsers(ctx, env, cfg)
		if err != nil {
			return nil, err
		}
		h.systems[policyfile.WorkspaceAccounts] = workspaceSystem{users}
	}
	h.carrier = &ledger.Carrier{
		Ledger: h.ledger, Queue: env.Queue, Name: event.QueueLooker, By: robot, Authority: who.Standing, Asking: who.MayStillAsk, Log: env.Log,
		Appliers: map[change.Kind]ledger.Applier{
			change.AccountDisable: patient{stopping{h}}, change.AccountEnable: patient{reviving{h}}, change.AccountCreate: patient{making{h}},
			change.AccountDisablePlan: ledger.Override{Ledger: h.ledger}, change.AccountListing: believing{h},
		},
	}
	return cloudfn.Messages("accountaction", env, cloudfn.On(h.moved), cloudfn.On(h.apply)), nil
}
