package change

import (
	"slices"
	"time"
)

// This file decides who may carry a change out, and what follows from how it went.

func (a ClaimIt) apply(c *Change, now time.Time) error {
	switch {
	case a.By.Kind != ByFunction || a.By.ID == "":
		return refuse(RefusedStranger, "only a function carries changes out")
	case c.State == Applying && now.Before(c.Claim.Until):
		return refuse(RefusedBusy, "%s holds it until %s", c.Claim.Holder, c.Claim.Until.UTC().Format(time.RFC3339))
	case c.State == Approved && now.Before(c.RetryAt):
		return refuse(RefusedBusy, "the next attempt is at %s", c.RetryAt.UTC().Format(time.RFC3339))
	}
	c.lapse(a.Standing)
	// A change that is perhaps in effect already is claimed whatever its approvals are worth
	// now: somebody must find out. Nothing is done for it, see [Change.Authorized].
	if !c.Authorized() && !c.Tried {
		c.askAgain(now)
		return nil
	}
	fence := 1
	if c.Claim != nil {
		fence = c.Claim.Fence + 1
	}
	c.Claim = &Claim{Holder: a.By.ID, Until: now.Add(a.For), Fence: fence, Tried: c.Tried}
	c.Attempts++
	c.Tried = true
	c.State = Applying
	return nil
}

func (a Release) apply(c *Change, now time.Time) error {
	if err := c.fenced(a.Fence); err != nil {
		return err
	}
	c.Problem, c.RetryAt = a.Problem, a.RetryAt
	if soon := now.Add(DeniedAfter); c.Claim.Denied && soon.Before(c.RetryAt) {
		c.RetryAt = soon
	}
	c.Tried = !a.Absent && (!a.Blind || c.Claim.Tried)
	c.Claim = &Claim{Fence: c.Claim.Fence}
	if a.Unseen {
		c.Unseen++
	}
	switch {
	case c.Tried:
		c.State = Approved
	case c.Stopped():
		c.State = Denied
	case !c.Authorized():
		c.askAgain(now)
	default:
		c.State = Approved
	}
	return nil
}

// askAgain sends a change of which nothing is in effect back to the people.
func (c *Change) askAgain(now time.Time) {
	c.Attempts, c.Unseen, c.RetryAt = 0, 0, time.Time{}
	c.ask(now)
}

func (a Complete) apply(c *Change, _ time.Time) error {
	if err := c.fenced(a.Fence); err != nil {
		return err
	}
	c.Problem, c.Tried = "", false
	if a.Result != nil {
		c.Result = a.Result
	}
	if !a.Until.IsZero() {
		c.Until = a.Until
	}
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
	c.Tried = !a.Blind || c.Claim.Tried
	if c.State = Failed; !c.Tried && c.Stopped() {
		c.State = Denied
	}
	return nil
}

func (a Retry) apply(c *Change, _ time.Time) error {
	switch {
	case a.By.Kind != ByPerson || a.By.ID == "" || !c.mayDecide(a.Counts):
		return refuse(RefusedStranger, "%s may not decide this", a.By.Name)
	case c.Stopped():
		return refuse(RefusedState, "it was denied")
	case a.Revision != c.Revision:
		return refuse(RefusedStale, "revision %d was shown, %d is current", a.Revision, c.Revision)
	}
	c.Problem, c.Attempts, c.Unseen, c.RetryAt = "", 0, 0, time.Time{}
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
