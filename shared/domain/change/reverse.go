package change

import (
	"slices"
	"time"
)

// Reversible reports whether there is something to take back: the change is in effect, has not
// ended by itself, and is of a kind that another takes back; and it made a difference where that one
// takes it back, see [Trait.Undoes].
func (c Change) Reversible(now time.Time) bool {
	trait, _ := TraitOf(c.Kind)
	over := !c.Until.IsZero() && !now.Before(c.Until)
	return trait.Undo != "" && c.State == Applied && c.UndoOf == "" && !over && c.differs(trait.Undoes)
}

// differs reports whether a change is known to have changed a field; the empty name stands for any.
func (c Change) differs(field string) bool {
	return field == "" || slices.ContainsFunc(c.Diff, func(d Delta) bool {
		return d.Field == field && d.Before != "" && d.Before != d.After
	})
}

// Reverse returns the proposal that takes an applied change back: the values that were there
// before, on the same target. It is a request like any other: its requester cannot approve it.
// How it is decided is the caller's to say, in the mode of [Trait.UndoMode] where policy does
// not. The boolean is false where there is nothing to take back.
func (c Change) Reverse(by Actor, reason string, now time.Time) (Proposal, bool) {
	if !c.Reversible(now) {
		return Proposal{}, false
	}
	trait, _ := TraitOf(c.Kind)
	p := Proposal{
		Kind: trait.Undo, Target: c.Target, Detail: c.Detail, Reason: reason, Requester: by,
		Concerned: c.Concerned, Owners: c.Owners, Channel: c.Channel, UndoOf: c.ID,
	}
	if trait.UndoHolds > 0 {
		p.Until = now.Add(trait.UndoHolds)
	}
	for _, d := range c.Diff {
		p.Diff = append(p.Diff, Delta{Field: d.Field, Before: d.After, After: d.Before})
	}
	return p, true
}
