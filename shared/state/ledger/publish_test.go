package ledger_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

var errDown = errors.New("the bus is down")

// sweep does what the sweep does with every change that is due, and returns how many there
// were.
func (w *world) sweep() int {
	w.t.Helper()
	due := 0
	err := w.ledger.Due(w.t.Context(), w.clock.Now(), func(c change.Change) error {
		due++
		if err := w.ledger.Publish(w.t.Context(), c.ID); err != nil {
			return err
		}
		if a := c.Passed(w.clock.Now(), sweeper); a != nil {
			if _, err := w.ledger.Apply(w.t.Context(), c.ID, a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, errDown) {
		w.t.Fatalf("Due: %v", err)
	}
	return due
}

func TestWhatCouldNotBePublishedWaitsForTheSweep(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.bus.fail = func(event.ChangeMoved) error { return errDown }
		c := w.propose(wanted(ask, checker)) // is proposed although nobody hears of it
		w.apply(c.ID, approve(aiko))
		if got := w.get(c.ID); len(got.Outbox) != 2 || got.State != change.Approved {
			t.Fatalf("it is %s with the notices %+v", got.State, got.Outbox)
		}
		if n := w.sweep(); n != 0 {
			t.Errorf("%d changes are due at once", n)
		}
		w.clock.wait(change.PublishAfter)
		if n := w.sweep(); n != 1 || len(w.get(c.ID).Outbox) != 2 {
			t.Errorf("the bus is still down: %d due, notices %+v", n, w.get(c.ID).Outbox)
		}
		w.bus.fail = nil
		if n := w.sweep(); n != 1 {
			t.Errorf("%d changes are due, want 1", n)
		}
		if got := w.bus.seqs(c.ID); !slices.Equal(got, []int{1, 2}) || len(w.get(c.ID).Outbox) != 0 {
			t.Errorf("heard %v, left %+v", got, w.get(c.ID).Outbox)
		}
		if n := w.sweep(); n != 0 {
			t.Errorf("%d changes are still due", n)
		}
		w.checkTrail(c.ID)
	})
}

func TestANoticeThatIsRefusedKeepsTheOthersWaitingBehindIt(t *testing.T) {
	w := newWorld(t, plain)
	w.bus.fail = func(event.ChangeMoved) error { return errDown }
	c := w.propose(wanted(ask, checker))
	w.apply(c.ID, approve(aiko))
	w.bus.fail = func(e event.ChangeMoved) error {
		if e.Seq == 2 {
			return errDown
		}
		return nil
	}
	if err := w.ledger.Publish(t.Context(), c.ID); !errors.Is(err, errDown) {
		t.Errorf("got error %v, want %v", err, errDown)
	}
	w.bus.fail = nil
	if err := w.ledger.Publish(t.Context(), c.ID); err != nil {
		t.Error(err)
	}
	if got := w.bus.seqs(c.ID); !slices.Equal(got, []int{1, 1, 2}) {
		t.Errorf("heard %v: every notice at least once, in order", got)
	}
}

// TestNoticesAreTakenOutByNumber: while a notice is on its way, the change moves on. What is
// taken out afterwards is what was sent, not what happens to be first.
func TestNoticesAreTakenOutByNumber(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.bus.fail = func(event.ChangeMoved) error { return errDown }
		c := w.propose(wanted(ask, checker))
		inner := ledger.New(w.store, &listener{fail: func(event.ChangeMoved) error { return errDown }}, w.clock.Now)
		other := ledger.New(w.store, &listener{}, w.clock.Now)
		w.bus.fail = func(event.ChangeMoved) error {
			// Another function sends and takes out the same notice, and makes the next one.
			if err := other.Publish(t.Context(), c.ID); err != nil {
				return err
			}
			_, err := inner.Apply(t.Context(), c.ID, approve(aiko))
			return err
		}
		if err := w.ledger.Publish(t.Context(), c.ID); err != nil {
			t.Fatal(err)
		}
		got := w.get(c.ID).Outbox
		if len(got) != 1 || got[0].Seq != 2 {
			t.Errorf("left %+v, want the second notice", got)
		}
	})
}

// mortal is a store whose owner dies right after, or right before, a transaction.
type mortal struct {
	store.Store
	dies   func() bool
	before func() bool
}

type death struct{}

func (m mortal) Update(ctx context.Context, decide func(context.Context, store.Tx) error) error {
	if m.before != nil && m.before() {
		panic(death{})
	}
	err := m.Store.Update(ctx, decide)
	if err == nil && m.dies != nil && m.dies() {
		panic(death{})
	}
	return err
}

// survive runs what may end in death, and reports whether it did.
func survive(do func()) (died bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(death); !ok {
				panic(r)
			}
			died = true
		}
	}()
	do()
	return false
}

func TestDeathBetweenCommitAndPublishIsRepairedByTheSweep(t *testing.T) {
	for name, act := range map[string]func(l *ledger.Ledger, id string) error{
		"propose": func(l *ledger.Ledger, _ string) error {
			p := wanted(ask, checker)
			p.Target.ID = "g2"
			_, _, err := l.Propose(t.Context(), p)
			return err
		},
		"apply": func(l *ledger.Ledger, id string) error { _, err := l.Apply(t.Context(), id, approve(aiko)); return err },
		"press": func(l *ledger.Ledger, id string) error {
			_, err := l.Press(t.Context(), "p", id, approve(aiko))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, plain)
			c := w.propose(wanted(ask, checker))
			heard := len(w.bus.heard)
			dying := ledger.New(mortal{Store: w.store, dies: func() bool { return true }}, w.bus, w.clock.Now)
			if !survive(func() { t.Error(act(dying, c.ID)) }) {
				t.Fatal("it did not die")
			}
			if len(w.bus.heard) != heard {
				t.Error("it was published before it was committed")
			}
			w.clock.wait(change.PublishAfter)
			if n := w.sweep(); n != 1 {
				t.Errorf("%d changes are due, want 1", n)
			}
			if len(w.bus.heard) != heard+1 {
				t.Errorf("%d notices were heard, want 1", len(w.bus.heard)-heard)
			}
		})
	}
}

func TestDeathBetweenPublishAndTakingOutSendsAgain(t *testing.T) {
	w := newWorld(t, plain)
	updates := 0
	dying := ledger.New(mortal{Store: w.store, before: func() bool { updates++; return updates == 2 }}, w.bus, w.clock.Now)
	if !survive(func() {
		if _, _, err := dying.Propose(t.Context(), wanted(ask, checker)); err != nil {
			t.Error(err)
		}
	}) {
		t.Fatal("it did not die")
	}
	c := w.get(change.ChangeID(wanted(ask, checker).Slot(), 1))
	if len(c.Outbox) != 1 || len(w.bus.seqs(c.ID)) != 1 {
		t.Fatalf("left %+v, heard %v", c.Outbox, w.bus.seqs(c.ID))
	}
	w.clock.wait(change.PublishAfter)
	w.sweep()
	if c := w.get(c.ID); len(c.Outbox) != 0 || !slices.Equal(w.bus.seqs(c.ID), []int{1, 1}) {
		t.Errorf("left %+v, heard %v", c.Outbox, w.bus.seqs(c.ID))
	}
}

func TestDueComesInOrderAndStopsWhereTheVisitorDoes(t *testing.T) {
	w := newWorld(t, plain)
	var ids []string
	for i, within := range []time.Duration{3 * time.Hour, time.Hour, 2 * time.Hour} {
		p := wanted(change.Requirement{Mode: change.Ask, Needs: ask.Needs, Within: within}, checker)
		p.Target.ID = string(rune('a' + i))
		ids = append(ids, w.propose(p).ID)
	}
	due := func(at time.Duration, stop error) (got []string, err error) {
		err = w.ledger.Due(t.Context(), t0.Add(at), func(c change.Change) error {
			got = append(got, c.ID)
			return stop
		})
		return got, err
	}
	if got, err := due(2*time.Hour, nil); err != nil || !slices.Equal(got, []string{ids[1], ids[2]}) {
		t.Errorf("got %q and error %v, want the second and the third", got, err)
	}
	if got, err := due(3*time.Hour, errDown); !errors.Is(err, errDown) || len(got) != 1 {
		t.Errorf("got %q and error %v, want one and %v", got, err, errDown)
	}
	if got, err := due(time.Hour-time.Millisecond, nil); err != nil || len(got) != 0 {
		t.Errorf("got %q and error %v, want none", got, err)
	}
}

func TestTheQuestionsThatCanBeAsked(t *testing.T) {
	w := newWorld(t, plain)
	proposed := w.propose(wanted(ask, checker))
	w.clock.wait(time.Minute)
	p := wanted(report, checker)
	p.Diff[0].After = "CAN_REQUEST_TO_JOIN"
	reported := w.propose(p)
	w.clock.wait(time.Minute)
	p = wanted(ask, checker)
	p.Diff[0].After = "ALL_IN_DOMAIN_CAN_JOIN"
	withdrawn := w.propose(p)
	w.apply(withdrawn.ID, change.Withdraw{By: checker})
	w.clock.wait(time.Minute)
	p = wanted(auto, checker)
	p.Target.ID = "g2"
	elsewhere := w.propose(p)
	p.Kind = change.CatalogApply
	otherKind := w.propose(p)
	w.clock.wait(time.Minute)
	w.apply(proposed.ID, approve(aiko))

	ids := func(all []change.Change, err error) []string {
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, c := range all {
			out = append(out, c.ID)
		}
		return out
	}
	for _, test := range []struct {
		name      string
		got, want []string
	}{
		{"live", ids(w.ledger.Live(t.Context(), change.GroupSettings, "g1")), []string{proposed.ID}},
		{"of a group", ids(w.ledger.Of(t.Context(), change.GroupSettings, "g1")), []string{proposed.ID, reported.ID, withdrawn.ID}},
		{"of nothing", ids(w.ledger.Of(t.Context(), change.GroupSettings, "g3")), nil},
		{"since", ids(w.ledger.Since(t.Context(), change.GroupSettings, t0.Add(time.Minute))), []string{reported.ID, withdrawn.ID, elsewhere.ID}},
		{"of another kind", ids(w.ledger.Since(t.Context(), change.CatalogApply, t0)), []string{otherKind.ID}},
	} {
		if !slices.Equal(test.got, test.want) {
			t.Errorf("%s: got %q, want %q", test.name, test.got, test.want)
		}
	}
	if latest := ids(w.ledger.Latest(t.Context(), 1)); !slices.Equal(latest, []string{proposed.ID}) {
		t.Errorf("latest: got %q, want %q", latest, proposed.ID)
	}
}
