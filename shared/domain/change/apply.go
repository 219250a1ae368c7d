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
		Channel: p.Channel, Batch: p.Batch, Plan: p.Plan, Alert: p.Alert, Requirement: p.Requirement,
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
			return Lapsed
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
