package groupapi

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/state/mirror"
)

// inGroups returns an answer of so many groups, g0 and those that follow.
func inGroups(n int) []Membership {
	var out []Membership
	for i := range n {
		out = append(out, Membership{ID: fmt.Sprint("g", i)})
	}
	return out
}

// places counts the places by which the entries of a memory are found.
func (m *memory) places() int {
	n := 0
	for _, keys := range m.byMember {
		n += len(keys)
	}
	return n
}

// A group that changes again and again, while its people are asked for, does not fill the memory.
func TestNothingIsLeftOfAnAnswerThatIsForgotten(t *testing.T) {
	m := newMemory()
	for range 1000 {
		m.keep(asked{"aiko", false}, inGroups(20))
		m.drop(mirror.Difference{Group: "g0"})
	}
	if m.size != 0 || len(m.entries) != 0 || m.places() != 0 {
		t.Errorf("the memory has size %d, %d entries and %d places", m.size, len(m.entries), m.places())
	}
}

// Whatever is remembered and changes, in any order: what is left is whom no change concerned, and is
// found by all of its ids and by no others.
func TestTheMemoryHoldsWhatNoChangeConcerned(t *testing.T) {
	ids := rapid.SampledFrom([]string{"aiko", "ken", "mia", "g0", "g1", "g2", "g3", "g4"})
	rapid.Check(t, func(t *rapid.T) {
		m := newMemory()
		want := map[asked]int{} // the number of groups
		t.Repeat(map[string]func(*rapid.T){
			"keep": func(t *rapid.T) {
				key := asked{rapid.SampledFrom([]string{"aiko", "ken", "mia"}).Draw(t, "person"), rapid.Bool().Draw(t, "deep")}
				n := rapid.IntRange(0, 4).Draw(t, "groups")
				if _, ok := want[key]; !ok {
					want[key] = n
				}
				m.keep(key, inGroups(n))
			},
			"drop": func(t *rapid.T) {
				d := mirror.Difference{Group: ids.Draw(t, "group"), Added: rapid.SliceOfN(ids, 0, 2).Draw(t, "added"), Removed: rapid.SliceOfN(ids, 0, 2).Draw(t, "removed")}
				m.drop(d)
				for _, id := range append(append(d.Added, d.Removed...), d.Group) {
					for key, n := range want {
						at := -1
						if _, err := fmt.Sscanf(id, "g%d", &at); key.person == id || err == nil && at < n {
							delete(want, key)
						}
					}
				}
			},
			"drop very many": func(*rapid.T) {
				m.drop(mirror.Difference{Many: true})
				clear(want)
			},
			"": func(t *rapid.T) {
				size, places := 0, 0
				for key, n := range want {
					if got, ok := m.entries[key]; !ok || len(got) != n {
						t.Fatalf("%v: remembered %t with %d groups, want %d", key, ok, len(got), n)
					}
					size += weight(inGroups(n))
					places += 1 + n
				}
				if len(m.entries) != len(want) || m.size != size || m.places() != places {
					t.Fatalf("%d entries of size %d in %d places, want %d, %d, %d", len(m.entries), m.size, m.places(), len(want), size, places)
				}
			},
		})
	})
}

// Where there is no room for an answer beside the others, they make room for it.
func TestTheMemoryIsBounded(t *testing.T) {
	m := newMemory()
	large := []Membership{{ID: "g0", Through: make([]string, mostRemembered*2/5)}}
	for i := range 9 {
		m.keep(asked{fmt.Sprint("person", i), true}, large)
		if m.size > mostRemembered || len(m.entries) == 0 || len(m.entries) > 2 {
			t.Fatalf("after %d answers: size %d, %d entries; want one or two, at most %d in size", i+1, m.size, len(m.entries), mostRemembered)
		}
	}
	if _, ok := m.entries[asked{"person8", true}]; !ok {
		t.Error("the last answer is not remembered")
	}
}
