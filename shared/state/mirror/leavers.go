package mirror

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// RemovePerson records that the directory had no account of this id or address when it was
// asked. The person stays in the mirror as one whose account is stopped and who has no address.
// An answer that is older than what the mirror holds changes nothing.
func (m *Mirror) RemovePerson(ctx context.Context, idOrAddress string, read time.Time) error {
	p, err := m.Person(ctx, idOrAddress)
	if errors.Is(err, ErrUnknown) {
		p, err = m.PersonAt(ctx, idOrAddress)
	}
	if errors.Is(err, ErrUnknown) || err == nil && p.Read.After(read) {
		return nil
	}
	if err != nil {
		return err
	}
	p.Suspended, p.Admin, p.Read = true, false, read
	return m.putAccounts(ctx, []account{{Person: p, Gone: true}})
}

// PersonRead returns when the accounts that have or had an address were read last; the zero
// time where none ever was.
func (m *Mirror) PersonRead(ctx context.Context, address string) (time.Time, error) {
	found, err := having(ctx, m.store, people, address)
	if err != nil {
		return time.Time{}, fmt.Errorf("look up person %s: %w", address, err)
	}
	var last time.Time
	for _, a := range found {
		if a.Read.After(last) {
			last = a.Read
		}
	}
	return last, nil
}
