// Package accountaction stops accounts, gives them back and makes new ones.
//
// Trigger: change-events (an account's change was approved, denied or carried out), tasks of the
// queue looker (carry out one change).
//
// Reads: policy; accounts, changes, groups, listings, members, people.
//
// Writes: accounts (who is kept, who was given back), listings (one that people say is right);
// changes and audit through the ledger; tasks of its own queue.
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
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/looker"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/account"
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
	policy, err := policyfile.Load(env.Policy)
	if err != nil {
		return nil, err
	}
	m := mirror.New(env.Store)
	who, err := standing.New(m, policy.Model())
	if err != nil {
		return nil, err
	}
	h := &handler{
		store: env.Store, mirror: m, ledger: ledger.New(env.Store, env.Bus, env.Now), policy: policy, systems: map[string]system{},
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
			change.AccountDisable: stopping{h}, change.AccountEnable: reviving{h}, change.AccountCreate: making{h},
			change.AccountDisablePlan: ledger.Override{Ledger: h.ledger}, change.AccountListing: believing{h},
		},
	}
	return cloudfn.Messages("accountaction", env, cloudfn.On(h.moved), cloudfn.On(h.apply)), nil
}

// workspaceUsers returns the accounts of Google Workspace as a system of accounts.
func workspaceUsers(ctx context.Context, env *cloudfn.Env, cfg config) (*workspace.Users, error) {
	if cfg.Subject == "" {
		return nil, errors.New("policy looks after accounts of Google Workspace: WORKSPACE_SUBJECT is missing")
	}
	client, err := env.Google(ctx, "https://www.googleapis.com/auth/admin.directory.user")
	if err != nil {
		return nil, err
	}
	return workspace.NewUsers(ctx, workspace.Options{Client: client, BaseURL: cfg.Workspace, Now: env.Now}, cfg.Subject)
}

// errNotHere says that accounts are made where people are hired, and roles given by who
// administers the directory.
var errNotHere = cloudfn.Permanent(errors.New("accounts of Google Workspace are not made or given roles here"))

// workspaceSystem is Google Workspace as a system of accounts, which are stopped and given back
// only.
type workspaceSystem struct{ *workspace.Users }

// SetRoles implements [system].
func (workspaceSystem) SetRoles(context.Context, string, []string) error { return errNotHere }

// Create implements [system].
func (workspaceSystem) Create(context.Context, string, string, string) error { return errNotHere }

// system is one system of accounts, as this function changes it.
type system interface {
	// Account reads one account with all that [idle.Judge] looks at, Find the one of an address.
	// The error of what is not there says so: see isGone.
	Account(ctx context.Context, id string) (idle.Account, error)
	Find(ctx context.Context, email string) (idle.Account, error)
	// Disable stops an account and signs its person out everywhere, Enable gives it back.
	Disable(ctx context.Context, id string) error
	Enable(ctx context.Context, id string) error
	// SetRoles gives an account these roles and no others.
	SetRoles(ctx context.Context, id string, names []string) error
	// Create makes an account that a person can sign in to.
	Create(ctx context.Context, email, name, role string) error
}

// isGone reports whether an error says that there is no such account.
func isGone(err error) bool {
	var gone interface{ NotFound() bool }
	return errors.As(err, &gone) && gone.NotFound()
}

// lookerSystem is a Looker instance as a system of accounts.
type lookerSystem struct {
	*looker.Client
	invite bool
}

// Create implements [system].
func (l lookerSystem) Create(ctx context.Context, email, name, role string) error {
	first, last, _ := strings.Cut(name, " ")
	n := looker.NewAccount{Email: email, First: first, Last: last, Invite: l.invite}
	if role != "" {
		n.Roles = []string{role}
	}
	_, err := l.Client.Create(ctx, n)
	return err
}

type handler struct {
	store   store.Store
	mirror  *mirror.Mirror
	ledger  *ledger.Ledger
	carrier *ledger.Carrier
	policy  *policyfile.Policy
	systems map[string]system
	now     func() time.Time
	log     *slog.Logger
}

// robot is the actor of everything that this function does by itself.
var robot = change.Actor{Kind: change.ByFunction, ID: "accountaction"}

// moved remembers what people decided about an account, and queues the carrying out of what was
// approved.
func (h *handler) moved(ctx context.Context, e event.ChangeMoved) error {
	if e.Kind == string(change.AccountDisable) && e.State == string(change.Denied) {
		if err := h.keep(ctx, e.Change); err != nil {
			return err
		}
	}
	return h.carrier.Moved(ctx, e)
}

// keep spares the account that somebody wants kept. The message names the change; whether it was
// denied is read there.
func (h *handler) keep(ctx context.Context, id string) error {
	c, err := h.ledger.Get(ctx, id)
	if errors.Is(err, ledger.ErrNotFound) || err == nil && (c.Kind != change.AccountDisable || c.State != change.Denied) {
		return nil
	}
	if err != nil {
		return err
	}
	name, target := account.Split(c.Target.ID)
	until := c.Updated.Add(idle.KeepFor)
	return account.Update(ctx, h.store, name, target, h.now(), func(m idle.Memory) idle.Memory {
		if !until.After(m.Kept) {
			return m
		}
		return m.Keep(until)
	})
}

// apply carries out one change, or queues it for later.
func (h *handler) apply(ctx context.Context, e event.ApplyChange) error {
	c, err := h.carrier.Apply(ctx, e)
	if err != nil || c.State != change.Applied {
		return err
	}
	name, target := account.Split(c.Target.ID)
	switch c.Kind {
	case change.AccountEnable:
	case change.AccountCreate:
		if len(c.Result) == 0 {
			return nil
		}
		var m made
		if err := json.Unmarshal(c.Result, &m); err != nil {
			return fmt.Errorf("decode what change %s made: %w", c.ID, err)
		}
		target = m.Account
	default:
		return nil
	}
	// It counts as used from now on, or the next night would stop it again.
	return account.Update(ctx, h.store, name, target, h.now(), func(m idle.Memory) idle.Memory { return m.Revive(c.Updated) })
}
