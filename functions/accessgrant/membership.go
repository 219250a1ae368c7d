package accessgrant

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

// This file is what differs where access is the membership of a group: nothing in a membership says
// which change gave it, and a person has one of them, whatever it was given for.

// reached reports whether a membership that is there until a time is what a change gives, and until
// when the change gives it. A membership does not say who made it: what lasts at least as long as
// what was decided is it, and what ends before is still to be prolonged. Of one that others made to
// last longer, no more counts than the change could give now, so that giving access back leaves
// theirs alone.
func (a granting) reached(ctx context.Context, c change.Change, r grant.Request, g grant.Grant, until time.Time) (time.Time, bool, error) {
	held, err := a.held(ctx, c.Requester.ID)
	if err != nil {
		return time.Time{}, false, err
	}
	least, problem := grant.Plan(r, c.ID, g.Member, held, c.AuthorizedAt())
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
	held, err := a.held(ctx, original.Requester.ID)
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
			return permanentIfOthers(err)
		}
	}
	return nil
}

// inGroup writes by which requests somebody is in a group for a time, and which way leads there
// besides.
func (h *handler) inGroup(ctx context.Context, e event.ExplainAccess, at grant.Scope, person policy.Person) (string, error) {
	var lines []string
	if wanted, ok := h.entitlement(e.Entitlement); ok {
		line, err := h.eligibility(ctx, e, person.Email, wanted)
		if err != nil {
			return "", err
		}
		lines = append(lines, line)
	}
	held, err := h.held(ctx, person.ID)
	if err != nil {
		return "", err
	}
	held = slices.DeleteFunc(held, func(g grant.Grant) bool { return g.Scope != at })
	timed := len(held) > 0
	if timed {
		g := held[len(held)-1] // ends last
		lines = append(lines, says(e.Language, "%s is a member of %s until %s, by %s (request %s).", "%s は %s のメンバーです: %s まで、%s による (依頼 %s)",
			person.Email, at.Name, clock(e, g.Until), g.Entitlement, g.ID))
	}
	for _, g := range person.Groups {
		switch {
		case g.Group != at.Name:
		case len(g.Via) > 0:
			way := strings.Join(append(slices.Clone(g.Via), at.Name), " → ")
			lines = append(lines, says(e.Language, "%s is in %s through other groups: %s.", "%s は %s に、ほかのグループを通じて入っています: %s", person.Email, at.Name, way))
		case !timed:
			lines = append(lines, says(e.Language, "%s is a member of %s itself.", "%s は %s の直接のメンバーです。", person.Email, at.Name))
		}
	}
	if !timed && !slices.ContainsFunc(person.Groups, func(g policy.InGroup) bool { return g.Group == at.Name }) {
		everybody, err := h.mirror.HasEverybody(ctx, at.Name)
		if err != nil {
			return "", err
		}
		if everybody {
			return strings.Join(append(lines, says(e.Language, "%s is in %s as everybody in the company is.", "%s は %s に、会社の全員として入っています。", person.Email, at.Name)), "\n"), nil
		}
		lines = append(lines, says(e.Language, "Nothing puts %s into %s.", "%s が %s に入る経路はありません。", person.Email, at.Name))
	}
	return strings.Join(lines, "\n"), nil
}
