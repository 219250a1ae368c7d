package accountaction

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sekisho/sekisho/shared/cloudfn"
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

// roleHolder is an account with its roles: what was found of it, the roles that it has, and all that there are.
type roleHolder struct {
	idle.Account
	has, all []idle.Role
}

// look reads an account with its roles.
func look(ctx context.Context, s system, id string) (roleHolder, error) {
	all, err := s.Roles(ctx)
	if err != nil {
		return roleHolder{}, err
	}
	found, err := s.Account(ctx, id)
	if err != nil {
		return roleHolder{}, err
	}
	has, unknown := idle.RolesNamed(all, found.Roles)
	if len(unknown) > 0 {
		return roleHolder{}, fmt.Errorf("tell the roles of account %s apart: %w: %s", id, errUnknownRole, strings.Join(unknown, ", "))
	}
	return roleHolder{found, has, all}, nil
}

// named returns the roles that are to be given by name.
func (h roleHolder) named(names []string) ([]idle.Role, error) {
	roles, unknown := idle.RolesNamed(h.all, names)
	if len(unknown) > 0 {
		return nil, cloudfn.Permanent(fmt.Errorf("find roles by name: %w: %s", errUnknownRole, strings.Join(unknown, ", ")))
	}
	return roles, nil
}

// errUnknownRole says that no role has a name, or that several have it but for capitals.
var errUnknownRole = errors.New("there is no such role, or several")

// setRoles gives a stopped account these roles, unless it has them.
func (h roleHolder) setRoles(ctx context.Context, in system, roles []idle.Role) error {
	if idle.SameRoles(h.has, roles) {
		return nil
	}
	return in.SetRoles(ctx, h.ID, roles)
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
