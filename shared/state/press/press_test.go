package press_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/state/press"
)

func TestPress(t *testing.T) {
	start := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	now := start
	db, err := embedded.Open("", func() time.Time { return now })
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	defer db.Close()
	s := db.Store().Rehearsed()
	decided := func(id string, want bool) {
		t.Helper()
		if got, err := press.Decided(t.Context(), s, id); err != nil || got != want {
			t.Errorf("Decided(%s) = %t, %v; want %t", id, got, err, want)
		}
	}

	if _, err := press.Get(t.Context(), s, "p1"); !errors.Is(err, press.ErrUnknown) {
		t.Errorf("Get of a press that nobody made: %v; want ErrUnknown", err)
	}
	decided("p1", false)
	p := press.Press{ID: "p1", User: "U1", Channel: "D1", At: start, Outcome: string(change.RefusedOwn)}
	record := func(p press.Press) {
		t.Helper()
		if err := press.Record(t.Context(), s, p); err != nil {
			t.Fatalf("Record: %v", err)
		}
	}
	record(p)
	got, err := press.Get(t.Context(), s, "p1")
	if diff := cmp.Diff(p, got); diff != "" || err != nil {
		t.Errorf("Get: %v (-want +got):\n%s", err, diff)
	}
	decided("p1", false) // it did not count, and the person may not know yet
	p.Outcome = press.Accepted
	record(p)
	record(p)
	decided("p1", true)
	decided("p2", false)
	now = start.Add(press.KeptFor - time.Second)
	decided("p1", true)
	now = start.Add(press.KeptFor)
	decided("p1", false)

	if _, err := press.Decided(t.Context(), s, "a/b"); err == nil {
		t.Error("Decided of what no press is called: no error")
	}
}
