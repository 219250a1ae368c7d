package accountaction

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/standing"
)

type handler struct {
	store   store.Store
	mirror  *mirror.Mirror
	ledger  *ledger.Ledger
	carrier *ledger.Carrier
	who     *standing.Resolver
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
	if strings.Contains(target, "@") {
		// What takes a request back names who asked, and what is remembered is by the account's id.
		made, err := h.madeBy(ctx, c.UndoOf)
		if err != nil {
			return err
		}
		if target = made.Account; target == "" {
			var there bool
			_, target, there, err = h.existing(ctx, c)
			if errors.Is(err, errUnconfigured) {
				return nil
			}
			if err != nil || !there {
				return err
			}
		}
	}
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
	if err != nil {
		return err
	}
	if err := h.given(ctx, c); err != nil {
		return err
	}
	if err := h.warn(ctx, c); err != nil {
		return err
	}
	return h.settle(ctx, c)
}

// warn says of a stop that came to its end that somebody may still be signed in.
func (h *handler) warn(ctx context.Context, c change.Change) error {
	if c.Kind != change.AccountDisable || c.State != change.Applied {
		return nil
	}
	stopped, err := idle.DecodeStopped(c.Result)
	if stopped.SignedIn {
		h.log.ErrorContext(ctx, "an account is stopped, and its sessions could not be ended", "change_id", c.ID, "account", c.Target.ID)
	}
	return err
}
