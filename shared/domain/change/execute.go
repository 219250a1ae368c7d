package change

import (
	"slices"
	"time"
)

// This file decides who may carry a change out, and what follows from how it went.

func (a ClaimIt) apply(c *Change, now time.Time) error {
	if c.State == Applying && now.Before(c.Claim.Until) {
		return refuse(RefusedBusy, "%s holds it until %s", c.Claim.Holder, c.Claim.Until.UTC().Format(time.RFC3339))
	}
	if c.State == Approved && now.Before(c.RetryAt) {
		return refuse(RefusedBusy, "the next attempt is at %s", c.RetryAt.UTC().Format(time.RFC3339))
	}
	fence := 1
	if c.Claim != nil {
		fence = c.Claim.Fence + 1
	}
	// A change that is perhaps in effect already is claimed whatever its approvals are worth
	// now: somebody must find out.
	if c.State == Approved && c.Requirement.Mode == Ask && !c.Requirement.Met(c.approvers(a.Standing), c.Escalated) {
		for i, d := range c.Decisions {
			if d.Verdict == Yes && d.counts(c.Revision) {
				c.Decisions = slices.Clone(c.Decisions)
				c.Decisions[i].Void = "authority lost before the effect"
			}
		}
		c.State = Proposed
		return nil
	}
	c.Claim = &Claim{Holder: a.By.ID, Until: now.Add(a.For), Fence: fence}
	c.Attempts++
	c.State = Applying
	return nil
}

func (a Release) apply(c *Change, _ time.Time) error {
	if err := c.fenced(a.Fence); err != nil {
		return err
	}
	c.Problem, c.RetryAt = a.Problem, a.RetryAt
	c.Claim = &Claim{Fence: c.Claim.Fence}
	c.State = Approved
	if c.Stopped() {
		c.State = Denied
	}
	return nil
}

func (a Complete) apply(c *Change, _ time.Time) error {
	if err := c.fenced(a.Fence); err != nil {
		return err
	}
	c.Problem = ""
	if a.Before != nil {
		diff := slices.Clone(c.Diff)
		for i, d := range diff {
			if before, ok := a.Before[d.Field]; ok {
				diff[i].Before = before
			}
		}
		c.Diff = diff
	}
	c.State = Applied
	return nil
}

func (a Fail) apply(c *Change, _ time.Time) error {
	if err := c.fenced(a.Fence); err != nil {
		return err
	}
	c.Problem = a.Problem
	c.State = Failed
	return nil
}

func (a Retry) apply(c *Change, _ time.Time) error {
	if a.By.Kind != ByPerson || len(a.Counts) == 0 {
		return refuse(RefusedStranger, "%s may not decide this", a.By.Name)
	}
	c.Problem, c.Attempts, c.RetryAt = "", 0, time.Time{}
	c.State = Approved
	return nil
}

func (a Undo) apply(c *Change, _ time.Time) error {
	c.UndoneBy = a.Change
	c.State = Undone
	return nil
}

// fenced refuses a result from an applier whose claim has passed to another.
func (c *Change) fenced(fence int) error {
	if c.Claim == nil || c.Claim.Fence != fence {
		return refuse(RefusedFenced, "the claim has passed to another")
	}
	return nil
}
