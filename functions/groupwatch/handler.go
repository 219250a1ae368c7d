package groupwatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/channel"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// Life is how long a channel is asked for: the most that Google grants.
const Life = 6 * time.Hour

// overlapping is how long a channel stays open beside the one that replaces it: longer than a
// notification is on its way. The first renewal after that ends it.
const overlapping = 10 * time.Minute

// reports is what this function calls of the Reports API.
type reports interface {
	List(ctx context.Context, application string, since time.Time, pageToken string) (workspace.ActivityPage, error)
	Watch(ctx context.Context, c workspace.Channel) (workspace.Channel, error)
	Stop(ctx context.Context, c workspace.Channel) error
}

type handler struct {
	store        store.Store
	queue        queue.Queue
	mirror       *mirror.Mirror
	reports      reports
	now          func() time.Time
	log          *slog.Logger
	address      string
	applications []string
	robot        string
	overlap      time.Duration
}

// Jobs of the scheduler.
const (
	JobRenew = "renew"
	JobPoll  = "poll"
)

func (h *handler) tick(ctx context.Context, t event.Tick) error {
	switch t.Job {
	case JobRenew:
		return h.renew(ctx)
	case JobPoll:
		return h.poll(ctx)
	}
	return cloudfn.Permanent(fmt.Errorf("no job %q", t.Job))
}

// renew opens a channel for each application that has none with more than half its life left, and
// ends those that a newer one replaced a while ago. The two overlap, so that what happened before
// the newer one was open, and is notified after, still meets the channel that it was sent on; what
// both deliver is coalesced.
func (h *handler) renew(ctx context.Context) error {
	all, err := channel.All(ctx, h.store)
	if err != nil {
		return err
	}
	now := h.now()
	var problems []error
	for _, application := range h.applications {
		if !fresh(all, application, now) {
			problems = append(problems, h.open(ctx, application, now))
		}
	}
	for _, c := range all {
		if slices.Contains(h.applications, c.Application) && replaced(all, c, now) {
			problems = append(problems, h.close(ctx, c))
		}
	}
	return errors.Join(problems...)
}

// replaced reports whether a newer channel has been open for a while.
func replaced(all []channel.Channel, old channel.Channel, now time.Time) bool {
	return slices.ContainsFunc(all, func(c channel.Channel) bool {
		return c.Application == old.Application && c.Resource != "" && c.Opened.After(old.Opened) && now.Sub(c.Opened) >= overlapping
	})
}

func fresh(all []channel.Channel, application string, now time.Time) bool {
	for _, c := range all {
		if c.Application == application && c.Resource != "" && c.Expires.Sub(now) > Life/2 {
			return true
		}
	}
	return false
}

func (h *handler) open(ctx context.Context, application string, now time.Time) error {
	c, token := channel.New(application, now, now.Add(Life))
	// Stored first: Google's first message may come before its answer.
	if err := channel.Put(ctx, h.store, c); err != nil {
		return err
	}
	opened, err := h.reports.Watch(ctx, workspace.Channel{
		ID: c.ID, Token: token, Address: h.address, Application: application, Expires: c.Expires,
	})
	if err != nil {
		return fmt.Errorf("watch %s: %w", application, err)
	}
	// What was granted counts, not what was asked for.
	c.Resource, c.Expires = opened.ResourceID, opened.Expires
	return channel.Put(ctx, h.store, c)
}

func (h *handler) close(ctx context.Context, c channel.Channel) error {
	if c.Resource != "" {
		if err := h.reports.Stop(ctx, workspace.Channel{ID: c.ID, ResourceID: c.Resource, Application: c.Application}); err != nil {
			return fmt.Errorf("stop channel %s: %w", c.ID, err)
		}
	}
	return channel.Delete(ctx, h.store, c.ID)
}
