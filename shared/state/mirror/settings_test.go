package mirror_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/settingsrule"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

func update(t *testing.T, w *world, id string, change func(*mirror.Settings)) {
	t.Helper()
	if err := w.UpdateSettings(t.Context(), id, change); err != nil {
		t.Fatalf("UpdateSettings %s: %v", id, err)
	}
}

func settingsOf(t *testing.T, w *world, id string) mirror.Settings {
	t.Helper()
	s, err := w.Settings(t.Context(), id)
	if err != nil {
		t.Fatalf("Settings %s: %v", id, err)
	}
	return s
}

func waived(field string, until time.Time) func(*mirror.Settings) {
	return func(s *mirror.Settings) {
		s.Waivers = append(s.Waivers, mirror.Waiver{Field: field, Until: until, Change: "c1"})
	}
}

func TestSettings(t *testing.T) {
	w := newWorld(t)
	if diff := cmp.Diff(mirror.Settings{Group: "g1"}, settingsOf(t, w, "g1")); diff != "" {
		t.Errorf("Settings that were never read (-want +got):\n%s", diff)
	}
	want := mirror.Settings{
		Group: "g1", Values: map[string]string{"whoCanJoin": "INVITED_CAN_JOIN"}, Read: start, Secure: true, Findings: []string{"x"}, Held: true,
		Waivers: []mirror.Waiver{{Field: "whoCanJoin", Value: "INVITED_CAN_JOIN", Until: start.Add(time.Hour), Change: "c1"}},
	}
	update(t, w, "g1", func(s *mirror.Settings) { *s = want })
	if diff := cmp.Diff(want, settingsOf(t, w, "g1")); diff != "" {
		t.Errorf("Settings (-want +got):\n%s", diff)
	}
	exceptions := []settingsrule.Exception{{Group: "eng@example.com", Field: "whoCanJoin", Until: start.Add(time.Hour), Reason: "change c1"}}
	if diff := cmp.Diff(exceptions, want.Exceptions("eng@example.com", want.Values, false)); diff != "" {
		t.Errorf("Exceptions (-want +got):\n%s", diff)
	}
	wider := map[string]string{"whoCanJoin": "ANYONE_CAN_JOIN"}
	if got := append(want.Exceptions("eng@example.com", wider, false), want.Exceptions("eng@example.com", want.Values, true)...); len(got) > 0 {
		t.Errorf("of another value, or when the group is a secure one by now: %+v", got)
	}
	want.Waivers[0].Secure = true
	if got := want.Exceptions("eng@example.com", want.Values, true); len(got) != 1 {
		t.Errorf("of a group that was a secure one: %+v", got)
	}
	want.Waivers[0].Secure = false
	// What is changed is what is stored, not what somebody read before; the name stays.
	update(t, w, "g1", func(s *mirror.Settings) { s.Secure, s.Group = false, "another" })
	update(t, w, "g1", func(s *mirror.Settings) { s.Findings = nil })
	if s := settingsOf(t, w, "g1"); s.Group != "g1" || s.Secure || s.Findings != nil || len(s.Waivers) != 1 {
		t.Errorf("Settings after two changes: %+v", s)
	}
}

func TestTurned(t *testing.T) {
	w := newWorld(t)
	at := func(hours int) time.Time { return start.Add(time.Duration(hours) * time.Hour) }
	update(t, w, "late", waived("a", at(5)))
	update(t, w, "late", waived("b", at(2)))
	update(t, w, "early", waived("a", at(1)))
	update(t, w, "none", func(s *mirror.Settings) { s.Secure = true })
	for hours, want := range map[int][]string{0: nil, 1: {"early"}, 2: {"early", "late"}, 9: {"early", "late"}} {
		if got, err := w.Turned(t.Context(), at(hours)); err != nil || !slices.Equal(got, want) {
			t.Errorf("Turned after %d hours: %q, %v; want %q", hours, got, err, want)
		}
	}
	update(t, w, "early", func(s *mirror.Settings) { s.Waivers = nil })
	if got, err := w.Turned(t.Context(), at(9)); err != nil || !slices.Equal(got, []string{"late"}) {
		t.Errorf("Turned after a waiver was taken off: %q, %v; want late", got, err)
	}
}

func TestHeld(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"g1", "g2", "g3"} {
		update(t, w, id, func(s *mirror.Settings) { s.Held = id != "g2" })
	}
	for most, want := range map[int][]string{1: {"g1"}, 10: {"g1", "g3"}} {
		held, err := w.HeldSettings(t.Context(), most)
		var got []string
		for _, s := range held {
			got = append(got, s.Group)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("Held, at most %d: %q, %v; want %q", most, got, err, want)
		}
	}
}

// What people decided about a group outlives a moment in which Google did not find it, and
// nothing waits for a group that is gone.
func TestSettingsOfAGroupThatIsGone(t *testing.T) {
	w := newWorld(t)
	w.replace(t, read("g1", "eng@example.com", 0))
	update(t, w, "g1", func(s *mirror.Settings) { s.Held, s.Read = true, start })
	update(t, w, "g1", waived("whoCanJoin", start.Add(time.Hour)))
	remove := func(minute int) {
		t.Helper()
		if _, _, err := w.Remove(t.Context(), "g1", start.Add(time.Duration(minute)*time.Minute)); err != nil {
			t.Fatalf("Remove: %v", err)
		}
	}
	want := func(name string, turned int) {
		t.Helper()
		ids, err := w.Turned(t.Context(), start.Add(2*time.Hour))
		held, errHeld := w.HeldSettings(t.Context(), 10)
		if err := errors.Join(err, errHeld); err != nil || len(ids) != turned || len(held) != turned {
			t.Errorf("%s: %d turned, %d held, %v; want %d", name, len(ids), len(held), err, turned)
		}
	}
	want("while it is there", 1)
	remove(1)
	want("when it is gone", 0)
	remove(2)
	w.replace(t, read("g1", "eng@example.com", 3))
	want("when it is back", 1)
	if s := settingsOf(t, w, "g1"); len(s.Waivers) != 1 || !s.Gone.IsZero() {
		t.Errorf("Settings when it is back: %+v; want its waiver", s)
	}
	remove(4)
	w.now = start.Add(4 * time.Minute).Add(mirror.GoneFor)
	if diff := cmp.Diff(mirror.Settings{Group: "g1"}, settingsOf(t, w, "g1")); diff != "" {
		t.Errorf("Settings when all is forgotten (-want +got):\n%s", diff)
	}
}
