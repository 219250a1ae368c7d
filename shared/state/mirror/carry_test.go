package mirror_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// person stores what was read of somebody at a minute.
func (w *world) person(t *testing.T, at int, p group.Person) {
	t.Helper()
	if err := w.PutPeople(t.Context(), []group.Person{p}, minute(at)); err != nil {
		t.Fatal(err)
	}
}

// carry carries what is new of somebody into their groups and returns those that were to be told.
func (w *world) carry(t *testing.T, id string) []string {
	t.Helper()
	var told []string
	err := w.CarryPerson(t.Context(), id, func(groups []string, read time.Time) error {
		told = groups
		for _, g := range groups {
			if err := w.Told(t.Context(), g, read, []group.Part{group.Details}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return told
}

func (w *world) wantUncarried(t *testing.T, want ...string) {
	t.Helper()
	if got, err := w.Uncarried(t.Context()); err != nil || !slices.Equal(got, want) {
		t.Errorf("uncarried: %q, %v; want %q", got, err, want)
	}
}

func TestANewAddressIsCarriedIntoGroups(t *testing.T) {
	w := braked(t, 10)
	w.person(t, 0, group.Person{ID: "a", Email: "a@example.com"})
	w.wantUncarried(t)
	w.replace(t, read("g1", "eng@example.com", 0, user("a"), user("b")))
	w.replace(t, read("g2", "ops@example.com", 0, user("b")))
	w.person(t, 0, group.Person{ID: "a", Email: "ada@example.com"})
	w.wantUncarried(t, "a")
	died := errors.New("the process ended")
	for range 2 { // before anybody heard, and again
		err := w.CarryPerson(t.Context(), "a", func(groups []string, _ time.Time) error {
			if !slices.Equal(groups, []string{"g1"}) {
				t.Errorf("to be told: %q, want g1", groups)
			}
			return died
		})
		if !errors.Is(err, died) {
			t.Fatalf("CarryPerson: %v", err)
		}
	}
	moved := user("a")
	moved.Email = "ada@example.com"
	w.wantSnapshot(t, read("g1", "eng@example.com", 0, moved, user("b")))
	// Somebody reads the account again meanwhile: that alone is no news, and the old is not forgotten.
	w.person(t, 1, group.Person{ID: "a", Email: "ada@example.com", Name: "Ada"})
	w.wantUncarried(t, "a")
	if told := w.carry(t, "a"); !slices.Equal(told, []string{"g1"}) {
		t.Errorf("told: %q, want g1", told)
	}
	w.wantUncarried(t)
	if told := w.carry(t, "a"); told != nil {
		t.Errorf("after it was told: %q, want nothing", told)
	}
	// What a reading left untold outlives the news of the address.
	wantParts(t, w.replace(t, read("g1", "eng@example.com", 2, moved, user("b"), user("c"))), group.Created, group.Members)
}

func TestTheStateOfAnAccountIsCarriedIntoGroups(t *testing.T) {
	w := newWorld(t)
	archived, stopped := user("b"), user("a")
	archived.Status, stopped.Status = "ARCHIVED", "SUSPENDED"
	w.replace(t, read("g1", "eng@example.com", 0, user("a"), archived))
	if err := w.Told(t.Context(), "g1", start, []group.Part{group.Created}); err != nil {
		t.Fatal(err)
	}
	restate := func(id string, is bool, want int) {
		t.Helper()
		w.person(t, 6, group.Person{ID: id, Email: id + "@example.com", Suspended: is})
		if told := w.carry(t, id); len(told) != want {
			t.Errorf("%s: told of %q, want %d groups", id, told, want)
		}
		w.wantUncarried(t)
	}
	restate("a", true, 1) // who is new here
	restate("a", true, 0)
	restate("b", true, 0) // stopped in another way already
	w.wantSnapshot(t, read("g1", "eng@example.com", 0, stopped, archived))
	// A listing from before does not set it back.
	w.replace(t, read("g1", "eng@example.com", 5, user("a"), archived))
	w.wantSnapshot(t, read("g1", "eng@example.com", 5, stopped, archived))
	restate("b", false, 1)
	w.wantSnapshot(t, read("g1", "eng@example.com", 5, stopped, user("b")))
	// Google takes who is gone out of all groups: nothing is left to be said there.
	if err := w.RemovePerson(t.Context(), "b", minute(7)); err != nil {
		t.Fatal(err)
	}
	w.wantUncarried(t)
}

// A page of a list says that an account is stopped, and a later reading that it is not. Whichever of the
// two comes first to the store, and to the groups: these say in the end what was read last.
func TestTheLatestStateOfAnAccountIsCarriedWhoeverCarries(t *testing.T) {
	before := group.Person{ID: "a", Email: "a@example.com"}
	earlier := group.Person{ID: "a", Email: "old@example.com", Suspended: true}
	later := group.Person{ID: "a", Email: "new@example.com"}
	type step func(*testing.T, *world)
	putEarlier := func(t *testing.T, w *world) { w.person(t, 5, earlier) }
	putLater := func(t *testing.T, w *world) { w.person(t, 10, later) }
	carry := func(t *testing.T, w *world) { w.carry(t, "a") }
	// The later one is stored and carried between the two groups into which the earlier one is carried.
	carryInterrupted := func(t *testing.T, w *world) {
		groups := 0
		w.store.updating = func() {
			if groups++; groups == 2 {
				w.store.updating = nil
				w.person(t, 10, later)
				w.carry(t, "a")
			}
		}
		w.carry(t, "a")
	}
	for name, steps := range map[string][]step{
		"one after the other":                         {putEarlier, carry, putLater, carry},
		"the later one overtakes":                     {putLater, carry, putEarlier, carry},
		"the later one is stored before any carry":    {putEarlier, putLater, carry, carry},
		"the earlier one comes before the carry":      {putLater, putEarlier, carry, carry},
		"the later one is carried between the groups": {putEarlier, carryInterrupted},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.person(t, 0, before)
			w.replace(t, read("g1", "eng@example.com", 0, user("a")))
			w.replace(t, read("g2", "ops@example.com", 0, user("a")))
			for _, do := range steps {
				do(t, w)
			}
			want := user("a")
			want.Email = later.Email
			w.wantSnapshot(t, read("g1", "eng@example.com", 0, want))
			w.wantSnapshot(t, read("g2", "ops@example.com", 0, want))
			w.wantUncarried(t)
		})
	}
}

// The process ends before what was read of an account is carried, and a group is listed meanwhile: the
// listing is newer. Who has not heard of what an earlier carry wrote still does.
func TestWhatIsCarriedIsNotWrittenOverANewerListing(t *testing.T) {
	before, now := user("a"), user("a")
	now.Email = "new@example.com"
	stopped := group.Person{ID: "a", Email: "old@example.com", Suspended: true}
	for name, test := range map[string]struct {
		untold []group.Part
		want   []string
	}{"where all was told": {nil, nil}, "where something was not": {[]group.Part{group.Details}, []string{"g1"}}} {
		t.Run(name, func(t *testing.T) {
			w := braked(t, 10)
			w.person(t, 0, group.Person{ID: "a", Email: before.Email})
			w.replace(t, read("g1", "eng@example.com", 0, before, user("b")))
			w.replace(t, read("g2", "ops@example.com", 0, before))
			w.person(t, 1, stopped)
			parts := w.replace(t, read("g1", "eng@example.com", 2, now, user("b")))
			parts = slices.DeleteFunc(parts, func(p group.Part) bool { return slices.Contains(test.untold, p) })
			for _, id := range []string{"g1", "g2"} {
				if err := w.Told(t.Context(), id, minute(2), parts); err != nil {
					t.Fatal(err)
				}
			}
			if told := w.carry(t, "a"); !slices.Equal(told, append(test.want, "g2")) {
				t.Errorf("told of %q, want g2 besides %q", told, test.want)
			}
			w.wantSnapshot(t, read("g1", "eng@example.com", 2, now, user("b")))
			old := before
			old.Email, old.Status = stopped.Email, "SUSPENDED"
			w.wantSnapshot(t, read("g2", "ops@example.com", 0, old))
			w.wantUncarried(t)
		})
	}
}

// It stays newer where something of somebody else is carried into the group before.
func TestANewerListingStaysBesideWhatIsCarriedOfOthers(t *testing.T) {
	w := newWorld(t)
	a, b := user("a"), user("b")
	w.person(t, 0, group.Person{ID: "a", Email: a.Email})
	w.person(t, 0, group.Person{ID: "b", Email: b.Email})
	w.replace(t, read("g1", "eng@example.com", 0, a, b))
	w.person(t, 1, group.Person{ID: "a", Email: "old@example.com", Suspended: true}) // and the process ends
	listed, moved := a, b
	listed.Email, moved.Email = "new@example.com", "moved@example.com"
	w.replace(t, read("g1", "eng@example.com", 2, listed, b))
	w.person(t, 3, group.Person{ID: "b", Email: moved.Email})
	w.carry(t, "b")
	w.carry(t, "a")
	w.wantSnapshot(t, read("g1", "eng@example.com", 2, listed, moved))
}

// A listing that is stored after something was carried into the group has older words of the others too: what
// is new of these is carried all the same.
func TestWhatIsCarriedLateIsWrittenWhereTheListingWasNot(t *testing.T) {
	w := newWorld(t)
	a, b := user("a"), user("b")
	w.person(t, 0, group.Person{ID: "a", Email: a.Email})
	w.person(t, 0, group.Person{ID: "b", Email: b.Email})
	w.replace(t, read("g1", "eng@example.com", 0, a, b))
	w.person(t, 1, group.Person{ID: "a", Email: "new@example.com"}) // and the process ends
	w.person(t, 3, group.Person{ID: "b", Email: "moved@example.com"})
	w.carry(t, "b")
	listed := a
	listed.Email = "new@example.com"
	w.replace(t, read("g1", "eng@example.com", 2, listed, b))
	w.carry(t, "a")
	moved := b
	moved.Email = "moved@example.com"
	w.wantSnapshot(t, read("g1", "eng@example.com", 2, listed, moved))
}

func TestANewAddressOfAGroupIsCarriedIntoGroups(t *testing.T) {
	w := newWorld(t)
	w.replace(t, read("outer", "outer@example.com", 0, nested("inner")))
	w.replace(t, read("inner", "inner@example.com", 0))
	w.details(t, minute(1), group.Group{ID: "inner", Email: "renamed@example.com"})
	carry := func(id string, want ...string) {
		t.Helper()
		if groups, err := w.CarryGroup(t.Context(), id); err != nil || !slices.Equal(groups, want) {
			t.Errorf("CarryGroup %s: %q, %v; want %q", id, groups, err, want)
		}
	}
	for range 2 { // the second time because nobody has heard
		carry("inner", "outer")
	}
	if err := w.Told(t.Context(), "outer", minute(1), []group.Part{group.Details}); err != nil {
		t.Fatal(err)
	}
	carry("inner")
	carry("outer")
	carry("unknown")
	renamed := nested("inner")
	renamed.Email = "renamed@example.com"
	w.wantSnapshot(t, read("outer", "outer@example.com", 0, renamed))
}

// A listing of many pages begins before somebody has a new address and ends after it was written into
// their groups: who came and went is as the listing says, the address is the new one. The next listing
// is believed in everything.
func TestAnOlderListingBringsNoFormerAddress(t *testing.T) {
	for _, perChunk := range []int{2, mirror.PerChunk} {
		w := newWorld(t)
		w.Mirror = mirror.NewSmall(w.store, perChunk)
		moved := user("a")
		moved.Email = "ada@example.com"
		w.person(t, 0, group.Person{ID: "a", Email: "a@example.com"})
		w.replace(t, read("g1", "eng@example.com", 0, user("a"), user("b"), user("c"), user("d"), user("e")))
		w.person(t, 6, group.Person{ID: "a", Email: moved.Email})
		w.carry(t, "a")
		w.replace(t, read("g1", "eng@example.com", 5, user("a"), user("b"), user("c"), user("d"), owner(user("f"))))
		w.wantSnapshot(t, read("g1", "eng@example.com", 5, moved, user("b"), user("c"), user("d"), owner(user("f"))))
		// Another one that began before.
		w.replace(t, read("g1", "eng@example.com", 5, user("a"), user("b")))
		w.wantSnapshot(t, read("g1", "eng@example.com", 5, moved, user("b")))
		w.replace(t, read("g1", "eng@example.com", 7, user("a"), user("b")))
		w.wantSnapshot(t, read("g1", "eng@example.com", 7, user("a"), user("b")))
	}
}

// Somebody who is new in a listing that was stored after something was carried into the group comes as listed, and an older
// reading of theirs does not change that.
func TestSomebodyNewComesAsListed(t *testing.T) {
	w := newWorld(t)
	a, b := user("a"), user("b")
	w.person(t, 0, group.Person{ID: "a", Email: a.Email})
	w.person(t, 0, group.Person{ID: "b", Email: b.Email})
	w.replace(t, read("g1", "eng@example.com", 0, b))
	w.person(t, 1, group.Person{ID: "a", Email: "old@example.com"}) // and the process ends
	w.person(t, 3, group.Person{ID: "b", Email: "moved@example.com"})
	w.carry(t, "b")
	now, moved := a, b
	now.Email, moved.Email = "new@example.com", "moved@example.com"
	w.replace(t, read("g1", "eng@example.com", 2, now, b)) // a is new in it
	w.wantSnapshot(t, read("g1", "eng@example.com", 2, now, moved))
	w.carry(t, "a")
	w.wantSnapshot(t, read("g1", "eng@example.com", 2, now, moved))
}

// A listing that was stored after something was carried of one member keeps that, and brings what is new of the others.
func TestAListingBringsWhatIsNewOfThoseWhoWereNotCarried(t *testing.T) {
	w := newWorld(t)
	x, b := user("x"), user("b") // x is nobody of ours: no person is ever read
	w.person(t, 0, group.Person{ID: "b", Email: b.Email})
	w.replace(t, read("g1", "eng@example.com", 0, x, b))
	w.person(t, 3, group.Person{ID: "b", Email: "moved@example.com"})
	w.carry(t, "b")
	now, moved := x, b
	now.Email, moved.Email = "renamed@gmail.com", "moved@example.com"
	w.replace(t, read("g1", "eng@example.com", 2, now, b))
	w.wantSnapshot(t, read("g1", "eng@example.com", 2, now, moved))
}

// Somebody who came into a group with an old address has the new one when the group is read again, though
// something of somebody else is carried meanwhile and a reading of theirs brought nothing new.
func TestAnOldAddressDoesNotOutlastTheNextListing(t *testing.T) {
	w := newWorld(t)
	a, b := user("a"), user("b")
	bnew, anew := b, a
	bnew.Email, anew.Email = "bnew@example.com", "anew@example.com"
	w.person(t, 0, group.Person{ID: "a", Email: a.Email})
	w.person(t, 0, group.Person{ID: "b", Email: b.Email})
	w.replace(t, read("g1", "eng@example.com", 0, a))
	// b is renamed while a listing begun at 1 goes on; the group does not have b yet.
	w.person(t, 2, group.Person{ID: "b", Email: bnew.Email})
	w.carry(t, "b")
	w.replace(t, read("g1", "eng@example.com", 1, a, b)) // b is looked up
	w.wantSnapshot(t, read("g1", "eng@example.com", 1, a, bnew))
	// The group is read again at 5; meanwhile the walk of people reads both at 6: a was renamed, b unchanged.
	w.person(t, 6, group.Person{ID: "a", Email: anew.Email})
	w.person(t, 6, group.Person{ID: "b", Email: bnew.Email})
	w.carry(t, "a")
	w.carry(t, "b")
	w.replace(t, read("g1", "eng@example.com", 5, a, bnew))
	w.wantSnapshot(t, read("g1", "eng@example.com", 5, anew, bnew))
}

// In a group of which members are kept nobody can tell whom the listing had. What is carried there though it is older
// than the listing makes the group one to be read again: who is kept has what was carried, who is listed what Google
// says.
func TestAnOlderWordInAGroupThatIsHeld(t *testing.T) {
	w := braked(t, 1)
	a, b, c := user("a"), user("b"), user("c")
	for _, one := range []group.Member{a, b} {
		w.person(t, 0, group.Person{ID: one.ID, Email: one.Email})
	}
	w.replace(t, read("g1", "eng@example.com", 0, a, b, c, user("d")))
	w.person(t, 1, group.Person{ID: "a", Email: "older@example.com"}) // and the process ends
	w.person(t, 1, group.Person{ID: "b", Email: "kept@example.com"})
	a.Email = "newest@example.com"
	listed := read("g1", "eng@example.com", 2, a)
	w.replace(t, listed)
	w.carry(t, "a")
	w.carry(t, "b")
	if h, err := w.Find(t.Context(), "g1"); err != nil || !h.Pending() {
		t.Fatalf("it is not to be read again: %+v, %v", h, err)
	}
	listed.Read = minute(3)
	w.replace(t, listed)
	b.Email = "kept@example.com"
	w.wantSnapshot(t, read("g1", "eng@example.com", 3, a, b, c, user("d")))
	if h, err := w.Find(t.Context(), "g1"); err != nil || h.Pending() {
		t.Errorf("it is to be read for ever: %+v, %v", h, err)
	}
}

// Who joins by a listing under way comes under the address that was read meanwhile, also where nothing was ever carried
// into the group, and not at all where the account or the group was deleted meanwhile. A second listing that began
// before that does not bring the former one back.
func TestWhoJoinsByAListingUnderWay(t *testing.T) {
	for name, test := range map[string]struct {
		first, second bool // the listing is the group's first, there is a second one
		at            int
	}{
		"no second listing":                          {at: 1},
		"a second listing":                           {second: true, at: 2},
		"the first listing of a group":               {first: true, at: 1},
		"the first listing of a group, and a second": {first: true, second: true, at: 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if err := w.PutCensus(t.Context(), mirror.Census{Memberships: 9}); err != nil {
				t.Fatal(err)
			}
			a, gone, inner := user("a"), user("gone"), nested("g2")
			w.person(t, 0, group.Person{ID: "a", Email: a.Email})
			w.person(t, 0, group.Person{ID: "gone", Email: gone.Email})
			if !test.first {
				w.replace(t, read("g1", "eng@example.com", 0, user("b")))
			}
			w.replace(t, read("g2", "g2@example.com", 0))
			w.person(t, 3, group.Person{ID: "a", Email: "new@example.com", Suspended: true})
			w.carry(t, "a")
			if err := w.RemovePerson(t.Context(), "gone", minute(3)); err != nil {
				t.Fatal(err)
			}
			if _, _, err := w.Remove(t.Context(), "g2", minute(3)); err != nil {
				t.Fatal(err)
			}
			if err := w.Overtake(t.Context(), minute(3)); err != nil {
				t.Fatal(err)
			}
			w.replace(t, read("g1", "eng@example.com", 1, user("b"), a, gone, inner))
			a.Email, a.Status = "new@example.com", "SUSPENDED"
			if test.second {
				w.replace(t, read("g1", "eng@example.com", 2, user("b"), user("a")))
			}
			w.wantSnapshot(t, read("g1", "eng@example.com", test.at, user("b"), a))
			if h, err := w.Find(t.Context(), "g1"); err != nil || h.Complete() {
				t.Errorf("it is complete, though somebody listed was left out: %+v, %v", h, err)
			}
		})
	}
}

// So many join by one listing that nobody looks up whether one of them was renamed or stopped while it was under way:
// the group is read once more.
func TestManyWhoJoinAtOnce(t *testing.T) {
	for _, n := range []int{199, 200} { // and one
		w := newWorld(t)
		a := user("a")
		w.person(t, 0, group.Person{ID: "a", Email: a.Email})
		w.replace(t, read("g1", "eng@example.com", 0, user("b")))
		w.person(t, 3, group.Person{ID: "a", Email: "new@example.com", Suspended: true})
		w.carry(t, "a")
		everybody := append([]group.Member{user("b"), a}, crowd(0, n)...)
		w.replace(t, read("g1", "eng@example.com", 1, everybody...))
		complete := func() bool {
			t.Helper()
			h, err := w.Find(t.Context(), "g1")
			if err != nil {
				t.Fatal(err)
			}
			return h.Complete()
		}
		s, err := w.Snapshot(t.Context(), "g1")
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range s.Members {
			if one.ID == "a" && complete() && one.Email != "new@example.com" {
				t.Errorf("%d join: the group is complete with %+v", n+1, one)
			}
		}
		everybody[1].Email = "new@example.com"
		w.replace(t, read("g1", "eng@example.com", 9, everybody...))
		if !complete() {
			t.Errorf("%d joined: it is not complete after it was read again", n+1)
		}
	}
}

// Who is listed and has been said to be gone since is left out, until a listing that begins later says whether that was so.
func TestAListedMemberWhoWasSaidToBeGone(t *testing.T) {
	w := newWorld(t)
	a := user("a")
	w.person(t, 0, group.Person{ID: "a", Email: a.Email})
	w.replace(t, read("g1", "eng@example.com", 0, user("b")))
	if err := w.RemovePerson(t.Context(), "a", minute(3)); err != nil {
		t.Fatal(err)
	}
	w.replace(t, read("g1", "eng@example.com", 1, user("b"), a))
	w.person(t, 5, group.Person{ID: "a", Email: a.Email}) // there after all
	w.carry(t, "a")
	for _, later := range []bool{false, true} {
		if later {
			w.replace(t, read("g1", "eng@example.com", 6, user("b"), a))
		}
		h, err := w.Find(t.Context(), "g1")
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.Snapshot(t.Context(), "g1")
		if err != nil {
			t.Fatal(err)
		}
		if h.Complete() != later || (len(s.Members) == 2) != later {
			t.Errorf("read later %t: complete %t, with %d of 2 members", later, h.Complete(), len(s.Members))
		}
	}
}
