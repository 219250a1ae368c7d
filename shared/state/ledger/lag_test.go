package ledger_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

// laggy is a vendor that acknowledges, and shows it some seconds later.
type laggy struct {
	w     func() time.Time
	shows time.Time
	acts  int
}

func (l *laggy) Look(context.Context, change.Change) (ledger.Sight, error) {
	return ledger.Sight{InEffect: l.acts > 0 && !l.w().Before(l.shows)}, nil
}

func (l *laggy) Act(context.Context, change.Change, ledger.Sight) error {
	l.acts++
	l.shows = l.w().Add(5 * time.Second)
	return nil
}

// A vendor has acknowledged the effect and does not show it yet; the next look is in ten seconds. A denial does
// not make it any sooner: the change would be denied, and in effect.
func TestADenialDoesNotLookTooSoon(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		c := w.propose(wanted(ask, rin))
		w.apply(c.ID, approve(aiko))
		v := &laggy{w: w.clock.Now}
		var later *ledger.Later
		if err := w.ledger.Carry(t.Context(), c.ID, robot, everybody, v); !errors.As(err, &later) {
			t.Fatal(err)
		}
		w.clock.wait(time.Second)
		w.apply(c.ID, deny(botan)) // whoever carries changes out hears of it at once
		if err := w.ledger.Carry(t.Context(), c.ID, robot, everybody, v); errors.As(err, &later) {
			w.clock.wait(later.At.Sub(w.clock.Now()))
			_ = w.ledger.Carry(t.Context(), c.ID, robot, everybody, v)
		}
		w.clock.wait(time.Minute)
		seen, _ := v.Look(t.Context(), c)
		if now := w.get(c.ID); now.State == change.Denied && seen.InEffect {
			t.Errorf("it is %s (%s), and in effect at the vendor", now.State, now.Problem)
		}
	})
}
