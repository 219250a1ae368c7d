package groupsettings

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/settingsrule"
	"github.com/sekisho/sekisho/shared/state/cursor"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// This file holds all groups against the rules again although nothing about them has changed:
// when the policy is another one, and once a day, because what was denied, expired or failed is
// asked again after its time. It asks no API: only a group for which something follows is read.

const (
	cursorSweep = "settings-sweep"
	sweepEvery  = 24 * time.Hour
	sweepPage   = 200
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
		if err := h.sweepOne(ctx, header, e.Run); err != nil {
			return err
		}
	}
	last := page[len(page)-1]
	return h.enqueue(ctx, event.SweepSettings{Run: e.Run, After: last.Place()}, "sweep-"+e.Run+"-"+last.Group.ID, time.Time{})
}

func (h *handler) sweepOne(ctx context.Context, header mirror.Header, run string) error {
	known, err := h.mirror.Settings(ctx, header.Group.ID)
	if err != nil {
		return err
	}
	if known.Read.IsZero() {
		return h.queueSwept(ctx, header.Group.ID, run)
	}
	f := h.rules.Evaluate(settingsrule.Subject{
		Group: header.Group.Email, Settings: known.Values, Secure: known.Secure, Waived: known.Exceptions(header.Group.Email),
	}, h.now())
	follows := slices.ContainsFunc(f.Corrections, func(c settingsrule.Correction) bool { return c.Mode != change.Report })
	if !follows && slices.Equal(inWords(f), known.Findings) {
		return nil // compliant, or reported already
	}
	return h.queueSwept(ctx, header.Group.ID, run)
}

// queueSwept queues a check that can wait.
func (h *handler) queueSwept(ctx context.Context, id, run string) error {
	return h.enqueue(ctx, event.CheckSettings{Group: id, Noticed: h.now(), Sweep: true}, checkTask(id, "sweep-"+run), time.Time{})
}
