// Package accountaction stops accounts, gives them back and makes new ones.
//
// Trigger: change-events (an account's change was approved, denied or carried out), tasks of the
// queue looker (carry out one change).
//
// Reads: policy, groups, members, people, changes, accounts.
//
// Writes: accounts (who is kept, who was given back); changes and audit through the ledger; tasks
// of its own queue.
//
// Calls: Looker API, as the only one that changes anything there: users, roles, sessions,
// credentials. Admin SDK Directory API: users.get, users.update, where policy looks after accounts
// of Google Workspace.
//
// Permissions: roles/datastore.user, roles/pubsub.publisher on change-events,
// roles/cloudtasks.enqueuer, roles/secretmanager.secretAccessor on the Looker key; scope
// admin.directory.user.
//
// On failure: the queue tries again; what became of a call whose answer was lost is looked up
// before it is made again.
package accountaction

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// system is one system of accounts, as this function changes it.
type system interface {
	// Account returns one account with all that [idle.Judge] looks at, or errGone.
	Account(ctx context.Context, id string) (idle.Account, error)
	// Find returns the id of the account with an address; empty where there is none.
	Find(ctx context.Context, email string) (id string, err error)
	// SetDisabled stops an account or gives it back.
	SetDisabled(ctx context.Context, id string, disabled bool) error
	// EndSessions signs the account's person out everywhere.
	EndSessions(ctx context.Context, id string) error
	// Create makes an account that a person can sign in to with an address.
	Create(ctx context.Context, email, name, role string) (id string, err error)
	// GiveRole adds a role to those that an account has.
	GiveRole(ctx context.Context, id, role string) error
	// IsNotFound reports whether an error says that there is no such account.
	IsNotFound(err error) bool
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

// Keep is how long a person's "keep" spares an account.
const Keep = 90 * 24 * time.Hour

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
	until := c.Updated.Add(Keep)
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
	if err != nil || c.State != change.Applied || c.Kind != change.AccountEnable {
		return err
	}
	// It counts as used from now on, or the next night would stop it again.
	name, target := account.Split(c.Target.ID)
	return account.Update(ctx, h.store, name, target, h.now(), func(m idle.Memory) idle.Memory { return m.Revive(c.Updated) })
}
