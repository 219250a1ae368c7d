package groupwatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/channel"
	"github.com/sekisho/sekisho/shared/state/cursor"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/readings"
)

// Life is how long a channel is asked for: the most that Google grants.
const Life = 6 * time.Hour

// settled is how old an event must be before the poll looks at it. A younger one has most
// likely been notified, and its reading is planned; the next poll sees it again.
const settled = 3 * time.Minute

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

// renew opens a channel for each application that has none with more than half its life left,
// then ends those that a newer one has replaced. The two overlap, so that nothing is missed;
// what both deliver is coalesced.
func (h *handler) renew(ctx context.Context) error {
	all, err := channel.All(ctx, h.store)
	if err != nil {
		return err
	}
	now := h.now()
	var problems []error
	for _, application := range h.applications {
		if fresh(all, application, now) {
			continue
		}
		if err := h.open(ctx, application, now); err != nil {
			problems = append(problems, err)
			continue
		}
		for _, old := range all {
			if old.Application == application {
				problems = append(problems, h.close(ctx, old))
			}
		}
	}
	return errors.Join(problems...)
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

// poll reads the audit log of each application from its watermark on, and plans a reading for
// every event after which the group was not read. The overlap reaches back for events that
// Google wrote late.
func (h *handler) poll(ctx context.Context) error {
	var problems []error
	for _, application := range h.applications {
		if err := h.pollOne(ctx, application); err != nil {
			problems = append(problems, fmt.Errorf("poll %s: %w", application, err))
		}
	}
	return errors.Join(problems...)
}

func (h *handler) pollOne(ctx context.Context, application string) error {
	now := h.now()
	job := "poll-" + application
	mark, err := cursor.Get(ctx, h.store, job)
	if err != nil {
		return err
	}
	if mark.At.IsZero() {
		mark.At = now.Add(-h.overlap) // the first poll
	}
	since := mark.At.Add(-h.overlap)
	known := map[string]time.Time{}
	token, empty := "", true
	for {
		page, err := h.reports.List(ctx, application, since, token)
		if err != nil {
			return err // the watermark stays: everything is read again
		}
		empty = empty && len(page.Activities) == 0
		for _, a := range page.Activities {
			for _, s := range a.Signals() {
				if err := h.repair(ctx, s, known, now); err != nil {
					return err
				}
			}
		}
		if page.Unreadable > 0 {
			// What they were about is unknown: the lists of all groups are compared.
			h.log.ErrorContext(ctx, "unreadable activities", "application", application, "count", page.Unreadable)
			if err := readings.Plan(ctx, h.queue, group.Signal{Topic: group.AboutEverything, At: now}, h.robot, now); err != nil {
				return err
			}
		}
		if page.Next == "" {
			break
		}
		if page.Next == token {
			return errors.New("the page token repeats itself")
		}
		token = page.Next
	}
	if empty && now.Sub(mark.At) < h.overlap/2 {
		return nil // reading a little more next time costs less than writing
	}
	return cursor.Set(ctx, h.store, job, cursor.Cursor{At: now})
}

// repair plans a reading unless the group was read after the event.
func (h *handler) repair(ctx context.Context, s group.Signal, known map[string]time.Time, now time.Time) error {
	if now.Sub(s.At) < settled || s.Topic == group.AboutSettings && readings.Own(s, h.robot) {
		return nil
	}
	key := string(s.Topic) + " " + s.Group + " " + s.Person
	read, ok := known[key]
	if !ok {
		var err error
		if read, err = h.read(ctx, s); err != nil {
			return err
		}
		known[key] = read
	}
	if read.After(s.At.Add(s.Topic.Settle() / 2)) {
		return nil
	}
	known[key] = now // one reading serves all events of this poll
	return readings.Plan(ctx, h.queue, s, h.robot, now)
}

// read returns when what a signal is about was read last.
func (h *handler) read(ctx context.Context, s group.Signal) (time.Time, error) {
	switch s.Topic {
	case group.AboutPerson:
		return h.mirror.PersonRead(ctx, s.Person)
	case group.AboutEverything:
		c, err := cursor.Get(ctx, h.store, "walk")
		return c.At, err
	case group.AboutSettings:
		header, err := h.mirror.Find(ctx, s.Group)
		if errors.Is(err, mirror.ErrUnknown) {
			return h.mirror.Freshness(ctx, s.Group)
		}
		if err != nil {
			return time.Time{}, err
		}
		known, err := h.mirror.Settings(ctx, header.Group.ID)
		return known.Judged, err
	default:
		return h.mirror.Freshness(ctx, s.Group)
	}
}
