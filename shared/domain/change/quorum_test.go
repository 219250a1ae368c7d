package change_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/domain/change"
)

func TestMet(t *testing.T) {
	two := change.Requirement{Needs: []change.Need{{Count: 2, From: "a"}, {Count: 1, From: "b"}}, Escalate: &change.Escalation{To: "e"}}
	for _, test := range []struct {
		name      string
		r         change.Requirement
		approvers change.Standing
		escalated bool
		want      bool
	}{
		{"nothing needed is never met", change.Requirement{}, change.Standing{"x": {"a"}}, false, false},
		{"a need of nobody is never met", change.Requirement{Needs: []change.Need{{Count: 0, From: "a"}}}, change.Standing{"x": {"a"}}, false, false},
		{"nobody", two, nil, false, false},
		{"all from one set", two, change.Standing{"x": {"a"}, "y": {"a"}, "z": {"a"}}, false, false},
		{"one person counts once", two, change.Standing{"x": {"a", "b"}, "y": {"a"}}, false, false},
		{"just enough", two, change.Standing{"x": {"a"}, "y": {"a"}, "z": {"b"}}, false, true},
		{"people are placed where they are needed", two, change.Standing{"x": {"a", "b"}, "y": {"a", "b"}, "z": {"a"}}, false, true},
		{"more than enough", two, change.Standing{"x": {"a"}, "y": {"a"}, "z": {"b"}, "w": {"b"}}, false, true},
		{"escalated to, but not escalated", two, change.Standing{"x": {"a"}, "y": {"a"}, "z": {"e"}}, false, false},
		{"escalated to", two, change.Standing{"x": {"a"}, "y": {"e"}, "z": {"e"}}, true, true},
		{"escalated to nobody in particular", change.Requirement{Needs: two.Needs}, change.Standing{"x": {"a"}, "y": {"a"}, "z": {"e"}}, true, false},
		{"more needed than there are numbers for", change.Requirement{Needs: []change.Need{{Count: 1 << 60, From: "a"}}}, change.Standing{"x": {"a"}}, false, false},
	} {
		if got := test.r.Met(test.approvers, test.escalated); got != test.want {
			t.Errorf("%s: got %t, want %t", test.name, got, test.want)
		}
	}
}

// TestMetAgreesWithTryingEverything compares the matching with an oracle that tries every way
// to put people in places.
func TestMetAgreesWithTryingEverything(t *testing.T) {
	sets := []change.Selector{"a", "b", "c", "e"}
	rapid.Check(t, func(t *rapid.T) {
		var r change.Requirement
		var places []change.Selector
		for range rapid.IntRange(0, 3).Draw(t, "needs") {
			n := change.Need{Count: rapid.IntRange(0, 2).Draw(t, "count"), From: rapid.SampledFrom(sets[:3]).Draw(t, "from")}
			r.Needs = append(r.Needs, n)
			for range n.Count {
				places = append(places, n.From)
			}
		}
		if rapid.Bool().Draw(t, "escalation") {
			r.Escalate = &change.Escalation{To: rapid.SampledFrom(sets).Draw(t, "to")}
		}
		escalated := rapid.Bool().Draw(t, "escalated")
		approvers := change.Standing{}
		var people [][]change.Selector
		for i := range rapid.IntRange(0, 6).Draw(t, "people") {
			holds := rapid.SliceOfDistinct(rapid.SampledFrom(sets), rapid.ID).Draw(t, "holds")
			approvers[fmt.Sprint(i)] = holds
			people = append(people, holds)
		}
		var place func(i int, used int) bool
		place = func(i, used int) bool {
			if i == len(places) {
				return true
			}
			for p, holds := range people {
				fits := slices.Contains(holds, places[i]) || escalated && r.Escalate != nil && slices.Contains(holds, r.Escalate.To)
				if used&(1<<p) == 0 && fits && place(i+1, used|1<<p) {
					return true
				}
			}
			return false
		}
		var most func(i int, used int) int // how many places can be filled at most
		most = func(i, used int) int {
			if i == len(places) {
				return 0
			}
			best := most(i+1, used)
			for p, holds := range people {
				fits := slices.Contains(holds, places[i]) || escalated && r.Escalate != nil && slices.Contains(holds, r.Escalate.To)
				if used&(1<<p) == 0 && fits {
					best = max(best, 1+most(i+1, used|1<<p))
				}
			}
			return best
		}
		open := 0
		for _, n := range r.Missing(approvers, escalated) {
			open += n.Count
		}
		if filled := most(0, 0); open != len(places)-filled {
			t.Fatalf("needs %+v, escalation %+v %t, people %v: %d missing of %d, of which %d can be filled", r.Needs, r.Escalate, escalated, people, open, len(places), filled)
		}
		want := len(places) > 0 && place(0, 0)
		if got := r.Met(approvers, escalated); got != want {
			t.Fatalf("needs %+v, escalation %+v %t, people %v: got %t, want %t", r.Needs, r.Escalate, escalated, people, got, want)
		}
	})
}

func TestSelectorsAreListedOnce(t *testing.T) {
	r := change.Requirement{
		Needs:    []change.Need{{Count: 1, From: "a"}, {Count: 1, From: "b"}, {Count: 2, From: "a"}},
		Escalate: &change.Escalation{To: "b"},
	}
	if got := r.Selectors(true); !slices.Equal(got, []change.Selector{"a", "b"}) {
		t.Errorf("got %q", got)
	}
	r.Escalate.To = "e"
	if got := r.Selectors(false); !slices.Equal(got, []change.Selector{"a", "b"}) {
		t.Errorf("not escalated: got %q", got)
	}
	if got := r.Selectors(true); !slices.Equal(got, []change.Selector{"a", "b", "e"}) {
		t.Errorf("escalated: got %q", got)
	}
}

func TestDeadline(t *testing.T) {
	if got := (change.Requirement{}).Deadline(t0); !got.Equal(t0.Add(7 * 24 * time.Hour)) {
		t.Errorf("no deadline in policy: got %s", got)
	}
	if got := (change.Requirement{Within: time.Hour}).Deadline(t0); !got.Equal(t0.Add(time.Hour)) {
		t.Errorf("an hour: got %s", got)
	}
}
