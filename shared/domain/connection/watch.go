package connection

import (
	"cmp"
	"slices"
	"time"
)

// This file decides what a reading of the vendor, and time alone, do to a hand-over.

// Seen returns what a reading of the connection says has happened. The boolean is false when it
// says nothing new. Setup tests are not in it: they have to be run.
func (h Handover) Seen(s Status) (Verb, bool) {
	var verb Verb
	switch {
	case s.Setup == SetupBroken && slices.Contains([]State{Handed, Opened, Aged, Failed}, h.State):
		return "", false // as it was when its owner was asked, who has not been there since
	case s.Setup == SetupBroken:
		verb = VerbBreak
	case s.Setup == SetupIncomplete && (h.State == Connected || h.State == Tested || h.State == Running || h.State == Done):
		verb = VerbBreak // somebody took the credentials away
	case s.Setup != SetupConnected:
		return "", false // incomplete as before, or a word that is new to us
	case h.State == Tested && !s.Paused:
		verb = VerbUnpause
	case h.State == Running && s.Succeeded.After(h.Proven):
		verb = VerbSync
	case h.State == Running && h.Stumbled.IsZero() && s.Failed.After(h.Proven):
		verb = VerbStumble
	default:
		verb = VerbConnect
	}
	if _, ok := Next(h.State, verb); !ok || h.lacks(Event{Verb: verb}, time.Time{}) != "" {
		return "", false
	}
	return verb, true
}

// Work is what the system itself has to do next for a hand-over.
type Work string

// The works.
const (
	WorkCreate  Work = "create"  // have the vendor make the connection
	WorkHand    Work = "hand"    // give the owner a link
	WorkTest    Work = "test"    // run the setup tests
	WorkUnpause Work = "unpause" // have the vendor unpause it
	WorkPropose Work = "propose" // ask people whether its owner shall set it up again
	WorkWatch   Work = "watch"   // ask the vendor from time to time how it is
	WorkNothing Work = "nothing"
)

// Work says what a state asks the system to do.
func (s State) Work() Work {
	switch s {
	case Requested:
		return WorkCreate
	case Created, Failed:
		return WorkHand
	case Connected:
		return WorkTest
	case Tested:
		return WorkUnpause
	case Broken:
		return WorkPropose
	case Handed, Opened, Submitted, Aged, Running, Done:
		return WorkWatch
	}
	return WorkNothing
}

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
