package mirror_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

func TestReplaceReturnsWhatChanged(t *testing.T) {
	before := read("g1", "eng@example.com", 0, user("ada"), owner(user("bo")))
	before.Group.Name, before.Group.Aliases, before.Group.Count = "Engineering", []string{"dev@example.com"}, 2
	for _, test := range []struct {
		name   string
		change func(*group.Snapshot)
		want   []group.Part
	}{
		{"nothing", func(*group.Snapshot) {}, nil},
		{"the letter case of the address", func(s *group.Snapshot) { s.Group.Email = "Eng@example.com" }, nil},
		{"the count alone", func(s *group.Snapshot) { s.Group.Count = 3 }, nil},
		{"the order of the members", func(s *group.Snapshot) { slices.Reverse(s.Members) }, nil},
		{"the address", func(s *group.Snapshot) { s.Group.Email = "build@example.com" }, []group.Part{group.Renamed}},
		{"the name", func(s *group.Snapshot) { s.Group.Name = "Builders" }, []group.Part{group.Details}},
		{"an alias", func(s *group.Snapshot) { s.Group.Aliases = nil }, []group.Part{group.Details}},
		{"a member added", func(s *group.Snapshot) { s.Members = append(s.Members, user("cy")) }, []group.Part{group.Members}},
		{"a member removed", func(s *group.Snapshot) { s.Members = s.Members[:1] }, []group.Part{group.Members}},
		{"everybody removed", func(s *group.Snapshot) { s.Members = nil }, []group.Part{group.Members}},
		{"a role", func(s *group.Snapshot) { s.Members[0].Role = group.Manager }, []group.Part{group.Roles}},
		{"a member's address", func(s *group.Snapshot) { s.Members[0].Email = "ada.l@example.com" }, []group.Part{group.Details}},
		{"a member's status", func(s *group.Snapshot) { s.Members[0].Status = "SUSPENDED" }, []group.Part{group.Details}},
		{"a member's status to none", func(s *group.Snapshot) { s.Members[0].Status = "" }, []group.Part{group.Details}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			wantParts(t, w.replace(t, before), group.Created)
			if err := w.Told(t.Context(), "g1", before.Read, []group.Part{group.Created}); err != nil {
				t.Fatalf("Told: %v", err)
			}
			after := before
			after.Members = slices.Clone(before.Members)
			after.Read = before.Read.Add(time.Minute)
			test.change(&after)
			wantParts(t, w.replace(t, after), test.want...)
			w.wantSnapshot(t, after)
		})
	}
}

func TestReplaceIgnoresAnOlderReading(t *testing.T) {
	w := newWorld(t)
	newer := read("g1", "eng@example.com", 5, user("ada"))
	w.replace(t, newer)
	wantParts(t, w.replace(t, read("g1", "old@example.com", 4)))
	w.wantSnapshot(t, newer)

	if _, _, err := w.Remove(t.Context(), "g1", start.Add(9*time.Minute)); err != nil {
		t.Fatalf("Remove: %v", err)
	}
	wantParts(t, w.replace(t, read("g1", "eng@example.com", 8, user("ada"))))
	if _, err := w.Find(t.Context(), "g1"); !errors.Is(err, mirror.ErrUnknown) {
		t.Errorf("Find after a reading from before the removal: %v; want ErrUnknown", err)
	}
}

func TestUntoldPartsComeAgain(t *testing.T) {
	w := newWorld(t)
	w.replace(t, read("g1", "eng@example.com", 0, user("ada")))
	// The process ended before anybody heard. The same reading, done again, finds no
	// difference, and still has to be told.
	wantParts(t, w.replace(t, read("g1", "eng@example.com", 1, user("ada"))), group.Created)
	wantParts(t, w.replace(t, read("g1", "eng@example.com", 2, user("bo"))), group.Created, group.Members)
	// Who stored an older reading does not know of the newer one.
	told := []group.Part{group.Created, group.Members}
	if err := w.Told(t.Context(), "g1", start.Add(time.Minute), told); err != nil {
		t.Fatalf("Told: %v", err)
	}
	wantParts(t, w.replace(t, read("g1", "eng@example.com", 3, user("bo"))), group.Created, group.Members)
	if err := w.Told(t.Context(), "g1", start.Add(3*time.Minute), told); err != nil {
		t.Fatalf("Told: %v", err)
	}
	wantParts(t, w.replace(t, read("g1", "eng@example.com", 4, user("bo"))))
}

func TestToldOfAnUnknownGroupIsNothing(t *testing.T) {
	w := newWorld(t)
	if err := w.Told(t.Context(), "g1", start, []group.Part{group.Details}); err != nil {
		t.Errorf("Told: %v", err)
	}
}

func TestRemove(t *testing.T) {
	at := func(minute int) time.Time { return start.Add(time.Duration(minute) * time.Minute) }
	t.Run("tells until it was told", func(t *testing.T) {
		w := newWorld(t)
		w.replace(t, read("g1", "eng@example.com", 0, user("ada")))
		for minute := 1; minute <= 2; minute++ {
			g, tell, err := w.Remove(t.Context(), "ENG@example.com", at(minute))
			if err != nil || !tell || g.ID != "g1" {
				t.Errorf("Remove: %v, %t, %v; want g1 to be told", g, tell, err)
			}
		}
		if err := w.Told(t.Context(), "g1", at(2), []group.Part{group.Deleted}); err != nil {
			t.Fatalf("Told: %v", err)
		}
		if _, tell, err := w.Remove(t.Context(), "g1", at(3)); tell || err != nil {
			t.Errorf("Remove again: %t, %v; want nothing to tell", tell, err)
		}
		// The time of the latest look counts: an event from before it needs no further one.
		if got, err := w.Freshness(t.Context(), "g1"); !got.Equal(at(3)) || err != nil {
			t.Errorf("Freshness: %v, %v; want %v", got, err, at(3))
		}
	})
	t.Run("older than the reading, it changes and tells nothing", func(t *testing.T) {
		w := newWorld(t)
		s := read("g1", "eng@example.com", 5, user("ada"))
		w.replace(t, s)
		if _, tell, err := w.Remove(t.Context(), "g1", at(4)); tell || err != nil {
			t.Errorf("Remove: %t, %v; want nothing to tell", tell, err)
		}
		w.wantSnapshot(t, s)
	})
	t.Run("older than the details, it changes and tells nothing", func(t *testing.T) {
		w := newWorld(t)
		w.replace(t, read("g1", "eng@example.com", 0, user("ada")))
		w.details(t, at(5), group.Group{ID: "g1", Email: "build@example.com"})
		if _, tell, err := w.Remove(t.Context(), "g1", at(4)); tell || err != nil {
			t.Errorf("Remove: %t, %v; want nothing to tell", tell, err)
		}
		if h, err := w.Find(t.Context(), "build@example.com"); err != nil || h.Members != 1 {
			t.Errorf("Find: %+v, %v; want the group with its member", h, err)
		}
	})
	t.Run("of a group that nobody knows is remembered", func(t *testing.T) {
		w := newWorld(t)
		for minute := 1; minute <= 2; minute++ {
			if g, tell, err := w.Remove(t.Context(), "No@example.com", at(minute)); tell || err != nil {
				t.Errorf("Remove: %v, %t, %v; want nothing to tell", g, tell, err)
			}
			if got, err := w.Freshness(t.Context(), "no@example.com"); !got.Equal(at(minute)) || err != nil {
				t.Errorf("Freshness: %v, %v; want %v", got, err, at(minute))
			}
		}
		if n, err := w.Count(t.Context()); n != 0 || err != nil {
			t.Errorf("Count: %d, %v; want 0", n, err)
		}
		w.now = at(2).Add(mirror.GoneFor)
		if got, err := w.Freshness(t.Context(), "no@example.com"); !got.IsZero() || err != nil {
			t.Errorf("Freshness after it was forgotten: %v, %v; want zero", got, err)
		}
	})
	t.Run("of what no name can be is nothing", func(t *testing.T) {
		w := newWorld(t)
		for _, name := range []string{"", " ", "a/b", ".", "__x__", "a\x00b", string(make([]byte, 2000))} {
			if _, tell, err := w.Remove(t.Context(), name, at(1)); tell || err != nil {
				t.Errorf("Remove %.20q: %t, %v; want nothing", name, tell, err)
			}
			if _, err := w.Find(t.Context(), name); !errors.Is(err, mirror.ErrUnknown) {
				t.Errorf("Find %.20q: %v; want ErrUnknown", name, err)
			}
		}
	})
	t.Run("leaves no member behind", func(t *testing.T) {
		w := newWorld(t)
		small := mirror.NewSmall(w.store, 10)
		if _, err := small.Replace(t.Context(), read("g1", "eng@example.com", 0, crowd(0, 40)...)); err != nil {
			t.Fatalf("Replace: %v", err)
		}
		if _, _, err := small.Remove(t.Context(), "g1", at(1)); err != nil {
			t.Fatalf("Remove: %v", err)
		}
		page, err := w.store.Query(t.Context(), store.Query{Collection: "members", Limit: 10})
		if len(page.Records) != 0 || err != nil {
			t.Errorf("%d chunks are left, %v", len(page.Records), err)
		}
	})
	t.Run("a group that comes back is new", func(t *testing.T) {
		w := newWorld(t)
		w.replace(t, read("g1", "eng@example.com", 0, user("ada")))
		if _, _, err := w.Remove(t.Context(), "g1", at(1)); err != nil {
			t.Fatalf("Remove: %v", err)
		}
		if err := w.Told(t.Context(), "g1", at(1), []group.Part{group.Deleted}); err != nil {
			t.Fatalf("Told: %v", err)
		}
		back := read("g1", "eng@example.com", 2, user("bo"))
		wantParts(t, w.replace(t, back), group.Created)
		w.wantSnapshot(t, back)
	})
}
