package mirror

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// nobody returns when it was found that a member, whom the mirror does not know, is none: nobody has the id or the
// address, or no group.
func nobody(ctx context.Context, tx store.Tx, one group.Member) (newest carried, err error) {
	for _, name := range []string{one.ID, one.Email} {
		key := absent + group.Address(name)
		if name == "" || people.Key(key).Validate() != nil || headers.Key(key).Validate() != nil {
			continue
		}
		var read time.Time
		if one.Type == group.Nested {
			var h Header
			h, err = headers.Get(ctx, tx, key)
			read = h.Read
		} else {
			var a account
			a, err = people.Get(ctx, tx, key)
			read = a.Read
		}
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return carried{}, err
		case read.After(newest.read):
			// The record knows nothing of the member but the name that was asked for.
			newest = carried{into: func(*group.Member) {}, read: read, gone: true, unheard: true}
		}
	}
	return newest, nil
}

// RememberNobody keeps that nobody had an address, or an id, when the directory was asked, so that
// [Mirror.PersonRead] knows of it and late events about it are not looked up again and again. An older answer than
// the one that is kept changes nothing. It is forgotten after [GoneFor]. Whoever has the address later is found as if it had never been asked for.
func (m *Mirror) RememberNobody(ctx context.Context, idOrAddress string, read time.Time) error {
	address := group.Address(idOrAddress)
	a := account{Person: group.Person{ID: absent + address, Email: address, Read: read}, Gone: true, Nobody: true}
	if address == "" || people.Key(a.ID).Validate() != nil {
		return nil // no event is about such a thing twice
	}
	err := m.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		before, err := people.Get(ctx, tx, a.ID)
		if err == nil && before.Read.After(read) {
			return nil
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return people.Put(tx, a.ID, a)
	})
	if err != nil {
		return fmt.Errorf("remember that nobody is %s: %w", idOrAddress, err)
	}
	return nil
}
