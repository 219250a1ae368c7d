package accountaction

import (
	"context"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/account"
)

// This file gives stopped accounts back: roles first, then the account. Between the two calls anything can
// happen, so what the account had is written down before: see [account.Begin].

// hold keeps others from setting the roles of the account that a change is about, until the function that it
// returns is called.
func (h *handler) hold(ctx context.Context, c change.Change, id, holder string) (account.Unfinished, func(), error) {
	name, _ := account.Split(c.Target.ID)
	unfinished, err := account.Hold(ctx, h.store, name, id, holder, h.now())
	release := func() {
		// Where this is not possible the next one waits until the time is over.
		if err := account.Release(ctx, h.store, name, id, holder, h.now()); err != nil {
			h.log.WarnContext(ctx, "the roles of an account stay held for a while", "change_id", c.ID, "error", err.Error())
		}
	}
	return unfinished, release, err
}

// begin writes down what is about to become of the roles of an account.
func (h *handler) begin(ctx context.Context, c change.Change, id string, r account.Setting) error {
	name, _ := account.Split(c.Target.ID)
	return account.Begin(ctx, h.store, name, id, c.ID, r, h.now())
}

// hadBefore returns the roles that a stopped account had before anybody began to set others. One that does
// not exist any more is left out: nothing can give it.
func hadBefore(ctx context.Context, s system, unfinished account.Unfinished, found idle.Account) ([]string, error) {
	if unfinished.Request == "" || account.SameRoles(unfinished.Had, found.Roles) {
		return found.Roles, nil
	}
	all, err := s.Roles(ctx)
	if err != nil {
		return nil, err
	}
	return unfinished.Among(all).Before(found.Roles), nil
}

// enable gives an account back that was found with some roles, with these.
func (h *handler) enable(ctx context.Context, s system, c change.Change, found idle.Account, roles []string) error {
	if !account.SameRoles(found.Roles, roles) {
		if err := s.SetRoles(ctx, found.ID, roles); err != nil {
			return err
		}
	}
	if err := h.revived(ctx, c, found.ID); err != nil {
		return err
	}
	return s.Enable(ctx, found.ID)
}

// revived remembers that an account is given back now, which counts as used from then on, or the next
// night would stop it again. It comes before the account is enabled: whatever becomes of the change, none
// is enabled without it. Of an account that stays stopped the next night forgets it.
func (h *handler) revived(ctx context.Context, c change.Change, id string) error {
	name, _ := account.Split(c.Target.ID)
	return h.revive(ctx, name, id, h.now())
}
