package inactivitysweep

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/state/cursor"
)

// The scheduler tries a night again that went wrong. A system whose night went well is not listed once
// more for it, and one that keeps failing not for ever: a vendor may grant a thousand calls a month. So an
// attempt is written down before the first call of it: it counts too where time runs out or the instance
// ends.

const (
	// attemptsJob names what is kept of the attempts of one night.
	attemptsJob = "inactivity-attempts"
	// attemptsFor is how long after its latest attempt a night is over: the scheduler hears for half an
	// hour at most whether one went well, and makes the next within 80 s. What somebody orders by hand
	// in the evening is another night.
	attemptsFor = 32 * time.Minute
	// mostAttempts is how often a system is tried in one night.
	mostAttempts = 2
	// mostTicks is how often the scheduler calls for one night: once, and five times more where it went
	// wrong. Terraform says so.
	mostTicks = 6
	// lastWords is how long it may take to write down what a night has done when its time is over.
	lastWords = 10 * time.Second
)

// errGivenUp says that a system was tried often enough. The job has not ended well then, also where a call
// of it finds nothing left to do: else a system that is down every night would never be missed.
var errGivenUp = errors.New("it is given up for tonight")

// attempts are those of one night so far: which systems went well, how often each was begun with, how
// often the scheduler has called, and when it first did.
type attempts struct {
	began time.Time
	done  []string
	begun map[string]int64
	ticks int
}

// attempts returns those of this night; none where the last attempt went well, or was of another one.
func (h *handler) attempts(ctx context.Context) (attempts, error) {
	c, err := cursor.Get(ctx, h.store, attemptsJob)
	if err != nil || h.now().Sub(c.At) >= attemptsFor || c.Known == nil {
		return attempts{began: h.now(), begun: map[string]int64{}}, err
	}
	return attempts{began: c.Began, done: c.Seen, begun: c.Known, ticks: c.Count}, nil
}

// well reports whether a system was looked through tonight.
func (a *attempts) well(system string) bool { return slices.Contains(a.done, system) }

// attempt looks through one system, unless that it begins cannot be written down. That it went well is
// written down with the next one's beginning, or at the end.
func (h *handler) attempt(ctx context.Context, tonight *attempts, n *night) error {
	tonight.begun[n.name]++
	if err := h.keep(ctx, tonight); err != nil {
		tonight.begun[n.name]--
		return err
	}
	n.began = tonight.began
	if err := n.sweep(ctx); err != nil {
		return fmt.Errorf("sweep %s: %w", n.name, err)
	}
	tonight.done = append(tonight.done, n.name)
	return nil
}

// giveUp says once a night that a system is given up.
func (h *handler) giveUp(ctx context.Context, tonight *attempts, system string) error {
	if tonight.begun[system] == mostAttempts {
		h.log.ErrorContext(ctx, "a system is given up for tonight", "system", system)
		tonight.begun[system]++ // it is said
	}
	return fmt.Errorf("sweep %s: %w", system, errGivenUp)
}

// keep writes the attempts down for the next one.
func (h *handler) keep(ctx context.Context, a *attempts) error {
	return cursor.Set(ctx, h.store, attemptsJob, cursor.Cursor{At: h.now(), Began: a.began, Seen: a.done, Known: a.begun, Count: a.ticks})
}

// conclude writes down how a call of the night ended, also where its time is over. After one that went well,
// and after the last, the night is forgotten, so that a sweep that somebody orders by hand is a whole one.
func (h *handler) conclude(ctx context.Context, a *attempts, wrong bool) error {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	if wrong && a.ticks < mostTicks {
		return h.keep(ctx, a)
	}
	if len(a.begun) == 0 {
		return nil
	}
	return cursor.Set(ctx, h.store, attemptsJob, cursor.Cursor{})
}

// afterwards is the context of what is to be written down though the time of the night is over.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), lastWords)
}
