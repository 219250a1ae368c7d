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

// Replace stores a complete reading of a group. It returns the parts that others have to hear
// of: what this reading changes, and what an earlier one changed without telling, because the
// process ended in between. Call [Mirror.Told] when they have heard. A reading that is older
// than what the mirror holds changes nothing.
//
// A reading that finds nothing new still writes the header, for its time: those who repair
// lost notifications must know that the group was looked at.
func (m *Mirror) Replace(ctx context.Context, s group.Snapshot) ([]group.Part, error) {
	var untold []group.Part
	err := m.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		untold = nil
		before, err := headers.Get(ctx, tx, s.Group.ID)
		known := err == nil && !before.Gone
		switch {
		case errors.Is(err, store.ErrNotFound):
			before = Header{}
		case err != nil:
			return err
		case before.Read.After(s.Read):
			return nil
		}
		n := m.chunksFor(len(s.Members), len(before.Sums))
		parts := split(s.Members, n)
		sums := make([]string, n)
		for k, part := range parts {
			sums[k] = sum(part)
		}
		// Only what differs is read, compared and written.
		same := func(k int) bool { return known && n == len(before.Sums) && sums[k] == before.Sums[k] }
		var old *group.Snapshot
		if known {
			old = &group.Snapshot{Group: before.Group}
		}
		now := &group.Snapshot{Group: s.Group}
		for k := range before.Sums {
			if k < n && same(k) {
				continue
			}
			members, err := readChunk(ctx, tx, before, k)
			if err != nil {
				return err
			}
			old.Members = append(old.Members, members...)
		}
		for k, part := range parts {
			if !same(k) {
				now.Members = append(now.Members, part...)
			}
		}
		kept, err := keptSettings(ctx, tx, before)
		if err != nil {
			return err
		}
		untold = union(before.Untold, group.Compare(old, now).Parts)

		err = headers.Put(tx, s.Group.ID, Header{Group: s.Group, Members: len(s.Members), Sums: sums, Read: s.Read, Untold: untold})
		for k, part := range parts {
			if err == nil && !same(k) {
				err = putChunk(tx, s.Group.ID, k, sums[k], part)
			}
		}
		for k := n; k < len(before.Sums) && err == nil; k++ {
			err = chunks.Delete(tx, chunkID(s.Group.ID, k))
		}
		if kept != nil && err == nil {
			kept.Gone = time.Time{}
			err = settings.Put(tx, s.Group.ID, *kept)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store group %s: %w", s.Group.Email, err)
	}
	return untold, nil
}

func putChunk(tx store.Tx, id string, k int, sum string, members []group.Member) error {
	c := chunk{Group: id, Sum: sum, Members: make([]packed, 0, len(members))}
	for _, m := range members {
		c.Members = append(c.Members, pack(m))
	}
	return chunks.Put(tx, chunkID(id, k), c)
}

// keptSettings returns what was kept of the settings of a group that was gone and is back; nil
// where there is nothing.
func keptSettings(ctx context.Context, tx store.Tx, before Header) (*Settings, error) {
	if !before.Gone {
		return nil, nil
	}
	s, err := settings.Get(ctx, tx, before.Group.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return &s, err
}

// Told records that others have heard of what the mirror holds since a reading. Where a newer
// reading was stored meanwhile, whoever stored it tells all of it.
func (m *Mirror) Told(ctx context.Context, id string, read time.Time) error {
	err := m.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		h, err := headers.Get(ctx, tx, id)
		if err != nil || len(h.Untold) == 0 || h.Read.After(read) {
			return err
		}
		h.Untold = nil
		return headers.Put(tx, id, h)
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("record that others know of group %s: %w", id, err)
	}
	return nil
}

func union(a, b []group.Part) []group.Part {
	out := slices.Clone(a)
	for _, p := range b {
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// Remove records that Google had no group of this id or address when it was asked, and returns
// the group as it was. The boolean says that others have to hear of it, as after
// [Mirror.Replace]; it is false where the mirror held no such group, or something newer.
//
// An address alone says little: a group that lost it may live on under another one. Who has
// only the address asks Google for the id that [Mirror.Find] gives before.
func (m *Mirror) Remove(ctx context.Context, idOrAddress string, read time.Time) (group.Group, bool, error) {
	h, err := m.lookUp(ctx, idOrAddress)
	if errors.Is(err, ErrUnknown) {
		return group.Group{}, false, m.rememberAbsence(ctx, idOrAddress, read)
	}
	if err != nil {
		return group.Group{}, false, err
	}
	var gone group.Group
	var tell bool
	err = m.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		gone, tell = group.Group{}, false
		before, err := headers.Get(ctx, tx, h.Group.ID)
		if errors.Is(err, store.ErrNotFound) || err == nil && before.Read.After(read) {
			return nil
		}
		if err != nil {
			return err
		}
		kept, err := settings.Get(ctx, tx, h.Group.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		after := Header{Group: before.Group, Read: read, Gone: true, Untold: []group.Part{group.Deleted}}
		if before.Gone {
			after.Untold = before.Untold
		}
		gone, tell = after.Group, len(after.Untold) > 0
		if kept.Group != "" {
			kept.Gone = read
			if err := settings.Put(tx, h.Group.ID, kept); err != nil {
				return err
			}
		}
		for k := range before.Sums {
			if err := chunks.Delete(tx, chunkID(h.Group.ID, k)); err != nil {
				return err
			}
		}
		return headers.Put(tx, h.Group.ID, after)
	})
	if err != nil {
		return group.Group{}, false, fmt.Errorf("remove group %s: %w", h.Group.Email, err)
	}
	return gone, tell, nil
}

// absent begins the id of a header that stands for an address of no group.
const absent = "gone~"

// rememberAbsence keeps that an address, or an id, was looked for in vain.
func (m *Mirror) rememberAbsence(ctx context.Context, idOrAddress string, read time.Time) error {
	address := group.Address(idOrAddress)
	h := Header{Group: group.Group{ID: absent + address, Email: address}, Read: read, Gone: true}
	if address == "" || headers.Key(h.Group.ID).Validate() != nil {
		return nil // no event is about such a thing twice
	}
	err := m.store.Update(ctx, func(_ context.Context, tx store.Tx) error { return headers.Put(tx, h.Group.ID, h) })
	if err != nil {
		return fmt.Errorf("remember that there is no group %s: %w", idOrAddress, err)
	}
	return nil
}
