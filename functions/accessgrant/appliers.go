package accessgrant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// granting gives access.
type granting struct{ *handler }

// Look implements [ledger.Applier]. What an earlier attempt gave is found by the change's id in
// the policy itself, so that an attempt whose end nobody knows is not made twice. It is found also
// where the person may not have it any more: what stands is to be taken back, not forgotten.
func (a granting) Look(ctx context.Context, c change.Change) (ledger.Sight, error) {
	r, err := a.request(ctx, c)
	if err != nil || r.obsolete != "" && !r.mayStand(c) {
		return ledger.Sight{Obsolete: r.obsolete}, err
	}
	g := grant.Grant{
		ID: c.ID, Entitlement: r.Entitlement.Name, Scope: r.Entitlement.Scope, Roles: r.Roles, Condition: r.Entitlement.Condition,
		Member: r.member, Title: grant.Title(c.Reason),
	}
	until, there, err := a.at(g.Scope).Has(ctx, g)
	if err == nil && there && !g.Scope.Conditional() {
		until, there, err = a.reached(ctx, c, r.Request, g, until)
	}
	if err != nil || !there {
		return ledger.Sight{Obsolete: r.obsolete}, err
	}
	g.Until, g.Since = until, until.Add(-r.For)
	if g.Since, err = a.since(ctx, c, g.Since); err != nil {
		return ledger.Sight{}, err
	}
	held, err := a.held(ctx, c.Requester.ID)
	if err != nil {
		return ledger.Sight{}, err
	}
	result, err := json.Marshal(g.After(held, a.now()))
	if err != nil {
		return ledger.Sight{}, fmt.Errorf("encode what change %s gave: %w", c.ID, err)
	}
	return ledger.Sight{InEffect: true, Result: result, Until: until}, nil
}

// since returns since when the person has the access without a break: longer than by this change
// alone, where it extends another one.
func (a granting) since(ctx context.Context, c change.Change, own time.Time) (time.Time, error) {
	var asked desk.AccessDetail
	if err := json.Unmarshal(c.Detail, &asked); err != nil || asked.Extends == "" {
		return own, err
	}
	before, err := a.ledger.Get(ctx, asked.Extends)
	if errors.Is(err, ledger.ErrNotFound) {
		return own, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	g, err := desk.GrantOf(before)
	if err != nil || own.Before(g.Since) {
		return own, err
	}
	return g.Since, nil
}

// wanted is what a change asks for, by the policy and the directory as they are now.
type wanted struct {
	grant.Request
	member string
	// obsolete says why it is not to be given any more; empty where it is.
	obsolete string
}

// mayStand reports whether an earlier attempt may have given what is not wanted any more, where it
// can be told from what others gave: nothing in a membership says who made it, so that one which is
// there at the first attempt is not ours. Where policy has the entitlement no longer, nobody knows
// at which place to look: that ends by itself.
func (w wanted) mayStand(c change.Change) bool {
	return w.member != "" && (w.Entitlement.Scope.Conditional() || c.Claim.Tried)
}

// request reads what a change asks for, and holds it against the policy and the directory as they
// are now.
func (a granting) request(ctx context.Context, c change.Change) (wanted, error) {
	var asked desk.AccessDetail
	if err := json.Unmarshal(c.Detail, &asked); err != nil {
		return wanted{}, fmt.Errorf("decode request %s: %w", c.ID, err)
	}
	e, ok := a.entitlement(asked.Entitlement)
	if !ok {
		return wanted{obsolete: "policy does not have it any more"}, nil
	}
	person, err := a.mirror.Person(ctx, c.Requester.ID)
	if errors.Is(err, mirror.ErrUnknown) {
		return wanted{obsolete: whoIsGone}, nil
	}
	if err != nil {
		return wanted{}, err
	}
	r := wanted{Request: grant.Request{Entitlement: e, Roles: asked.Roles, For: asked.For, Reason: c.Reason}, member: grant.Member(person.Email)}
	if len(r.Roles) == 0 {
		r.Roles = slices.Clone(e.Roles)
	}
	switch {
	case person.Suspended:
		r.obsolete = whoIsGone
		return r, nil
	case c.Requirement.Mode == change.Auto && e.Approval.Mode() != change.Auto:
		r.obsolete = "policy asks for something else now" // people, where it asked nobody
		return r, nil
	}
	holds, err := a.standing.In(ctx, person.ID, e.Eligible)
	if err != nil {
		return wanted{}, err
	}
	if problems := r.Check(holds); len(problems) > 0 {
		if r.obsolete = problems[0].Text; problems[0].Code == grant.NotEligible { // which speaks to who asked
			r.obsolete = "who asked for it is not among those who may have " + r.Entitlement.Name
		}
	}
	return r, nil
}

const whoIsGone = "who asked for it is not there any more"

// Act implements [ledger.Applier]. Access begins now: what people took to decide is not the
// requester's time.
func (a granting) Act(ctx context.Context, c change.Change, _ ledger.Sight) error {
	r, err := a.request(ctx, c)
	if err != nil {
		return err
	}
	if r.obsolete != "" {
		return cloudfn.Permanent(errors.New(r.obsolete))
	}
	held, err := a.held(ctx, c.Requester.ID)
	if err != nil {
		return err
	}
	g, problem := grant.Plan(r.Request, c.ID, r.member, held, a.now())
	if problem != nil {
		return cloudfn.Permanent(problem)
	}
	_, err = a.at(g.Scope).Give(ctx, g)
	return permanentIfOthers(err)
}

// permanentIfOthers says that trying again does not help with a membership that others gave.
func permanentIfOthers(err error) error {
	if errors.Is(err, grant.ErrNotOurs) {
		return cloudfn.Permanent(err)
	}
	return err
}

// revoking takes access away before its end.
type revoking struct{ *handler }

// taken returns what is to be taken away: all that the person has through the same entitlement,
// also what an extension gave. What ends last comes first: a membership of a group ends with it.
func (a revoking) taken(ctx context.Context, c change.Change) ([]grant.Grant, error) {
	original, err := a.ledger.Get(ctx, c.UndoOf)
	if err != nil {
		return nil, err
	}
	first, err := desk.GrantOf(original)
	if err != nil {
		return nil, err
	}
	held, err := a.held(ctx, original.Requester.ID)
	if err != nil {
		return nil, err
	}
	out := []grant.Grant{first}
	for _, g := range held {
		if g.Entitlement == first.Entitlement && g.ID != first.ID {
			out = append(out, g)
		}
	}
	slices.SortStableFunc(out, func(x, y grant.Grant) int { return y.Until.Compare(x.Until) })
	return out, nil
}

// Look implements [ledger.Applier].
func (a revoking) Look(ctx context.Context, c change.Change) (ledger.Sight, error) {
	grants, err := a.taken(ctx, c)
	if err != nil {
		return ledger.Sight{}, err
	}
	for _, g := range grants {
		until, there, err := a.at(g.Scope).Has(ctx, g)
		if err == nil && there && !g.Scope.Conditional() {
			there, err = a.exceeds(ctx, c, g, until)
		}
		if err != nil || there {
			return ledger.Sight{}, err
		}
	}
	return ledger.Sight{InEffect: true}, nil
}

// Act implements [ledger.Applier].
func (a revoking) Act(ctx context.Context, c change.Change, _ ledger.Sight) error {
	grants, err := a.taken(ctx, c)
	if err != nil {
		return err
	}
	for _, g := range grants {
		if err := a.at(g.Scope).Take(ctx, g); err != nil {
			return permanentIfOthers(err)
		}
	}
	return a.restore(ctx, c, grants[0])
}

// reviewing has nothing to do outside: that people looked is all.
type reviewing struct{}

// Look implements [ledger.Applier].
func (reviewing) Look(context.Context, change.Change) (ledger.Sight, error) {
	return ledger.Sight{InEffect: true}, nil
}

// Act implements [ledger.Applier].
func (reviewing) Act(context.Context, change.Change, ledger.Sight) error { return nil }
