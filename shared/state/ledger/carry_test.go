package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

// vendor is the outside world: one field of one group, and how it misbehaves.
type vendor struct {
	value   string
	effects int // how often the value was written
	looks   int
	// stale is how many readings after an effect still show what was there before.
	stale int
	was   string

	obsolete string
	// look and act run before a reading and before an effect; their error is the answer.
	look, act func(c change.Change) error
	// after runs after an effect; its error is the answer although the effect was done.
	after func(c change.Change) error
}

func (v *vendor) Look(_ context.Context, c change.Change) (ledger.Sight, error) {
	v.looks++
	if v.look != nil {
		if err := v.look(c); err != nil {
			return ledger.Sight{}, err
		}
	}
	shown := v.value
	if v.effects > 0 && v.stale > 0 {
		v.stale--
		shown = v.was
	}
	d := c.Diff[0]
	return ledger.Sight{InEffect: shown == d.After, Obsolete: v.obsolete, Before: map[string]string{d.Field: shown}}, nil
}

func (v *vendor) Act(_ context.Context, c change.Change, seen ledger.Sight) error {
	if v.act != nil {
		if err := v.act(c); err != nil {
			return err
		}
	}
	v.effects++
	if v.value != c.Diff[0].After {
		v.was, v.value = v.value, c.Diff[0].After
	}
	if v.after != nil {
		return v.after(c)
	}
	return nil
}

// answer is a vendor's error.
type answer struct {
	text      string
	wait      time.Duration
	permanent bool
}

func (a answer) Error() string             { return a.text }
func (a answer) RetryAfter() time.Duration { return a.wait }
func (a answer) Permanent() bool           { return a.permanent }

// stands is an authority that finds everybody where the test says.
func stands(s change.Standing) ledger.Authority {
	return func(context.Context, change.Change, []string) (change.Standing, error) { return s, nil }
}

var everybody = stands(change.Standing{"aiko": {owners}, "botan": {owners}})

// carry carries a change out once, and returns when it is to be carried out again.
func (w *world) carry(id string, v *vendor) time.Time {
	w.t.Helper()
	err := w.ledger.Carry(w.t.Context(), id, robot, everybody, v)
	var later *ledger.Later
	if err != nil && !errors.As(err, &later) {
		w.t.Fatalf("Carry: %v", err)
	}
	if later == nil {
		return time.Time{}
	}
	if later.Cause == nil || !strings.Contains(later.Error(), later.Cause.Error()) || !errors.Is(err, later.Cause) {
		w.t.Errorf("%v does not say why", later)
	}
	return later.At
}

// carryOn carries a change out until nothing is left to be done, and returns how often it took.
func (w *world) carryOn(id string, v *vendor) int {
	w.t.Helper()
	for n := 1; n <= 100; n++ {
		at := w.carry(id, v)
		if at.IsZero() {
			return n
		}
		if at.After(w.clock.Now()) {
			w.clock.wait(at.Sub(w.clock.Now()))
		}
	}
	w.t.Fatal("it comes to no end")
	return 0
}

// approved returns a change that people approved, and the world that it is about.
func (w *world) approved() (change.Change, *vendor) {
	w.t.Helper()
	c := w.propose(wanted(ask, checker))
	return w.apply(c.ID, approve(aiko)), &vendor{value: "ANYONE_CAN_JOIN"}
}

func TestCarryDoesWhatWasApprovedOnce(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		c, v := w.approved()
		v.value = "ALL_IN_DOMAIN_CAN_JOIN" // has changed since the proposal
		if n := w.carryOn(c.ID, v); n != 1 || v.effects != 1 || v.looks != 2 {
			t.Errorf("%d times carried out, %d effects, %d readings", n, v.effects, v.looks)
		}
		got := w.get(c.ID)
		if got.State != change.Applied || got.Diff[0].Before != "ALL_IN_DOMAIN_CAN_JOIN" || got.Attempts != 1 {
			t.Errorf("it is %s after %d attempts, before was %q", got.State, got.Attempts, got.Diff[0].Before)
		}
		w.carryOn(c.ID, v)
		if v.effects != 1 || v.looks != 2 {
			t.Errorf("carried out once more: %d effects, %d readings", v.effects, v.looks)
		}
		w.checkTrail(c.ID)
	})
}

func TestCarryOfWhatIsThereAlreadyDoesNothing(t *testing.T) {
	w := newWorld(t, plain)
	c, v := w.approved()
	v.value = "INVITED_CAN_JOIN"
	w.carryOn(c.ID, v)
	if got := w.get(c.ID); got.State != change.Applied || v.effects != 0 || got.Diff[0].Before != "ANYONE_CAN_JOIN" {
		t.Errorf("it is %s, %d effects, before was %q", got.State, v.effects, got.Diff[0].Before)
	}
}

func TestCarryOfWhatIsNotApprovedDoesNothing(t *testing.T) {
	w := newWorld(t, plain)
	v := &vendor{value: "ANYONE_CAN_JOIN"}
	for _, p := range []change.Proposal{wanted(ask, checker), wanted(report, checker)} {
		c := w.propose(p)
		if n := w.carryOn(c.ID, v); n != 1 || v.looks != 0 {
			t.Errorf("%s: carried out %d times, %d readings", c.State, n, v.looks)
		}
	}
}

// TestCarryFaults is every place at which carrying out can go wrong, and what becomes of it.
func TestCarryFaults(t *testing.T) {
	down := answer{text: "503"}
	times := func(n int, err error) func(change.Change) error {
		return func(change.Change) error {
			if n > 0 {
				n--
				return err
			}
			return nil
		}
	}
	always := func(err error) func(change.Change) error { return func(change.Change) error { return err } }
	never := answer{text: "403", permanent: true}
	for _, test := range []struct {
		name    string
		faults  func(v *vendor)
		state   change.State
		carried int
		effects int
		problem string
	}{
		{"reading fails for a time", func(v *vendor) { v.look = times(3, down) }, change.Applied, 4, 1, ""},
		{"reading fails for good", func(v *vendor) { v.look = always(down) }, change.Failed, ledger.MaxAttempts, 0, "look at data@example.com: 503"},
		{"reading is forbidden", func(v *vendor) { v.look = always(never) }, change.Failed, 1, 0, "look at data@example.com: 403"},
		{"acting is forbidden in part, and fails for a time in part", func(v *vendor) { v.act = times(3, errors.Join(never, down)) }, change.Applied, 4, 1, ""},
		{"acting fails for a time", func(v *vendor) { v.act = times(3, down) }, change.Applied, 4, 1, ""},
		{"acting fails for good", func(v *vendor) { v.act = always(down) }, change.Failed, ledger.MaxAttempts, 0, "change data@example.com: 503"},
		{"acting is forbidden", func(v *vendor) { v.act = always(never) }, change.Failed, 1, 0, "change data@example.com: 403"},
		{"done, but answered with an error", func(v *vendor) { v.after = always(down) }, change.Applied, 1, 1, ""},
		{"done, but answered with a refusal", func(v *vendor) { v.after = always(never) }, change.Applied, 1, 1, ""},
		{"done, and reading back fails", func(v *vendor) {
			v.after = func(change.Change) error { v.look = times(2, down); return nil }
		}, change.Applied, 3, 1, ""},
		{"done with an error, and reading back fails", func(v *vendor) {
			v.after = func(change.Change) error { v.look = times(1, down); return down }
		}, change.Applied, 2, 1, ""},
		{"read back once too early", func(v *vendor) { v.stale = 1 }, change.Applied, 2, 1, ""},
		// The second reading before acting is stale too: the effect is repeated, as it must be.
		{"read back twice too early", func(v *vendor) { v.stale = 2 }, change.Applied, 2, 2, ""},
		{"never seen", func(v *vendor) { v.stale = 1000 }, change.Failed, ledger.MaxUnseen, ledger.MaxUnseen, "change data@example.com: does not converge"},
		{"reading fails often, then one effect is seen late", func(v *vendor) {
			v.look, v.stale = times(ledger.MaxUnseen+1, down), 1
		}, change.Applied, ledger.MaxUnseen + 3, 1, ""},
		{"not wanted any more", func(v *vendor) { v.obsolete = "the group is gone" }, change.Withdrawn, 1, 0, "the group is gone"},
		{"done, though not wanted any more", func(v *vendor) { v.value, v.obsolete = "INVITED_CAN_JOIN", "no" }, change.Applied, 1, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, plain)
			c, v := w.approved()
			test.faults(v)
			carried := w.carryOn(c.ID, v)
			got := w.get(c.ID)
			if got.State != test.state || carried != test.carried || v.effects != test.effects {
				t.Errorf("it is %s, carried out %d times, %d effects; want %s, %d and %d",
					got.State, carried, v.effects, test.state, test.carried, test.effects)
			}
			if got.Problem != test.problem && !(strings.Contains(test.problem, "converge") && strings.HasPrefix(got.Problem, "does not converge: 5 times change data@example.com: acknowledged")) {
				t.Errorf("problem %q, want %q", got.Problem, test.problem)
			}
			w.checkTrail(c.ID)
		})
	}
}

func TestTheWaitBetweenAttempts(t *testing.T) {
	w := newWorld(t, plain)
	c, v := w.approved()
	asked := time.Duration(0)
	v.act = func(change.Change) error { return fmt.Errorf("patch: %w", answer{text: "429", wait: asked}) }
	for i, want := range []time.Duration{
		10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, 320 * time.Second,
		640 * time.Second, 1280 * time.Second, 2560 * time.Second, time.Hour, 3 * time.Hour, // the last as the vendor asks
	} {
		if i == 10 {
			asked = 3 * time.Hour
		}
		at := w.carry(c.ID, v)
		if got := at.Sub(w.clock.Now()); got != want {
			t.Errorf("after attempt %d the wait is %s, want %s", i+1, got, want)
		}
		w.clock.wait(at.Sub(w.clock.Now()) - time.Millisecond)
		before := v.looks
		if again := w.carry(c.ID, v); !again.Equal(at) || v.looks != before {
			t.Errorf("a moment too early: again at %s, want %s", again, at)
		}
		w.clock.wait(time.Millisecond)
	}
	if w.carryOn(c.ID, v); w.get(c.ID).State != change.Failed {
		t.Errorf("after the last attempt it is %s", w.get(c.ID).State)
	}
	w.apply(c.ID, change.Retry{By: botan, Revision: 1, Counts: []change.Selector{owners}})
	v.act = nil
	if w.carryOn(c.ID, v); w.get(c.ID).State != change.Applied || v.effects != 1 {
		t.Errorf("tried again it is %s, %d effects", w.get(c.ID).State, v.effects)
	}
}

func TestTwoAppliersAtOnce(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		c, v := w.approved()
		v.act = func(c change.Change) error {
			v.act = nil
			if at := w.carry(c.ID, v); !at.Equal(c.Claim.Until) {
				t.Errorf("the second is to come again at %s, want %s", at, c.Claim.Until)
			}
			return nil
		}
		w.carryOn(c.ID, v)
		if got := w.get(c.ID); got.State != change.Applied || v.effects != 1 || v.looks != 2 {
			t.Errorf("it is %s, %d effects, %d readings", got.State, v.effects, v.looks)
		}
	})
}

func TestAnApprovalThatLapsedBeforeTheEffect(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		c, v := w.approved()
		gone := stands(change.Standing{"aiko": nil})
		if err := w.ledger.Carry(t.Context(), c.ID, robot, gone, v); err != nil {
			t.Fatal(err)
		}
		if got := w.get(c.ID); got.State != change.Proposed || v.looks != 0 {
			t.Errorf("it is %s after %d readings", got.State, v.looks)
		}
		w.apply(c.ID, approve(botan))
		// Died after the claim, and then the authority was lost: look, but do not act.
		v.look = func(change.Change) error { panic(death{}) }
		if !survive(func() { w.carry(c.ID, v) }) {
			t.Fatal("it did not die")
		}
		v.look = nil
		w.clock.wait(ledger.ClaimFor)
		if err := w.ledger.Carry(t.Context(), c.ID, robot, gone, v); err != nil {
			t.Fatal(err)
		}
		if got := w.get(c.ID); got.State != change.Proposed || v.effects != 0 || v.looks != 2 {
			t.Errorf("it is %s, %d effects, %d readings", got.State, v.effects, v.looks)
		}
		w.checkTrail(c.ID)
	})
}

func TestAnAuthorityThatCannotBeAskedHoldsTheChangeUp(t *testing.T) {
	w := newWorld(t, plain)
	c, v := w.approved()
	broken := func(_ context.Context, _ change.Change, people []string) (change.Standing, error) {
		return nil, fmt.Errorf("read the mirror for %q: %w", people, errDown)
	}
	err := w.ledger.Carry(t.Context(), c.ID, robot, broken, v)
	if !errors.Is(err, errDown) || !strings.Contains(err.Error(), `["aiko"]`) {
		t.Errorf("got error %v", err)
	}
	if got := w.get(c.ID); got.State != change.Approved || v.looks != 0 {
		t.Errorf("it is %s after %d readings", got.State, v.looks)
	}
	if err := w.ledger.Carry(t.Context(), c.ID, aiko, everybody, v); err == nil {
		t.Error("a person carried it out")
	}
}

func TestNobodyIsAskedAboutWhatPolicyDecided(t *testing.T) {
	w := newWorld(t, plain)
	c := w.propose(wanted(auto, checker))
	v := &vendor{value: "ANYONE_CAN_JOIN"}
	if err := w.ledger.Carry(t.Context(), c.ID, robot, nil, v); err != nil || v.effects != 1 {
		t.Errorf("%d effects, error %v", v.effects, err)
	}
}

// TestTheAppliersContextEndsWithItsClaim: no call to the vendor outlives the right to make it.
func TestTheAppliersContextEndsWithItsClaim(t *testing.T) {
	w := newWorld(t, plain)
	c, v := w.approved()
	probe := &deadlines{vendor: v}
	if err := w.ledger.Carry(t.Context(), c.ID, robot, everybody, probe); err != nil {
		t.Fatal(err)
	}
	if probe.calls != 3 || probe.without != 0 {
		t.Errorf("%d of %d calls without an end", probe.without, probe.calls)
	}
}

type deadlines struct {
	*vendor
	calls, without int
}

func (d *deadlines) see(ctx context.Context) {
	d.calls++
	if _, ok := ctx.Deadline(); !ok {
		d.without++
	}
}

func (d *deadlines) Look(ctx context.Context, c change.Change) (ledger.Sight, error) {
	d.see(ctx)
	return d.vendor.Look(ctx, c)
}

func (d *deadlines) Act(ctx context.Context, c change.Change, seen ledger.Sight) error {
	d.see(ctx)
	return d.vendor.Act(ctx, c, seen)
}

func TestAnUndoMarksWhatItTookBack(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		c, v := w.approved()
		w.carryOn(c.ID, v)
		p, ok := w.get(c.ID).Reverse(rin, "mistake", w.clock.Now())
		if !ok {
			t.Fatal("there is nothing to take back")
		}
		p.Requirement = ask
		undo := w.propose(p)
		if again := w.propose(p); again.ID != undo.ID {
			t.Errorf("asked for twice: %s and %s", undo.ID, again.ID)
		}
		w.apply(undo.ID, approve(aiko))
		if got := w.get(c.ID); got.State != change.Applied {
			t.Errorf("before the undo is done it is %s", got.State)
		}
		w.carryOn(undo.ID, v)
		got := w.get(c.ID)
		if got.State != change.Undone || got.UndoneBy != undo.ID || v.value != "ANYONE_CAN_JOIN" || len(got.Outbox) != 0 {
			t.Errorf("it is %s by %q, the value %q, notices %+v", got.State, got.UndoneBy, v.value, got.Outbox)
		}
		if _, ok := got.Reverse(rin, "again", w.clock.Now()); ok {
			t.Error("it can be taken back twice")
		}
		w.checkTrail(c.ID)
		w.checkTrail(undo.ID)
	})
}

// TestAnUndoOfWhatWasUndoneIsDoneAllTheSame: two people asked in different words.
func TestAnUndoOfWhatWasUndoneIsDoneAllTheSame(t *testing.T) {
	w := newWorld(t, plain)
	c, v := w.approved()
	w.carryOn(c.ID, v)
	p, _ := w.get(c.ID).Reverse(rin, "mistake", w.clock.Now())
	p.Requirement = ask
	first := w.propose(p)
	p.Diff[0].After = "ALL_IN_DOMAIN_CAN_JOIN"
	second := w.propose(p)
	for _, id := range []string{first.ID, second.ID} {
		w.apply(id, approve(aiko))
		w.carryOn(id, v)
		if got := w.get(id); got.State != change.Applied {
			t.Errorf("%s is %s", id, got.State)
		}
	}
	if got := w.get(c.ID); got.UndoneBy != first.ID {
		t.Errorf("undone by %s, want %s", got.UndoneBy, first.ID)
	}
}
