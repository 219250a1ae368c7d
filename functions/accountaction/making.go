package accountaction

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// making makes accounts. Who has one in use has the role besides; who has a stopped one has it back, see
// giveBack.
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
	rule, holds, err := a.asking(ctx, c)
	if err != nil {
		return "", err
	}
	return rule.Unwanted(wanted(c, "role"), c.Requirement.Mode, holds), nil
}

// asking returns the rule by which people ask for accounts of a system, and what of it holds now for
// the person who asked. A rule that is not there lets nobody ask.
func (h *handler) asking(ctx context.Context, c change.Change) (idle.RequestRule, []change.Selector, error) {
	name, _ := account.Split(c.Target.ID)
	rule := h.policy.Inactivity.Requests[name]
	holds, err := h.who.In(ctx, c.Requester.ID, rule.Sets())
	if err != nil {
		return idle.RequestRule{}, nil, fmt.Errorf("look up what %s may ask for: %w", c.Requester.Name, err)
	}
	return rule, holds, nil
}

// sight returns how the account is now.
func (a making) sight(ctx context.Context, c change.Change) (ledger.Sight, error) {
	s, email, err := a.system(c)
	if err != nil {
		return ledger.Sight{}, err
	}
	found, there, err := a.find(ctx, s, email)
	if err != nil {
		return ledger.Sight{}, err
	}
	if !there {
		return ledger.Sight{Before: map[string]string{"enabled": "false"}}, nil
	}
	begun, err := a.begun(ctx, c, found)
	if err != nil {
		return ledger.Sight{}, err
	}
	made, result, err := a.result(ctx, c, found)
	if err != nil {
		return ledger.Sight{}, err
	}
	role := wanted(c, "role")
	sight := ledger.Sight{
		InEffect: !found.Disabled && (role == "" || has(found, role)), Result: result,
		Before: map[string]string{"enabled": fmt.Sprint(!found.Disabled)}, Begun: begun,
	}
	if sight.Begun { // an earlier attempt may have enabled it
		sight.Before["enabled"] = "false"
	}
	if has(found, role) && made.Given == (idle.Role{}) {
		sight.Before["role"] = role
	}
	return sight, nil
}

// begun reports whether a request has begun with an account, so that whoever finds it in use may find what the
// request did. Where somebody else has given it back since, it did not.
func (a making) begun(ctx context.Context, c change.Change, found idle.Account) (bool, error) {
	all, err := account.Begun(ctx, a.store, c.ID)
	if err != nil || !slices.Contains(all, found.ID) || found.Disabled {
		return err == nil && slices.Contains(all, found.ID), err
	}
	name, _ := account.Split(c.Target.ID)
	unfinished, err := account.GetUnfinished(ctx, a.store, name, found.ID)
	return unfinished.Request == c.ID || unfinished.Gave == c.ID, err
}

// result says what a request has made of an account.
func (h *handler) result(ctx context.Context, c change.Change, found idle.Account) (idle.Made, json.RawMessage, error) {
	made, err := account.Made(ctx, h.store, c.ID, found.ID)
	if err != nil {
		return idle.Made{}, nil, err
	}
	if len(made.Withheld) > 0 { // it may have them all the same, whatever they are called by now
		name, _ := account.Split(c.Target.ID)
		all, err := h.systems[name].Roles(ctx)
		if err != nil {
			return idle.Made{}, nil, err
		}
		now, _ := idle.RolesNamed(all, found.Roles)
		made.Withheld = idle.RolesWithout(made.Withheld, now)
	}
	result, err := json.Marshal(made)
	if err != nil {
		return idle.Made{}, nil, fmt.Errorf("encode what change %s made: %w", c.ID, err)
	}
	return made, result, nil
}

// find returns the account of the person who has an address. It may still be under one that the person
// had before, which the directory keeps as an alias. One with two accounts is for people to look at:
// no program can tell which of them the person means. The boolean is false where there is none.
func (a making) find(ctx context.Context, s system, email string) (idle.Account, bool, error) {
	addresses, err := a.addresses(ctx, email)
	if err != nil {
		return idle.Account{}, false, err
	}
	var all []idle.Account
	for _, address := range addresses {
		found, err := s.Find(ctx, address)
		if isGone(err) || err == nil && slices.ContainsFunc(all, func(a idle.Account) bool { return a.ID == found.ID }) {
			continue
		}
		if err != nil {
			return idle.Account{}, false, err
		}
		all = append(all, found)
	}
	switch len(all) {
	case 0:
		return idle.Account{}, false, nil
	case 1:
		return all[0], true, nil
	}
	var held []string
	for _, found := range all {
		held = append(held, found.Email)
	}
	return idle.Account{}, false, cloudfn.Permanent(fmt.Errorf("one person has several accounts: %s", strings.Join(held, ", ")))
}

// addresses lists those of the person who has an address, that one first. What is somebody else's too
// is left out: nobody is given the account of another.
func (a making) addresses(ctx context.Context, email string) ([]string, error) {
	p, err := a.mirror.PersonAt(ctx, email)
	if errors.Is(err, mirror.ErrUnknown) {
		return []string{email}, nil
	}
	if err != nil {
		return nil, err
	}
	out := []string{email}
	for _, other := range append([]string{p.Email}, p.Aliases...) {
		if group.Address(other) == group.Address(email) {
			continue
		}
		_, err := a.mirror.PersonAt(ctx, other)
		if errors.Is(err, mirror.ErrUnknown) {
			continue // it is the address of more than one
		}
		if err != nil {
			return nil, err
		}
		out = append(out, other)
	}
	return out, nil
}

// errPartOfRoles keeps a role from being given: it is given with those that the account keeps, and what
// is not among them is taken away.
var errPartOfRoles = errors.New("the roles that the account has could not all be read")

// has reports whether an account has a role, whose name policy may write in other letters.
func has(a idle.Account, role string) bool {
	return role != "" && slices.ContainsFunc(a.Roles, func(r string) bool { return strings.EqualFold(r, role) })
}

// Act implements [ledger.Applier]. It holds the address that a request is about: two who make an account for it at
// once would leave a user behind that nobody has, and one would set the roles of what the other has not yet made.
func (a making) Act(ctx context.Context, c change.Change, seen ledger.Sight) error {
	s, email, err := a.system(c)
	if err != nil {
		return err
	}
	_, release, err := a.hold(ctx, c, email)
	if err != nil {
		return err
	}
	defer release()
	there, err := idle.DecodeMade(seen.Result)
	if err != nil {
		return err
	}
	if there.Account == "" {
		return a.make(ctx, s, c, email)
	}
	return a.give(ctx, s, c, there.Account)
}

// make makes an account for an address, and gives it as one that was stopped: what is begun with it is known.
func (a making) make(ctx context.Context, s system, c change.Change, email string) error {
	id, err := s.Create(ctx, email, a.nameOf(ctx, email))
	if err != nil {
		return err
	}
	return a.give(ctx, s, c, id)
}

// give gives an account: one that is stopped back, and one in use the role that was asked for.
func (a making) give(ctx context.Context, s system, c change.Change, id string) error {
	unfinished, release, err := a.hold(ctx, c, id)
	if err != nil {
		return err
	}
	defer release()
	found, err := look(ctx, s, id)
	if err != nil {
		return err
	}
	role := wanted(c, "role")
	switch {
	case found.Disabled:
		return a.giveBack(ctx, s, c, found, unfinished)
	case role == "" || has(found.Account, role):
		return nil
	case found.PartOfRoles:
		return errPartOfRoles
	}
	more, err := found.named([]string{role})
	if err != nil {
		return err
	}
	return s.SetRoles(ctx, found.ID, append(found.has, more...))
}

// invite has the person of a new account invited, once a day for a request. It comes before the account is enabled:
// one that is in use counts as made.
func (a making) invite(ctx context.Context, s system, c change.Change, id string) error {
	done, err := account.Invited(ctx, a.store, c.ID, a.now())
	if err != nil || done {
		return err
	}
	if err := s.Invite(ctx, id); err != nil {
		return err
	}
	return account.Invite(ctx, a.store, c.ID, a.now())
}

// giveBack gives a stopped account back with the role that was asked for, and with those that it had
// as far as its person could ask for them now: nobody was shown the others.
func (a making) giveBack(ctx context.Context, s system, c change.Change, found roleHolder, unfinished account.Unfinished) error {
	if found.PartOfRoles {
		return errPartOfRoles
	}
	var offers []string
	if c.Requester.Kind == change.ByPerson {
		rule, holds, err := a.asking(ctx, c)
		if err != nil {
			return err
		}
		offers = rule.Offers(holds)
	}
	had, lost := unfinished.Before(found.has, found.all)
	var asked []idle.Role
	if role := wanted(c, "role"); role != "" {
		var err error
		if asked, err = found.named([]string{role}); err != nil {
			return err
		}
	}
	offered, _ := idle.RolesNamed(found.all, offers)
	back := idle.GivenBack(had, offered, asked)
	if err := a.begin(ctx, c, found.ID, account.Setting{Had: had, Found: found.has, Set: back, Lost: lost}); err != nil {
		return err
	}
	if err := found.setRoles(ctx, s, back); err != nil {
		return err
	}
	if uninvited(found.Account) {
		if err := a.invite(ctx, s, c, found.ID); err != nil {
			return err
		}
	}
	return a.enable(ctx, s, c, found.ID)
}

// uninvited reports whether the person of a stopped account that takes a password may have none: for sure
// nobody has ever signed in. Such an account is what an interrupted making leaves, or one to which the
// person was invited long ago. To make it to its end invites them.
func uninvited(a idle.Account) bool {
	last, sure := a.LastUse(false)
	return sure && last.At.IsZero() && slices.ContainsFunc(a.Credentials, func(c idle.Credential) bool { return c.Kind == idle.Email })
}

// nameOf returns how a person is called; their address where nobody knows.
func (a making) nameOf(ctx context.Context, email string) string {
	p, err := a.mirror.PersonAt(ctx, email)
	if err != nil || p.Name == "" {
		return email
	}
	return p.Name
}
