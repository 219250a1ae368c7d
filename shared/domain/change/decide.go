package change

import (
	"slices"
	"time"
)

// This file decides whether a press counts.

func (a Approve) apply(c *Change, now time.Time) error {
	if err := c.admit(a.By, a.Revision, a.Counts, now); err != nil {
		return err
	}
	if a.By.Same(c.Requester) {
		return refuse(RefusedOwn, "%s asked for it", a.By.Name)
	}
	for _, d := range c.Decisions {
		if d.counts(c.Revision) && d.By.Same(a.By) {
			return refuse(RefusedTwice, "%s has decided already", a.By.Name)
		}
	}
	c.Decisions = append(slices.Clone(c.Decisions), Decision{
		By: a.By, Verdict: Yes, At: now, Revision: c.Revision, Counts: slices.Clone(a.Counts),
	})
	if c.Authorized() {
		c.State = Approved
	}
	return nil
}

func (a Deny) apply(c *Change, now time.Time) error {
	if err := c.admit(a.By, a.Revision, a.Counts, now); err != nil {
		return err
	}
	// The vendor may have been called already. The applier finds out, and does nothing more:
	// see [Change.Stopped]. For a failed change, the person who denies it has looked.
	begun := c.State == Applying || c.State == Approved && c.Tried
	for _, d := range c.Decisions {
		if begun && d.Verdict == No && d.counts(c.Revision) && d.By.Same(a.By) {
			return refuse(RefusedTwice, "%s has decided already", a.By.Name)
		}
	}
	c.Decisions = append(slices.Clone(c.Decisions), Decision{
		By: a.By, Verdict: No, At: now, Revision: c.Revision, Counts: slices.Clone(a.Counts),
	})
	if !begun {
		c.State = Denied
		return nil
	}
	// The applier does not wait for the time of the next attempt; a vendor may need a moment to show what was done.
	if soon := now.Add(DeniedAfter); soon.Before(c.RetryAt) {
		c.RetryAt = soon
	}
	if c.State == Applying {
		claim := *c.Claim
		claim.Denied = true
		c.Claim = &claim
	}
	return nil
}

// admit checks what holds for every press: a person with authority, on what is shown now, and
// in time where people are still to decide.
func (c *Change) admit(by Actor, revision int, counts []Selector, now time.Time) error {
	switch {
	case by.Kind != ByPerson || by.ID == "":
		return refuse(RefusedStranger, "only a person decides")
	case c.State == Proposed && !now.Before(c.Deadline()):
		return refuse(RefusedLate, "the time to decide is over")
	case revision != c.Revision:
		return refuse(RefusedStale, "revision %d was shown, %d is current", revision, c.Revision)
	case !c.mayDecide(counts):
		return refuse(RefusedStranger, "%s may not decide this", by.Name)
	}
	return nil
}

// mayDecide reports whether one of the selectors that hold for a person is one that the change
// asks for. Where it asks for none, because policy let it be done at once, the caller's choice
// of selectors counts.
func (c *Change) mayDecide(counts []Selector) bool {
	asked := c.Requirement.Selectors(c.Escalated)
	if len(asked) == 0 {
		return len(counts) > 0
	}
	return slices.ContainsFunc(counts, func(s Selector) bool { return slices.Contains(asked, s) })
}

// counts reports whether a decision counts for a revision.
func (d Decision) counts(revision int) bool { return d.Void == "" && d.Revision == revision }

// approves reports whether a decision is an approval that counts.
func (c *Change) approves(d Decision) bool { return d.Verdict == Yes && d.counts(c.Revision) }

// AuthorizedAt returns since when nobody has to be asked any more about a change that is
// [Change.Authorized]: when the last approval that counts came, or when it was proposed.
func (c Change) AuthorizedAt() time.Time {
	at := c.Proposed
	for _, d := range c.Decisions {
		if c.approves(d) && d.At.After(at) {
			at = d.At
		}
	}
	return at
}

// Authorized reports whether nobody has to be asked any more before the change is done: either
// policy asks nobody, or the approvals that count are enough.
func (c Change) Authorized() bool {
	if c.Requirement.Mode != Ask {
		return c.Requirement.Mode == Auto
	}
	return c.Requirement.Met(c.pressed(), c.Escalated)
}

// Missing returns how many of which set still have to agree, as [Requirement.Missing].
func (c Change) Missing() []Need { return c.Requirement.Missing(c.pressed(), c.Escalated) }

// pressed are those whose approval counts, with what they approved as.
func (c *Change) pressed() Standing {
	out := Standing{}
	for _, d := range c.Decisions {
		if c.approves(d) {
			out[d.By.ID] = d.Counts
		}
	}
	return out
}

// StillAuthorized reports whether the approvals of a change would be enough if people may decide what they may by now.
func (c Change) StillAuthorized(now Standing) bool {
	c.lapse(now)
	return c.Authorized()
}

// lapse makes approvals void where people have since lost so much of their authority that those
// left would not be enough.
func (c *Change) lapse(now Standing) {
	if c.Requirement.Mode != Ask {
		return
	}
	still := Standing{}
	decisions := slices.Clone(c.Decisions)
	for i, d := range decisions {
		if !c.approves(d) {
			continue
		}
		for _, s := range d.Counts {
			if slices.Contains(now[d.By.ID], s) {
				still[d.By.ID] = append(still[d.By.ID], s)
			} else {
				decisions[i].Void = Lapsed
			}
		}
	}
	if !c.Requirement.Met(still, c.Escalated) {
		c.Decisions = decisions
	}
}

// ApprovedBy lists the ids of those whose approval counts, in the order in which they pressed.
func (c Change) ApprovedBy() []string {
	var out []string
	for _, d := range c.Decisions {
		if c.approves(d) {
			out = append(out, d.By.ID)
		}
	}
	return out
}

// Stopped reports whether somebody denied the change. Where an applier had claimed it before,
// the applier finds out whether it is in effect, and does nothing more.
func (c Change) Stopped() bool {
	for _, d := range c.Decisions {
		if d.Verdict == No && d.counts(c.Revision) {
			return true
		}
	}
	return false
}
