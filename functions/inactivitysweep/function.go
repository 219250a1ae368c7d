// Package inactivitysweep looks every night for accounts that nobody uses: it warns people before
// their accounts are stopped, proposes what is to be stopped, and sums up.
//
// Trigger: Cloud Scheduler: job "sweep" every night.
//
// Reads: policy; accounts, changes, cursors (what went well tonight), groups, listings, members,
// notices, people, summaries, tellings; audit (was the same said before?).
//
// Writes: accounts (what people were told), cursors, listings, summaries, notices, tellings (whom it is
// telling of a first warning); changes and audit through the ledger; tasks of the queue slack.
//
// Calls: Looker API: login, listing of users and roles; Admin SDK Directory API: users.list,
// where policy looks after accounts of Google Workspace. It changes nothing there.
//
// Permissions: roles/datastore.user, roles/pubsub.publisher on change-events,
// roles/cloudtasks.enqueuer on slack, roles/iam.serviceAccountUser on its caller,
// roles/secretmanager.secretAccessor on looker-client-id and looker-client-secret,
// roles/iam.serviceAccountTokenCreator on itself; scope admin.directory.user.readonly for an account that
// may administer users, where policy looks after accounts of Google Workspace.
//
// On failure: nothing is warned or stopped by a listing that did not end well or is not to be
// believed. The scheduler tries again: a system whose night went well is left alone then, and one that
// went wrong twice waits for the next night, which begins anew: the job has not ended well then. Nobody loses
// a warning by it.
package inactivitysweep

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/looker"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// Function is the deployable.
var Function = cloudfn.Function{Name: "InactivitySweep", Build: build}

func init() { cloudfn.Register(Function) }

type config struct {
	// URL is where Looker's API is; empty for a company without Looker. ID and Secret are the key
	// with which it is called.
	URL    string `env:"LOOKER_URL"`
	ID     string `env:"LOOKER_CLIENT_ID"`
	Secret string `env:"LOOKER_CLIENT_SECRET"`
	// Address is where people sign in to Looker; empty means that it is LOOKER_URL.
	Address string `env:"LOOKER_ADDRESS"`
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
	h := &handler{
		store: env.Store, queue: env.Queue, mirror: mirror.New(env.Store), ledger: ledger.New(env.Store, env.Bus, env.Now), policy: policy,
		systems: map[string]system{}, addresses: map[string]string{policyfile.LookerAccounts: cmp.Or(cfg.Address, cfg.URL)}, now: env.Now, log: env.Log,
	}
	if cfg.URL != "" {
		client, err := looker.New(looker.Options{
			Client: &http.Client{Transport: env.Outbound}, BaseURL: cfg.URL, ClientID: cfg.ID, ClientSecret: cfg.Secret, Now: env.Now,
		})
		if err != nil {
			return nil, err
		}
		h.systems[policyfile.LookerAccounts] = client
	}
	if _, wanted := policy.Inactivity.Systems[policyfile.WorkspaceAccounts]; wanted {
		users, err := workspaceUsers(ctx, env, cfg)
		if err != nil {
			return nil, err
		}
		h.systems[policyfile.WorkspaceAccounts] = users
	}
	return cloudfn.Messages("inactivitysweep", env, cloudfn.Within(deadline, cloudfn.On(h.tick))), nil
}

// workspaceUsers returns the accounts of Google Workspace as a system of accounts.
func workspaceUsers(ctx context.Context, env *cloudfn.Env, cfg config) (*workspace.Users, error) {
	if cfg.Subject == "" {
		return nil, errors.New("policy looks after accounts of Google Workspace: WORKSPACE_SUBJECT is missing")
	}
	client, err := env.Google(ctx, "https://www.googleapis.com/auth/admin.directory.user.readonly")
	if err != nil {
		return nil, err
	}
	return workspace.NewUsers(ctx, workspace.Options{Client: client, BaseURL: cfg.Workspace, Now: env.Now}, cfg.Subject)
}

// deadline is how long a night may take: a listing of many thousand accounts is many requests.
const deadline = 25 * time.Minute
