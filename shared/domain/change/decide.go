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
	if c.Requirement.Met(c.approvers(nil), c.Escalated) {
		c.State = Approved
	}
	return nil
}

func (a Deny) apply(c *Change, now time.Time) error {
	if c.State == Proposed {
		if err := c.admit(a.By, a.Revision, a.Counts, now); err != nil {
			return err
		}
	} else if len(a.Counts) == 0 {
		return refuse(RefusedStranger, "%s may not decide this", a.By.Name)
	}
	c.Decisions = append(slices.Clone(c.Decisions), Decision{
		By: a.By, Verdict: No, At: now, Revision: c.Revision, Counts: slices.Clone(a.Counts),
	})
	if c.State == Applying {
		// The vendor may have been called already. Whoever holds the claim finds out, and does
		// nothing more: see [Change.Stopped].
		return nil
	}
	c.State = Denied
	return nil
}

// admit checks what holds for every press on a change that waits.
func (c *Change) admit(by Actor, revision int, counts []Selector, now time.Time) error {
	switch {
	case by.Kind != ByPerson || by.ID == "":
		return refuse(RefusedStranger, "only a person decides")
	case !now.Before(c.Requirement.Deadline(c.Proposed)):
		return refuse(RefusedLate, "the time to decide is over")
	case revision != c.Revision:
		return refuse(RefusedStale, "revision %d was shown, %d is current", revision, c.Revision)
	}
	for _, s := range counts {
		if slices.Contains(c.Requirement.Selectors(c.Escalated), s) {
			return nil
		}
	}
	return refuse(RefusedStranger, "%s may not decide this", by.Name)
}

// counts reports whether a decision counts for a revision.
func (d Decision) counts(revision int) bool { return d.Void == "" && d.Revision == revision }

// approvers returns who approved the current revision with the selectors that held at the
// press; where standing is not nil, only those of them that hold still.
func (c *Change) approvers(standing Standing) Standing {
	out := Standing{}
	for _, d := range c.Decisions {
		if d.Verdict != Yes || !d.counts(c.Revision) {
			continue
		}
		if standing == nil {
			out[d.By.ID] = d.Counts
			continue
		}
		var still []Selector
		for _, s := range d.Counts {
			if slices.Contains(standing[d.By.ID], s) {
				still = append(still, s)
			}
		}
		if len(still) > 0 {
			out[d.By.ID] = still
		}
	}
	return out
}

// Approvers lists the ids of those whose approval counts, in the order in which they pressed.
func (c Change) Approvers() []string {
	var out []string
	for _, d := range c.Decisions {
		if d.Verdict == Yes && d.counts(c.Revision) {
			out = append(out, d.By.ID)
		}
	}
	return out
}

// Stopped reports whether somebody denied the change after an applier had claimed it. The
// applier then finds out whether it is in effect, and does nothing more.
func (c Change) Stopped() bool {
	for _, d := range c.Decisions {
		if d.Verdict == No && d.counts(c.Revision) {
			return true
		}
	}
	return false
}
