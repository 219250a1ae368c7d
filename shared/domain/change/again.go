package change

import (
	"slices"
	"time"
)

// This file decides what an earlier change says to a proposal of the same: that it is not asked again, or that it is
// worded anew.

// FailedQuiet is how long a failed change keeps a rule from proposing the same again: long
// enough for a person to look, short enough that a mended permission mends the rest by itself.
const FailedQuiet = 24 * time.Hour

// Holds reports whether an earlier change in the same slot answers a proposal, so that no new
// one is made: it is under way, or it was denied, expired or only reported not long ago, and what it was
// about has not been put right since.
func (c Change) Holds(p Proposal, now time.Time) bool {
	quiet := p.Requester.Kind != ByPerson && !c.Updated.Before(p.Since) && (p.Quiet == 0 || now.Before(c.Updated.Add(p.Quiet))) && !c.shownOtherwise(p)
	switch c.State {
	case Proposed:
		// What somebody else only wants reported does not end what waits for people.
		return p.Requirement.Mode == Ask || p.Requirement.Mode == Report && !p.Requester.Same(c.Requester)
	case Approved, Applying:
		return true
	case Failed:
		return p.Requester.Kind != ByPerson && now.Before(c.Updated.Add(FailedQuiet))
	case Reported:
		return quiet && p.Requirement.Mode == Report
	case Denied, Expired:
		// What people left undone stays so, unless policy has moved from asking them, or they hardly saw it.
		return quiet && (c.State == Denied || c.seen()) && (p.Requirement.Mode == Ask || p.Requirement.Mode == c.Requirement.Mode)
	}
	return false
}

// seen reports whether people who did not decide in time had a day for what they were shown last, or all the
// time there was.
func (c Change) seen() bool {
	return c.Updated.Sub(c.ShownAt) >= min(24*time.Hour, c.Deadline().Sub(c.AskedAt))
}

// Renewed returns the revision by which a change that waits for people says what a proposal in its
// slot says now; nil where nothing has to be said anew. The same person may give another reason, another
// policy may need more people, or others, and what is there may be another value than people were shown. By is who
// acts where it is no person.
func (c Change) Renewed(p Proposal, by Actor) Action {
	if c.State != Proposed || c.Requirement.Mode != Ask || p.Requirement.Mode != Ask {
		return nil
	}
	if p.Requester.Kind == ByPerson && p.Requester.Same(c.Requester) && p.Reason != "" && p.Reason != c.Reason {
		return Revise{By: p.Requester, Diff: p.Diff, Reason: p.Reason, Requirement: p.Requirement, Policy: p.Policy}
	}
	if c.shownOtherwise(p) {
		return Revise{By: by, Diff: p.Diff, Reason: c.Reason, Requirement: p.Requirement, Policy: p.Policy}
	}
	if asks, tighter := c.Requirement.Tightened(p.Requirement); tighter && p.Policy != c.Policy {
		return Revise{By: by, Diff: p.Diff, Reason: c.Reason, Requirement: asks, Policy: p.Policy}
	}
	return nil
}

// shownOtherwise reports whether people were shown another value than the one that is there now, where that counts
// ([Trait.Shows]).
func (c Change) shownOtherwise(p Proposal) bool {
	trait, _ := TraitOf(c.Kind)
	return trait.Shows && slices.ContainsFunc(p.Diff, func(d Delta) bool {
		return !slices.ContainsFunc(c.Diff, func(shown Delta) bool { return shown.Field == d.Field && shown.Before == d.Before })
	})
}
