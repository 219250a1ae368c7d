package mirror

import (
	"context"
	"errors"
	"fmt"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// Readdress writes the new address of a person or of a group into every group that has it as a
// direct member. The audit log tells of the new address once, and not of each of these groups;
// their members are the same as before, so no reading is needed. It returns the ids of the
// groups that now differ, of which others have to hear: call [Mirror.Told] after that.
func (m *Mirror) Readdress(ctx context.Context, member, email string) ([]string, error) {
	groups, err := m.GroupsOf(ctx, member)
	if err != nil {
		return nil, err
	}
	var changed []string
	for _, id := range groups {
		did := false
		err := m.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
			did = false
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
			for i := range members {
				if members[i].ID == member && members[i].Email != email {
					members[i].Email, did = email, true
				}
			}
			if !did {
				return nil
			}
			h.Sums[k] = sum(members)
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
		if did {
			changed = append(changed, id)
		}
	}
	return changed, nil
}
