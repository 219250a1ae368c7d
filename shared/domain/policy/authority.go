package policy

import (
	"slices"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// Press is somebody's action on a change, or the standing of somebody who acted before.
type Press struct {
	// Person is an id or an address.
	Person string
	Kind   change.Kind
	Verb   change.Verb
	// Resource is what the change is about, with its owners. Its type is filled in by the kind.
	Resource Resource
	// Holds lists the selectors that hold for the person now, as the directory has them.
	Holds []change.Selector
}

// Counting returns the selectors that count for a press, as [change.Approve] and the other
// actions take them: those that hold for the person, and [change.Approvers], where the policy lets the
// person do this; none where it does not. A quorum thus says how many of whom are needed among
// those who may decide at all.
//
// Bots count for nothing but asking: whatever their roles, a program decides about no change.
//
// It does not look at who asked: that nobody approves their own request is decided by the change
// itself. The decision says why.
func (e *Engine) Counting(p Press) ([]change.Selector, Decision) {
	needed, ok := Needed(p.Kind, p.Verb)
	if !ok {
		return nil, Decision{Reason: NotAllowed}
	}
	p.Resource.Type = needed.Type
	d := e.Decide(Request{Subject: p.Person, Operations: []Operation{needed.Operation}, Resource: p.Resource})
	if !d.Allowed {
		return nil, d
	}
	if m := e.member(p.Person); m.Bot && p.Verb != change.VerbPropose {
		return nil, Decision{Reason: Program}
	}
	counts := slices.Clone(p.Holds)
	if !slices.Contains(counts, change.Approvers) {
		counts = append(counts, change.Approvers)
	}
	return counts, d
}
