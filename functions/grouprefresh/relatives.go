package grouprefresh

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// What happens to a person or a group shows in the groups that they are members of, and no
// audit log tells of those.

// readdress writes somebody's new address into the groups that have them as a member.
func (h *handler) readdress(ctx context.Context, member, email string, at time.Time) error {
	groups, err := h.mirror.Readdress(ctx, member, email, at)
	if err != nil {
		return err
	}
	return h.tellDetails(ctx, groups, at)
}

// restate writes into the groups of somebody whether the account is stopped.
func (h *handler) restate(ctx context.Context, p group.Person, at time.Time) error {
	groups, err := h.mirror.Restate(ctx, p.ID, p.Suspended, at)
	if err != nil {
		return err
	}
	return h.tellDetails(ctx, groups, at)
}

// tellDetails tells of groups in which something is written anew of a member.
func (h *handler) tellDetails(ctx context.Context, groups []string, at time.Time) error {
	for _, id := range groups {
		if err := h.tell(ctx, id, at, []group.Part{group.Details}); err != nil {
			return err
		}
	}
	return nil
}

// leave queues the reading of the groups of which somebody was a member who is gone: Google
// takes them out of all of them.
func (h *handler) leave(ctx context.Context, member string, at time.Time) error {
	groups, err := h.mirror.GroupsOf(ctx, member)
	if err != nil {
		return err
	}
	for _, id := range groups {
		p := event.ReadMembers{Group: id, Since: at}
		if err := h.ensure(ctx, p, fmt.Sprintf("left-%s-%s-%d", id, member, at.Unix()), time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// removeGroup records that a group is gone, unless the brake holds it, and tells.
func (h *handler) removeGroup(ctx context.Context, idOrAddress string, at time.Time) error {
	gone, tell, err := h.mirror.Remove(ctx, idOrAddress, at)
	if err != nil || !tell {
		return err
	}
	if err := h.leave(ctx, gone.ID, at); err != nil {
		return err
	}
	return h.tell(ctx, gone.ID, at, []group.Part{group.Deleted})
}

// putPeople stores people and carries new addresses, and that accounts are stopped or not any more, into
// their groups; not those of a reading that is older than what the mirror holds.
func (h *handler) putPeople(ctx context.Context, list []group.Person, at time.Time) error {
	var moved, turned []group.Person
	for _, p := range list {
		before, err := h.mirror.Person(ctx, p.ID)
		if err != nil && !errors.Is(err, mirror.ErrUnknown) {
			return err
		}
		if before.Read.After(at) {
			continue
		}
		if err == nil && before.Email != p.Email {
			moved = append(moved, p)
		}
		// Of somebody new here groups may have been read while the account was not stopped.
		if before.Suspended != p.Suspended {
			turned = append(turned, p)
		}
	}
	// Their groups first: where this ends early, the next reading finds the difference again.
	for _, p := range moved {
		if err := h.readdress(ctx, p.ID, p.Email, at); err != nil {
			return err
		}
	}
	for _, p := range turned {
		if err := h.restate(ctx, p, at); err != nil {
			return err
		}
	}
	return h.mirror.PutPeople(ctx, list, at)
}

// removePerson records that somebody has no account any more.
func (h *handler) removePerson(ctx context.Context, id string, at time.Time) error {
	if err := h.leave(ctx, id, at); err != nil {
		return err
	}
	return h.mirror.RemovePerson(ctx, id, at)
}

// stored tells what a reading of a group changed, and carries a new address into the groups
// that it is nested in.
func (h *handler) stored(ctx context.Context, g group.Group, at time.Time, parts []group.Part) error {
	if slices.Contains(parts, group.Renamed) {
		if err := h.readdress(ctx, g.ID, g.Email, at); err != nil {
			return err
		}
	}
	return h.tell(ctx, g.ID, at, parts)
}
