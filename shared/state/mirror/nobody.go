package mirror

import (
	"context"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
)

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
