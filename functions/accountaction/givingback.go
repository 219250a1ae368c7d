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
func (h *handler) hold(ctx context.Context, c change.Change, id string) (account.Unfinished, func(), error) {
	name, _ := account.Split(c.Target.ID)
	unfinished, err := account.Hold(ctx, h.store, name, id, c.ID, h.now())
	return unfinished, func() { h.release(ctx, c, id, c.ID) }, err
}

// release lets others set the roles that somebody holds. Where this is not possible the next one waits until the
// time is over.
func (h *handler) release(ctx context.Context, c change.Change, id, holder string) {
	name, _ := account.Split(c.Target.ID)
	if err := account.Release(ctx, h.store, name, id, holder, h.now()); err != nil {
		h.log.WarnContext(ctx, "the roles of an account stay held for a while", "change_id", c.ID, "error", err.Error())
	}
}

// begin writes down what is about to become of the roles of an account.
func (h *handler) begin(ctx context.Context, c change.Change, id string, r account.Setting) error {
	name, _ := account.Split(c.Target.ID)
	return account.Begin(ctx, h.store, name, id, c.ID, r, h.now())
}

// hadBefore returns the roles that a stopped account had before anybody began to set others. Those that do
// not exist any more are left out, and returned as lost: nothing can give them.
func hadBefore(ctx context.Context, s system, unfinished account.Unfinished, found idle.Account) (had, lost []string, err error) {
	if unfinished.Request == "" || account.SameRoles(unfinished.Had, found.Roles) {
		return found.Roles, nil, nil
	}
	all, err := s.Roles(ctx)
	if err != nil {
		return nil, nil, err
	}
	had = unfinished.Among(all).Before(found.Roles)
	return had, unfinished.Lost(had, all), nil
}

// setRoles gives a stopped account that was found with some roles these, unless it has them.
func setRoles(ctx context.Context, s system, found idle.Account, roles []string) error {
	if account.SameRoles(found.Roles, roles) {
		return nil
	}
	return s.SetRoles(ctx, found.ID, roles)
}

// enable gives an account back that has its roles.
func (h *handler) enable(ctx context.Context, s system, c change.Change, id string) error {
	if err := h.revived(ctx, c, id); err != nil {
		return err
	}
	return s.Enable(ctx, id)
}

// revived remembers that an account is given back now, which counts as used from then on, or the next
// night would stop it again. It comes before the account is enabled: whatever becomes of the change, none
// is enabled without it. Of an account that stays stopped the next night forgets it.
func (h *handler) revived(ctx context.Context, c change.Change, id string) error {
	name, _ := account.Split(c.Target.ID)
	return h.revive(ctx, name, id, h.now())
}
