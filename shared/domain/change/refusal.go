package change

import (
	"errors"
	"fmt"
)

// RefusalCode says why a transition was refused, for those who must tell people in their own
// language.
type RefusalCode string

// The reasons.
const (
	RefusedState    RefusalCode = "state"    // the state does not allow it: decided, done or ended
	RefusedOwn      RefusalCode = "own"      // nobody approves their own request
	RefusedStranger RefusalCode = "stranger" // the actor has no authority here
	RefusedTwice    RefusalCode = "twice"    // the person has decided already
	RefusedStale    RefusalCode = "stale"    // an older revision was shown
	RefusedLate     RefusalCode = "late"     // the deadline has passed
	RefusedEarly    RefusalCode = "early"    // nothing is due yet
	RefusedBusy     RefusalCode = "busy"     // another applier holds the claim
	RefusedFenced   RefusalCode = "fenced"   // the claim has passed to another applier
	RefusedInvalid  RefusalCode = "invalid"  // the action itself is wrong
)

// Refusal is the error of a transition that may not happen. The change stays as it was.
type Refusal struct {
	Code RefusalCode
	// From and Verb are the state and the transition that met.
	From State
	Verb Verb
	Text string
}

// Error implements error.
func (r *Refusal) Error() string {
	from := string(r.From)
	if from == "" {
		from = "none"
	}
	return fmt.Sprintf("%s of a change that is %s refused (%s): %s", r.Verb, from, r.Code, r.Text)
}

// Refused returns the refusal in an error's chain, if there is one.
func Refused(err error) (*Refusal, bool) {
	var r *Refusal
	ok := errors.As(err, &r)
	return r, ok
}

func refuse(code RefusalCode, format string, args ...any) error {
	return &Refusal{Code: code, Text: fmt.Sprintf(format, args...)}
}
