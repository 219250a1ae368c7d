package grouprefresh

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// What happens to a person or a group shows in the groups that they are members of, and no
// audit log tells of those.

// putPerson stores somebody as read at a time, and carries what is new of them into their groups.
func (h *handler) putPerson(ctx context.Context, p group.Person, at time.Time) error {
	if err := h.mirror.PutPeople(ctx, []group.Person{p}, at); err != nil {
		return err
	}
	// Also where nothing is new of them: a list that is being stored may say what they were in between.
	if err := h.mirror.Overtake(ctx, at); err != nil {
		return err
	}
	// Who asks has heard of something: perhaps of what a list has brought already, and no group has.
	if err := h.mirror.Recarry(ctx, p.ID); err != nil {
		return err
	}
	return h.carryPerson(ctx, p.ID)
}

// carryPeople carries what is new of anybody into their groups, whoever stored it.
func (h *handler) carryPeople(ctx context.Context) error {
	people, err := h.mirror.Uncarried(ctx)
	if err != nil || len(people) == 0 {
		return err
	}
	for _, id := range people {
		if err := h.carryPerson(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// carryPerson carries a new address of somebody, and that the account is stopped or not any more, into
// their groups.
func (h *handler) carryPerson(ctx context.Context, id string) error {
	return h.mirror.CarryPerson(ctx, id, func(groups []string, read time.Time) error { return h.tellDetails(ctx, groups, read) })
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

// leaveAtMost is how many groups are read at once because a member of theirs turns out to be no group: one of another
// company may be in very many.
const leaveAtMost = 20

// leaveFew does for a member of which the mirror has never heard what leave does, where few groups have it. Of more than
// [leaveAtMost] each finds out when its turn comes.
func (h *handler) leaveFew(ctx context.Context, member string, at time.Time) error {
	groups, err := h.mirror.GroupsOf(ctx, member)
	if err != nil || len(groups) > leaveAtMost {
		return err
	}
	return h.leave(ctx, member, at)
}

// leave queues the reading of the groups of which somebody was a member who is gone: Google
// takes them out of all of them.
func (h *handler) leave(ctx context.Context, member string, at time.Time) error {
	if err := h.mirror.Overtake(ctx, at); err != nil {
		return err
	}
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
	if err != nil {
		return err
	}
	if !tell { // a group that lists it, and is stored for the first time now, has to know all the same
		return h.mirror.Overtake(ctx, at)
	}
	if err := h.leave(ctx, gone.ID, at); err != nil {
		return err
	}
	return h.tell(ctx, gone.ID, at, []group.Part{group.Deleted})
}

// removePerson records that somebody has no account any more. That comes first: a group whose listing brings them
// after it finds them gone, and one whose listing has brought them before it is among those that are left.
func (h *handler) removePerson(ctx context.Context, id string, at time.Time) error {
	if err := h.mirror.RemovePerson(ctx, id, at); err != nil {
		return err
	}
	return h.leave(ctx, id, at)
}

// stored tells what a reading of a group changed, and carries a new address into the groups
// that it is nested in: these may have been read before a group that is new here had the address that it has. While
// the mirror is filled nobody has told of its new groups, and it is not asked for: whoever is renamed meanwhile is in
// the audit log, see refresh.
func (h *handler) stored(ctx context.Context, g group.Group, at time.Time, put mirror.Put) error {
	if slices.Contains(put.Parts, group.Renamed) || slices.Contains(put.Parts, group.Created) && !put.Filling {
		if err := h.carryGroup(ctx, g.ID, at); err != nil {
			return err
		}
	}
	return h.tell(ctx, g.ID, at, put.Parts)
}

// carryGroup carries the address of a group into the groups that it is nested in, and tells of these.
func (h *handler) carryGroup(ctx context.Context, id string, at time.Time) error {
	if err := h.mirror.Overtake(ctx, at); err != nil {
		return err
	}
	groups, err := h.mirror.CarryGroup(ctx, id)
	if err != nil {
		return err
	}
	return h.tellDetails(ctx, groups, at)
}
