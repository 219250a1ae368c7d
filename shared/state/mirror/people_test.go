package mirror_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

func putPeople(t *testing.T, w *world, people ...group.Person) {
	t.Helper()
	if err := w.PutPeople(t.Context(), people); err != nil {
		t.Fatalf("PutPeople: %v", err)
	}
}

func TestPerson(t *testing.T) {
	w := newWorld(t)
	ada := group.Person{
		ID: "1", Email: "Ada@example.com", Name: "Ada", Aliases: []string{"ada@example.com", "Al@example.com"},
		Suspended: true, Admin: true, Manager: "bo@example.com", Language: "ja",
	}
	putPeople(t, w, ada, group.Person{ID: "2", Email: "bo@example.com", Aliases: []string{"shared@example.com"}},
		group.Person{ID: "3", Email: "shared@example.com"}, group.Person{ID: "4"})

	got, err := w.Person(t.Context(), "1")
	if diff := cmp.Diff(ada, got); diff != "" || err != nil {
		t.Errorf("Person: %v (-want +got):\n%s", err, diff)
	}
	for _, id := range []string{"", "9", "ada@example.com", "a/b", "..", "\xff"} {
		if _, err := w.Person(t.Context(), id); !errors.Is(err, mirror.ErrUnknown) {
			t.Errorf("Person(%q): %v; want ErrUnknown", id, err)
		}
	}
	for address, want := range map[string]string{"ADA@example.com": "1", " al@example.com": "1", "bo@example.com": "2"} {
		if p, err := w.PersonAt(t.Context(), address); err != nil || p.ID != want {
			t.Errorf("PersonAt(%q) = %q, %v; want %s", address, p.ID, err, want)
		}
	}
	// Shared belongs to two; one person has no address, and nobody the empty one.
	for _, address := range []string{"shared@example.com", "", " ", "cy@example.com", "1", "a\x00b", string(make([]byte, 5000))} {
		if p, err := w.PersonAt(t.Context(), address); !errors.Is(err, mirror.ErrUnknown) {
			t.Errorf("PersonAt(%.20q) = %q, %v; want ErrUnknown", address, p.ID, err)
		}
	}
}

func TestPeopleChange(t *testing.T) {
	w := newWorld(t)
	putPeople(t, w, group.Person{ID: "1", Email: "ada@example.com", Aliases: []string{"al@example.com"}})
	putPeople(t, w, group.Person{ID: "1", Email: "lovelace@example.com"}, group.Person{ID: "2", Email: "ada@example.com"})
	putPeople(t, w)
	for address, want := range map[string]string{"lovelace@example.com": "1", "ada@example.com": "2"} {
		if p, err := w.PersonAt(t.Context(), address); err != nil || p.ID != want {
			t.Errorf("PersonAt(%q) = %q, %v; want %s", address, p.ID, err, want)
		}
	}
	if _, err := w.PersonAt(t.Context(), "al@example.com"); !errors.Is(err, mirror.ErrUnknown) {
		t.Errorf("PersonAt of an alias that was taken away: %v; want ErrUnknown", err)
	}
}

func TestAdmins(t *testing.T) {
	w := newWorld(t)
	putPeople(t, w,
		group.Person{ID: "1", Email: "zoe@example.com", Admin: true},
		group.Person{ID: "2", Email: "ada@example.com", Admin: true},
		group.Person{ID: "3", Email: "bo@example.com", Admin: true, Suspended: true},
		group.Person{ID: "4", Email: "cy@example.com"})
	admins, err := w.Admins(t.Context())
	var got []string
	for _, p := range admins {
		got = append(got, p.ID)
	}
	if diff := cmp.Diff([]string{"2", "1"}, got); diff != "" || err != nil {
		t.Errorf("Admins: %v (-want +got):\n%s", err, diff)
	}
}
