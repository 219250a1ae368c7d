package inactivitysweep

import (
	"context"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/state/cursor"
)

// The scheduler tries a night again that went wrong. A system whose night went well is not listed once
// more for it, and one that keeps failing not for ever: a vendor may grant a thousand calls a month.

const (
	// attemptsJob names what is kept of the attempts of one night.
	attemptsJob = "inactivity-attempts"
	// attemptsFor is how long a night may be tried again: longer than the scheduler does, and shorter
	// than it is until the next night.
	attemptsFor = 6 * time.Hour
	// mostAttempts is how often a system is tried in one night.
	mostAttempts = 2
)

// attempts are those of one night so far: which systems went well, and how often others went wrong.
type attempts struct {
	done   []string
	failed map[string]int64
}

// attempts returns those of this night; none where the last attempt went well, or was of another one.
func (h *handler) attempts(ctx context.Context) (attempts, error) {
	c, err := cursor.Get(ctx, h.store, attemptsJob)
	if err != nil || h.now().Sub(c.At) >= attemptsFor || c.Known == nil {
		return attempts{failed: map[string]int64{}}, err
	}
	return attempts{done: c.Seen, failed: c.Known}, nil
}

// over reports whether nothing is to be done for a system any more tonight.
func (a *attempts) over(system string) bool {
	return slices.Contains(a.done, system) || a.failed[system] >= mostAttempts
}

// keep keeps the attempts for the next one, where there is one; else it forgets them, so that a sweep that
// somebody orders by hand is a whole one.
func (h *handler) keep(ctx context.Context, a attempts, again bool) error {
	if again {
		return cursor.Set(ctx, h.store, attemptsJob, cursor.Cursor{At: h.now(), Seen: a.done, Known: a.failed})
	}
	if len(a.done)+len(a.failed) == 0 {
		return nil
	}
	return cursor.Set(ctx, h.store, attemptsJob, cursor.Cursor{})
}
