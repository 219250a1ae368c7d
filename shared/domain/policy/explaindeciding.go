package policy

import (
	"slices"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// This file makes one answer of what the rules say and of whom the approvals ask.

// Deciding is what some kinds of change take of people, and what counts of one person's standing.
type Deciding struct {
	Kinds []change.Kind
	Needs []change.Need
	// Counts are the sets of the needs in which the person counts.
	Counts []change.Selector
	// Escalate says who is asked as well when it takes long; nil where nobody is. Later says that the
	// person is one of them, and counts from then on.
	Escalate *change.Escalation
	Later    bool
}

// Takes reports whether it is what a requirement takes of people.
func (d Deciding) Takes(r change.Requirement) bool {
	return slices.Equal(d.Needs, r.Needs) && (d.Escalate == r.Escalate || d.Escalate != nil && r.Escalate != nil && *d.Escalate == *r.Escalate)
}

// Answer is a yes or a no to what was asked, where rules and approvals are taken together.
type Answer string

// The answers.
const (
	Yes Answer = "yes"
	// InPart is that of who counts for some kinds of change, or later, or where reports of theirs ask, of who
	// may ask for something new with some owners only, and of who may where it concerns them.
	InPart Answer = "in part"
	// ByNoRule is that of whom no rule allows what none allows to anybody: what holds without a policy
	// holds for them.
	ByNoRule Answer = "by no rule"
	No       Answer = "no"
)

// Answer returns the answer. Where people are asked, who counts is what matters, and not the rules alone.
func (x Explanation) Answer() Answer {
	some, all := x.counting()
	with, without := x.may(true), x.may(false)
	switch {
	case with && without:
		return InPart
	case without:
		return No
	case len(x.Deciding) > 0 && all, len(x.Deciding) == 0 && x.Decision.Allowed:
		return Yes
	case len(x.Deciding) > 0 && some, x.Concerned:
		return InPart
	case len(x.Deciding) == 0 && x.Silent != "":
		return ByNoRule
	}
	return No
}

// may reports whether there is an owner with whom the person may ask, or may not.
func (x Explanation) may(yes bool) bool {
	return slices.ContainsFunc(x.Named, func(n Named) bool { return n.May == yes })
}

// counting reports whether the person counts for some of the kinds of change, be it later or for reports
// of theirs, and for all.
func (x Explanation) counting() (some, all bool) {
	all = true
	for _, d := range x.Deciding {
		counts := len(d.Counts) > 0
		some, all = some || counts || d.Later || d.asks(change.Manager), all && counts
	}
	return some, all
}

// asks reports whether a set of people is asked, at first or later.
func (d Deciding) asks(s change.Selector) bool {
	return d.needs(s) || d.Escalate != nil && d.Escalate.To == s
}

func (d Deciding) needs(s change.Selector) bool {
	return slices.ContainsFunc(d.Needs, func(n change.Need) bool { return n.From == s })
}
