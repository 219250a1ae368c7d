package accessgrant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// This file takes access away before its end from people who may not have it any more: who has left
// the groups for which it is, or the company. It is looked at when the mirror tells that a group has
// changed, and every night. Like all taking away it waits for nobody.

// gather is how long changes of groups are gathered before all access is looked at once for them.
const gather = time.Minute

// groupChanged queues a look at the access that people have, where somebody may have left a group.
func (h *handler) groupChanged(ctx context.Context, e event.GroupChanged) error {
	matters := slices.ContainsFunc(e.Parts, func(part string) bool {
		return slices.Contains([]group.Part{group.Members, group.Roles, group.Renamed, group.Deleted}, group.Part(part))
	})
	if len(h.policy.Access) == 0 || !matters {
		return nil
	}
	at := h.now().Truncate(gather).Add(gather)
	return queue.Order(ctx, h.queue, queue.Task{Queue: event.QueueIAM, Name: fmt.Sprintf("recheck-%d", at.Unix()), NotBefore: at}, event.RecheckAccess{})
}

// recheck proposes to give back what people have and may not have any more. What one of them has
// does not keep it from the others.
func (h *handler) recheck(ctx context.Context, _ event.RecheckAccess) error {
	now := h.now()
	changes, err := h.ledger.Ending(ctx, change.AccessGrant, now, now.Add(farFuture))
	if err != nil {
		return err
	}
	var problems []error
	for _, c := range changes {
		if err := h.recheckOne(ctx, c); err != nil {
			problems = append(problems, fmt.Errorf("recheck %s: %w", c.ID, err))
		}
	}
	return errors.Join(problems...)
}

func (h *handler) recheckOne(ctx context.Context, c change.Change) error {
	lost, there, err := h.lost(ctx, c)
	if err != nil || lost == "" {
		return err
	}
	p, ok := c.Reverse(robot, string(lost), h.now())
	if !ok {
		return nil
	}
	p.Requirement, p.Policy = change.Requirement{Mode: change.Auto}, h.policy.Hash
	if !there {
		p.Concerned, p.Channel = nil, h.channel // nobody to tell but those who look after access
	}
	_, _, err = h.ledger.Propose(ctx, p)
	return err
}

// lost says why somebody may not have access any more, or nothing, and whether the person is still
// there to be told. An entitlement that the policy has no longer takes nothing away: a policy that
// was put in place by mistake would take everything from everybody, and what was given ends by
// itself before long.
func (h *handler) lost(ctx context.Context, c change.Change) (why grant.Loss, there bool, err error) {
	e, ok := h.entitlement(c.Target.ID)
	if !ok {
		return "", false, nil
	}
	census, err := h.mirror.Census(ctx)
	if err != nil || census.At.IsZero() {
		return "", false, err // the directory has not been read whole: who is missing may be there
	}
	person, err := h.mirror.Person(ctx, c.Requester.ID)
	switch {
	case errors.Is(err, mirror.ErrUnknown), err == nil && person.Suspended:
		return grant.PersonGone, false, nil
	case err != nil:
		return "", false, err
	}
	holds, err := h.standing.In(ctx, person.ID, e.Eligible)
	if err != nil || e.EligibleTo(holds) {
		return "", false, err
	}
	if known, err := h.known(ctx, e.Eligible); err != nil || !known {
		return "", false, err
	}
	return grant.NoLongerEligible, true, nil
}

// known reports whether the members of every group that some sets name have been read, also of those
// within it. Where they have not, somebody who seems to be in none of them may be in one all the
// same.
func (h *handler) known(ctx context.Context, sets []change.Selector) (bool, error) {
	for _, s := range sets {
		address, ok := strings.CutPrefix(string(s), "group:")
		if !ok {
			continue
		}
		switch _, err := h.mirror.Roster(ctx, address); {
		case errors.Is(err, mirror.ErrUnknown): // nobody is in a group that is not there
		case errors.Is(err, mirror.ErrUnread):
			return false, nil
		case err != nil:
			return false, err
		}
	}
	return true, nil
}
