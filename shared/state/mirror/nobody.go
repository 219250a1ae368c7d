package mirror

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// nobody returns when it was found that nobody is a member, whom the mirror does not know: by the id or by the address.
func nobody(ctx context.Context, tx store.Tx, one group.Member) (newest carried, err error) {
	for _, name := range []string{one.ID, one.Email} {
		key := absent + group.Address(name)
		if one.Type == group.Nested || name == "" || people.Key(key).Validate() != nil {
			continue
		}
		a, err := people.Get(ctx, tx, key)
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return carried{}, err
		case a.Read.After(newest.read):
			newest = carried{into: a.correct, read: a.Read, gone: true}
		}
	}
	return newest, nil
}

// RememberNobody keeps that nobody had an address, or an id, when the directory was asked, so that
// [Mirror.PersonRead] knows of it and late events about it are not looked up again and again. It is
// forgotten after [GoneFor]. Whoever has the address later is found as if it had never been asked for.
func (m *Mirror) RememberNobody(ctx context.Context, idOrAddress string, read time.Time) error {
	address := group.Address(idOrAddress)
	a := account{Person: group.Person{ID: absent + address, Email: address, Read: read}, Gone: true, Nobody: true}
	if address == "" || people.Key(a.ID).Validate() != nil {
		return nil // no event is about such a thing twice
	}
	err := m.store.Update(ctx, func(_ context.Context, tx store.Tx) error { return people.Put(tx, a.ID, a) })
	if err != nil {
		return fmt.Errorf("remember that nobody is %s: %w", idOrAddress, err)
	}
	return nil
}
