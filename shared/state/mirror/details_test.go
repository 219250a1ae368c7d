package mirror_test

import (
	"slices"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
)

func minute(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }

func (w *world) details(t *testing.T, at time.Time, g group.Group) {
	t.Helper()
	w.now = at
	if err := w.PutDetails(t.Context(), []group.Group{g}, at); err != nil {
		t.Fatal(err)
	}
}

// A reading of members says nothing of what changed after it began, however late it ends.
func TestAGroupThatChangesWhileItIsRead(t *testing.T) {
	for name, changed := range map[string]func(*testing.T, *world){
		"another name": func(t *testing.T, w *world) {
			w.details(t, minute(3), group.Group{ID: "g1", Email: "build@example.com"})
		},
		"cannot be read": func(t *testing.T, w *world) {
			if err := w.SetDue(t.Context(), "g1", minute(3)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := braked(t, 10)
			w.replace(t, read("g1", "eng@example.com", 0, user("a")))
			changed(t, w)
			w.members(t, 2)
			w.wantComplete(t, false)
			w.members(t, 4)
			w.wantComplete(t, true)
		})
	}
}

// members stores a reading of g1's members that began at a minute.
func (w *world) members(t *testing.T, began int) {
	t.Helper()
	if _, err := w.PutMembers(t.Context(), "g1", []group.Member{user("a")}, minute(began)); err != nil {
		t.Fatal(err)
	}
}

func (w *world) wantComplete(t *testing.T, want bool) {
	t.Helper()
	h, err := w.Find(t.Context(), "g1")
	if err != nil || h.Complete() != want {
		t.Errorf("complete %t, want %t: due %s, read %s, %v", h.Complete(), want, h.Due, h.Read, err)
	}
}

// What a list said before a group was read with its members is not newer than that.
func TestAListOlderThanAReading(t *testing.T) {
	w := braked(t, 10)
	w.replace(t, read("g1", "eng@example.com", 5, user("a")))
	w.details(t, minute(4), group.Group{ID: "g1", Email: "old@example.com"})
	if h, err := w.Find(t.Context(), "eng@example.com"); err != nil || !h.Complete() {
		t.Errorf("after an older list: %+v, %v", h, err)
	}
}

// What was stored and not told is in the feed once, however many differences follow.
func TestTheFeedSaysWhatIsNew(t *testing.T) {
	w := braked(t, 10)
	w.replace(t, read("g1", "eng@example.com", 0, user("a")))
	w.details(t, minute(1), group.Group{ID: "g1", Email: "build@example.com"})
	w.details(t, minute(2), group.Group{ID: "g1", Email: "build@example.com", Name: "Builders"})
	list, _, err := w.Feed(t.Context(), minute(1), minute(9), "", 10)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d entries, %v", len(list), err)
	}
	for _, part := range list[0].Parts {
		if slices.Contains(list[1].Parts, part) {
			t.Errorf("the second entry says %v again", part)
		}
	}
}

// Whoever follows the group at an address hears where it went, however the mirror learned of it.
func TestTheFeedHasTheFormerAddress(t *testing.T) {
	w := braked(t, 10)
	at := func(minute int) time.Time { w.now = start.Add(time.Duration(minute) * time.Minute); return w.now }
	at(0)
	w.replace(t, read("g1", "data@example.com", 0, user("a")))
	w.details(t, at(1), group.Group{ID: "g1", Email: "secret@example.com"})
	w.details(t, at(2), group.Group{ID: "g1", Email: "Secret@example.com", Name: "Secret"}) // the same address
	at(3)
	w.replace(t, read("g1", "open@example.com", 3, user("a"), user("b")))
	at(4)
	if _, _, err := w.Remove(t.Context(), "g1", w.now); err != nil {
		t.Fatal(err)
	}
	list, _, err := w.Feed(t.Context(), start, w.now, "", 10)
	var got []string
	for _, d := range list {
		got = append(got, d.Was+">"+d.Email)
	}
	want := []string{">data@example.com", "data@example.com>secret@example.com", ">Secret@example.com", "Secret@example.com>open@example.com", ">open@example.com"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("the feed says %q, %v; want %q", got, err, want)
	}
}

// However often Google is asked for what it has not, the feed says once that a group is gone, and of
// what never was a group nothing at all.
func TestTheFeedTellsOnceThatAGroupIsGone(t *testing.T) {
	w := braked(t, 10)
	w.replace(t, read("g1", "g1@example.com", 0))
	for range 3 {
		w.now = w.now.Add(10 * time.Minute)
		for _, name := range []string{"g1", "g1@example.com", "never@example.com"} {
			g, tell, err := w.Remove(t.Context(), name, w.now)
			if err != nil {
				t.Fatal(err)
			}
			if tell {
				if err := w.Told(t.Context(), g.ID, w.now, []group.Part{group.Deleted}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	list, _, err := w.Feed(t.Context(), start, w.now, "", 10)
	var got []string
	for _, d := range list {
		got = append(got, d.Group+" "+string(d.Parts[0]))
	}
	if want := []string{"g1 created", "g1 deleted"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("the feed says %q, %v; want %q", got, err, want)
	}
}
