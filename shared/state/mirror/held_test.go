package mirror_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// braked returns a mirror whose brake lets so many memberships go in a day.
func braked(t *testing.T, most int) *world {
	w := newWorld(t)
	w.Mirror = w.Mirror.Fed(brake.Brake{Percent: 100, Max: most, Least: most}, func() time.Time { return w.now })
	return w
}

func held(t *testing.T, w *world) []mirror.Held {
	t.Helper()
	list, err := w.HeldRemovals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestTheBrakeHoldsWhatAReadingWouldTakeAway(t *testing.T) {
	w := braked(t, 3)
	full := read("g1", "eng@example.com", 0, user("a"), user("b"), user("c"), user("d"), user("e"))
	w.replace(t, full)

	// What it adds is added, a role is changed; who is missing stays.
	w.replace(t, read("g1", "eng@example.com", 1, owner(user("a")), user("f")))
	want := read("g1", "eng@example.com", 1, owner(user("a")), user("b"), user("c"), user("d"), user("e"), user("f"))
	w.wantSnapshot(t, want)
	h, err := w.Find(t.Context(), "g1")
	if err != nil || h.Held != 4 || h.Complete() {
		t.Fatalf("header %+v, %v; want 4 held, and not complete", h, err)
	}
	list := held(t, w)
	if len(list) != 1 || list[0].Count != 4 || len(list[0].Some) != 4 || list[0].Agreed != 1 || list[0].Email != "eng@example.com" {
		t.Fatalf("held %+v", list)
	}
	// Another reading that says the same agrees, and is held too.
	w.replace(t, read("g1", "eng@example.com", 2, owner(user("a")), user("f")))
	if again := held(t, w); len(again) != 1 || again[0].Sum != list[0].Sum || again[0].Agreed != 2 {
		t.Errorf("held %+v", again)
	}
	// Who agreed to one loss has not agreed to another.
	if err := w.Release(t.Context(), "g1", "another", w.now.Add(time.Hour)); !errors.Is(err, mirror.ErrOtherRemovals) {
		t.Errorf("Release of another loss: %v", err)
	}
	if err := w.Release(t.Context(), "g9", list[0].Sum, w.now.Add(time.Hour)); !errors.Is(err, mirror.ErrUnknown) {
		t.Errorf("Release of what is not held: %v", err)
	}
	if err := w.Release(t.Context(), "g1", list[0].Sum, start.Add(4*time.Minute)); err != nil {
		t.Fatal(err)
	}
	// Exactly this loss passes, in time; one person more does not.
	w.replace(t, read("g1", "eng@example.com", 3, user("f")))
	if h, _ := w.Find(t.Context(), "g1"); h.Held == 0 {
		t.Errorf("a larger loss than the one that people saw went through")
	}
	if err := w.Release(t.Context(), "g1", held(t, w)[0].Sum, start.Add(10*time.Minute)); err != nil {
		t.Fatal(err)
	}
	w.replace(t, read("g1", "eng@example.com", 11, user("f")))
	if h, _ := w.Find(t.Context(), "g1"); h.Held == 0 {
		t.Errorf("the loss went through after its hour")
	}
	if err := w.Release(t.Context(), "g1", held(t, w)[0].Sum, start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	w.replace(t, read("g1", "eng@example.com", 12, user("f")))
	w.wantSnapshot(t, read("g1", "eng@example.com", 12, user("f")))
	if list := held(t, w); len(list) != 0 {
		t.Errorf("held %+v after it was released", list)
	}
}

func TestWhoIsFoundAgainIsHeldNoLonger(t *testing.T) {
	w := braked(t, 1)
	full := read("g1", "eng@example.com", 0, user("a"), user("b"), user("c"))
	w.replace(t, full)
	w.replace(t, read("g1", "eng@example.com", 1))
	if len(held(t, w)) != 1 {
		t.Fatal("nothing is held")
	}
	full.Read = start.Add(2 * time.Minute)
	wantParts(t, w.replace(t, full), group.Created) // still untold, and nothing else to tell
	w.wantSnapshot(t, full)
	if h, _ := w.Find(t.Context(), "g1"); len(held(t, w)) != 0 || !h.Complete() {
		t.Errorf("held %+v, header %+v", held(t, w), h)
	}
}

// Small losses add up over a day, and are forgotten after it.
func TestSmallLossesAddUp(t *testing.T) {
	w := braked(t, 3)
	for i, id := range []string{"g1", "g2", "g3"} {
		w.replace(t, read(id, id+"@example.com", i, user("a"), user("b")))
	}
	w.replace(t, read("g1", "g1@example.com", 10))
	w.replace(t, read("g2", "g2@example.com", 11, user("a")))
	if list := held(t, w); len(list) != 0 {
		t.Fatalf("held %+v, want nothing: three losses are allowed", list)
	}
	if _, tell, err := w.Remove(t.Context(), "g3", start.Add(12*time.Minute)); err != nil || tell {
		t.Fatalf("Remove: to be told %t, %v; want it held", tell, err)
	}
	if list := held(t, w); len(list) != 1 || !list[0].Whole || list[0].Count != 2 {
		t.Fatalf("held %+v, want the whole of g3", list)
	}
	if _, err := w.Find(t.Context(), "g3"); err != nil {
		t.Errorf("a group that is held: %v", err)
	}
	if _, tell, err := w.Remove(t.Context(), "g3", start.Add(27*time.Hour)); err != nil || !tell {
		t.Errorf("Remove a day later: to be told %t, %v", tell, err)
	}
	if _, err := w.Find(t.Context(), "g3"); !errors.Is(err, mirror.ErrUnknown) {
		t.Errorf("Find what is gone: %v", err)
	}
}

func TestDetailsApartFromMembers(t *testing.T) {
	w := braked(t, 10)
	at := func(minute int) time.Time { return start.Add(time.Duration(minute) * time.Minute) }
	put := func(minute int, g group.Group) {
		t.Helper()
		if err := w.PutDetails(t.Context(), []group.Group{g}, at(minute)); err != nil {
			t.Fatal(err)
		}
	}
	put(1, group.Group{ID: "g1", Email: "eng@example.com", Count: 1})
	h, err := w.Find(t.Context(), "eng@example.com")
	if err != nil || h.Complete() || h.Due.IsZero() || !h.Read.IsZero() {
		t.Fatalf("a group that was only listed: %+v, %v", h, err)
	}
	stored, err := w.PutMembers(t.Context(), "g1", []group.Member{user("a")}, at(2))
	if err != nil {
		t.Fatal(err)
	}
	wantParts(t, stored.Parts, group.Created)
	if h, _ := w.Find(t.Context(), "g1"); !h.Complete() {
		t.Errorf("after its members were read: %+v", h)
	}
	if err := w.Told(t.Context(), "g1", at(2), stored.Parts); err != nil {
		t.Fatal(err)
	}
	// The same again writes nothing; something older neither.
	w.cost(t, "the same details", 1, 0, func() { put(3, group.Group{ID: "g1", Email: "eng@example.com", Count: 1}) })
	put(4, group.Group{ID: "g1", Email: "build@example.com", Count: 1})
	put(3, group.Group{ID: "g1", Email: "old@example.com"})
	if h, err := w.Find(t.Context(), "build@example.com"); err != nil || h.Group.ID != "g1" || h.Complete() {
		t.Errorf("after a rename: %+v, %v", h, err)
	}
	if stored, err = w.PutMembers(t.Context(), "g1", []group.Member{user("a")}, at(5)); err != nil {
		t.Fatal(err)
	}
	wantParts(t, stored.Parts, group.Renamed)
	// A group that is gone is gone, until its members are read again.
	if _, _, err := w.Remove(t.Context(), "g1", at(6)); err != nil {
		t.Fatal(err)
	}
	put(5, group.Group{ID: "g1", Email: "build2@example.com"})
	put(7, group.Group{ID: "g1", Email: "build3@example.com"})
	if _, err := w.Find(t.Context(), "g1"); !errors.Is(err, mirror.ErrUnknown) {
		t.Errorf("a group that is back, before it was read: %v", err)
	}
	if _, err := w.PutMembers(t.Context(), "g1", nil, at(8)); err != nil {
		t.Fatal(err)
	}
	if h, err := w.Find(t.Context(), "build3@example.com"); err != nil || !h.Complete() {
		t.Errorf("a group that is back: %+v, %v", h, err)
	}
	if _, err := w.PutMembers(t.Context(), "g9", nil, at(8)); !errors.Is(err, mirror.ErrUnknown) {
		t.Errorf("members of a group that nobody knows: %v", err)
	}
}

// A listing that may be incomplete adds, and takes nobody away: not with the brake's leave, nor with
// people's.
func TestAListingInDoubtOnlyAdds(t *testing.T) {
	w := braked(t, 1)
	at := func(minute int) time.Time { return start.Add(time.Duration(minute) * time.Minute) }
	add := func(minute int, members ...group.Member) []group.Part {
		t.Helper()
		stored, err := w.PutAdditions(t.Context(), "g1", members, at(minute))
		if err != nil {
			t.Fatal(err)
		}
		return stored.Parts
	}
	header := func(members, heldThere int, complete bool) {
		t.Helper()
		h, err := w.Header(t.Context(), "g1")
		if err != nil || h.Members != members || h.Held != heldThere || h.Complete() != complete {
			t.Errorf("header %+v, %v; want %d members, %d held, complete: %t", h, err, members, heldThere, complete)
		}
	}
	// Of a group that was never read, a part would pass for all.
	if err := w.PutDetails(t.Context(), []group.Group{{ID: "g1", Email: "eng@example.com", Count: 9}}, start); err != nil {
		t.Fatal(err)
	}
	wantParts(t, add(1, user("a")))
	header(0, 0, false)
	if stored, err := w.PutMembers(t.Context(), "g1", []group.Member{user("a"), user("b"), user("c")}, at(2)); err != nil {
		t.Fatal(err)
	} else if err := w.Told(t.Context(), "g1", at(2), stored.Parts); err != nil {
		t.Fatal(err)
	}
	// One is new, and listed twice with another role; one is an owner now; one is missing, whom the
	// brake would let go.
	parts := add(3, user("d"), owner(user("a")), user("b"), owner(user("d")))
	wantParts(t, parts, group.Members, group.Roles)
	header(4, 1, false)
	snapshot, err := w.Snapshot(t.Context(), "g1")
	want := []group.Member{owner(user("a")), user("b"), user("c"), owner(user("d"))}
	if diff := cmp.Diff(want, snapshot.Members); diff != "" || err != nil {
		t.Errorf("members, %v (-want +got):\n%s", err, diff)
	}
	if got := held(t, w); len(got) != 0 {
		t.Errorf("people are to be asked about %v", got)
	}
	wantParts(t, add(1, user("e"))) // older

	// What people agreed to lose waits for a complete reading.
	if _, err := w.PutMembers(t.Context(), "g1", []group.Member{owner(user("a")), user("b")}, at(4)); err != nil {
		t.Fatal(err)
	}
	asked := held(t, w)
	if len(asked) != 1 || asked[0].Count != 2 {
		t.Fatalf("held %v, want two members", asked)
	}
	if err := w.Release(t.Context(), "g1", asked[0].Sum, at(60)); err != nil {
		t.Fatal(err)
	}
	add(5, owner(user("a")), user("b"))
	header(4, 2, false)
	if got := held(t, w); len(got) != 1 || got[0].Agreed != asked[0].Agreed || got[0].Released.IsZero() {
		t.Errorf("held %+v, want the agreement as it was", got)
	}
	if _, err := w.PutMembers(t.Context(), "g1", []group.Member{owner(user("a")), user("b")}, at(6)); err != nil {
		t.Fatal(err)
	}
	header(2, 0, true)

	// Nobody is missing: it is still to be read again, and nothing is held.
	add(7, owner(user("a")), user("b"), user("b"))
	header(2, 0, false)
	if got := held(t, w); len(got) != 0 {
		t.Errorf("held %v, want nothing", got)
	}
}

func TestPagesWaitForTheLastOne(t *testing.T) {
	w := newWorld(t)
	for page, id := range []string{"a", "b"} {
		d := mirror.Draft{Group: "g1", Began: start, Page: page, Next: "t", Seen: []string{"x"}}
		if err := w.PutDraft(t.Context(), d, []group.Member{user(id)}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := w.Drafted(t.Context(), "g1", start, 2)
	if err != nil || len(got) != 2 || got[0] != user("a") || got[1] != user("b") {
		t.Errorf("Drafted: %v, %v", got, err)
	}
	if _, err := w.Drafted(t.Context(), "g1", start, 3); !errors.Is(err, mirror.ErrNoDraft) {
		t.Errorf("a page that is not there: %v", err)
	}
	if _, err := w.Drafted(t.Context(), "g1", start.Add(time.Second), 1); !errors.Is(err, mirror.ErrNoDraft) {
		t.Errorf("a page of another listing: %v", err)
	}
	w.now = start.Add(25 * time.Hour)
	if _, err := w.Draft(t.Context(), "g1", start, 0); !errors.Is(err, mirror.ErrNoDraft) {
		t.Errorf("a page after a day: %v", err)
	}
}

// A group that the brake holds has its address until another group is there, however often Google is
// asked for the old one meanwhile.
func TestAGroupThatIsHeldGivesWayToTheOneMadeAnew(t *testing.T) {
	w := braked(t, 1)
	w.replace(t, read("old", "eng@example.com", 0, user("a"), user("b")))
	remove := func(minute int) {
		t.Helper()
		if _, tell, err := w.Remove(t.Context(), "old", start.Add(time.Duration(minute)*time.Minute)); err != nil || tell {
			t.Fatalf("Remove: to be told %t, %v; want it held", tell, err)
		}
	}
	at := func(address, want string) {
		t.Helper()
		if h, err := w.Find(t.Context(), address); err != nil || h.Group.ID != want {
			t.Errorf("at %s: group %q, %v; want %q", address, h.Group.ID, err, want)
		}
	}
	remove(1)
	at("eng@example.com", "old")
	w.replace(t, read("new", "eng@example.com", 2, user("c")))
	remove(3)
	at("eng@example.com", "new")
	at("old", "old")

	// A list that has it says that it is there again, one from before says nothing.
	back := group.Group{ID: "old", Email: "eng-old@example.com"}
	for _, step := range []struct {
		minute int
		whole  bool
	}{{2, true}, {4, false}} {
		if err := w.PutDetails(t.Context(), []group.Group{back}, start.Add(time.Duration(step.minute)*time.Minute)); err != nil {
			t.Fatal(err)
		}
		if h, err := w.Header(t.Context(), "old"); err != nil || h.Whole != step.whole || h.Complete() {
			t.Errorf("after a list of minute %d: %+v, %v", step.minute, h, err)
		}
	}
	at("eng-old@example.com", "old")
}

// A group that Google has again after it was held is told of, although nothing about it differs: whoever
// left it alone meanwhile has to look. It makes no difference whether it is found in a list or by its members.
func TestAGroupThatIsHeldNoLongerIsToldOf(t *testing.T) {
	for _, listed := range []bool{true, false} {
		w := braked(t, 1)
		members := []group.Member{user("a"), user("b")}
		w.replace(t, read("g1", "eng@example.com", 0, members...))
		if err := w.Told(t.Context(), "g1", start, []group.Part{group.Created}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Remove(t.Context(), "g1", minute(1)); err != nil {
			t.Fatal(err)
		}
		if listed {
			w.details(t, minute(2), group.Group{ID: "g1", Email: "eng@example.com"})
		}
		stored, err := w.PutMembers(t.Context(), "g1", members, minute(3))
		if err != nil {
			t.Fatal(err)
		}
		wantParts(t, stored.Parts, group.Details)
		w.wantComplete(t, true)
	}
}
