package trail_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/trail"
)

var t0 = time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)

func open(t *testing.T) store.Store {
	t.Helper()
	db, err := embedded.Open("", func() time.Time { return t0 })
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return db.Store().Rehearsed()
}

func latest(t *testing.T, s store.Store) []audit.Entry {
	t.Helper()
	var out []audit.Entry
	if err := trail.Latest(t.Context(), s, func(e audit.Entry) error { out = append(out, e); return nil }); err != nil {
		t.Fatalf("Latest: %v", err)
	}
	return out
}

func write(t *testing.T, s store.Store, entries ...audit.Entry) {
	t.Helper()
	err := s.Update(t.Context(), func(_ context.Context, tx store.Tx) error {
		for _, e := range entries {
			if err := trail.Entries.Create(tx, e.ID, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("Update: %v", err)
	}
}

func TestTurnAwayLeavesOneEntryOfASortInAMinute(t *testing.T) {
	s := open(t)
	forged := trail.Turned{Function: "groupwebhook", Verb: "notify", Text: "no such channel"}
	for _, after := range []time.Duration{0, time.Second, 59 * time.Second} {
		for range 3 {
			if err := trail.TurnAway(t.Context(), s, t0.Add(after), forged); err != nil {
				t.Fatal(err)
			}
		}
	}
	got := latest(t, s)
	if len(got) != 1 {
		t.Fatalf("%d entries, want 1", len(got))
	}
	want := audit.Entry{ID: got[0].ID, At: t0, Actor: "unknown", Verb: "groupwebhook.notify", Outcome: audit.Refused, Text: "no such channel"}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	others := []trail.Turned{
		{Function: "groupwebhook", Verb: "notify", Text: "wrong token"},
		{Function: "groupwebhook", Verb: "sync", Text: "no such channel"},
		{Function: "slackinteract", Verb: "notify", Text: "no such channel"},
		{Function: "groupwebhook", Verb: "notify", Text: "no such channel", Actor: "T1/U1", ActorName: "aiko@example.com"},
		{Function: "groupwebhook", Verb: `notify" "x`, Text: "no such channel"},
		{Function: "groupwebhook", Verb: "notify", Text: "no such channel", Kind: "access.grant"},
		{Function: "groupwebhook", Verb: "notify", Text: "no such channel", Kind: "access.grant", Target: "prod-write"},
		{Function: "groupwebhook", Verb: "notify", Text: "no such channel", Kind: "access.grant", Target: "prod-write", Change: "x-1"},
	}
	for _, o := range others {
		if err := trail.TurnAway(t.Context(), s, t0, o); err != nil {
			t.Fatal(err)
		}
	}
	if err := trail.TurnAway(t.Context(), s, t0.Add(time.Minute), forged); err != nil {
		t.Fatal(err)
	}
	all := latest(t, s)
	if len(all) != 2+len(others) {
		t.Errorf("%d entries, want %d", len(all), 2+len(others))
	}
	if !slices.ContainsFunc(all, func(e audit.Entry) bool {
		return e.Kind == "access.grant" && e.Target == "prod-write" && e.Change == "x-1" && trail.IsTurned(e)
	}) {
		t.Errorf("what was asked for is not in the entries: %v", all)
	}
}

func TestAFloodLeavesOneEntry(t *testing.T) {
	s := open(t)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if err := trail.TurnAway(t.Context(), s, t0, trail.Turned{Function: "f", Verb: "v", Text: "x"}); err != nil {
				t.Errorf("TurnAway: %v", err)
			}
		})
	}
	wg.Wait()
	if got := latest(t, s); len(got) != 1 {
		t.Errorf("%d entries, want 1", len(got))
	}
}

func TestTurnAwayReportsAStoreThatFails(t *testing.T) {
	s := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := trail.TurnAway(ctx, s, t0, trail.Turned{Function: "f", Verb: "v", Text: "x"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want %v", err, context.Canceled)
	}
}

func TestEntriesComeInOrder(t *testing.T) {
	s := open(t)
	var entries []audit.Entry
	for i := range 5 {
		entries = append(entries, audit.Entry{
			ID: fmt.Sprintf("x-1.%04d", i+1), At: t0.Add(time.Duration(i/2) * time.Second), Change: "x-1", Actor: "a", Verb: "v", Outcome: audit.Accepted,
		})
	}
	write(t, s, entries[3], entries[0], entries[4])
	write(t, s, entries[2], entries[1], audit.Entry{ID: "y-1.0001", At: t0, Change: "y-1", Actor: "a", Verb: "v", Outcome: audit.Accepted})
	of, err := trail.Of(t.Context(), s, "x-1")
	if diff := cmp.Diff(entries, of); diff != "" || err != nil {
		t.Errorf("error %v, entries of one change (-want +got):\n%s", err, diff)
	}
	all := latest(t, s)
	if len(all) != 6 || all[0].ID != "x-1.0005" || all[5].ID != "x-1.0001" {
		t.Errorf("the newest first: got %+v", all)
	}
	stop := errors.New("enough")
	seen := 0
	err = trail.Latest(t.Context(), s, func(audit.Entry) error { seen++; return stop })
	if !errors.Is(err, stop) || seen != 1 {
		t.Errorf("got error %v after %d entries", err, seen)
	}
}

func TestAnEntryIsNeverWrittenAgain(t *testing.T) {
	s := open(t)
	e := audit.Entry{ID: "x-1.0001", At: t0, Actor: "a", Verb: "v", Outcome: audit.Accepted}
	write(t, s, e)
	err := s.Update(t.Context(), func(_ context.Context, tx store.Tx) error { return trail.Entries.Create(tx, e.ID, e) })
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("got error %v, want %v", err, store.ErrExists)
	}
}
