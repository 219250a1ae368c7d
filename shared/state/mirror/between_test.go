package mirror_test

import (
	"slices"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// A member of whom the mirror has no account, and who was found to be nobody after a listing began, stays as listed, and
// the group is listed again.
func TestNobodyIsWrittenIntoNoGroup(t *testing.T) {
	for _, by := range []string{"x@example.com", "x"} {
		w := newWorld(t)
		a := group.Member{ID: "a", Email: "a@example.com", Role: group.Plain, Type: group.User, Status: "ACTIVE"}
		x := group.Member{ID: "x", Email: "x@example.com", Role: group.Plain, Type: group.User, Status: "ACTIVE"}
		g := group.Group{ID: "g1", Email: "g1@example.com"}
		if err := w.PutPeople(t.Context(), []group.Person{{ID: "a", Email: "a@example.com"}}, minute(0)); err != nil {
			t.Fatal(err)
		}
		w.replace(t, group.Snapshot{Group: g, Members: []group.Member{a, x}, Read: minute(1)})
		if err := w.PutPeople(t.Context(), []group.Person{{ID: "a", Email: "a@example.com", Suspended: true}}, minute(3)); err != nil {
			t.Fatal(err)
		}
		if err := w.CarryPerson(t.Context(), "a", func([]string, time.Time) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if err := w.RememberNobody(t.Context(), by, minute(3)); err != nil {
			t.Fatal(err)
		}
		x.Status = "SUSPENDED"
		put, err := w.PutMembers(t.Context(), "g1", []group.Member{a, x}, minute(2))
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.Snapshot(t.Context(), "g1")
		if err != nil {
			t.Fatal(err)
		}
		if !put.Again || !slices.Contains(s.Members, x) {
			t.Errorf("nobody by %s: again %t with %+v", by, put.Again, s.Members)
		}
	}
}

// Two readings of one account, the earlier one slow; the first listing of a group began between them.
func TestTwoReadingsOfOneAccountEndInAnotherOrder(t *testing.T) {
	w := newWorld(t)
	p := group.Person{ID: "p", Email: "p@example.com"}
	if err := w.PutCensus(t.Context(), mirror.Census{Memberships: 9, At: minute(0)}); err != nil {
		t.Fatal(err)
	}
	put := func(p group.Person, at time.Time) {
		if err := w.PutPeople(t.Context(), []group.Person{p}, at); err != nil {
			t.Fatal(err)
		}
	}
	rest := func(at time.Time) { // as putPerson goes on
		if err := w.Overtake(t.Context(), at); err != nil {
			t.Fatal(err)
		}
		if err := w.Recarry(t.Context(), "p"); err != nil {
			t.Fatal(err)
		}
		if err := w.CarryPerson(t.Context(), "p", func([]string, time.Time) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	put(p, minute(0))
	rest(minute(0))
	stopped := p
	stopped.Suspended = true
	put(stopped, minute(6)) // the later reading is stored
	put(p, minute(4))       // the earlier, slow one comes
	rest(minute(4))         // and carries what the later has stored
	// a listing that began at 5 is stored
	if err := w.PutDetails(t.Context(), []group.Group{{ID: "g1", Email: "g1@example.com"}}, minute(5)); err != nil {
		t.Fatal(err)
	}
	one := group.Member{ID: "p", Email: p.Email, Role: group.Plain, Type: group.User, Status: "ACTIVE"}
	if _, err := w.PutMembers(t.Context(), "g1", []group.Member{one}, minute(5)); err != nil {
		t.Fatal(err)
	}
	rest(minute(6)) // the later reading goes on
	s, err := w.Snapshot(t.Context(), "g1")
	if err != nil || len(s.Members) != 1 || s.Members[0].Status != "SUSPENDED" {
		t.Errorf("%v, with %+v", err, s.Members)
	}
}

// What was looked for in vain is remembered by the latest answer, in whatever order they come.
func TestTheLaterAbsenceIsRemembered(t *testing.T) {
	w := newWorld(t)
	for _, at := range []int{5, 3} {
		if err := w.RememberNobody(t.Context(), "x@example.com", minute(at)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Remove(t.Context(), "y@example.com", minute(at)); err != nil {
			t.Fatal(err)
		}
	}
	if read, err := w.PersonRead(t.Context(), "x@example.com"); err != nil || !read.Equal(minute(5)) {
		t.Errorf("a person: %s, %v", read, err)
	}
	if read, err := w.Freshness(t.Context(), "y@example.com"); err != nil || !read.Equal(minute(5)) {
		t.Errorf("a group: %s, %v", read, err)
	}
}
