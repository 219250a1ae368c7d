package world

import (
	"context"
	"time"

	"github.com/sekisho/sekisho/functions/changesweep"
	"github.com/sekisho/sekisho/functions/connectcard"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/state/handover"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

// sweep remembers when a job will next have something to do, as the store told after so many
// writes.
type sweep struct {
	writes int
	known  bool
	due    time.Time
	none   bool
}

// idle reports whether a job would find nothing to do: nothing has been written since the store was
// asked, and nothing is due yet. A world lives through many minutes in which nothing happens, and
// these calls come every minute or every five.
func (w *World) idle(ctx context.Context, j Job, now time.Time) bool {
	switch j.Name {
	case changesweep.JobSweep:
		return w.swept.idle(ctx, w, now, ledger.New(w.backend.Store(), nil, w.Clock.Now).NextDue)
	case connectcard.JobWatch:
		return w.handed.idle(ctx, w, now, handover.New(w.backend.Store(), connection.Policy{}, w.Clock.Now).Next)
	}
	return false
}

func (s *sweep) idle(ctx context.Context, w *World, now time.Time, next func(context.Context) (time.Time, bool, error)) bool {
	if _, writes := w.Usage.Totals(); !s.known || writes != s.writes {
		due, ok, err := next(ctx)
		if err != nil {
			return false
		}
		*s = sweep{writes: writes, known: true, due: due, none: !ok}
	}
	return s.none || now.Before(s.due)
}
