// Package press keeps what became of the buttons that people pressed in Slack: one function
// decides, another tells the person why a press did not count.
package press

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// KeptFor is how long a press is remembered.
const KeptFor = 48 * time.Hour

// Press is one press of a button that was decided, or a request that was refused after all.
type Press struct {
	// ID names the signed request. The same request again has the same name.
	ID string `json:"id"`
	// User and Channel are Slack's ids.
	User    string    `json:"user"`
	Channel string    `json:"channel,omitempty"`
	At      time.Time `json:"at"`
	// Outcome is [Accepted], or why the press did not count. Text says it in the person's own
	// language where there is more to say than the code.
	Outcome string `json:"outcome"`
	Text    string `json:"text,omitempty"`
}

// Outcomes that are no refusals.
const (
	// Accepted is the outcome of a press that counted.
	Accepted = "accepted"
	// Answered is that of a question, with the answer as its text.
	Answered = "answered"
)

var presses = store.Collection[Press]{
	Name:    "presses",
	Expires: func(p Press) time.Time { return p.At.Add(KeptFor) },
}

// ErrUnknown says that no such press was decided.
var ErrUnknown = errors.New("no such press")

// Record keeps what became of a press. The same press again replaces it.
func Record(ctx context.Context, s store.Store, p Press) error {
	err := s.Update(ctx, func(_ context.Context, tx store.Tx) error { return presses.Put(tx, p.ID, p) })
	if err != nil {
		return fmt.Errorf("record press %s: %w", p.ID, err)
	}
	return nil
}

// Get returns a press that was decided, or [ErrUnknown].
func Get(ctx context.Context, s store.Store, id string) (Press, error) {
	p, err := presses.Get(ctx, s, id)
	if errors.Is(err, store.ErrNotFound) {
		return Press{}, fmt.Errorf("press %s: %w", id, ErrUnknown)
	}
	if err != nil {
		return Press{}, fmt.Errorf("read press %s: %w", id, err)
	}
	return p, nil
}

// Decided reports whether a press counted, so that nothing is left to do. One that did not
// count is decided again where it comes again, with the same end: the person may not have been
// told why.
func Decided(ctx context.Context, s store.Store, id string) (bool, error) {
	p, err := Get(ctx, s, id)
	if errors.Is(err, ErrUnknown) {
		return false, nil
	}
	return err == nil && p.Outcome == Accepted, err
}
