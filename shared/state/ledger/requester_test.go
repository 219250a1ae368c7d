package ledger_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

// patient is a queue that takes every task.
type patient struct{}

// Enqueue implements [queue.Queue].
func (patient) Enqueue(context.Context, queue.Task) error { return nil }

// carried has a carrier carry a change out, with an answer to whether it may still be asked for.
func (w *world) carried(c change.Change, v *vendor, may ledger.Asking) (change.Change, error) {
	carrier := ledger.Carrier{
		Ledger: w.ledger, Queue: patient{}, By: robot, Authority: everybody, Asking: may, Log: slog.New(slog.DiscardHandler),
		Appliers: map[change.Kind]ledger.Applier{c.Kind: v},
	}
	return carrier.Apply(w.t.Context(), event.ApplyChange{Change: c.ID})
}

// Between a request and its effect the requester may have lost the right to ask.
func TestWhoMayNotAskAnyMoreGetsNothing(t *testing.T) {
	answers := func(may bool) ledger.Asking {
		return func(context.Context, change.Change, *change.Change) (bool, error) { return may, nil }
	}
	for name, test := range map[string]struct {
		by   change.Actor
		may  bool
		want change.State
	}{
		"who may not":                 {rin, false, change.Withdrawn},
		"who still may":               {rin, true, change.Applied},
		"a rule, which nobody allows": {checker, false, change.Applied},
	} {
		for _, r := range []change.Requirement{ask, auto} {
			w := newWorld(t, plain)
			c := w.propose(wanted(r, test.by))
			if r.Mode == change.Ask {
				c = w.apply(c.ID, approve(aiko))
			}
			v := &vendor{value: "ANYONE_CAN_JOIN"}
			got, err := w.carried(c, v, answers(test.may))
			if err != nil || got.State != test.want || (v.effects > 0) != (test.want == change.Applied) {
				t.Errorf("%s, mode %s: it is %s after %d effects, %v; want %s", name, r.Mode, got.State, v.effects, err, test.want)
			}
		}
	}
}

// Who asked is looked up at every attempt, and not at the first one alone.
func TestTheRequesterIsLookedUpAtEveryAttempt(t *testing.T) {
	w := newWorld(t, plain)
	c, may := w.propose(wanted(auto, rin)), true
	v := &vendor{value: "ANYONE_CAN_JOIN", act: func(change.Change) error { return errors.New("the vendor is away") }}
	asking := func(context.Context, change.Change, *change.Change) (bool, error) { return may, nil }
	if got, err := w.carried(c, v, asking); err != nil || got.State == change.Withdrawn {
		t.Fatalf("it is %s, %v", got.State, err)
	}
	may, v.act = false, nil
	w.clock.wait(time.Hour)
	if got, err := w.carried(w.get(c.ID), v, asking); err != nil || got.State != change.Withdrawn || v.effects != 0 {
		t.Errorf("the requester may not ask any more, and it is %s after %d effects, %v", got.State, v.effects, err)
	}
}

// What is done already is not called off, and what cannot be found out holds the change up.
func TestTheRequesterIsLookedUpBeforeTheEffectOnly(t *testing.T) {
	w := newWorld(t, plain)
	c, v := w.propose(wanted(auto, rin)), &vendor{value: "INVITED_CAN_JOIN"}
	never := func(context.Context, change.Change, *change.Change) (bool, error) {
		t.Error("asked about what is in effect")
		return false, nil
	}
	if got, err := w.carried(c, v, never); err != nil || got.State != change.Applied {
		t.Errorf("it is %s, %v", got.State, err)
	}
	w = newWorld(t, plain)
	c, v = w.propose(wanted(auto, rin)), &vendor{value: "ANYONE_CAN_JOIN"}
	away := func(context.Context, change.Change, *change.Change) (bool, error) {
		return false, errors.New("the directory is away")
	}
	if _, err := w.carried(c, v, away); err != nil {
		t.Error(err)
	}
	if got := w.get(c.ID); got.State == change.Withdrawn || v.effects != 0 {
		t.Errorf("it is %s after %d effects", got.State, v.effects)
	}
}

// Of an undo is asked whether the other change may still be taken back.
func TestAnUndoIsAskedAboutWithWhatItTakesBack(t *testing.T) {
	w := newWorld(t, plain)
	c, v := w.approved()
	w.carryOn(c.ID, v)
	p, ok := w.get(c.ID).Reverse(rin, "mistake", w.clock.Now())
	if !ok {
		t.Fatal("there is nothing to take back")
	}
	p.Requirement = auto
	undo := w.propose(p)
	got, err := w.carried(undo, v, func(_ context.Context, _ change.Change, undone *change.Change) (bool, error) {
		return undone == nil || undone.ID != c.ID, nil
	})
	if err != nil || got.State != change.Withdrawn || v.effects != 1 {
		t.Errorf("it is %s after %d effects, %v", got.State, v.effects, err)
	}
}
