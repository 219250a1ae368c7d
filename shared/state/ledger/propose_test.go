package ledger_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

func plain(db *embedded.DB) store.Store { return db.Store() }

func TestProposingOnceMakesOneChange(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		c, isNew, err := w.ledger.Propose(t.Context(), wanted(ask, checker))
		if err != nil || !isNew || c.State != change.Proposed {
			t.Fatalf("got %s, new %t and error %v", c.State, isNew, err)
		}
		again, isNew, err := w.ledger.Propose(t.Context(), wanted(ask, rin))
		if err != nil || isNew || again.ID != c.ID {
			t.Errorf("the same from another sensor: got %s, new %t and error %v, want %s", again.ID, isNew, err, c.ID)
		}
		m := w.bus.messages[0]
		want := map[string]string{event.AttrType: "change.moved/1", event.AttrKind: "group.settings", event.AttrState: "proposed"}
		if diff := cmp.Diff(want, m.Attributes); diff != "" || m.OrderingKey != c.ID {
			t.Errorf("ordering key %q; attributes (-want +got):\n%s", m.OrderingKey, diff)
		}
		if diff := cmp.Diff([]event.ChangeMoved{{Change: c.ID, Seq: 1, Kind: "group.settings", State: "proposed"}}, w.bus.heard); diff != "" {
			t.Errorf("heard (-want +got):\n%s", diff)
		}
		if left := w.get(c.ID).Outbox; len(left) != 0 {
			t.Errorf("the outbox still holds %+v", left)
		}
		w.checkTrail(c.ID)
	})
}

func TestManySensorsAtOnceMakeOneChange(t *testing.T) {
	w := newWorld(t, plain)
	const sensors = 16
	var wg sync.WaitGroup
	ids, fresh := make([]string, sensors), make([]bool, sensors)
	for i := range sensors {
		wg.Go(func() {
			c, isNew, err := w.ledger.Propose(t.Context(), wanted(auto, checker))
			if err != nil {
				t.Errorf("Propose: %v", err)
			}
			ids[i], fresh[i] = c.ID, isNew
		})
	}
	wg.Wait()
	made := 0
	for i := range sensors {
		if fresh[i] {
			made++
		}
		if ids[i] != ids[0] {
			t.Errorf("one sensor stands for %s, another for %s", ids[i], ids[0])
		}
	}
	all, err := w.ledger.Of(t.Context(), change.GroupSettings, "g1")
	if made != 1 || len(all) != 1 || err != nil {
		t.Errorf("%d sensors made %d changes, %d are there; error %v", sensors, made, len(all), err)
	}
	w.checkTrail(ids[0])
}

// TestAProposalUnderAnotherModeTakesThePlaceOfTheFirst: policy has changed in between.
func TestAProposalUnderAnotherModeTakesThePlaceOfTheFirst(t *testing.T) {
	for _, test := range []struct {
		name          string
		first, second change.Requirement
		want          []change.State
	}{
		{"from report to ask", report, ask, []change.State{change.Withdrawn, change.Proposed}},
		{"from report to auto", report, auto, []change.State{change.Withdrawn, change.Approved}},
		{"from ask to auto", ask, auto, []change.State{change.Withdrawn, change.Approved}},
		{"from ask to report", ask, report, []change.State{change.Withdrawn, change.Reported}},
		{"from auto to ask", auto, ask, []change.State{change.Approved}}, // on its way already
	} {
		t.Run(test.name, func(t *testing.T) {
			eachWorld(t, func(t *testing.T, w *world) {
				w.propose(wanted(test.first, checker))
				w.clock.wait(time.Hour)
				stands, isNew, err := w.ledger.Propose(t.Context(), wanted(test.second, checker))
				if err != nil || isNew != (len(test.want) == 2) {
					t.Fatalf("new %t, error %v", isNew, err)
				}
				all, err := w.ledger.Of(t.Context(), change.GroupSettings, "g1")
				if err != nil {
					t.Fatal(err)
				}
				var got []change.State
				for _, c := range all {
					got = append(got, c.State)
					if len(c.Outbox) != 0 {
						t.Errorf("%s has notices left", c.ID)
					}
					w.checkTrail(c.ID)
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if stands.ID != all[len(all)-1].ID {
					t.Errorf("%s stands for it, want %s", stands.ID, all[len(all)-1].ID)
				}
			})
		})
	}
}

func TestAPersonsRequestSupersedesInTheLedgersName(t *testing.T) {
	w := newWorld(t, plain)
	first := w.propose(wanted(report, checker))
	second := w.propose(wanted(ask, rin))
	accepted, _ := w.entries(first.ID)
	if last := accepted[len(accepted)-1]; last.Verb != "withdraw" || last.Actor != "ledger" {
		t.Errorf("the first was ended by %+v", last)
	}
	if slot, n, _ := change.SlotOf(second.ID); n != 2 || slot != wanted(ask, rin).Slot() {
		t.Errorf("the second is %s", second.ID)
	}
}

func TestWhatIsWantedAgainIsANewChange(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		p := wanted(ask, checker)
		p.Quiet = time.Hour
		first := w.propose(p)
		w.apply(first.ID, deny(aiko))
		if held := w.propose(p); held.ID != first.ID || held.State != change.Denied {
			t.Errorf("in the quiet time %s, which is %s, stands for it", held.ID, held.State)
		}
		w.clock.wait(time.Hour)
		if second := w.propose(p); second.ID != change.ChangeID(p.Slot(), 2) {
			t.Errorf("after it %s stands for it", second.ID)
		}
		if c := w.get(first.ID); c.State != change.Denied {
			t.Errorf("the first is %s", c.State)
		}
	})
}

func TestManyChangesInOneSlotAreCountedAsNumbers(t *testing.T) {
	w := newWorld(t, plain)
	for n := 1; n <= 11; n++ {
		c := w.propose(wanted(ask, rin))
		if want := change.ChangeID(c.ID[:24], n); c.ID != want {
			t.Fatalf("got %s, want %s", c.ID, want)
		}
		w.apply(c.ID, change.Withdraw{By: rin})
	}
}

func TestAProposalThatCannotBeLeavesNothing(t *testing.T) {
	w := newWorld(t, plain)
	p := wanted(ask, checker)
	p.Requirement.Needs = nil
	_, _, err := w.ledger.Propose(t.Context(), p)
	if r, ok := change.Refused(err); !ok || r.Code != change.RefusedInvalid {
		t.Errorf("got error %v, want a refusal", err)
	}
	if latest, err := w.ledger.Latest(t.Context(), 10); err != nil || len(latest) != 0 {
		t.Errorf("%d changes are there; error %v", len(latest), err)
	}
}

func TestGettingWhatDoesNotExist(t *testing.T) {
	w := newWorld(t, plain)
	for _, id := range []string{"", "x", "../x-1", "a/b-1", change.ChangeID(wanted(ask, rin).Slot(), 1)} {
		if _, err := w.ledger.Get(t.Context(), id); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("%q: got error %v, want %v", id, err, ledger.ErrNotFound)
		}
		if _, err := w.ledger.Press(t.Context(), "n", id, approve(aiko)); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("press %q: got error %v, want %v", id, err, ledger.ErrNotFound)
		}
		if err := w.ledger.Carry(t.Context(), id, robot, nil, nil); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("carry %q: got error %v, want %v", id, err, ledger.ErrNotFound)
		}
	}
}

// TestWhatWaitsIsRevised: policy needs more people by the time at which the same comes up again.
func TestWhatWaitsIsRevised(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		first := wanted(ask, checker)
		first.Policy = "old"
		c := w.propose(first)
		again := first
		again.Policy, again.Requirement.Needs = "new", []change.Need{{Count: 2, From: first.Requirement.Needs[0].From}}
		stands, isNew, err := w.ledger.Propose(t.Context(), again)
		if err != nil || isNew || stands.ID != c.ID || stands.Revision != 2 {
			t.Fatalf("got %s in revision %d, new %t and error %v", stands.ID, stands.Revision, isNew, err)
		}
		if got := w.get(c.ID); got.Revision != 2 || got.Policy != "new" || len(got.Outbox) != 0 {
			t.Errorf("kept in revision %d under policy %q with notices %+v", got.Revision, got.Policy, got.Outbox)
		}
		if got := len(w.bus.heard); got != 2 {
			t.Errorf("%d messages, want one of the proposal and one of the revision", got)
		}
		if _, err := w.ledger.Apply(t.Context(), c.ID, approve(aiko)); err == nil {
			t.Error("an approval of the first revision counts")
		}
		w.checkTrail(c.ID)
	})
}

func TestWithdrawingAllButWhatIsWanted(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		kept, other := wanted(ask, checker), wanted(ask, checker)
		other.Diff = []change.Delta{{Field: "whoCanJoin", After: "another value"}}
		third := other
		third.Diff = []change.Delta{{Field: "whoCanJoin", After: "a third value"}}
		stays, goes := w.propose(kept), w.propose(other)
		live, err := w.ledger.Live(t.Context(), kept.Kind, kept.Target.ID)
		if err != nil || len(live) != 2 {
			t.Fatalf("%d live changes, error %v", len(live), err)
		}
		if err := w.ledger.Replace(t.Context(), checker, "it is as wanted", live, kept, third); err != nil {
			t.Fatal(err)
		}
		newest, ok, err := w.ledger.Newest(t.Context(), third)
		if got := w.get(stays.ID).State; got != change.Proposed || !ok || newest.State != change.Proposed || err != nil {
			t.Errorf("what is wanted is %s, what is new is %s (%t), error %v", got, newest.State, ok, err)
		}
		if got := w.get(goes.ID).State; got != change.Withdrawn {
			t.Errorf("what is not wanted is %s", got)
		}
	})
}
