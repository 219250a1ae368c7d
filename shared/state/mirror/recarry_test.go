package mirror_test

import (
	"fmt"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/group"
)

// The groups of somebody of whom nothing is new are looked at once, and not with every event of theirs.
func TestOfWhomNothingIsNewTheGroupsAreLookedAtOnce(t *testing.T) {
	w := newWorld(t)
	a := user("a")
	w.person(t, 0, group.Person{ID: "a", Email: a.Email})
	const groups = 20
	for i := range groups {
		w.replace(t, read(fmt.Sprintf("g%d", i), fmt.Sprintf("g%d@example.com", i), 1, user("b"), a))
	}
	for event := range 3 {
		w.person(t, 5+event, group.Person{ID: "a", Email: a.Email})
		w.store.reset()
		if err := w.Recarry(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		w.carry(t, "a")
		if looked := w.store.reads > groups; looked != (event == 0) {
			t.Errorf("event %d takes %d documents", event, w.store.reads)
		}
	}
}

// A member whose account runs keeps what Google lists of it, where that is neither of what a carried person can be.
func TestWhoIsCarriedOnceMoreKeepsTheStatusThatIsListed(t *testing.T) {
	for listed, want := range map[string]string{"": "", "ARCHIVED": "ARCHIVED", "UNKNOWN": "UNKNOWN", "SUSPENDED": "ACTIVE", "ACTIVE": "ACTIVE"} {
		w := newWorld(t)
		a := user("a")
		a.Status = listed
		w.person(t, 0, group.Person{ID: "a", Email: a.Email})
		w.replace(t, read("g1", "eng@example.com", 1, user("b"), a))
		w.person(t, 5, group.Person{ID: "a", Email: a.Email})
		if err := w.Recarry(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		w.carry(t, "a")
		s, err := w.Snapshot(t.Context(), "g1")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range s.Members {
			if m.ID == "a" && m.Status != want {
				t.Errorf("Google lists %q, the group has %q", listed, m.Status)
			}
		}
	}
}
