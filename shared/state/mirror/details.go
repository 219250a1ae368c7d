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

// detailsAtOnce is how many groups one transaction stores: it reads each before it writes the
// first, and holds them all meanwhile.
const detailsAtOnce = 100

// PutDetails stores what Google says of groups themselves, without their members: from a list
// of all groups, or of one that was asked for, read at a time. A group that is new here is
// stored as one whose members are not known yet ([Header.Complete]). Only what differs is
// written, and nothing that is older than what the mirror holds.
//
// Others hear of the differences together with the members: a group whose details differ is
// to be read, and [Mirror.PutMembers] returns them.
func (m *Mirror) PutDetails(ctx context.Context, list []group.Group, read time.Time) error {
	return m.putDetails(ctx, list, read, false)
}

// PutDetailsOf is [Mirror.PutDetails] of one group that was asked for. That it was read is written also where nothing
// differs: nothing older is believed of it then ([Header.Listed]).
func (m *Mirror) PutDetailsOf(ctx context.Context, g group.Group, read time.Time) error {
	return m.putDetails(ctx, []group.Group{g}, read, true)
}

func (m *Mirror) putDetails(ctx context.Context, list []group.Group, read time.Time, always bool) error {
	for part := range slices.Chunk(list, detailsAtOnce) {
		err := m.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
			type pair struct {
				before, after Header
				parts         []group.Part
			}
			var changed []pair
			for _, g := range part {
				before, err := headers.Get(ctx, tx, g.ID)
				if err != nil && !errors.Is(err, store.ErrNotFound) {
					return err
				}
				after, differing, ok := withDetails(before, g, read)
				if !ok && always && before.Group.ID != "" && read.After(before.Listed) && !before.Gone {
					after, ok = before, true
					after.Listed = read
				}
				if ok {
					changed = append(changed, pair{before, after, differing})
				}
			}
			for _, c := range changed {
				if err := headers.Put(tx, c.after.Group.ID, c.after); err != nil {
					return err
				}
				if c.before.Whole && !c.after.Whole { // Google had it again: what was missing is counted anew
					if err := held.Delete(tx, c.after.Group.ID); err != nil {
						return err
					}
				}
				if err := m.note(tx, c.before, c.after, group.Difference{Parts: c.parts}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("store the details of %d groups: %w", len(part), err)
		}
	}
	return nil
}

// withDetails returns a header with newer details, with what differs, and false where nothing is to
// be written. A group that was gone stays so until its members are read; one that was only held is
// there again, which others hear of as a difference of its details.
func withDetails(before Header, g group.Group, read time.Time) (after Header, parts []group.Part, ok bool) {
	missed := before.Gone || before.Whole
	if before.Listed.After(read) || missed && before.Read.After(read) || before.Group.Equal(g) && !before.Whole {
		return Header{}, nil, false
	}
	after = before
	after.Group, after.Listed, after.Due, after.Whole = g, read, read, false
	if !before.Gone && !before.Read.IsZero() {
		parts = group.Compare(&group.Snapshot{Group: before.Group}, &group.Snapshot{Group: g}).Parts
		if before.Whole {
			parts = union(parts, []group.Part{group.Details})
		}
		after.Untold = union(before.Untold, parts)
	}
	return after, parts, true
}

// SetDue records that a group has changed by some time and could not be read. The next walk reads it.
func (m *Mirror) SetDue(ctx context.Context, id string, at time.Time) error {
	err := m.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		h, err := headers.Get(ctx, tx, id)
		if err != nil || !at.After(h.Due) {
			return err
		}
		h.Due = at
		return headers.Put(tx, id, h)
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("record that group %s is to be read: %w", id, err)
	}
	return nil
}
