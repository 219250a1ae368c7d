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

// Plan plans what has to be read again after a signal. All signals of what happened in one
// window of time become one reading, however late each of them arrives: the same act is told by
// two audit logs, one of them minutes later, and is read once. Settings that our own robot
// wrote are not read again: the change that wrote them has read them back.
func Plan(ctx context.Context, q queue.Queue, s group.Signal, robot string, now time.Time) error {
	happened := happened(s, now)
	return plan(ctx, q, s, robot, now, func(t group.Topic, about string) (string, time.Time) { return group.Window(t, about, happened) })
}

// happened returns when that happened of which a signal tells, which is never in the future.
func happened(s group.Signal, now time.Time) time.Time {
	if s.At.IsZero() || s.At.After(now) {
		return now
	}
	return s.At
}

// Repair plans the same where the reading that [Plan] planned was lost or came to nothing: at once, and
// under names of its own. Whoever finds an event without its reading again and again may say so as
// often: there is one repair at first, another one when the event is four times as old as it then was,
// and so on. A reading waits in its queue until it is done; in an outage of hours one for each time would
// be a storm of calls, and once more when the outage is over.
func Repair(ctx context.Context, q queue.Queue, s group.Signal, robot string, now time.Time) error {
	happened := happened(s, now)
	return plan(ctx, q, s, robot, now, func(t group.Topic, about string) (string, time.Time) {
		name, _ := group.Window(t, about, happened)
		return fmt.Sprintf("repair-%s-%d", name, repairs(t, now.Sub(happened))), now
	})
}

// How old an event is when it is repaired a second time, and how many times as old when once more. A
// walk may wait for another one to end.
const (
	patience     = 12 * time.Minute
	walkPatience = time.Hour
	growing      = 4
)

// repairs counts the repairs that an event of an age should have had before: none of a young one.
func repairs(t group.Topic, age time.Duration) int {
	first := patience
	if t == group.AboutEverything {
		first = walkPatience
	}
	n := 0
	for ; age >= first; age /= growing {
		n++
	}
	return n
}

// window names the reading of something and says when it is due.
type window func(t group.Topic, about string) (name string, at time.Time)

func plan(ctx context.Context, q queue.Queue, s group.Signal, robot string, now time.Time, w window) error {
	refresh := func() error {
		name, at := w(group.AboutMembers, s.Group)
		return enqueue(ctx, q, event.QueueDirectory, name, at, event.RefreshGroup{Group: s.Group, Noticed: now})
	}
	settings := func() error {
		name, at := w(group.AboutSettings, s.Group)
		return enqueue(ctx, q, event.QueueSettings, name, at, event.CheckSettings{Group: s.Group, Actor: s.Actor, Noticed: now})
	}
	own := Own(s, robot)
	switch {
	case s.Topic == group.AboutEverything, group.Address(cmp.Or(s.Group, s.Person)) == "":
		name, at := w(group.AboutEverything, "")
		walk := enqueue(ctx, q, event.QueueDirectory, name, at, event.Walk{Run: at.UTC().Format("20060102T150405")})
		return errors.Join(walk, AllSettings(ctx, q, s, robot, now))
	case s.Topic == group.AboutPerson:
		name, at := w(s.Topic, s.Person)
		return enqueue(ctx, q, event.QueueDirectory, name, at, event.RefreshPerson{Person: s.Person})
	case s.Topic == group.AboutSettings && own:
		return nil
	case s.Topic == group.AboutSettings:
		return settings()
	case s.Topic == group.AboutWhole && !own:
		return errors.Join(refresh(), settings())
	default:
		return refresh()
	}
}

// allSettings is how long the settings of all groups wait to be read after an event that may be about
// any of them: it is one call for each group, so that all such events of some hours share it.
const allSettings = 6 * time.Hour

// AllSettings plans that the settings of all groups are read where a signal is about everything and
// about settings: once for all such signals of one window of time, after its end. It does nothing
// for other signals.
func AllSettings(ctx context.Context, q queue.Queue, s group.Signal, robot string, now time.Time) error {
	if s.Topic != group.AboutEverything || !s.Settings || Own(s, robot) {
		return nil
	}
	at := happened(s, now).Truncate(allSettings).Add(allSettings + group.AboutSettings.Settle()).UTC()
	run := "everything-" + at.Format("20060102T150405")
	return enqueue(ctx, q, event.QueueSettings, "sweep-"+run, at, event.SweepSettings{Run: run, Before: at})
}

func enqueue(ctx context.Context, q queue.Queue, name, task string, at time.Time, p event.Payload) error {
	return queue.Order(ctx, q, queue.Task{Queue: name, Name: task, NotBefore: at}, p)
}

// Own reports whether our own robot did what a signal is about. The robot's address must be of
// an account that no person uses; where Sekisho acts for an administrator, leave it empty: one
// reading more for each correction is the price.
func Own(s group.Signal, robot string) bool {
	return robot != "" && group.Address(s.Actor) == group.Address(robot)
}
