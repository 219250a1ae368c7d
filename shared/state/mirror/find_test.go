package mirror_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/state/mirror"
)

func TestFind(t *testing.T) {
	w := newWorld(t)
	s := read("G1", "Eng@Example.com", 0, user("ada"))
	s.Group.Aliases = []string{"Dev@example.com", "eng@example.com"}
	w.replace(t, s)
	for _, name := range []string{"G1", "eng@example.com", " ENG@EXAMPLE.COM ", "dev@example.com", "DEV@example.com"} {
		if h, err := w.Find(t.Context(), name); err != nil || h.Group.ID != "G1" {
			t.Errorf("Find(%q) = %q, %v; want G1", name, h.Group.ID, err)
		}
	}
	// Ids are no addresses: their letter case counts.
	for _, name := range []string{"g1", "en@example.com", "example.com", ""} {
		if h, err := w.Find(t.Context(), name); !errors.Is(err, mirror.ErrUnknown) {
			t.Errorf("Find(%q) = %q, %v; want ErrUnknown", name, h.Group.ID, err)
		}
	}
}

// An address may be taken, given back and taken again, by groups made and unmade by a program.
func TestFindTheOneThatLivesAmongManyThatAreGone(t *testing.T) {
	w := newWorld(t)
	const address = "project@example.com"
	for i := range 25 {
		id := fmt.Sprintf("g%02d", i)
		w.replace(t, read(id, address, 2*i))
		if _, _, err := w.Remove(t.Context(), id, start.Add(time.Duration(2*i+1)*time.Minute)); err != nil {
			t.Fatalf("Remove: %v", err)
		}
	}
	if _, err := w.Find(t.Context(), address); !errors.Is(err, mirror.ErrUnknown) {
		t.Errorf("Find while all are gone: %v; want ErrUnknown", err)
	}
	if got, err := w.Freshness(t.Context(), address); err != nil || !got.Equal(start.Add(49*time.Minute)) {
		t.Errorf("Freshness while all are gone: %v, %v; want that of the last", got, err)
	}
	w.replace(t, read("z", address, 60))
	if h, err := w.Find(t.Context(), address); err != nil || h.Group.ID != "z" {
		t.Errorf("Find: %q, %v; want z", h.Group.ID, err)
	}
}

func TestAnAddressThatPassesFromOneGroupToAnother(t *testing.T) {
	w := newWorld(t)
	w.replace(t, read("old", "team@example.com", 0))
	// The new group is read before the mirror learns that the old one was renamed.
	w.replace(t, read("new", "team@example.com", 1))
	if h, err := w.Find(t.Context(), "team@example.com"); err != nil || h.Group.ID != "new" {
		t.Errorf("Find: %q, %v; want new", h.Group.ID, err)
	}
	w.replace(t, read("old", "team-2025@example.com", 2))
	for address, want := range map[string]string{"team@example.com": "new", "team-2025@example.com": "old"} {
		if h, err := w.Find(t.Context(), address); err != nil || h.Group.ID != want {
			t.Errorf("Find(%s): %q, %v; want %s", address, h.Group.ID, err, want)
		}
	}
}

func TestPage(t *testing.T) {
	w := newWorld(t)
	for i, email := range []string{"B@example.com", "a@example.com", "c@example.com", "d@example.com"} {
		w.replace(t, read(fmt.Sprint("g", i), email, 0))
	}
	if _, _, err := w.Remove(t.Context(), "g2", start.Add(time.Minute)); err != nil {
		t.Fatalf("Remove: %v", err)
	}
	for _, test := range []struct {
		after string
		most  int
		want  []string
	}{
		{"", 2, []string{"g1", "g0"}}, {"A@example.com", 2, []string{"g0", "g3"}}, {"b@example.com", 2, []string{"g3"}}, {"d@example.com", 2, nil},
	} {
		page, err := w.Page(t.Context(), test.after, test.most)
		var got []string
		for _, h := range page {
			got = append(got, h.Group.ID)
		}
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("Page after %q: %q, %v; want %q", test.after, got, err, test.want)
		}
	}
}

// Several groups have one address while the mirror has not seen that all but one lost it: wherever a
// page ends, each is listed once.
func TestPagesHaveEachGroupOnce(t *testing.T) {
	w := newWorld(t)
	var want []string
	for i, email := range []string{"a@example.com", "Crowd@example.com", "crowd@example.com", "crowd@example.com", "z@example.com"} {
		id := fmt.Sprintf("g%d", i)
		w.replace(t, read(id, email, i))
		want = append(want, id)
	}
	for most := 1; most <= len(want)+1; most++ {
		var got []string
		for after := ""; ; {
			page, err := w.Page(t.Context(), after, most)
			if err != nil || len(page) > most {
				t.Fatalf("Page after %q: %d groups, %v; want at most %d", after, len(page), err, most)
			}
			for _, h := range page {
				after = h.Place()
				got = append(got, h.Group.ID)
			}
			if len(page) < most {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("by %d: %q, want %q", most, got, want)
		}
	}
	page, err := w.Page(t.Context(), "CROWD@example.com", 10)
	if err != nil || len(page) != 1 || page[0].Group.ID != "g4" {
		t.Errorf("after an address: %v, %v; want what comes behind all groups that have it", page, err)
	}
}
