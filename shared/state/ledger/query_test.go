package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

// A document that nobody can read does not keep the sweep from the others.
func TestDueVisitsTheOthersBesideWhatIsNoChange(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		first := w.propose(wanted(ask, rin))
		broken := store.Record{
			Key: store.Key{Collection: "changes", ID: "broken"}, Data: []byte(`{"id": 7}`), Fields: map[string]any{"due": t0.Add(time.Second)},
		}
		err := w.store.Update(t.Context(), func(_ context.Context, tx store.Tx) error { return tx.Put(broken) })
		if err != nil {
			t.Fatal(err)
		}
		var visited []string
		err = w.ledger.Due(t.Context(), t0.Add(30*24*time.Hour), func(c change.Change) error {
			visited = append(visited, c.ID)
			return nil
		})
		if err == nil || !slices.Equal(visited, []string{first.ID}) {
			t.Errorf("visited %v, want %s; the error is %v, want one about the document", visited, first.ID, err)
		}
		stop := errors.New("stop")
		err = w.ledger.Due(t.Context(), t0.Add(30*24*time.Hour), func(change.Change) error { return stop })
		if !errors.Is(err, stop) {
			t.Errorf("the visitor's error is lost: %v", err)
		}
	})
}

// What ends by itself is found while it is in effect and its end lies in the span.
func TestEnding(t *testing.T) {
	w := newWorld(t, plain)
	for i, until := range []time.Duration{0, time.Hour, 2 * time.Hour, 3 * time.Hour} {
		p := wanted(auto, checker)
		p.Target.ID = fmt.Sprint("t", i)
		if until > 0 {
			p.Until = t0.Add(until)
		}
		c := w.propose(p)
		if i == 3 {
			continue // not in effect
		}
		w.apply(c.ID, change.ClaimIt{By: robot, For: time.Minute})
		w.apply(c.ID, change.Complete{By: robot, Fence: 1})
	}
	for _, test := range []struct {
		after, upTo time.Duration
		want        []string
	}{
		{0, 4 * time.Hour, []string{"t1", "t2"}},
		{time.Hour, 4 * time.Hour, []string{"t2"}},
		{0, time.Hour, []string{"t1"}},
		{2 * time.Hour, 4 * time.Hour, nil},
	} {
		ending, err := w.ledger.Ending(t.Context(), change.GroupSettings, t0.Add(test.after), t0.Add(test.upTo))
		var got []string
		for _, c := range ending {
			got = append(got, c.Target.ID)
		}
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("after %s up to %s: %v, %v; want %v", test.after, test.upTo, got, err, test.want)
		}
	}
}

func TestABrakeCountsTargetsAndHoldsWhatIsPastIt(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		try := func(target string, want bool) {
			t.Helper()
			p := wanted(auto, checker)
			p.Target.ID = target
			held, err := w.ledger.ProposeWithin(t.Context(), p, 2)
			if err != nil || held != want {
				t.Errorf("%s: held %t, %v; want %t", target, held, err, want)
			}
			if _, there, err := w.ledger.Newest(t.Context(), p); err != nil || there == want {
				t.Errorf("%s: proposed %t, %v", target, there, err)
			}
		}
		try("a", false)
		try("a", false) // once more the same
		try("b", false)
		try("c", true)
		w.clock.wait(23 * time.Hour)
		try("c", true)
		w.clock.wait(2 * time.Hour)
		try("c", false)
		try("d", false)
		try("e", true)
	})
}

func TestAPlanLetsThroughWhatWasHeldAndNothingElse(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		var held []change.Proposal
		for i := range 3 {
			p := wanted(auto, checker)
			p.Target = change.Target{ID: fmt.Sprint("t", i), Name: fmt.Sprintf("t%d@example.com", i)}
			held = append(held, p)
		}
		base := wanted(ask, checker)
		base.Kind, base.Target = change.GroupSettingsPlan, change.Target{ID: "held", Name: "held"}
		plan := planOf(t, base, held)
		if total := plan.Requirement.Needs[0].Count; total != 2 {
			t.Errorf("the plan waits for %d people, want 2", total)
		}
		if other := planOf(t, base, held[:2]); other.Slot() == plan.Slot() {
			t.Error("another plan has the same slot")
		}
		c := w.propose(plan)
		w.apply(c.ID, approve(aiko))
		if got := w.get(c.ID).State; got != change.Proposed {
			t.Fatalf("after one approval it is %s", got)
		}
		w.apply(c.ID, approve(botan))
		if err := carry(w, c.ID); err != nil {
			t.Fatal(err)
		}
		if got := w.get(c.ID); got.State != change.Applied {
			t.Errorf("the plan is %s: %s", got.State, got.Problem)
		}
		for _, p := range held {
			got, ok, err := w.ledger.Newest(t.Context(), p)
			if err != nil || !ok || got.State != change.Approved {
				t.Errorf("%s: %t %s %v", p.Target.Name, ok, got.State, err)
			}
		}
	})
	t.Run("not after an hour", func(t *testing.T) {
		w := newWorld(t, plain)
		base := wanted(ask, checker)
		base.Kind = change.GroupSettingsPlan
		p := wanted(auto, checker)
		p.Target.ID = "t"
		c := w.propose(planOf(t, base, []change.Proposal{p}))
		w.apply(c.ID, approve(aiko))
		w.apply(c.ID, approve(botan))
		w.clock.wait(61 * time.Minute)
		if err := carry(w, c.ID); err != nil {
			t.Fatal(err)
		}
		if got := w.get(c.ID).State; got != change.Withdrawn {
			t.Errorf("the plan is %s, want withdrawn", got)
		}
		if _, ok, _ := w.ledger.Newest(t.Context(), p); ok {
			t.Error("what it let through was proposed")
		}
	})
}

// A plan takes in what can be stored, however long it is, and what is left over is in the next.
func TestAPlanCanBeStored(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		base := wanted(ask, checker)
		base.Kind = change.GroupSettingsPlan
		for name, test := range map[string]struct{ count, length, least, most int }{
			"few and short":    {7, 10, 7, 7},
			"many and short":   {ledger.MaxPlan + 7, 10, ledger.MaxPlan, ledger.MaxPlan},
			"many and long":    {ledger.MaxPlan, 1_500, 100, ledger.MaxPlan - 1},
			"each is too long": {3, ledger.MaxPlanSize / 2, 1, 1},
		} {
			var held []change.Proposal
			for i := range test.count {
				p := wanted(auto, checker)
				p.Target = change.Target{ID: fmt.Sprint(name, i), Name: fmt.Sprint(name, i)}
				p.Diff = []change.Delta{{Field: "roles", After: strings.Repeat("役<", test.length/9+1)}} // nine bytes each, as JSON
				held = append(held, p)
			}
			plan, through, err := ledger.PlanOf(base, held)
			if err != nil || through < test.least || through > test.most || len(plan.Diff) != through {
				t.Errorf("%s: it lets %d through and shows %d: %v", name, through, len(plan.Diff), err)
				continue
			}
			plan.Target = change.Target{ID: name, Name: name}
			c := w.propose(plan)
			w.apply(c.ID, approve(aiko))
			w.apply(c.ID, approve(botan))
			if got := w.get(c.ID).State; got != change.Approved {
				t.Errorf("%s: the plan is %s", name, got)
			}
		}
	})
}

func planOf(t *testing.T, base change.Proposal, held []change.Proposal) change.Proposal {
	t.Helper()
	p, _, err := ledger.PlanOf(base, held)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func carry(w *world, id string) error {
	authority := func(_ context.Context, c change.Change, people []string) (change.Standing, error) {
		s := change.Standing{}
		for _, p := range people {
			s[p] = c.Requirement.Selectors(false)
		}
		return s, nil
	}
	return w.ledger.Carry(context.Background(), id, robot, authority, ledger.Override{Ledger: w.ledger})
}

// What a person asked for is found while something may come of it.
func TestOpenOf(t *testing.T) {
	w := newWorld(t, plain)
	open := func(person string) (out []string) {
		t.Helper()
		all, err := w.ledger.OpenOf(t.Context(), person)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			out = append(out, c.Target.ID)
		}
		return out
	}
	for i, p := range []change.Proposal{wanted(ask, rin), wanted(ask, rin), wanted(auto, rin), wanted(ask, checker)} {
		p.Target.ID = fmt.Sprint("t", i)
		c := w.propose(p)
		w.clock.wait(time.Second)
		if i == 1 {
			w.apply(c.ID, deny(aiko))
		}
	}
	if got := open(rin.ID); !slices.Equal(got, []string{"t0", "t2"}) {
		t.Errorf("open are %v", got)
	}
	if got := open(checker.ID); got != nil {
		t.Errorf("a rule asked for %v", got)
	}
}
