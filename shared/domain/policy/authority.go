package policy

import (
	"slices"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// This file is the one place where the policy's rules and what else holds for somebody become a yes
// or a no. There are three questions:
//
//	may somebody ask for it?        where a rule allows it, or the policy is silent about it
//	does somebody decide about it?  in so far as something counts of their standing: [Engine.Decides]
//	may somebody have it undone?    where a rule allows it, or it concerns them, or they decide about it
//
// To all three, who is denied, suspended or unknown is a no, whatever else holds for them. The
// policy is silent about an operation where none of its rules allows it to anybody: then what holds
// without a policy holds still.

// Press is somebody's action on a change, or the standing of somebody who acted before.
type Press struct {
	// Person is an id or an address.
	Person string
	Kind   change.Kind
	Verb   change.Verb
	// Resource is what the change is about, with its owners. Its type is filled in by the kind.
	Resource Resource
	// Holds lists the selectors of the change that hold for the person now, as the directory has
	// them. Where the policy is silent, that is who owns and administers for [change.Approvers].
	Holds []change.Selector
	// Concerned says that the person asked for the change, or that it was done to them. It matters
	// for an undo.
	Concerned bool
}

// Verdict is what comes of policy and standing together. Its zero value is a no.
type Verdict struct {
	// Counts are the selectors that count for a decision, as [change.Approve] and the other
	// actions take them. A quorum says how many of whom are needed among those who may decide at
	// all.
	Counts []change.Selector
	// May says that the person may do it: ask for a change, ask for its undo, or decide about it
	// in so far as something counts. Whether that is enough, the change itself says.
	May bool
	// Decision is what the rules alone say. It may be a no where May is true.
	Decision Decision
}

// Counting answers whether an action counts: one that asks for a change, decides about it or asks
// for its undo. All other actions are not for people, or need no permission; see operations.go.
//
// It does not look at who asked: that nobody approves their own request is decided by the change
// itself.
func (e *Engine) Counting(p Press) Verdict {
	needed, ok := Needed(p.Kind, p.Verb)
	if !ok {
		return Verdict{Decision: Decision{Reason: NotAllowed}}
	}
	p.Resource.Type = needed.Type
	r := Request{Subject: p.Person, Operations: []Operation{needed.Operation}, Resource: p.Resource}
	switch p.Verb {
	case change.VerbPropose:
		return e.Lets(r)
	case change.VerbUndo:
		return e.undoes(r, p)
	}
	return e.Decides(r, p.Holds)
}

// Lets answers whether somebody may do what nobody else is harmed by, such as to ask for a change:
// where a rule allows it, and where the policy is silent about it.
func (e *Engine) Lets(r Request) Verdict {
	d := e.ask(r)
	return Verdict{May: d.Allowed || !d.refuses() && e.silent(r), Decision: d}
}

// Decides answers what counts of somebody's standing where a decision is made about others. Holds
// is their standing by the directory alone. All of it counts for who is allowed to decide, and
// [change.Approvers] besides. Where the policy is silent, the standing counts as it is. Where the
// policy allows it to others only, who is named by the approvals entry counts still, for naming
// people there is a rule of its own; but they are not among the approvers.
//
// Bots count for nothing: whatever their roles, a program decides about no change.
func (e *Engine) Decides(r Request, holds []change.Selector) Verdict {
	d := e.human(e.ask(r), r.Subject)
	counts := slices.Clone(holds)
	switch {
	case d.refuses():
		counts = nil
	case d.Allowed && !slices.Contains(counts, change.Approvers):
		counts = append(counts, change.Approvers)
	case d.Allowed, e.silent(r):
	default:
		counts = slices.DeleteFunc(counts, func(s change.Selector) bool { return s == change.Approvers })
	}
	return Verdict{Counts: counts, May: len(counts) > 0, Decision: d}
}

// undoes answers whether somebody may ask that a change is taken back. Whether it is, is decided
// like any change.
func (e *Engine) undoes(r Request, p Press) Verdict {
	d := e.human(e.ask(r), r.Subject)
	p.Verb = change.VerbApprove
	switch {
	case d.refuses():
		return Verdict{Decision: d}
	case d.Allowed, p.Concerned:
		return Verdict{May: true, Decision: d}
	}
	return Verdict{May: e.Counting(p).May, Decision: d}
}

// ask puts a question to the rules. Without an engine, nobody is known.
func (e *Engine) ask(r Request) Decision {
	if e == nil {
		return Decision{Reason: Unknown}
	}
	return e.Decide(r)
}

// human turns an answer into a no for a program.
func (e *Engine) human(d Decision, subject string) Decision {
	if !d.refuses() && e.member(subject).Bot {
		return Decision{Reason: Program}
	}
	return d
}

// Refuses reports whether nothing else that holds for somebody, such as that they own a thing or that
// they are named where people are asked, can make a yes of the answer.
func (d Decision) Refuses() bool { return d.refuses() }

// refuses reports whether nothing else that holds for somebody can make a yes of the answer.
func (d Decision) refuses() bool {
	switch d.Reason {
	case Denied, Unknown, Suspended, Program, NothingAsked:
		return true
	}
	return false
}

// silent reports whether the policy is silent about all that is asked.
func (e *Engine) silent(r Request) bool {
	return len(r.Operations) > 0 && !slices.ContainsFunc(r.Operations, func(o Operation) bool { return !e.Silent(o, r.Resource.Type) })
}

// Silent reports whether no rule allows one of Sekisho's operations to anybody. Then the policy does
// not speak of it, and what holds without a policy takes its place. Of operations that Sekisho does
// not ask about it says no.
func (e *Engine) Silent(o Operation, resource string) bool {
	return e != nil && e.book.silent[matter{o, resource}]
}

// AsksForOwners reports whether the condition of a rule about an operation on a type of resource looks
// at who owns it. Where none does, nobody has to look them up for an answer about a thing that people
// own, and no teams.
func (e *Engine) AsksForOwners(o Operation, resource string) bool {
	if e == nil {
		return false
	}
	about, some := e.book.kind(resource), []asked{e.book.asked(o)}
	for _, s := range e.book.policies {
		for _, r := range slices.Concat(s.denies, s.allows) {
			if r.condition != nil && r.about(about) && r.covers(some) && r.condition.tests(noOwner, isOwner, matchTeam) {
				return true
			}
		}
	}
	return false
}
