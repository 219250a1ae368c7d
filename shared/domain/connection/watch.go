package connection

import (
	"slices"
	"time"
)

// This file decides what a reading of the vendor does to a hand-over, and what the system itself has
// to do next.

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
