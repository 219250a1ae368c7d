// Package readings plans what is read again from Google after a signal about a group or a
// person: one place for the webhook, which hears of a change at once, and the watch, which
// finds it in the audit log.
package readings

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/queue"
)

// Plan plans what has to be read again after a signal that was noticed at now. Signals of one
// burst become one reading. Settings that our own robot wrote are not read again: the change
// that wrote them has read them back.
func Plan(ctx context.Context, q queue.Queue, s group.Signal, robot string, now time.Time) error {
	own := Own(s, robot)
	switch {
	case s.Topic == group.AboutEverything, group.Address(cmp.Or(s.Group, s.Person)) == "":
		return walk(ctx, q, now)
	case s.Topic == group.AboutPerson:
		return plan(ctx, q, event.QueueDirectory, s.Topic, s.Person, event.RefreshPerson{Person: s.Person}, now)
	case s.Topic == group.AboutSettings && own:
		return nil
	case s.Topic == group.AboutSettings:
		return settings(ctx, q, s, now)
	case s.Topic == group.AboutWhole && !own:
		return errors.Join(members(ctx, q, s, now), settings(ctx, q, s, now))
	default:
		return members(ctx, q, s, now)
	}
}

// Own reports whether our own robot did what a signal is about. The robot's address must be of
// an account that no person uses; where Sekisho acts for an administrator, leave it empty: one
// reading more for each correction is the price.
func Own(s group.Signal, robot string) bool {
	return robot != "" && group.Address(s.Actor) == group.Address(robot)
}

func walk(ctx context.Context, q queue.Queue, now time.Time) error {
	return plan(ctx, q, event.QueueDirectory, group.AboutEverything, "", event.Walk{Run: now.UTC().Format("20060102T150405")}, now)
}

func settings(ctx context.Context, q queue.Queue, s group.Signal, now time.Time) error {
	return plan(ctx, q, event.QueueSettings, group.AboutSettings, s.Group, event.CheckSettings{Group: s.Group, Actor: s.Actor, Noticed: now}, now)
}

// members plans the reading of a group with its members: what is about the group alone needs
// the same reading and shares it.
func members(ctx context.Context, q queue.Queue, s group.Signal, now time.Time) error {
	return plan(ctx, q, event.QueueDirectory, group.AboutMembers, s.Group, event.RefreshGroup{Group: s.Group, Noticed: now}, now)
}

func plan(ctx context.Context, q queue.Queue, name string, t group.Topic, about string, p event.Payload, now time.Time) error {
	body, err := event.Seal(p)
	if err != nil {
		return err
	}
	task, at := group.Window(t, about, now)
	err = q.Enqueue(ctx, queue.Task{Queue: name, Name: task, Body: body, NotBefore: at})
	if err != nil && !errors.Is(err, queue.ErrExists) {
		return fmt.Errorf("queue %s on %s: %w", p.Type(), name, err)
	}
	return nil
}
