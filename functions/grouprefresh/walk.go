package grouprefresh

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/state/cursor"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// JobWalk is the scheduler's job.
const JobWalk = "walk"

// cursorWalk is the name of the walk's cursor.
const cursorWalk = "walk"

// stalled is how long a walk may stand still before another may begin.
const stalled = time.Hour

// Phases of a walk.
const (
	phasePeople = "people"
	phaseGroups = "groups"
	phaseDone   = "done"
)

func (h *handler) tick(ctx context.Context, t event.Tick) error {
	if t.Job != JobWalk {
		return cloudfn.Permanent(fmt.Errorf("no job %q", t.Job))
	}
	return h.next(ctx, h.now().UTC().Format("20060102"), 0)
}

// walk does one page: first of the people, then of the groups in the order of their
// addresses. A group whose listing differs from the mirror, and one that the listing leaves
// out, is read; the listing itself changes nothing.
func (h *handler) walk(ctx context.Context, e event.Walk) error {
	if e.Run == "" {
		// The cursor of a directory that was never walked has no run either: such a walk would
		// go on for ever.
		return cloudfn.Permanent(errors.New("a walk without a name"))
	}
	c, err := cursor.Get(ctx, h.store, cursorWalk)
	if err != nil {
		return err
	}
	underWay := c.Phase == phasePeople || c.Phase == phaseGroups
	switch {
	case e.Page == 0 && c.Run != e.Run:
		if underWay && h.now().Sub(c.Moved) < stalled {
			return fmt.Errorf("walk %s: walk %s is under way", e.Run, c.Run)
		}
		c = cursor.Cursor{Run: e.Run, Phase: phasePeople, At: c.At, Began: h.now()}
	case c.Run != e.Run, c.Phase == phaseDone:
		return nil // of a walk that is over
	case e.Page == c.Count-1:
		return h.next(ctx, c.Run, c.Count) // done before, but perhaps it ended before it could say so
	case e.Page != c.Count:
		return nil // a page that was done before
	}
	switch c.Phase {
	case phasePeople:
		err = h.walkPeople(ctx, &c)
	case phaseGroups:
		err = h.walkGroups(ctx, &c)
	}
	if err != nil {
		return err
	}
	c.Count++
	c.Moved = h.now()
	if err := cursor.Set(ctx, h.store, cursorWalk, c); err != nil {
		return err
	}
	if c.Phase == phaseDone {
		return nil
	}
	return h.next(ctx, c.Run, c.Count)
}

func (h *handler) walkPeople(ctx context.Context, c *cursor.Cursor) error {
	began := h.now()
	page, err := h.directory.People(ctx, c.Token)
	if err != nil {
		return fmt.Errorf("list people: %w", err)
	}
	if err := h.mirror.PutPeople(ctx, page.People, began); err != nil {
		return err
	}
	c.Token = page.Next
	if page.Next != "" {
		return nil
	}
	c.Phase = phaseGroups
	// Who is in no list any more is asked for one by one: a list that ends early removes
	// nobody.
	missing, err := h.mirror.PeopleReadBefore(ctx, c.Began)
	if err != nil {
		return err
	}
	for _, id := range missing {
		if err := h.enqueue(ctx, event.RefreshPerson{Person: id}, "walk-"+c.Run+"-person-"+id); err != nil {
			return err
		}
	}
	return nil
}

func (h *handler) walkGroups(ctx context.Context, c *cursor.Cursor) error {
	page, err := h.directory.Groups(ctx, c.Token)
	if err != nil {
		return fmt.Errorf("list groups: %w", err)
	}
	listed := map[string]bool{}
	upTo := ""
	for _, g := range page.Groups {
		listed[g.ID] = true
		upTo = max(upTo, group.Address(g.Email))
		same, err := h.same(ctx, g)
		if err != nil {
			return err
		}
		if !same {
			if err := h.read(ctx, c.Run, g.ID); err != nil {
				return err
			}
		}
	}
	end := upTo
	if page.Next == "" {
		end = ""
	}
	held, err := h.mirror.Between(ctx, c.Last, end)
	if err != nil {
		return err
	}
	for _, id := range held {
		if !listed[id] {
			if err := h.read(ctx, c.Run, id); err != nil {
				return err
			}
		}
	}
	c.Token, c.Last = page.Next, upTo
	if page.Next == "" {
		c.Phase, c.At = phaseDone, c.Began
	}
	return nil
}

// same reports whether the mirror holds a group as it is listed.
func (h *handler) same(ctx context.Context, g group.Group) (bool, error) {
	held, err := h.mirror.Find(ctx, g.ID)
	if errors.Is(err, mirror.ErrUnknown) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	have := held.Group
	return group.Address(have.Email) == group.Address(g.Email) && have.Name == g.Name && have.Description == g.Description &&
		have.Count == g.Count && slices.Equal(have.Aliases, g.Aliases), nil
}

// read queues the reading of one group, once a run.
func (h *handler) read(ctx context.Context, run, id string) error {
	return h.enqueue(ctx, event.RefreshGroup{Group: id, Noticed: h.now()}, "walk-"+run+"-"+id)
}

// next queues the next page of a run.
func (h *handler) next(ctx context.Context, run string, n int) error {
	return h.enqueue(ctx, event.Walk{Run: run, Page: n}, fmt.Sprintf("walk-%s-page-%d", run, n))
}

func (h *handler) enqueue(ctx context.Context, p event.Payload, name string) error {
	body, err := event.Seal(p)
	if err != nil {
		return err
	}
	err = h.queue.Enqueue(ctx, queue.Task{Queue: event.QueueDirectory, Name: name, Body: body})
	if err != nil && !errors.Is(err, queue.ErrExists) {
		return fmt.Errorf("queue %s: %w", p.Type(), err)
	}
	return nil
}
