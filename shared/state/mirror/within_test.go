package mirror_test

import (
	"testing"

	"github.com/sekisho/sekisho/shared/domain/group"
)

// Everybody is a member of a group that has the company, or of one with such a group within, also where groups are
// within one another in a circle, and where one of them is not known.
func TestGroupsThatEverybodyIsIn(t *testing.T) {
	w := newWorld(t)
	everybody := group.Member{ID: "C0", Type: group.Customer, Role: group.Plain}
	w.replace(t, read("all", "all@example.com", 0, everybody))
	w.replace(t, read("a", "a@example.com", 0, nested("b"), nested("unknown")))
	w.replace(t, read("b", "b@example.com", 0, nested("a"), user("u")))
	w.replace(t, read("c", "c@example.com", 0, nested("d")))
	w.replace(t, read("d", "d@example.com", 0, nested("c"), nested("all")))
	for id, want := range map[string]bool{"all": true, "a": false, "b": false, "c": true, "d@example.com": true, "unknown": false} {
		if got, err := w.HasEverybody(t.Context(), id); err != nil || got != want {
			t.Errorf("%s: %t, %v; want %t", id, got, err, want)
		}
	}
}
