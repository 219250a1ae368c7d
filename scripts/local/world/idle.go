package world

import (
	"context"
	"time"

	"github.com/sekisho/sekisho/functions/changesweep"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

// sweep remembers when the sweep of changes will next have something to do, as the store told
// after so many writes.
type sweep struct {
	writes int
	known  bool
	due    time.Time
	none   bool
}

// idle reports whether the sweep of changes would find nothing to do: nothing has been written
// since the store was asked, and nothing is due yet. A world lives through many minutes in
// which nothing happens, and this call comes every minute.
func (w *World) idle(ctx context.Context, j Job, now time.Time) bool {
	if j.Name != changesweep.JobSweep {
		return false
	}
	if _, writes := w.Usage.Totals(); !w.swept.known || writes != w.swept.writes {
		due, ok, err := ledger.New(w.backend.Store(), nil, w.Clock.Now).NextDue(ctx)
		if err != nil {
			return false
		}
		w.swept = sweep{writes: writes, known: true, due: due, none: !ok}
	}
	return w.swept.none || now.Before(w.swept.due)
}
