// Package dirty turns signals about groups into readings: one place for the webhook, which
// hears of a change at once, and the watch, which finds it in the audit log.
package dirty

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/queue"
)

// Queue plans what has to be read again after a signal. Signals of one burst become one
// reading. Settings that our own robot wrote are not read again: the change that wrote them
// has read them back.
func Queue(ctx context.Context, q queue.Queue, s group.Signal, robot string, now time.Time) error {
	if s.Topic == group.AboutWhole {
		members, settings := s, s
		members.Topic, settings.Topic = group.AboutMembers, group.AboutSettings
		return errors.Join(Queue(ctx, q, members, robot, now), Queue(ctx, q, settings, robot, now))
	}
	if Own(s, robot) {
		return nil
	}
	switch s.Topic {
	case group.AboutSettings:
		return plan(ctx, q, event.QueueSettings, s, event.CheckSettings{Group: s.Group, Actor: s.Actor, Noticed: now}, now)
	case group.AboutPerson:
		s.Group = s.Person
		return plan(ctx, q, event.QueueDirectory, s, event.RefreshPerson{Person: s.Person}, now)
	case group.AboutEverything:
		return plan(ctx, q, event.QueueDirectory, s, event.Walk{Run: now.UTC().Format("20060102T150405")}, now)
	default:
		return plan(ctx, q, event.QueueDirectory, s, event.RefreshGroup{Group: s.Group, Noticed: now}, now)
	}
}

// Own reports whether a signal is about settings that our own robot wrote. The robot's address
// must be of an account that no person uses; where Sekisho acts for an administrator, leave it
// empty: one reading more for each correction is the price.
func Own(s group.Signal, robot string) bool {
	return s.Topic == group.AboutSettings && robot != "" && group.Address(s.Actor) == group.Address(robot)
}

func plan(ctx context.Context, q queue.Queue, name string, s group.Signal, p event.Payload, now time.Time) error {
	body, err := event.Seal(p)
	if err != nil {
		return err
	}
	task, at := group.Window(s.Topic, s.Group, now)
	err = q.Enqueue(ctx, queue.Task{Queue: name, Name: task, Body: body, NotBefore: at})
	if err != nil && !errors.Is(err, queue.ErrExists) {
		return fmt.Errorf("queue %s on %s: %w", p.Type(), name, err)
	}
	return nil
}
