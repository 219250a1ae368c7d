package change

import (
	"slices"
	"time"
)

// This file decides what time alone does to a change.

// Delays after which the sweep takes something as forgotten.
const (
	// PublishAfter is how long an outbox may be full: the function that wrote it publishes at
	// once, unless it died.
	PublishAfter = 30 * time.Second
	// ActAfter is how long an approved change may lie untouched before its notice goes out
	// again.
	ActAfter = 10 * time.Minute
	// DeniedAfter is how soon, at the latest, the next attempt follows when somebody denied a change that was
	// begun, or the attempt during which they did: it finds out what came of the change.
	DeniedAfter = time.Minute
	// LapsedAfter is how long after its end a claim is taken for that of a dead applier.
	LapsedAfter = time.Minute
)

// DefaultWithin is how long an undecided change waits where policy names no deadline.
const DefaultWithin = 7 * 24 * time.Hour

// Deadline returns when a change proposed at t expires undecided.
func (r Requirement) Deadline(t time.Time) time.Time {
	if r.Within > 0 {
		return t.Add(r.Within)
	}
	return t.Add(DefaultWithin)
}

// Due returns when the sweep has to look at the change next. The boolean is false when time
// alone does nothing to it.
func (c Change) Due() (time.Time, bool) {
	var due []time.Time
	if len(c.Outbox) > 0 {
		due = append(due, c.Updated.Add(PublishAfter))
	}
	switch c.State {
	case Proposed:
		due = append(due, c.Deadline())
		if !c.RemindAt.IsZero() {
			due = append(due, c.RemindAt)
		}
		if e := c.Requirement.Escalate; e != nil && !c.Escalated {
			due = append(due, c.AskedAt.Add(e.After))
		}
	case Approved:
		due = append(due, later(c.Updated, c.RetryAt).Add(ActAfter))
	case Applying:
		due = append(due, c.Claim.Until.Add(LapsedAfter))
	}
	if len(due) == 0 {
		return time.Time{}, false
	}
	return slices.MinFunc(due, time.Time.Compare), true
}

// Passed returns what has become due by now besides the outbox; nil when nothing has.
func (c Change) Passed(now time.Time, by Actor) Action {
	reached := func(t time.Time) bool { return !t.IsZero() && !now.Before(t) }
	switch c.State {
	case Proposed:
		switch e := c.Requirement.Escalate; {
		case reached(c.Deadline()):
			return Expire{By: by}
		case e != nil && !c.Escalated && reached(c.AskedAt.Add(e.After)):
			return Escalate{By: by}
		case reached(c.RemindAt):
			return Remind{By: by}
		}
	case Approved:
		if reached(later(c.Updated, c.RetryAt).Add(ActAfter)) {
			return Republish{By: by}
		}
	case Applying:
		if reached(c.Claim.Until.Add(LapsedAfter)) {
			return Republish{By: by}
		}
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (a Remind) apply(c *Change, now time.Time) error {
	if c.RemindAt.IsZero() || now.Before(c.RemindAt) {
		return refuse(RefusedEarly, "no reminder is due")
	}
	c.Reminders++
	c.Asked++
	wait := c.Requirement.Remind
	if !c.Requirement.Steady {
		wait <<= min(c.Reminders, 16)
	}
	c.RemindAt = now.Add(wait)
	return nil
}

func (a Escalate) apply(c *Change, now time.Time) error {
	e := c.Requirement.Escalate
	if e == nil || c.Escalated || now.Before(c.AskedAt.Add(e.After)) {
		return refuse(RefusedEarly, "no escalation is due")
	}
	c.Escalated = true
	return nil
}

func (a Expire) apply(c *Change, now time.Time) error {
	if now.Before(c.Deadline()) {
		return refuse(RefusedEarly, "there is time left to decide")
	}
	c.State = Expired
	return nil
}

func (a Republish) apply(c *Change, now time.Time) error {
	if c.Passed(now, a.By) == nil {
		return refuse(RefusedEarly, "it was acted on lately")
	}
	if c.State == Applying {
		c.Claim = &Claim{Fence: c.Claim.Fence} // it has lapsed
		c.State = Approved
	}
	return nil
}

// ask begins the time in which people decide.
func (c *Change) ask(now time.Time) {
	c.State = Proposed
	c.AskedAt, c.ShownAt = now, now
	c.Asked++
	c.RemindAt, c.Reminders = c.Requirement.firstReminder(now), 0
}

// Deadline returns when the change expires where people have not decided.
func (c Change) Deadline() time.Time { return c.Requirement.Deadline(c.AskedAt) }

// firstReminder returns when the first reminder is due; zero where none is wanted.
func (r Requirement) firstReminder(now time.Time) time.Time {
	if r.Mode != Ask || r.Remind <= 0 {
		return time.Time{}
	}
	return now.Add(r.Remind)
}
