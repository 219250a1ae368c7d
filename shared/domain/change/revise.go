package change

import (
	"reflect"
	"slices"
	"time"
)

// This file decides who may take a change back or word it anew while people decide.

func (a Withdraw) apply(c *Change, _ time.Time) error {
	switch {
	case !c.mayChange(a.By):
		return refuse(RefusedStranger, "only who asked can withdraw it")
	case a.Fence != 0:
		if c.State != Applying {
			return refuse(RefusedFenced, "the claim is over")
		}
		if err := c.fenced(a.Fence); err != nil {
			return err
		}
		c.Tried = false
	case c.State == Applying, c.State == Approved && c.Tried:
		return refuse(RefusedBusy, "it is being carried out")
	}
	c.Problem = a.Reason
	c.State = Withdrawn
	return nil
}

// mayChange reports whether an actor may withdraw or revise a change: of all people only who
// asked for it, because whoever else words a request would be asking and could approve it.
func (c *Change) mayChange(by Actor) bool {
	switch by.Kind {
	case ByPerson:
		return by.Same(c.Requester)
	case ByRule, ByFunction:
		return true
	}
	return false
}

func (a Revise) apply(c *Change, now time.Time) error {
	slot, _, _ := SlotOf(c.ID)
	unmeetable := a.Requirement.validate()
	revised := Proposal{Kind: c.Kind, Target: c.Target, Diff: a.Diff, UndoOf: c.UndoOf}
	switch {
	case !c.mayChange(a.By):
		return refuse(RefusedStranger, "only who asked can revise it")
	case a.Requirement.Mode != Ask:
		return refuse(RefusedInvalid, "a revision is for people to decide")
	case unmeetable != nil:
		return refuse(RefusedInvalid, "%v", unmeetable)
	case revised.Slot() != slot:
		return refuse(RefusedInvalid, "what is wanted would be another change")
	}
	c.Decisions = slices.Clone(c.Decisions)
	for i := range c.Decisions {
		if c.Decisions[i].Void == "" {
			c.Decisions[i].Void = Revised
		}
	}
	asked, escalated := c.AskedAt, c.Escalated
	shownAnew := c.Reason == a.Reason && reflect.DeepEqual(c.Requirement, a.Requirement)
	c.Diff, c.Reason, c.Requirement, c.Policy = slices.Clone(a.Diff), a.Reason, a.Requirement, a.Policy
	c.Revision++
	c.Escalated = false
	c.ask(now)
	if shownAnew {
		// The same is wanted of the same people, and what is there is another value by now: whoever sets one after the
		// other does not put off when it is decided.
		c.AskedAt, c.Escalated = asked, escalated
	}
	return nil
}
