// Package press keeps what people pressed in Slack, from the moment it was acknowledged until
// it was decided.
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

// Press is one press of a button. It holds ids only.
type Press struct {
	// ID names the signed request. The same request again has the same name.
	ID string `json:"id"`
	// User, Team and Channel are Slack's ids.
	User    string `json:"user"`
	Team    string `json:"team"`
	Channel string `json:"channel,omitempty"`
	// Action and Value are those of the button.
	Action string    `json:"action"`
	Value  string    `json:"value"`
	At     time.Time `json:"at"`
	// Outcome is empty until the press was decided; then "accepted", or why it was refused.
	Outcome string `json:"outcome,omitempty"`
}

// Accepted is the outcome of a press that counted.
const Accepted = "accepted"

var presses = store.Collection[Press]{
	Name:    "presses",
	Expires: func(p Press) time.Time { return p.At.Add(KeptFor) },
}

// Record keeps a press. Recording it again changes nothing.
func Record(ctx context.Context, s store.Store, p Press) error {
	err := s.Update(ctx, func(_ context.Context, tx store.Tx) error { return presses.Create(tx, p.ID, p) })
	if err != nil && !errors.Is(err, store.ErrExists) {
		return fmt.Errorf("record press: %w", err)
	}
	return nil
}

// Get returns a press.
func Get(ctx context.Context, s store.Store, id string) (Press, error) {
	p, err := presses.Get(ctx, s, id)
	if err != nil {
		return Press{}, fmt.Errorf("read press %s: %w", id, err)
	}
	return p, nil
}

// Decide records what became of a press.
func Decide(ctx context.Context, s store.Store, id, outcome string) error {
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		p, err := presses.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		p.Outcome = outcome
		return presses.Put(tx, id, p)
	})
	if err != nil {
		return fmt.Errorf("record the outcome of press %s: %w", id, err)
	}
	return nil
}
