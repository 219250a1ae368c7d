package mirror

import (
	"context"
	"errors"
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
