package trail_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/trail"
)

var start = time.Date(2026, 11, 22, 9, 0, 10, 0, time.UTC)

func newStore(t *testing.T) store.Store {
	t.Helper()
	db, err := embedded.Open("", func() time.Time { return start })
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

// latest returns all entries, the newest first, as lines.
func latest(t *testing.T, r store.Reader) []string {
	t.Helper()
	var out []string
	if err := trail.Latest(t.Context(), r, func(e audit.Entry) error { out = append(out, e.String()); return nil }); err != nil {
		t.Fatalf("Latest: %v", err)
	}
	return out
}

func TestTurnAway(t *testing.T) {
	s := newStore(t)
	forged := trail.Turned{Function: "slackinteract", Verb: "press", Text: "wrong signature"}
	known := trail.Turned{Function: "slackinteract", Verb: "approve", Actor: "T1/U1", ActorName: "ada@example.com", Text: "a stranger"}
	other := known
	other.Actor = "T1/U2"
	for _, x := range []struct {
		after time.Duration
		trail.Turned
	}{
		{0, forged},
		{time.Second, forged},
		{2 * time.Second, known},
		{3 * time.Second, other},
		{4 * time.Second, trail.Turned{Function: "slackinteract", Verb: "press", Text: "no signature"}},
		{5 * time.Second, trail.Turned{Function: "groupwebhook", Verb: "press", Text: "wrong signature"}},
		{49 * time.Second, forged},
		{50 * time.Second, forged}, // the next minute
		{51 * time.Second, forged},
	} {
		if err := trail.TurnAway(t.Context(), s, start.Add(x.after), x.Turned); err != nil {
			t.Fatalf("TurnAway: %v", err)
		}
	}
	want := []string{
		"2026-11-22T09:01:00Z refused slackinteract.press by unknown: wrong signature",
		"2026-11-22T09:00:15Z refused groupwebhook.press by unknown: wrong signature",
		"2026-11-22T09:00:14Z refused slackinteract.press by unknown: no signature",
		"2026-11-22T09:00:13Z refused slackinteract.approve by ada@example.com: a stranger",
		"2026-11-22T09:00:12Z refused slackinteract.approve by ada@example.com: a stranger",
		"2026-11-22T09:00:10Z refused slackinteract.press by unknown: wrong signature",
	}
	if diff := cmp.Diff(want, latest(t, s)); diff != "" {
		t.Errorf("the trail (-want +got):\n%s", diff)
	}
}

// A flood costs one write a minute, and no transaction for the rest of it.
func TestAFloodIsWrittenOnce(t *testing.T) {
	s := &counted{Store: newStore(t)}
	for i := range 500 {
		turned := trail.Turned{Function: "groupwebhook", Verb: "notify", Text: "no such channel and token"}
		if err := trail.TurnAway(t.Context(), s, start.Add(time.Duration(i)*time.Millisecond), turned); err != nil {
			t.Fatalf("TurnAway: %v", err)
		}
	}
	if s.updates != 1 {
		t.Errorf("%d transactions, want 1", s.updates)
	}
}

// Two that write the same entry at once: one is enough, and neither is an error.
func TestTurnAwayAtOnce(t *testing.T) {
	s := &counted{Store: newStore(t)}
	turned := trail.Turned{Function: "groupwebhook", Verb: "notify", Text: "no such channel and token"}
	s.before = func() {
		s.before = nil
		if err := trail.TurnAway(t.Context(), s, start, turned); err != nil {
			t.Errorf("TurnAway: %v", err)
		}
	}
	if err := trail.TurnAway(t.Context(), s, start, turned); err != nil {
		t.Errorf("TurnAway: %v", err)
	}
	if got := latest(t, s); len(got) != 1 {
		t.Errorf("the trail: %q; want one entry", got)
	}
}

// counted is a store that counts transactions, and in which something happens before one.
type counted struct {
	store.Store
	updates int
	before  func()
}

func (c *counted) Update(ctx context.Context, decide func(context.Context, store.Tx) error) error {
	if c.before != nil {
		c.before()
	}
	c.updates++
	return c.Store.Update(ctx, decide)
}

func TestOfAndLatest(t *testing.T) {
	s := newStore(t)
	var wantOf []string
	err := s.Update(t.Context(), func(_ context.Context, tx store.Tx) error {
		wantOf = nil
		for i := range 12 {
			// Many transitions may happen at the same instant: they come by number.
			e := audit.Entry{ID: fmt.Sprintf("c1.%04d", i), At: start.Add(time.Duration(i/6) * time.Minute), Actor: "a", Verb: fmt.Sprint(i), Change: "c1"}
			wantOf = append(wantOf, e.ID)
			other := e
			other.ID, other.Change = fmt.Sprintf("c2.%04d", i), "c2"
			if err := errors.Join(trail.Entries.Create(tx, e.ID, e), trail.Entries.Create(tx, other.ID, other)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("write: %v", err)
	}
	entries, err := trail.Of(t.Context(), s, "c1")
	var got []string
	for _, e := range entries {
		got = append(got, e.ID)
	}
	if diff := cmp.Diff(wantOf, got); diff != "" || err != nil {
		t.Errorf("Of: %v (-want +got):\n%s", err, diff)
	}
	if entries, err := trail.Of(t.Context(), s, "c3"); len(entries) != 0 || err != nil {
		t.Errorf("Of a change without entries: %d, %v", len(entries), err)
	}

	enough := errors.New("enough")
	got = nil
	err = trail.Latest(t.Context(), s, func(e audit.Entry) error {
		if got = append(got, e.ID); len(got) == 3 {
			return enough
		}
		return nil
	})
	if diff := cmp.Diff([]string{"c2.0011", "c2.0010", "c2.0009"}, got); diff != "" || !errors.Is(err, enough) {
		t.Errorf("Latest: %v (-want +got):\n%s", err, diff)
	}
}

func TestAnEntryIsWrittenOnce(t *testing.T) {
	s := newStore(t)
	write := func() error {
		return s.Update(t.Context(), func(_ context.Context, tx store.Tx) error {
			return trail.Entries.Create(tx, "c1.0001", audit.Entry{ID: "c1.0001", At: start})
		})
	}
	if err := write(); err != nil {
		t.Fatalf("write: %v", err)
	}
	if err := write(); !errors.Is(err, store.ErrExists) {
		t.Errorf("write again: %v; want ErrExists", err)
	}
}
