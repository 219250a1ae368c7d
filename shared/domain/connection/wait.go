package connection

import (
	"cmp"
	"slices"
	"time"
)

// This file decides what time alone does to a hand-over: reminders, escalation, the end of a link.

// Passed returns what has become due by now; false when nothing has.
func (h Handover) Passed(p Policy, now time.Time) (Verb, bool) {
	for _, d := range h.dues(p) {
		if !now.Before(d.at) {
			return d.verb, true
		}
	}
	return "", false
}

// Due returns when [Handover.Passed] has something next. The boolean is false when time alone
// does nothing to the hand-over.
func (h Handover) Due(p Policy) (time.Time, bool) {
	dues := h.dues(p)
	if len(dues) == 0 {
		return time.Time{}, false
	}
	return slices.MinFunc(dues, func(a, b due) int { return a.at.Compare(b.at) }).at, true
}

type due struct {
	at   time.Time
	verb Verb
}

// firstSyncWithin is how long the first data of a connection may take before people hear that there
// is none yet. A first sync of much data takes longer; one that somebody has paused never ends.
const firstSyncWithin = 24 * time.Hour

// dues lists what will be due in the present state, the most important first.
func (h Handover) dues(p Policy) []due {
	var out []due
	add := func(verb Verb, from time.Time, after time.Duration) {
		if _, ok := Next(h.State, verb); ok && !from.IsZero() {
			out = append(out, due{from.Add(after), verb})
		}
	}
	add(VerbAge, h.Linked, CardLife)
	if !h.Escalated {
		add(VerbEscalate, h.Asked, cmp.Or(p.Escalate, DefaultEscalate))
	}
	// Each reminder comes later than the one before, so that nobody learns to overlook them.
	add(VerbRemind, h.Reminded, cmp.Or(p.Remind, DefaultRemind)<<min(h.Reminders, 8))
	if h.Lingered.IsZero() {
		add(VerbLinger, h.Since, firstSyncWithin)
	}
	return out
}
