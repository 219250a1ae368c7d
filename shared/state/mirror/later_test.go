package mirror_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// at is so many minutes after the start.
func at(m int) time.Time { return start.Add(time.Duration(m) * time.Minute) }

// email is the address that a group has of a member.
func (w *world) email(t *testing.T, g, id string) string {
	t.Helper()
	s, err := w.Snapshot(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range s.Members {
		if m.ID == id {
			return m.Email
		}
	}
	return ""
}

// A reading that is stored twice, because its last page was delivered twice, agrees with itself once.
func TestOneReadingTwiceIsNotTwoReadings(t *testing.T) {
	w := newWorld(t)
	w.Mirror = w.Mirror.Fed(brake.Brake{Max: 1}, func() time.Time { return w.now })
	w.replace(t, read("g1", "eng@example.com", 0, user("a"), user("b"), user("c")))
	for range 2 {
		if _, err := w.PutMembers(t.Context(), "g1", []group.Member{user("a")}, at(1)); err != nil {
			t.Fatal(err)
		}
	}
	h, err := w.HeldRemovals(t.Context())
	if err != nil || len(h) != 1 || h[0].Agreed != 1 {
		t.Errorf("%+v, %v", h, err)
	}
}

// Many who join by a listing that began before something was carried are not each looked up: the group is read again.
func TestManyWhoJoinAreNotLookedUp(t *testing.T) {
	w := newWorld(t)
	a := user("a")
	w.person(t, 0, group.Person{ID: "a", Email: a.Email})
	w.replace(t, read("g1", "eng@example.com", 0, a))
	w.person(t, 2, group.Person{ID: "a", Email: "new@example.com"})
	w.carry(t, "a")
	w.store.reset()
	w.replace(t, read("g1", "eng@example.com", 1, append(crowd(0, 20000), a)...))
	if h, err := w.Find(t.Context(), "g1"); w.store.reads > 1000 || err != nil || !h.Pending() || h.Members != 20001 {
		t.Errorf("%d documents were read; %+v, %v", w.store.reads, h, err)
	}
	if got := w.email(t, "g1", "a"); got != "new@example.com" { // who is listed last, and was carried
		t.Errorf("the group has %s again", got)
	}
}

// A member without an id, whose address no key can be, comes as listed.
func TestAnAddressThatIsNoKey(t *testing.T) {
	w := newWorld(t)
	a := user("a")
	w.person(t, 0, group.Person{ID: "a", Email: a.Email})
	w.replace(t, read("g1", "eng@example.com", 0, a))
	w.person(t, 2, group.Person{ID: "a", Email: "new@example.com"})
	w.carry(t, "a")
	x := group.Member{ID: "x/y@other.com", Email: "x/y@other.com", Role: group.Plain, Type: group.User, Status: "ACTIVE"}
	if _, err := w.Replace(t.Context(), read("g1", "eng@example.com", 1, a, x)); err != nil {
		t.Error(err)
	}
}

// Somebody who is new here may be in groups that were read before, under a former address.
func TestWhoIsNewIsCarried(t *testing.T) {
	w := newWorld(t)
	w.replace(t, read("g1", "eng@example.com", 1, user("a")))
	if err := w.PutCensus(t.Context(), mirror.Census{Groups: 1, Memberships: 1}); err != nil {
		t.Fatal(err)
	}
	w.person(t, 3, group.Person{ID: "a", Email: "new@example.com"})
	u, _ := w.Uncarried(t.Context())
	w.carry(t, "a")
	if got := w.email(t, "g1", "a"); got != "new@example.com" {
		t.Errorf("uncarried %v; group has %s", u, got)
	}
}

// Of two listings under way one has the new address, and there is nothing to carry: the other does not bring the old
// one back.
func TestAListingUnderWayBringsNoFormerAddress(t *testing.T) {
	w := newWorld(t)
	old, anew := user("a"), user("a")
	anew.Email = "anew@example.com"
	w.person(t, 0, group.Person{ID: "a", Email: old.Email})
	w.replace(t, read("g1", "eng@example.com", 0, old))
	w.replace(t, read("g1", "eng@example.com", 1, anew)) // its page was asked for late
	w.person(t, 5, group.Person{ID: "a", Email: anew.Email})
	w.carry(t, "a")
	w.replace(t, read("g1", "eng@example.com", 2, old)) // began after, its page was asked for before the rename
	if got := w.email(t, "g1", "a"); got != anew.Email {
		t.Errorf("group has %s", got)
	}
}

// An answer about a group that is older than one which found nothing new changes nothing, nor takes the group away.
func TestNothingOlderIsBelievedOfAGroup(t *testing.T) {
	w := newWorld(t)
	x, y := group.Group{ID: "g1", Email: "x@example.com"}, group.Group{ID: "g1", Email: "y@example.com"}
	put := func(g group.Group, m int) {
		if err := w.PutDetailsOf(t.Context(), g, at(m)); err != nil {
			t.Fatal(err)
		}
	}
	put(x, 1)
	put(x, 5)
	put(y, 3)
	if h, err := w.Find(t.Context(), "g1"); err != nil || h.Group.Email != x.Email {
		t.Errorf("%+v %v", h, err)
	}
	put(x, 6)
	put(x, 10)
	if _, _, err := w.Remove(t.Context(), "g1", at(8)); err != nil {
		t.Fatal(err)
	}
	if h, err := w.Find(t.Context(), "g1"); err != nil {
		t.Errorf("removed by an answer of 8 although listed at 10: %+v %v", h, err)
	}
}

// Whoever tells of a reading has not told of what was carried meanwhile.
func TestWhatIsCarriedMeanwhileIsTold(t *testing.T) {
	w := newWorld(t)
	a := user("a")
	w.person(t, 0, group.Person{ID: "a", Email: a.Email})
	w.replace(t, read("g1", "eng@example.com", 0, a))
	if err := w.Told(t.Context(), "g1", at(0), []group.Part{group.Created}); err != nil {
		t.Fatal(err)
	}
	susp := user("b")
	w.replace(t, read("g1", "eng@example.com", 0, a, susp))
	susp.Status = "SUSPENDED"
	parts := w.replace(t, read("g1", "eng@example.com", 1, a, susp)) // details, published now
	w.person(t, 2, group.Person{ID: "a", Email: "new@example.com"})
	// carries, and dies before it tells
	_ = w.CarryPerson(t.Context(), "a", func([]string, time.Time) error { return fmt.Errorf("died") })
	if err := w.Told(t.Context(), "g1", at(1), parts); err != nil {
		t.Fatal(err)
	}
	if got := w.carry(t, "a"); !slices.Equal(got, []string{"g1"}) {
		t.Errorf("to be told %v (parts %v)", got, parts)
	}
}

// A group that Google had again between two answers that there is none is missing anew, and nobody has agreed to that.
func TestAGroupThatIsSeenAgainIsMissingAnew(t *testing.T) {
	w := newWorld(t)
	w.Mirror = w.Mirror.Fed(brake.Brake{Max: 1}, func() time.Time { return w.now })
	w.replace(t, read("g1", "eng@example.com", 0, user("a"), user("b"), user("c")))
	rm := func(m int) {
		if _, _, err := w.Remove(t.Context(), "g1", at(m)); err != nil {
			t.Fatal(err)
		}
	}
	rm(1)
	if err := w.PutDetails(t.Context(), []group.Group{{ID: "g1", Email: "eng@example.com"}}, at(2)); err != nil {
		t.Fatal(err)
	}
	rm(3)
	h, err := w.HeldRemovals(t.Context())
	if err != nil || len(h) != 1 || h[0].Agreed != 1 {
		t.Errorf("%+v, %v", h, err)
	}
}
