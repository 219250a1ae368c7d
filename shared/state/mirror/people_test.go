package mirror_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

func putPeople(t *testing.T, w *world, people ...group.Person) {
	t.Helper()
	if err := w.PutPeople(t.Context(), people, w.now); err != nil {
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

	ada.Read = start
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

// That nobody had an address is known to who asks when it was read, and to nobody else.
func TestNobodyIsRememberedAndIsNobody(t *testing.T) {
	w := newWorld(t)
	putPeople(t, w, group.Person{ID: "1", Email: "ada@example.com"})
	for _, name := range []string{"No@example.com", "", " ", "a/b", "a\x00b", string(make([]byte, 2000))} {
		if err := w.RememberNobody(t.Context(), name, start); err != nil {
			t.Fatalf("RememberNobody %.20q: %v", name, err)
		}
	}
	if got, err := w.PersonRead(t.Context(), "no@example.com"); err != nil || !got.Equal(start) {
		t.Errorf("PersonRead: %v, %v; want %v", got, err, start)
	}
	if _, err := w.PersonAt(t.Context(), "no@example.com"); !errors.Is(err, mirror.ErrUnknown) {
		t.Errorf("PersonAt: %v, want ErrUnknown", err)
	}
	if _, err := w.Person(t.Context(), "gone~no@example.com"); !errors.Is(err, mirror.ErrUnknown) {
		t.Errorf("Person: %v, want ErrUnknown", err)
	}
	at, err := w.PeopleAt(t.Context(), "no@example.com")
	if err != nil || len(at) != 0 {
		t.Errorf("PeopleAt: %v, %v; want nobody", at, err)
	}
	between, err := w.PeopleBetween(t.Context(), "", "")
	if err != nil || len(between) != 1 {
		t.Errorf("PeopleBetween: %v, %v; want one", between, err)
	}
	all := 0
	if err := w.People(t.Context(), func(group.Person) error { all++; return nil }); err != nil || all != 1 {
		t.Errorf("People: %d, %v; want one", all, err)
	}
	// Somebody gets the address.
	w.now = start.Add(time.Hour)
	putPeople(t, w, group.Person{ID: "2", Email: "no@example.com"})
	if p, err := w.PersonAt(t.Context(), "no@example.com"); err != nil || p.ID != "2" {
		t.Errorf("PersonAt: %+v, %v; want the new account", p, err)
	}
	if got, err := w.PersonRead(t.Context(), "no@example.com"); err != nil || !got.Equal(w.now) {
		t.Errorf("PersonRead: %v, %v; want %v", got, err, w.now)
	}
	if err := w.RememberNobody(t.Context(), "other@example.com", start); err != nil {
		t.Fatal(err)
	}
	w.now = start.Add(mirror.GoneFor)
	if got, err := w.PersonRead(t.Context(), "other@example.com"); err != nil || !got.IsZero() {
		t.Errorf("PersonRead after it was forgotten: %v, %v; want zero", got, err)
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

func TestSomebodyWhoLeaves(t *testing.T) {
	w := newWorld(t)
	at := func(minute int) time.Time { return start.Add(time.Duration(minute) * time.Minute) }
	remove := func(name string, minute int) {
		t.Helper()
		if err := w.RemovePerson(t.Context(), name, at(minute)); err != nil {
			t.Fatalf("RemovePerson %s: %v", name, err)
		}
	}
	live := func(want ...string) {
		t.Helper()
		list, err := w.PeopleBetween(t.Context(), "", "")
		var got []string
		for _, p := range list {
			got = append(got, p.ID)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("PeopleBetween: %q, %v; want %q", got, err, want)
		}
	}
	wasRead := func(address string, want time.Time) {
		t.Helper()
		if got, err := w.PersonRead(t.Context(), address); err != nil || !got.Equal(want) {
			t.Errorf("PersonRead %s: %v, %v; want %v", address, got, err, want)
		}
	}
	putPeople(t, w, group.Person{ID: "1", Email: "ada@example.com", Aliases: []string{"al@example.com"}, Admin: true}, group.Person{ID: "2", Email: "bo@example.com"})
	live("1", "2")
	if got, err := w.PeopleBetween(t.Context(), "ADA@example.com", "bo@example.com"); err != nil || len(got) != 1 || got[0].ID != "2" {
		t.Errorf("PeopleBetween ada and bo: %v, %v; want bo", got, err)
	}
	wasRead("AL@example.com", at(0))
	wasRead("cy@example.com", time.Time{})
	wasRead("", time.Time{})

	remove("cy@example.com", 5) // whom nobody knows
	remove("1", -1)             // an answer from before
	if p, err := w.PersonAt(t.Context(), "ada@example.com"); err != nil || p.Suspended {
		t.Errorf("PersonAt after an older answer: %+v, %v; want an active account", p, err)
	}
	remove("al@example.com", 5)
	if p, err := w.Person(t.Context(), "1"); err != nil || !p.Suspended || p.Admin || p.Email != "ada@example.com" {
		t.Errorf("Person who has left: %+v, %v; want a stopped account with its address", p, err)
	}
	if admins, err := w.Admins(t.Context()); err != nil || len(admins) != 0 {
		t.Errorf("Admins: %v, %v; want none", admins, err)
	}
	wasRead("ada@example.com", at(5))
	live("2") // who has left is not asked for every night

	// The address goes to somebody new, who can act under it.
	w.now = at(6)
	putPeople(t, w, group.Person{ID: "3", Email: "ada@example.com"})
	if p, err := w.PersonAt(t.Context(), "ada@example.com"); err != nil || p.ID != "3" {
		t.Errorf("PersonAt: %q, %v; want 3", p.ID, err)
	}
	wasRead("ada@example.com", at(6))

	// Who comes back is as before.
	w.now = at(7)
	putPeople(t, w, group.Person{ID: "1", Email: "ada.l@example.com"})
	if p, err := w.PersonAt(t.Context(), "ada.l@example.com"); err != nil || p.ID != "1" || p.Suspended {
		t.Errorf("PersonAt of somebody who is back: %+v, %v", p, err)
	}
	live("1", "3", "2")

	// A page that was read before is no news.
	w.now = at(3)
	putPeople(t, w, group.Person{ID: "3", Email: "somebody.else@example.com"})
	live("1", "3", "2")
}
