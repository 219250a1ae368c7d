package accountaction

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

// making makes accounts. Who has one already, stopped or not, has it back with the role.
type making struct{ *handler }

// wanted returns the value of a field that a request is about.
func wanted(c change.Change, field string) string {
	for _, d := range c.Diff {
		if d.Field == field {
			return d.After
		}
	}
	return ""
}

// Look implements [ledger.Applier]. What a person asked for is judged anew: between a request and
// its effect the policy may have changed, and the person may have left the group that may ask for it.
func (a making) Look(ctx context.Context, c change.Change) (ledger.Sight, error) {
	sight, err := a.sight(ctx, c)
	if err != nil || sight.InEffect {
		return sight, err
	}
	sight.Obsolete, err = a.unwanted(ctx, c)
	return sight, err
}

// unwanted says why what a person asked for is not wanted any more.
func (a making) unwanted(ctx context.Context, c change.Change) (string, error) {
	if c.Requester.Kind != change.ByPerson {
		return "", nil
	}
	name, _ := account.Split(c.Target.ID)
	rule := a.policy.Inactivity.Requests[name] // one that is not there lets nobody ask
	holds, err := a.who.In(ctx, c.Requester.ID, rule.Sets())
	if err != nil {
		return "", fmt.Errorf("look up what %s may ask for: %w", c.Requester.Name, err)
	}
	return rule.Unwanted(wanted(c, "role"), c.Requirement.Mode, holds), nil
}

// sight returns how the account is now.
func (a making) sight(ctx context.Context, c change.Change) (ledger.Sight, error) {
	s, email, err := a.system(c)
	if err != nil {
		return ledger.Sight{}, err
	}
	found, err := s.Find(ctx, email)
	if isGone(err) {
		return ledger.Sight{Before: map[string]string{"enabled": "false"}}, nil
	}
	if err != nil {
		return ledger.Sight{}, err
	}
	role := wanted(c, "role")
	before := map[string]string{}
	if found.Disabled || c.Attempts <= 1 { // an earlier attempt may have enabled it
		before["enabled"] = fmt.Sprint(!found.Disabled)
	}
	if has(found, role) {
		before["role"] = role
	}
	result, err := json.Marshal(made{Account: found.ID})
	if err != nil {
		return ledger.Sight{}, fmt.Errorf("encode what change %s made: %w", c.ID, err)
	}
	return ledger.Sight{InEffect: !found.Disabled && (role == "" || has(found, role)), Before: before, Result: result}, nil
}

// errPartOfRoles keeps a role from being given: it is given with those that the account has, and what
// is not among them is taken away.
var errPartOfRoles = errors.New("the roles that the account has could not all be read")

// has reports whether an account has a role, whose name policy may write in other letters.
func has(a idle.Account, role string) bool {
	return role != "" && slices.ContainsFunc(a.Roles, func(r string) bool { return strings.EqualFold(r, role) })
}

// made is the result of a request for an account.
type made struct {
	// Account is the account's id in its system.
	Account string `json:"account"`
}

// madeBy returns what a request made; nothing where it has no result.
func madeBy(c change.Change) (made, error) {
	var m made
	if len(c.Result) == 0 {
		return m, nil
	}
	if err := json.Unmarshal(c.Result, &m); err != nil {
		return made{}, fmt.Errorf("decode what change %s made: %w", c.ID, err)
	}
	return m, nil
}

// Act implements [ledger.Applier].
func (a making) Act(ctx context.Context, c change.Change, _ ledger.Sight) error {
	s, email, err := a.system(c)
	if err != nil {
		return err
	}
	role := wanted(c, "role")
	found, err := s.Find(ctx, email)
	if isGone(err) {
		return s.Create(ctx, email, a.nameOf(ctx, email), role)
	}
	if err != nil {
		return err
	}
	if role != "" && !has(found, role) {
		if found.PartOfRoles {
			return errPartOfRoles
		}
		if err := s.SetRoles(ctx, found.ID, append(slices.Clone(found.Roles), role)); err != nil {
			return err
		}
	}
	if !found.Disabled {
		return nil
	}
	return a.enable(ctx, s, c, found.ID)
}

// nameOf returns how a person is called; their address where nobody knows.
func (a making) nameOf(ctx context.Context, email string) string {
	p, err := a.mirror.PersonAt(ctx, email)
	if err != nil || p.Name == "" {
		return email
	}
	return p.Name
}
