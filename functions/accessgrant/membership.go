package accessgrant

import (
	"context"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/grant"
)

// This file is what differs where access is the membership of a group: nothing in a membership says
// which change gave it, and a person has one of them, whatever it was given for.

// reached reports whether a membership that is there until a time is what a change gives, and until
// when the change gives it. A membership does not say who made it: what lasts at least as long as
// what was decided is it, and what ends before is still to be prolonged. Of one that others made to
// last longer, no more counts than the change could give now, so that giving access back leaves
// theirs alone.
func (a granting) reached(ctx context.Context, c change.Change, r grant.Request, g grant.Grant, until time.Time) (time.Time, bool, error) {
	_, held, err := a.held(ctx, c.Requester.ID)
	if err != nil {
		return time.Time{}, false, err
	}
	least, problem := grant.Plan(r, c.ID, g.Member, held, decided(c))
	if problem != nil || until.Before(least.Until) {
		return time.Time{}, false, nil
	}
	if most, problem := grant.Plan(r, c.ID, g.Member, held, a.now()); problem == nil && most.Until.Before(until) {
		until = most.Until
	}
	return until, true, nil
}

// beside returns what the person has at the same group by other entitlements: one membership stands
// for all of them.
func (a revoking) beside(ctx context.Context, c change.Change, g grant.Grant) ([]grant.Grant, error) {
	original, err := a.ledger.Get(ctx, c.UndoOf)
	if err != nil {
		return nil, err
	}
	_, held, err := a.held(ctx, original.Requester.ID)
	return slices.DeleteFunc(held, func(o grant.Grant) bool { return o.Scope != g.Scope || o.Entitlement == g.Entitlement }), err
}

// exceeds reports whether a membership that is there until a time is more than what the person has
// by other entitlements.
func (a revoking) exceeds(ctx context.Context, c change.Change, g grant.Grant, until time.Time) (bool, error) {
	rest, err := a.beside(ctx, c, g)
	return err == nil && !slices.ContainsFunc(rest, func(o grant.Grant) bool { return !o.Until.Before(until) }), err
}

// restore gives the membership again that the person has by other entitlements, which went with what
// was given back. Elsewhere each grant has bindings of its own.
func (a revoking) restore(ctx context.Context, c change.Change, g grant.Grant) error {
	if g.Scope.Conditional() {
		return nil
	}
	rest, err := a.beside(ctx, c, g)
	if err != nil {
		return err
	}
	for _, o := range rest {
		if _, err := a.memberships.Give(ctx, o); err != nil {
			return others(err)
		}
	}
	return nil
}

// decided returns since when nobody has to be asked about a change any more.
func decided(c change.Change) time.Time {
	at := c.Proposed
	for _, d := range c.Decisions {
		if d.Verdict == change.Yes && d.Void == "" && d.At.After(at) {
			at = d.At
		}
	}
	return at
}
