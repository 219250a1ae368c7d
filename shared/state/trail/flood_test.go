package trail_test

import (
	"context"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// counted is a store that counts transactions.
type counted struct {
	store.Store
	updates int
}

func (c *counted) Update(ctx context.Context, decide func(context.Context, store.Tx) error) error {
	c.updates++
	return c.Store.Update(ctx, decide)
}

// A flood costs one transaction a minute; the rest of it only reads.
func TestAFloodIsOneTransaction(t *testing.T) {
	s := &counted{Store: open(t)}
	for i := range 500 {
		turned := trail.Turned{Function: "groupwebhook", Verb: "notify", Text: "no such channel and token"}
		if err := trail.TurnAway(t.Context(), s, t0.Add(time.Duration(i)*time.Millisecond), turned); err != nil {
			t.Fatalf("TurnAway: %v", err)
		}
	}
	if s.updates != 1 {
		t.Errorf("%d transactions, want 1", s.updates)
	}
}
