package change_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// anyProposal draws proposals of few different words, so that many of them are nearly alike.
func anyProposal() *rapid.Generator[change.Proposal] {
	word := rapid.SampledFrom([]string{"", "a", "b", "aa", "ab", "undo", "1"})
	return rapid.Custom(func(t *rapid.T) change.Proposal {
		p := change.Proposal{
			Kind: change.Kind(word.Draw(t, "kind")), Target: change.Target{ID: word.Draw(t, "target")}, UndoOf: word.Draw(t, "undo of"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "differences") {
			p.Diff = append(p.Diff, change.Delta{Field: word.Draw(t, "field"), After: word.Draw(t, "after")})
		}
		return p
	})
}

// wantedKey writes down what is wanted without any ambiguity.
func wantedKey(p change.Proposal) string {
	var diff []string
	for _, d := range p.Diff {
		diff = append(diff, fmt.Sprintf("%q=%q", d.Field, d.After))
	}
	slices.Sort(diff)
	return fmt.Sprintf("%q %q %q %q", p.Kind, p.Target.ID, diff, p.UndoOf)
}

func TestSlotsAreEqualExactlyWhereTheSameIsWanted(t *testing.T) {
	seen := map[string]string{}
	rapid.Check(t, func(t *rapid.T) {
		for range 20 {
			p := anyProposal().Draw(t, "proposal")
			slot, want := p.Slot(), wantedKey(p)
			if before, ok := seen[slot]; ok && before != want {
				t.Fatalf("%s and %s have the same slot", before, want)
			}
			seen[slot] = want
			same := p
			same.Diff = rapid.Permutation(p.Diff).Draw(t, "order")
			same.Target.Name, same.Reason, same.Requester, same.Policy = "x", "y", rin, "z"
			same.Requirement, same.Until, same.Alert, same.Quiet = two, t0, true, time.Hour
			same.Detail, same.Concerned = []byte("{}"), []string{"aiko"}
			for i := range same.Diff {
				same.Diff[i].Before, same.Diff[i].Follows = "was", true
			}
			if same.Slot() != slot {
				t.Fatalf("%+v and %+v want the same, but have different slots", p, same)
			}
		}
	})
}

func TestSlotLeavesTheProposalAsItIs(t *testing.T) {
	p := wanted(one, rin)
	p.Diff = []change.Delta{{Field: "z"}, {Field: "a"}}
	p.Slot()
	if p.Diff[0].Field != "z" {
		t.Error("the differences were sorted in place")
	}
}

func TestChangeIDsSplit(t *testing.T) {
	slot := wanted(one, rin).Slot()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 1<<40).Draw(t, "n")
		got, gotN, ok := change.SlotOf(change.ChangeID(slot, n))
		if !ok || got != slot || gotN != n {
			t.Fatalf("got %q, %d, %t", got, gotN, ok)
		}
	})
	for _, bad := range []string{
		"", "-", "-1", slot, slot + "-", slot + "-0", slot + "--1", slot + "-01", slot + "-+1", slot + "-1 ", slot + "-1-1",
		slot + "-99999999999999999999", slot + "-x", strings.ToUpper(slot) + "-1", slot[1:] + "-1", slot + "a-1",
		slot[:23] + "1-1", slot[:23] + "/-1", "../x-1", slot[:12] + "\n" + slot[12:] + "-1", "関所-1",
	} {
		if s, n, ok := change.SlotOf(bad); ok {
			t.Errorf("%q is taken for the id %q, %d", bad, s, n)
		}
	}
}

// FuzzSlotOf: whatever is taken for an id is what ChangeID makes.
func FuzzSlotOf(f *testing.F) {
	slot := wanted(one, rin).Slot()
	f.Add(slot + "-1")
	f.Add(slot + "-0")
	f.Add(slot[:12] + "\r\n" + slot[12:] + "-1")
	f.Fuzz(func(t *testing.T, id string) {
		if slot, n, ok := change.SlotOf(id); ok && change.ChangeID(slot, n) != id {
			t.Errorf("%q is taken for the id %q", id, change.ChangeID(slot, n))
		}
	})
}

func TestSame(t *testing.T) {
	for _, test := range []struct {
		a, b change.Actor
		want bool
	}{
		{person("a"), person("a"), true},
		{person("a"), person("b"), false},
		{person("a", "b"), person("b"), true},
		{person("a"), person("b", "a"), true},
		{person("a", "x"), person("b", "x"), true},
		{person("a", "x"), person("b", "y"), false},
		{person("a"), change.Actor{Kind: change.ByFunction, ID: "a"}, true}, // a service account may be a person's own
	} {
		if got := test.a.Same(test.b); got != test.want || test.b.Same(test.a) != got {
			t.Errorf("%+v and %+v: got %t and %t, want %t", test.a, test.b, got, test.b.Same(test.a), test.want)
		}
	}
}
