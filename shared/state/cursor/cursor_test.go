package cursor_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/cursor"
)

func TestCursor(t *testing.T) {
	start := time.Date(2026, 11, 22, 9, 0, 0, 123, time.UTC)
	db, err := embedded.Open("", func() time.Time { return start })
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	defer db.Close()
	s := db.Store().Rehearsed()

	got, err := cursor.Get(t.Context(), s, "walk")
	if diff := cmp.Diff(cursor.Cursor{}, got); diff != "" || err != nil {
		t.Errorf("Get of a job that never ran: %v (-want +got):\n%s", err, diff)
	}
	walk := cursor.Cursor{At: start, Phase: "groups", Token: "t", Last: "a@example.com", Run: "20261122", Count: 7, Moved: start.Add(time.Second)}
	poll := cursor.Cursor{At: start.Add(time.Hour)}
	for job, c := range map[string]cursor.Cursor{"walk": walk, "poll": poll} {
		if err := cursor.Set(t.Context(), s, job, c); err != nil {
			t.Fatalf("Set %s: %v", job, err)
		}
	}
	for job, want := range map[string]cursor.Cursor{"walk": walk, "poll": poll} {
		got, err := cursor.Get(t.Context(), s, job)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("Get %s: %v (-want +got):\n%s", job, err, diff)
		}
	}
	// What is left out is gone: a cursor is stored whole.
	if err := cursor.Set(t.Context(), s, "walk", cursor.Cursor{Run: "20261123"}); err != nil {
		t.Fatalf("Set: %v", err)
	}
	got, err = cursor.Get(t.Context(), s, "walk")
	if diff := cmp.Diff(cursor.Cursor{Run: "20261123"}, got); diff != "" || err != nil {
		t.Errorf("Get: %v (-want +got):\n%s", err, diff)
	}
	for _, job := range []string{"", "a/b"} {
		if _, err := cursor.Get(t.Context(), s, job); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("Get(%q): %v; want ErrInvalid", job, err)
		}
		if err := cursor.Set(t.Context(), s, job, walk); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("Set(%q): %v; want ErrInvalid", job, err)
		}
	}
}
