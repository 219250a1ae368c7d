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
			if members[i].Email == email {
				tell = slices.Contains(h.Untold, group.Details)
				return nil
			}
			members[i].Email, tell = email, true
			h.Sums[k] = sum(members)
			if read.After(h.Rewritten) {
				h.Rewritten = read
			}
			h.Untold = union(h.Untold, []group.Part{group.Details})
			if err := headers.Put(tx, id, h); err != nil {
				return err
			}
			if err := m.note(tx, h, group.Difference{Parts: []group.Part{group.Details}, Moved: []group.Member{{ID: member}}}); err != nil {
				return err
			}
			return putChunk(tx, id, k, h.Sums[k], members)
		})
		if err != nil {
			return nil, fmt.Errorf("write the new address of %s into group %s: %w", member, id, err)
		}
		if tell {
			untold = append(untold, id)
		}
	}
	return untold, nil
}

// rewritten returns members of an older listing with the addresses that the mirror has of them. Where a
// listing is the first to have one of somebody else, that one comes by itself: every account that has
// another address is read.
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
			out[i].Email = stored.Email
		}
	}
	return out, nil
}
