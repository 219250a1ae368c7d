package mirror

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// Remove records that Google had no group of this id or address when it was asked, and returns
// the group as it was. The boolean says that others have to hear of it, as after
// [Mirror.Replace]; it is false where the mirror held no such group, or anything newer of it ([Header.Seen]), which then
// stays as it is.
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
		if errors.Is(err, store.ErrNotFound) || err == nil && before.Seen().After(read) {
			return nil
		}
		if err != nil {
			return err
		}
		v, held, err := m.judgeWhole(ctx, tx, before, read)
		if err != nil || held {
			return err
		}
		kept, err := settings.Get(ctx, tx, h.Group.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		after := Header{Group: before.Group, Read: read, Gone: true, Untold: before.Untold}
		var news group.Difference
		if !before.Gone {
			news.Parts = []group.Part{group.Deleted}
			after.Untold = news.Parts
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
		if err := v.write(tx, h.Group.ID, before.Members); err != nil {
			return err
		}
		if err := m.note(tx, before, after, news); err != nil {
			return err
		}
		return headers.Put(tx, h.Group.ID, after)
	})
	if err != nil {
		return group.Group{}, false, fmt.Errorf("remove group %s: %w", h.Group.Email, err)
	}
	return gone, tell, nil
}

// judgeWhole asks the brake about a whole group. Where it holds, the group stays with all its
// members, which then are held.
func (m *Mirror) judgeWhole(ctx context.Context, tx store.Tx, before Header, read time.Time) (verdict, bool, error) {
	if m.brake == nil || before.Gone || before.Members == 0 && before.Held == 0 {
		return verdict{}, false, nil
	}
	var members []group.Member
	for k := range before.Sums {
		part, err := readChunk(ctx, tx, before, k)
		if err != nil {
			return verdict{}, false, err
		}
		members = append(members, part...)
	}
	v, err := m.judge(ctx, tx, before, members, true, read)
	if err != nil || !v.hold {
		return v, false, err
	}
	before.Held, before.Whole, before.Read = len(members), true, read
	if err := headers.Put(tx, before.Group.ID, before); err != nil {
		return verdict{}, false, err
	}
	return v, true, v.write(tx, before.Group.ID, len(members))
}

// absent begins the id of what stands for an address of no group, or of nobody.
const absent = "gone~"

// rememberAbsence keeps that an address, or an id, was looked for in vain.
func (m *Mirror) rememberAbsence(ctx context.Context, idOrAddress string, read time.Time) error {
	address := group.Address(idOrAddress)
	h := Header{Group: group.Group{ID: absent + address, Email: address}, Read: read, Gone: true}
	if address == "" || headers.Key(h.Group.ID).Validate() != nil {
		return nil // no event is about such a thing twice
	}
	err := m.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		before, err := headers.Get(ctx, tx, h.Group.ID)
		if err == nil && before.Read.After(read) {
			return nil
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return headers.Put(tx, h.Group.ID, h)
	})
	if err != nil {
		return fmt.Errorf("remember that there is no group %s: %w", idOrAddress, err)
	}
	return nil
}
