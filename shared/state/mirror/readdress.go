package mirror

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// Readdress writes the new address of a person or of a group into every group that has it as a
// direct member. The audit log tells of the new address once, and not of each of these groups;
// their members are the same as before, so no reading is needed. It returns the ids of the
// groups that have the new address and of which others perhaps have not heard, also where an
// earlier call wrote it and the process ended before it told: call [Mirror.Told] for
// [group.Details] when they have.
//
// The time is when the address was read. A listing that began before, and is stored after, does not
// bring the old one back.
func (m *Mirror) Readdress(ctx context.Context, member, email string, read time.Time) ([]string, error) {
	groups, err := m.rewrite(ctx, member, read, func(one *group.Member) { one.Email = email })
	if err != nil {
		return nil, fmt.Errorf("write the new address of %s: %w", member, err)
	}
	return groups, nil
}

// Restate writes into every group that has a person as a direct member whether the account is stopped,
// as Google lists it there from then on. Of an account that is stopped the groups may say more than that
// already, and keep it. Otherwise it is as [Mirror.Readdress].
func (m *Mirror) Restate(ctx context.Context, person string, stopped bool, read time.Time) ([]string, error) {
	groups, err := m.rewrite(ctx, person, read, func(one *group.Member) {
		switch {
		case !stopped:
			one.Status = active
		case one.Status == active:
			one.Status = suspended
		}
	})
	if err != nil {
		return nil, fmt.Errorf("write the state of %s: %w", person, err)
	}
	return groups, nil
}

// rewrite changes what is written of a member in all of its groups.
func (m *Mirror) rewrite(ctx context.Context, member string, read time.Time, change func(*group.Member)) ([]string, error) {
	groups, err := m.GroupsOf(ctx, member)
	if err != nil {
		return nil, err
	}
	var untold []string
	for _, id := range groups {
		tell := false
		err := m.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
			tell = false
			h, err := headers.Get(ctx, tx, id)
			if errors.Is(err, store.ErrNotFound) || err == nil && h.Gone {
				return nil
			}
			if err != nil {
				return err
			}
			k := place(member, max(1, len(h.Sums)))
			members, err := readChunk(ctx, tx, h, k)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(members, func(one group.Member) bool { return one.ID == member })
			if i < 0 {
				return nil // no member any more
			}
			before := members[i]
			if change(&members[i]); members[i] == before {
				tell = slices.Contains(h.Untold, group.Details)
				return nil
			}
			tell = true
			h.Sums[k] = sum(members)
			if read.After(h.Rewritten) {
				h.Rewritten = read
			}
			h.Untold = union(h.Untold, []group.Part{group.Details})
			if err := headers.Put(tx, id, h); err != nil {
				return err
			}
			if err := m.note(tx, h, h, group.Difference{Parts: []group.Part{group.Details}, Moved: []group.Member{{ID: member}}}); err != nil {
				return err
			}
			return putChunk(tx, id, k, h.Sums[k], members)
		})
		if err != nil {
			return nil, fmt.Errorf("group %s: %w", id, err)
		}
		if tell {
			untold = append(untold, id)
		}
	}
	return untold, nil
}

// rewritten returns members of an older listing with the addresses and states that the mirror has of
// them. Where a listing is the first to have one of somebody else, that one comes by itself: every
// account of which something differs is read.
func rewritten(ctx context.Context, tx store.Tx, h Header, listed []group.Member) ([]group.Member, error) {
	have := map[string]group.Member{}
	for k := range h.Sums {
		part, err := readChunk(ctx, tx, h, k)
		if err != nil {
			return nil, err
		}
		for _, one := range part {
			have[one.ID] = one
		}
	}
	out := slices.Clone(listed)
	for i, one := range out {
		if stored, ok := have[one.ID]; ok {
			out[i].Email, out[i].Status = stored.Email, stored.Status
		}
	}
	return out, nil
}
