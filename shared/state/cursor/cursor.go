// Package cursor keeps how far a job that goes on and on has come.
package cursor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// Cursor is one job's place.
type Cursor struct {
	// At is the instant up to which the job has seen everything.
	At time.Time `json:"at,omitzero"`
	// Phase and Token say where within a run of many steps.
	Phase string `json:"phase,omitempty"`
	Token string `json:"token,omitempty"`
	// Last is the last thing seen, where the order of things matters.
	Last string `json:"last,omitempty"`
	// Seen are the things of this run so far, where all of them count together.
	Seen []string `json:"seen,omitempty"`
	// Known are the things already dealt with that the job will meet again, each with when it
	// happened, in seconds since 1970.
	Known map[string]int64 `json:"known,omitempty"`
	// Undone is when the first thing of this run happened that is ordered and not done yet.
	Undone time.Time `json:"undone,omitzero"`
	// Run names the run, Began is when it began.
	Run   string    `json:"run,omitempty"`
	Began time.Time `json:"began,omitzero"`
	// Count is how many steps the run has done, Moved when the last one was.
	Count int       `json:"count,omitempty"`
	Moved time.Time `json:"moved,omitzero"`
}

var cursors = store.Collection[Cursor]{Name: "cursors"}

// Get returns a job's cursor; the zero Cursor where it never ran.
func Get(ctx context.Context, r store.Reader, job string) (Cursor, error) {
	c, err := cursors.Get(ctx, r, job)
	if errors.Is(err, store.ErrNotFound) {
		return Cursor{}, nil
	}
	if err != nil {
		return Cursor{}, fmt.Errorf("read cursor %s: %w", job, err)
	}
	return c, nil
}

// Set stores a job's cursor.
func Set(ctx context.Context, s store.Store, job string, c Cursor) error {
	err := s.Update(ctx, func(_ context.Context, tx store.Tx) error { return cursors.Put(tx, job, c) })
	if err != nil {
		return fmt.Errorf("store cursor %s: %w", job, err)
	}
	return nil
}
