package change

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/audit"
)

// Notice is a message that the rest of the system must hear about a transition. It waits in
// the change's own document until it is published, so that neither is lost without the other.
type Notice struct {
	// Seq is the number of the transition.
	Seq   int   `json:"seq"`
	Verb  Verb  `json:"verb"`
	State State `json:"state"`
}

// Propose begins a change: the n-th in its slot. The mode of its requirement decides whether
// it is to be done, to be decided or only reported.
func Propose(p Proposal, n int, now time.Time) (Change, audit.Entry, error) {
	if err := p.validate(); err != nil {
		return Change{}, audit.Entry{}, err
	}
	c := Change{
		ID: ChangeID(p.Slot(), n), Kind: p.Kind, Target: p.Target, Diff: slices.Clone(p.Diff), Detail: p.Detail,
		Reason: p.Reason, Requester: p.Requester, Concerned: slices.Clone(p.Concerned), Owners: slices.Clone(p.Owners),
		Channel: p.Channel, Batch: p.Batch, Alert: p.Alert, Requirement: p.Requirement,
		UndoOf: p.UndoOf, Until: p.Until, Policy: p.Policy, Revision: 1, Proposed: now,
	}
	switch p.Requirement.Mode {
	case Auto:
		c.State = Approved
	case Ask:
		c.ask(now)
	default:
		c.State = Reported
	}
	return c, c.record(VerbPropose, None, p.Requester, p.Reason, now), nil
}

// Apply returns the change after one action, and the audit entry that belongs to it. The
// receiver stays as it was. The error is a [Refusal] when the action may not happen.
func (c Change) Apply(a Action, now time.Time) (Change, audit.Entry, error) {
	from, verb := c.State, a.Verb()
	allowed := table[verb][from]
	if len(allowed) == 0 {
		return c, audit.Entry{}, &Refusal{Code: RefusedState, From: from, Verb: verb, Text: "it is " + string(from)}
	}
	next := c
	if err := a.apply(&next, now); err != nil {
		var r *Refusal
		if errors.As(err, &r) {
			r.From, r.Verb = from, verb
		}
		return c, audit.Entry{}, err
	}
	if !slices.Contains(allowed, next.State) {
		return c, audit.Entry{}, fmt.Errorf("%s led from %q to %q, which is not in the table", verb, from, next.State)
	}
	return next, next.record(verb, from, a.Actor(), next.text(a), now), nil
}

// text returns what the audit entry of an action says besides who did what.
func (c *Change) text(a Action) string {
	switch a := a.(type) {
	case Withdraw:
		return a.Reason
	case Release:
		return a.Problem
	case Fail:
		return a.Problem
	case ClaimIt:
		if c.State == Proposed {
			return lapsed
		}
	}
	return c.Reason
}

// record numbers the transition, puts its notice into the outbox and returns its audit entry.
func (c *Change) record(v Verb, from State, by Actor, text string, now time.Time) audit.Entry {
	c.Seq++
	c.Updated = now
	c.Outbox = append(slices.Clone(c.Outbox), Notice{Seq: c.Seq, Verb: v, State: c.State})
	return audit.Entry{
		ID: fmt.Sprintf("%s.%04d", c.ID, c.Seq), At: now, Actor: by.ID, ActorName: by.Name, Verb: string(v),
		Change: c.ID, Kind: string(c.Kind), Target: c.Target.Name, From: string(from), To: string(c.State),
		Revision: c.Revision, Outcome: audit.Accepted, Text: text, Policy: c.Policy,
	}
}

// Published returns the change without the notices of these numbers. It is no transition: it
// leaves no audit entry.
func (c Change) Published(seqs ...int) Change {
	c.Outbox = slices.DeleteFunc(slices.Clone(c.Outbox), func(n Notice) bool { return slices.Contains(seqs, n.Seq) })
	return c
}

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

func (p Proposal) validate() error {
	var problems []error
	need := func(ok bool, what string) {
		if !ok {
			problems = append(problems, errors.New(what))
		}
	}
	_, known := TraitOf(p.Kind)
	need(known, fmt.Sprintf("the kind %q is not known", p.Kind))
	need(p.Target.ID != "", "no target")
	need(len(p.Diff) > 0, "nothing to change")
	need(p.Requester.ID != "", "no requester")
	switch p.Requester.Kind {
	case ByPerson, ByRule, ByFunction:
	default:
		need(false, fmt.Sprintf("a requester of kind %q", p.Requester.Kind))
	}
	if err := p.Requirement.validate(); err != nil {
		problems = append(problems, err)
	}
	if len(problems) > 0 {
		return &Refusal{Code: RefusedInvalid, Verb: VerbPropose, Text: errors.Join(problems...).Error()}
	}
	return nil
}
