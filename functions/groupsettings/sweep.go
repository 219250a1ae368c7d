package groupsettings

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/settingsrule"
	"github.com/sekisho/sekisho/shared/state/cursor"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// This file holds all groups against the rules again although nothing about them is known to have
// changed: when the policy is another one, and once a day, because what was denied, expired or failed is
// asked again after its time. It asks no API: only a group for which something follows is read, and one
// of which nobody may have been told, because its turn has come.

const (
	cursorSweep = "settings-sweep"
	sweepEvery  = 24 * time.Hour
	sweepPage   = 200
	// verifyEvery is how often the settings of every group are read at least: what the audit log did not
	// tell of, or what was lost between, is found then.
	verifyEvery = 30 * 24 * time.Hour
	// spread is over how long the readings of one sweep are spread for which nothing is known to follow,
	// so that nothing more urgent waits in the queue behind them.
	spread = 6 * time.Hour
)

// beginSweep begins a sweep where one is due.
func (h *handler) beginSweep(ctx context.Context, now time.Time) error {
	last, err := cursor.Get(ctx, h.store, cursorSweep)
	if err != nil {
		return err
	}
	if last.Token == h.policy.Hash && now.Sub(last.At) < sweepEvery {
		return nil
	}
	run := fmt.Sprintf("%s-%d", h.policy.Hash, now.Unix())
	if err := h.enqueue(ctx, event.SweepSettings{Run: run}, "sweep-"+run, time.Time{}); err != nil {
		return err
	}
	return cursor.Set(ctx, h.store, cursorSweep, cursor.Cursor{At: now, Token: h.policy.Hash, Run: run})
}

// sweep looks at one page of groups and queues a check of those for which something follows.
func (h *handler) sweep(ctx context.Context, e event.SweepSettings) error {
	page, err := h.mirror.Page(ctx, e.After, sweepPage)
	if err != nil || len(page) == 0 {
		return err
	}
	for _, header := range page {
		if err := h.sweepOne(ctx, header, e); err != nil {
			return err
		}
	}
	last := page[len(page)-1]
	next := e
	next.After = last.Place()
	return h.enqueue(ctx, next, "sweep-"+e.Run+"-"+last.Group.ID, time.Time{})
}

func (h *handler) sweepOne(ctx context.Context, header mirror.Header, e event.SweepSettings) error {
	known, err := h.mirror.Settings(ctx, header.Group.ID)
	if err != nil {
		return err
	}
	now := h.now()
	if known.Read.IsZero() {
		return h.queueSwept(ctx, header.Group.ID, e.Run, now)
	}
	f := h.rules.Evaluate(settingsrule.Subject{
		Group: header.Group.Email, Settings: known.Values, Secure: known.Secure, Waived: known.Exceptions(header.Group.Email, known.Values, known.Secure),
	}, now)
	follows := slices.ContainsFunc(f.Corrections, func(c settingsrule.Correction) bool { return c.Mode != change.Report })
	if follows || !slices.Equal(inWords(f), known.Findings) {
		return h.queueSwept(ctx, header.Group.ID, e.Run, now) // also where its turn would come later in this sweep
	}
	if known.Read.Before(e.Before) || known.Read.Before(turn(header.Group.ID, now)) {
		return h.queueSwept(ctx, header.Group.ID, e.Run, now.Add(place(header.Group.ID, spread)))
	}
	return nil // compliant, or reported already
}

// turn returns when it was a group's turn last to have its settings read. The turns of all groups are
// spread evenly, also where all were read on one day.
func turn(id string, now time.Time) time.Time {
	first := time.Unix(0, 0).Add(place(id, verifyEvery))
	return first.Add(now.Sub(first).Truncate(verifyEvery))
}

// place returns a group's own place within a span of time.
func place(id string, span time.Duration) time.Duration {
	hash := fnv.New32a()
	hash.Write([]byte(id))
	return time.Duration(hash.Sum32()) * time.Second % span
}

// queueSwept queues a check that can wait.
func (h *handler) queueSwept(ctx context.Context, id, run string, at time.Time) error {
	return h.enqueue(ctx, event.CheckSettings{Group: id, Noticed: h.now(), Sweep: true}, checkTask(id, "sweep-"+run), at)
}
