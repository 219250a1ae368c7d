package groupsettings

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/state/cursor"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// JobRecheck is the scheduler's job.
const JobRecheck = "recheck"

// tick queues checks of the groups for which time alone has changed what the rules say.
func (h *handler) tick(ctx context.Context, t event.Tick) error {
	if t.Job != JobRecheck {
		return cloudfn.Permanent(fmt.Errorf("no job %q", t.Job))
	}
	const job = "settings-recheck"
	now := h.now()
	if err := h.beginSweep(ctx, now); err != nil {
		return err
	}
	last, err := cursor.Get(ctx, h.store, job)
	if err != nil {
		return err
	}
	var groups []string
	for _, address := range h.rules.Turns(last.At, now) {
		header, err := h.mirror.Find(ctx, address)
		if errors.Is(err, mirror.ErrUnknown) {
			continue
		}
		if err != nil {
			return err
		}
		groups = append(groups, header.Group.ID)
	}
	waived, err := h.mirror.Turned(ctx, now)
	if err != nil {
		return err
	}
	for _, id := range append(groups, waived...) {
		if err := h.queueCheck(ctx, id, "turned-"+fmt.Sprint(now.Unix())); err != nil {
			return err
		}
	}
	if len(groups) == 0 && now.Sub(last.At) < 24*time.Hour {
		return nil // the cursor only has to be younger than the exceptions' history
	}
	return cursor.Set(ctx, h.store, job, cursor.Cursor{At: now})
}
