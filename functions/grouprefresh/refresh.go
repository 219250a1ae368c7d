package grouprefresh

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/state/budget"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// refresh reads one group, without its members, and queues their reading.
func (h *handler) refresh(ctx context.Context, e event.RefreshGroup) error {
	if e.Unknown {
		if wanted, err := h.unanswered(ctx, e); err != nil || !wanted {
			return err
		}
	}
	if err := h.budget.Spend(ctx, budget.Refresh); err != nil {
		return err
	}
	began := h.now()
	g, err := h.directory.Group(ctx, e.Group)
	switch {
	case e.Unknown && unclear(err) && e.Try < mostTries:
		return h.askLater(ctx, e)
	case e.Unknown && errors.Is(err, workspace.ErrNotFound): // it may have been deleted before anybody heard of it
		return errors.Join(h.notFound(ctx, e, began), h.leaveFew(ctx, e.Group, began))
	case errors.Is(err, workspace.ErrNotFound), e.Unknown && (elsewhere(err) || unclear(err)):
		return h.notFound(ctx, e, began)
	case err != nil:
		return fmt.Errorf("read group %s: %w", e.Group, err)
	}
	if err := h.mirror.PutDetailsOf(ctx, g, began); err != nil {
		return err
	}
	if !e.Unknown { // who asks has heard of something: perhaps of the new address that a list has brought already
		if err := h.carryGroup(ctx, g.ID, began); err != nil {
			return err
		}
	}
	if e.Group != g.ID {
		if err := h.refreshHolders(ctx, e, g.ID, began); err != nil {
			return err
		}
	}
	try := e.Try
	if e.Unknown {
		try = 0 // the answer was in doubt until now, and no reading
	}
	return h.ensure(ctx, event.ReadMembers{Group: g.ID, Since: began, Try: try}, fmt.Sprintf("members-%s-%d", g.ID, began.UnixNano()), time.Time{})
}

// refreshHolders queues the reading of every group that the mirror has at an address, but for
// one: the address may be theirs no longer.
func (h *handler) refreshHolders(ctx context.Context, e event.RefreshGroup, but string, began time.Time) error {
	holders, err := h.mirror.Holders(ctx, e.Group)
	if err != nil {
		return err
	}
	for _, holder := range holders {
		if id := holder.Group.ID; id != but {
			if err := h.ensure(ctx, event.RefreshGroup{Group: id, Noticed: e.Noticed}, fmt.Sprintf("holder-%s-%d", id, began.UnixNano()), time.Time{}); err != nil {
				return err
			}
		}
	}
	return nil
}

// notFound deals with Google's answer that there is no such group. What has no group under an
// id is gone. An address that leads nowhere says nothing about the group that had it: that one
// is asked for by its id.
func (h *handler) notFound(ctx context.Context, e event.RefreshGroup, began time.Time) error {
	_, err := h.mirror.Header(ctx, e.Group)
	byID := err == nil
	if err != nil && !errors.Is(err, mirror.ErrUnknown) {
		return err
	}
	if !byID {
		holders, err := h.mirror.Holders(ctx, e.Group)
		if err != nil {
			return err
		}
		if len(holders) > 0 {
			return h.refreshHolders(ctx, e, "", began)
		}
	}
	return h.removeGroup(ctx, e.Group, began)
}

// mostTries is how often a reading is repeated that cannot be believed, before the group waits
// for the next walk.
const mostTries = 12

// waitAfter returns how long the next reading waits after so many that could not be believed.
func waitAfter(tries int) time.Duration { return min(5*time.Second<<tries, 10*time.Minute) }

// again queues a group to be read anew, with the group itself: the count against which its
// members are held may have moved since. Several readings of one group that were not believed at about
// the same time, after as many tries, are followed by one: it is later than each of them.
func (h *handler) again(ctx context.Context, id string, try int, why string) error {
	if try >= mostTries {
		h.log.ErrorContext(ctx, "a group cannot be read whole; it stays as it was", "group", id, "reason", why)
		return h.mirror.SetDue(ctx, id, h.now())
	}
	now := h.now()
	wait := waitAfter(try)
	at := now.Add(wait)
	name := fmt.Sprintf("again-%s-%d-%d", id, wait/time.Second, at.UnixNano()/int64(wait))
	return h.ensure(ctx, event.RefreshGroup{Group: id, Noticed: now, Try: try + 1}, name, at)
}

// refreshPerson reads one account. Somebody whose account is stopped or gone decides nothing
// any more from then on.
func (h *handler) refreshPerson(ctx context.Context, e event.RefreshPerson) error {
	if err := h.budget.Spend(ctx, budget.Revoke); err != nil {
		return err
	}
	began := h.now()
	p, err := h.directory.Person(ctx, e.Person)
	if errors.Is(err, workspace.ErrNotFound) {
		if _, err := h.mirror.Person(ctx, e.Person); err == nil {
			return h.removePerson(ctx, e.Person, began)
		} else if !errors.Is(err, mirror.ErrUnknown) {
			return err
		}
		// Nobody has this address any more. Whoever had it may live on under another one.
		if err := h.refreshOthersAt(ctx, e.Person, "", began); err != nil {
			return err
		}
		if err := h.mirror.RememberNobody(ctx, e.Person, began); err != nil {
			return err
		}
		// Groups that list them under this very name find out now, those that list an id with the address when the
		// next walk counts their members.
		return h.leave(ctx, e.Person, began)
	}
	if err != nil {
		return fmt.Errorf("read the account of %s: %w", e.Person, err)
	}
	if err := h.putPerson(ctx, p, began); err != nil {
		return err
	}
	if e.Person == p.ID {
		return nil
	}
	return h.refreshOthersAt(ctx, e.Person, p.ID, began)
}

// refreshOthersAt queues the reading of everybody whom the mirror has at an address, but for
// one.
func (h *handler) refreshOthersAt(ctx context.Context, address, but string, began time.Time) error {
	others, err := h.mirror.PeopleAt(ctx, address)
	if err != nil {
		return err
	}
	for _, p := range others {
		if p.ID != but {
			if err := h.ensure(ctx, event.RefreshPerson{Person: p.ID}, fmt.Sprintf("person-%s-%d", p.ID, began.UnixNano()), time.Time{}); err != nil {
				return err
			}
		}
	}
	return nil
}
