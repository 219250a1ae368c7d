package account_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/state/account"
)

const day = 24 * time.Hour

var now = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

func open(t *testing.T) *embedded.Store {
	t.Helper()
	db, err := embedded.Open("", func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db.Store()
}

func TestEverythingThatIsRememberedComesBack(t *testing.T) {
	s := open(t)
	want := map[string]idle.Memory{
		"1":                     {Active: now.Add(-time.Nanosecond), Session: true},
		"2":                     {Kept: now.Add(90 * day)},
		"3":                     {Told: []time.Duration{14 * day}, From: now.Add(-166 * day), Stop: now.Add(14 * day)},
		"4":                     {Active: now, Kept: now, Told: []time.Duration{14 * day, 7 * day, day}, From: now, Stop: now, Begun: now, Due: true},
		"101234567890123456789": {Active: time.Unix(0, 0).UTC()},
		"5":                     {Active: time.Date(2200, 12, 31, 0, 0, 0, 0, time.UTC)},
	}
	for id, m := range want {
		if _, err := account.Remember(t.Context(), s, "looker", now, account.Note{ID: id, After: m}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := account.Remember(t.Context(), s, "workspace", now, account.Note{ID: "6", After: want["1"]}); err != nil {
		t.Fatal(err)
	}
	all, err := account.Memories(t.Context(), s, "looker")
	if err != nil {
		t.Fatal(err)
	}
	want["6"], want["7"] = idle.Memory{}, idle.Memory{} // of another system, and of nobody
	for id, m := range want {
		if diff := cmp.Diff(m, all.Of(id)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
	if got := all.Of("3"); len(got.Told) == 1 {
		got.Told[0] = 0
		if all.Of("3").Told[0] != 14*day {
			t.Error("who changes what is remembered changes it for others")
		}
	}
}

// Many are written down in few transactions; one that somebody has decided about meanwhile stays as
// it is.
func TestWhatWasDecidedMeanwhileStands(t *testing.T) {
	s := open(t)
	var notes []account.Note
	for i := range 250 {
		notes = append(notes, account.Note{ID: fmt.Sprint(i), After: idle.Memory{Active: now}})
	}
	kept := idle.Memory{Kept: now.Add(idle.KeepFor)}
	if err := account.Update(t.Context(), s, "looker", "120", now, func(idle.Memory) idle.Memory { return kept }); err != nil {
		t.Fatal(err)
	}
	if n, err := account.Remember(t.Context(), s, "looker", now, notes...); err != nil || n != len(notes)-1 {
		t.Fatal(n, err)
	}
	all, err := account.Memories(t.Context(), s, "looker")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range notes {
		want := n.After
		if n.ID == "120" {
			want = kept
		}
		if got := all.Of(n.ID); !got.Equal(want) {
			t.Errorf("%s: got %+v, want %+v", n.ID, got, want)
		}
	}
	forget := account.Note{ID: "0", Before: idle.Memory{Active: now}}
	if _, err := account.Remember(t.Context(), s, "looker", now, forget); err != nil {
		t.Fatal(err)
	}
	if m, err := account.Get(t.Context(), s, "looker", "0"); err != nil || !m.IsZero() {
		t.Errorf("what is nothing is still remembered: %+v, %v", m, err)
	}
}
