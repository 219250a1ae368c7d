// Package audit is the record of what was done and of what was refused.
//
// Every transition of a change leaves one entry, written in the same transaction; every
// request that was turned away leaves one too.
package audit

import (
	"fmt"
	"strings"
	"time"
)

// Outcome says whether something happened.
type Outcome string

// The outcomes.
const (
	Accepted Outcome = "accepted"
	Refused  Outcome = "refused"
)

// Entry is one line of the record. It holds no secret and no body of a request.
type Entry struct {
	// ID is unique: for a change, its id and the number of the transition.
	ID string    `json:"id"`
	At time.Time `json:"at"`
	// Actor is an immutable id, ActorName how people call the actor now.
	Actor     string `json:"actor"`
	ActorName string `json:"actor_name,omitempty"`
	Verb      string `json:"verb"`
	// Change, Kind and Target are empty where a request never came as far as a change, but for what
	// the policy did not let somebody ask for: there Kind and Target say what that was, and Change which
	// change was to be taken back.
	Change   string  `json:"change,omitempty"`
	Kind     string  `json:"kind,omitempty"`
	Target   string  `json:"target,omitempty"`
	From     string  `json:"from,omitempty"`
	To       string  `json:"to,omitempty"`
	Revision int     `json:"revision,omitempty"`
	Outcome  Outcome `json:"outcome"`
	// Text is the reason given, the problem met, or why it was refused.
	Text string `json:"text,omitempty"`
	// Policy is the hash of the policy in force.
	Policy string `json:"policy,omitempty"`
}

// String returns the entry as one line for people.
func (e Entry) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s by %s", e.At.UTC().Format(time.RFC3339), e.Outcome, e.Verb, e.who())
	if e.Kind != "" {
		b.WriteString(" " + e.Kind)
	}
	if e.Target != "" {
		b.WriteString(" " + e.Target)
	}
	if e.From != "" || e.To != "" {
		from := e.From
		if from == "" {
			from = "none"
		}
		fmt.Fprintf(&b, " %s→%s", from, e.To)
	}
	if e.Change != "" {
		fmt.Fprintf(&b, " (%s)", e.Change)
	}
	if e.Text != "" {
		b.WriteString(": " + e.Text)
	}
	return b.String()
}

func (e Entry) who() string {
	if e.ActorName != "" {
		return e.ActorName
	}
	return e.Actor
}
