package ledger_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
)

func TestAPressThatArrivesAgainChangesNothing(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		c := w.propose(wanted(ask, checker))
		for range 3 {
			got, err := w.ledger.Press(t.Context(), "press-1", c.ID, approve(aiko))
			if err != nil || got.State != change.Approved || got.Seq != 2 {
				t.Errorf("got %s/%d and error %v", got.State, got.Seq, err)
			}
			w.clock.wait(time.Hour)
		}
		accepted, refused := w.entries(c.ID)
		if len(accepted) != 2 || len(refused) != 0 {
			t.Errorf("%d transitions and %d refusals, want 2 and none", len(accepted), len(refused))
		}
	})
}

func TestARefusalIsRememberedAndRecordedOnce(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		c := w.propose(wanted(ask, rin))
		own := change.Approve{By: person("rin-admin"), Revision: 1, Counts: []change.Selector{owners}}
		for range 3 {
			_, err := w.ledger.Press(t.Context(), "press-1", c.ID, own)
			if r, ok := change.Refused(err); !ok || r.Code != change.RefusedOwn || r.Verb != change.VerbApprove || r.Text == "" {
				t.Errorf("got error %v", err)
			}
			w.clock.wait(time.Minute)
		}
		// Decided meanwhile, the same press is answered as it was.
		w.apply(c.ID, deny(aiko))
		if _, err := w.ledger.Press(t.Context(), "press-1", c.ID, own); err == nil {
			t.Error("the press was accepted in the end")
		}
		_, refused := w.entries(c.ID)
		if len(refused) != 1 {
			t.Fatalf("%d entries of refusals, want 1: %+v", len(refused), refused)
		}
		e := refused[0]
		if e.Actor != "rin-admin" || e.Verb != "approve" || e.From != "proposed" || e.To != "proposed" || e.Text != "own: rin-admin@example.com asked for it" {
			t.Errorf("got %+v", e)
		}
	})
}

func TestAPressKnownForAnotherChangeIsRefused(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		first := w.propose(wanted(ask, checker))
		p := wanted(ask, checker)
		p.Target.ID = "g2"
		second := w.propose(p)
		if _, err := w.ledger.Press(t.Context(), "press-1", first.ID, approve(aiko)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			_, err := w.ledger.Press(t.Context(), "press-1", second.ID, approve(aiko))
			if r, ok := change.Refused(err); !ok || r.Code != change.RefusedInvalid {
				t.Errorf("got error %v, want a refusal", err)
			}
		}
		if c := w.get(second.ID); c.State != change.Proposed {
			t.Errorf("the second is %s", c.State)
		}
		if _, refused := w.entries(second.ID); len(refused) != 1 {
			t.Errorf("%d entries of refusals, want 1", len(refused))
		}
	})
}

// inParallel runs n copies at once.
func inParallel(n int, do func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { do(i) })
	}
	wg.Wait()
}

func TestTheSamePressAtOnceDecidesOnce(t *testing.T) {
	for _, n := range []int{2, 8, 32} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			w := newWorld(t, plain)
			c := w.propose(wanted(ask, checker))
			inParallel(n, func(int) {
				if _, err := w.ledger.Press(t.Context(), "press-1", c.ID, approve(aiko)); err != nil {
					t.Errorf("Press: %v", err)
				}
			})
			got := w.get(c.ID)
			_, refused := w.entries(c.ID)
			if got.Seq != 2 || len(got.Decisions) != 1 || len(refused) != 0 {
				t.Errorf("%d transitions, %d decisions, %d refusals", got.Seq, len(got.Decisions), len(refused))
			}
			w.checkTrail(c.ID)
		})
	}
}

func TestPressesAtOnceAreEachDecidedOrRefused(t *testing.T) {
	for _, n := range []int{2, 8, 32} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			w := newWorld(t, plain)
			c := w.propose(wanted(change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: 2, From: owners}}}, checker))
			accepted := make([]bool, n)
			inParallel(n, func(i int) {
				// Two people click in turns, each from many windows.
				by := []change.Actor{aiko, botan}[i%2]
				_, err := w.ledger.Press(t.Context(), fmt.Sprintf("press-%d", i), c.ID, approve(by))
				if _, refused := change.Refused(err); err != nil && !refused {
					t.Errorf("Press: %v", err)
				}
				accepted[i] = err == nil
			})
			count := 0
			for _, ok := range accepted {
				if ok {
					count++
				}
			}
			got := w.get(c.ID)
			_, refused := w.entries(c.ID)
			if got.State != change.Approved || count != 2 || len(refused) != n-2 {
				t.Errorf("it is %s; %d of %d presses accepted, %d refusals recorded", got.State, count, n, len(refused))
			}
			w.checkTrail(c.ID)
		})
	}
}

func TestADenialWinsWheneverItComesBeforeTheEffect(t *testing.T) {
	for i := range 4 {
		w := newWorld(t, plain)
		c := w.propose(wanted(ask, checker))
		inParallel(2, func(n int) {
			a := []change.Action{approve(aiko), deny(botan)}[(n+i)%2]
			_, err := w.ledger.Press(t.Context(), fmt.Sprint(n), c.ID, a)
			if _, refused := change.Refused(err); err != nil && !refused {
				t.Errorf("Press: %v", err)
			}
		})
		if got := w.get(c.ID); got.State != change.Denied {
			t.Fatalf("approved and denied at once, and it is %s", got.State)
		}
		w.checkTrail(c.ID)
	}
}

func TestApplyRecordsWhatPeopleWereRefused(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		c := w.propose(wanted(ask, rin))
		w.refused(c.ID, change.Withdraw{By: aiko})
		w.refused(c.ID, change.Expire{By: sweeper}) // of no interest: nobody wanted something
		_, refused := w.entries(c.ID)
		if len(refused) != 1 || refused[0].Actor != "aiko" || refused[0].Verb != "withdraw" {
			t.Errorf("got %+v, want the person's alone", refused)
		}
	})
}

func TestAStoreThatFailsIsNoRefusal(t *testing.T) {
	w := newWorld(t, plain)
	c := w.propose(wanted(ask, checker))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.ledger.Press(ctx, "press-1", c.ID, approve(aiko))
	if _, refused := change.Refused(err); err == nil || refused {
		t.Errorf("got error %v", err)
	}
	if got := w.get(c.ID); got.Seq != 1 {
		t.Errorf("%d transitions, want 1", got.Seq)
	}
}

func TestWhatWasAskedForIsFoundByItsName(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		if _, found, err := w.ledger.Asked(t.Context(), "r1"); found || err != nil {
			t.Errorf("before anything: found %t, %v", found, err)
		}
		c, err := w.ledger.ProposeOnce(t.Context(), "r1", wanted(ask, rin))
		if err != nil {
			t.Fatal(err)
		}
		w.apply(c.ID, deny(aiko))
		if got, found, err := w.ledger.Asked(t.Context(), "r1"); !found || err != nil || got.ID != c.ID || got.State != change.Denied {
			t.Errorf("found %t, %v: %+v", found, err, got)
		}
		// A press that was refused has asked for nothing.
		if _, err := w.ledger.Press(t.Context(), "press-1", c.ID, approve(aiko)); err == nil {
			t.Fatal("a denied change was approved")
		}
		if _, found, err := w.ledger.Asked(t.Context(), "press-1"); found || err != nil {
			t.Errorf("a press: found %t, %v", found, err)
		}
	})
}
