package ledger_test

import (
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

// What happens when the applier dies, sleeps, or is stopped by a denial while it is at it.

// TestDeathAtEveryStep kills the applier at every commit and around every call, one after the
// other, and lets another one take over.
func TestDeathAtEveryStep(t *testing.T) {
	for step := 1; ; step++ {
		w := newWorld(t, plain)
		c, v := w.approved()
		steps := 0
		dies := func() bool { steps++; return steps == step }
		die := func(change.Change) error {
			if dies() {
				panic(death{})
			}
			return nil
		}
		v.look, v.act, v.after = die, die, die
		dying := ledger.New(mortal{Store: w.store, dies: dies}, w.bus, w.clock.Now)
		died := survive(func() {
			if err := dying.Carry(t.Context(), c.ID, robot, everybody, v); err != nil {
				t.Errorf("step %d: Carry: %v", step, err)
			}
		})
		v.look, v.act, v.after = nil, nil, nil
		w.carryOn(c.ID, v)
		if got := w.get(c.ID); got.State != change.Applied || v.effects != 1 {
			t.Errorf("death at step %d: it is %s, %d effects", step, got.State, v.effects)
		}
		w.clock.wait(change.PublishAfter)
		w.sweep()
		if got := w.get(c.ID); len(got.Outbox) != 0 {
			t.Errorf("death at step %d: notices are left: %+v", step, got.Outbox)
		}
		w.checkTrail(c.ID)
		if !died {
			if step < 8 {
				t.Errorf("only %d steps", step)
			}
			return
		}
	}
}

// TestAnApplierThatAlwaysDies is not started for ever.
func TestAnApplierThatAlwaysDies(t *testing.T) {
	w := newWorld(t, plain)
	c, v := w.approved()
	v.act = func(change.Change) error { panic(death{}) }
	for range 2 * ledger.MaxAttempts {
		survive(func() { w.carry(c.ID, v) })
		w.clock.wait(ledger.ClaimFor)
	}
	if got := w.get(c.ID); got.State != change.Failed || got.Attempts != ledger.MaxAttempts+1 {
		t.Errorf("it is %s after %d attempts", got.State, got.Attempts)
	}
}

// TestAnApplierThatSleepsLosesItsClaim: it wakes after the claim has lapsed, before or after
// another has taken over, and does nothing.
func TestAnApplierThatSleepsLosesItsClaim(t *testing.T) {
	for name, meanwhile := range map[string]func(w *world, id string, v *vendor){
		"nobody came":        func(*world, string, *vendor) {},
		"another was at it":  func(w *world, id string, v *vendor) { v.act = nil; w.carryOn(id, v) },
		"the sweep freed it": func(w *world, _ string, _ *vendor) { w.clock.wait(time.Minute); w.sweep() },
		"another failed": func(w *world, id string, v *vendor) {
			v.act = times1(answer{text: "403", permanent: true})
			w.carryOn(id, v)
		},
		"another came and waits": func(w *world, id string, v *vendor) { v.act = times1(answer{text: "503"}); w.carry(id, v) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, plain)
			c, v := w.approved()
			v.look = func(change.Change) error {
				v.look = nil
				w.clock.wait(ledger.ClaimFor)
				meanwhile(w, c.ID, v)
				return nil
			}
			effects := v.effects
			// Where the other was done it sees so, else it is to come again at once.
			if at := w.carry(c.ID, v); !at.Equal(w.clock.Now()) && w.get(c.ID).State != change.Applied {
				t.Errorf("it is to come again at %s, want now", at)
			}
			before := w.get(c.ID)
			if name == "nobody came" && v.effects != effects {
				t.Errorf("it acted on a claim that had lapsed")
			}
			w.carryOn(c.ID, v)
			got := w.get(c.ID)
			if before.State != change.Failed && (got.State != change.Applied || v.effects != 1) {
				t.Errorf("in the end it is %s, %d effects", got.State, v.effects)
			}
			w.checkTrail(c.ID)
		})
	}
}

func times1(err error) func(change.Change) error {
	done := false
	return func(change.Change) error {
		if done {
			return nil
		}
		done = true
		return err
	}
}

// TestAResultOfALostClaimIsNotRecorded: the applier slept in the vendor's call itself, which
// nothing of ours can hold back. What it says afterwards does not count.
func TestAResultOfALostClaimIsNotRecorded(t *testing.T) {
	w := newWorld(t, plain)
	c, v := w.approved()
	v.act = func(change.Change) error {
		v.act = nil
		w.clock.wait(ledger.ClaimFor)
		w.apply(c.ID, change.ClaimIt{By: robot, For: ledger.ClaimFor, Standing: change.Standing{"aiko": {owners}}})
		return answer{text: "403", permanent: true}
	}
	if w.carry(c.ID, v); w.get(c.ID).State != change.Applying {
		t.Errorf("it is %s, want it in the hands of the other", w.get(c.ID).State)
	}
	w.carryOn(c.ID, v)
	if got := w.get(c.ID); got.State != change.Applied || v.effects != 1 {
		t.Errorf("it is %s, %d effects", got.State, v.effects)
	}
}

// TestADenialWhileItIsBeingDone says what a denial still changes at each point.
func TestADenialWhileItIsBeingDone(t *testing.T) {
	for _, test := range []struct {
		name    string
		set     func(v *vendor, no func())
		state   change.State
		effects int
	}{
		{"while the world is looked at", func(v *vendor, no func()) {
			v.look = func(change.Change) error { v.look = nil; no(); return nil }
		}, change.Denied, 0},
		{"while the vendor works", func(v *vendor, no func()) {
			v.act = func(change.Change) error { no(); return nil }
		}, change.Applied, 1},
		{"while the vendor does not work", func(v *vendor, no func()) {
			v.act = func(change.Change) error { v.act = nil; no(); return answer{text: "503"} }
		}, change.Denied, 0},
		{"while the vendor works and says that it does not", func(v *vendor, no func()) {
			v.after = func(change.Change) error { no(); v.look = times1(answer{text: "503"}); return answer{text: "503"} }
		}, change.Applied, 1},
		{"after the vendor did not answer", func(v *vendor, no func()) {
			v.look = func(change.Change) error {
				v.look = func(change.Change) error { v.look = nil; no(); return nil }
				return answer{text: "503"}
			}
		}, change.Denied, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, plain)
			c, v := w.approved()
			test.set(v, func() {
				if _, err := w.ledger.Press(t.Context(), "no", c.ID, deny(botan)); err != nil {
					t.Errorf("Press: %v", err)
				}
			})
			w.carryOn(c.ID, v)
			if got := w.get(c.ID); got.State != test.state || v.effects != test.effects || !got.Stopped() {
				t.Errorf("it is %s, %d effects, stopped %t; want %s and %d", got.State, v.effects, got.Stopped(), test.state, test.effects)
			}
		})
	}
}
