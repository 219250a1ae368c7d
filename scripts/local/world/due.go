package world

import (
	"context"
	"time"

	"github.com/sekisho/sekisho/functions/accessgrant"
	"github.com/sekisho/sekisho/functions/changesweep"
	"github.com/sekisho/sekisho/functions/connectcard"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/grant"
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

// idle reports whether a job that comes every few minutes would find nothing to do: nothing has been
// written since the store was asked, and nothing is due yet. A world lives through many minutes
// in which nothing happens.
func (w *World) idle(ctx context.Context, j Job, now time.Time) bool {
	l := ledger.New(w.backend.Store(), nil, w.Clock.Now)
	switch {
	case j.Name == changesweep.JobSweep && j.Function == changesweep.Function.Name:
		return w.swept.idle(w.Usage, now, func() (time.Time, bool, error) { return l.NextDue(ctx) })
	case j.Name == accessgrant.JobEnding && j.Function == accessgrant.Function.Name:
		return w.ends.idle(w.Usage, now, func() (time.Time, bool, error) {
			end, ok, err := l.NextEnd(ctx, change.AccessGrant, now.Add(-time.Hour))
			return end.Add(-grant.WarnBefore), ok, err
		})
	case j.Name == connectcard.JobWatch && j.Function == connectcard.Function.Name:
		return w.handed.idle(w.Usage, now, func() (time.Time, bool, error) {
			return handover.New(w.backend.Store(), connection.Policy{}, w.Clock.Now).Next(ctx)
		})
	}
	return false
}

// idle asks when a job has something to do next, where that may have changed.
func (s *sweep) idle(u *Usage, now time.Time, next func() (time.Time, bool, error)) bool {
	_, writes := u.Totals()
	if !s.known || writes != s.writes || !s.none && !now.Before(s.due) {
		due, ok, err := next()
		if err != nil {
			return false
		}
		*s = sweep{writes: writes, known: true, due: due, none: !ok}
	}
	return s.none || now.Before(s.due)
}
