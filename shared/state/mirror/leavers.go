package mirror

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// RemovePerson records that the directory has no account of this id or address any more. The
// person stays in the mirror as one whose account is stopped: changes of the past name them.
func (m *Mirror) RemovePerson(ctx context.Context, idOrAddress string, read time.Time) error {
	p, err := m.personBy(ctx, idOrAddress)
	if errors.Is(err, ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	p.Gone, p.Suspended, p.Admin = true, true, false
	return m.PutPeople(ctx, []group.Person{p}, read)
}

// PersonRead returns when the account with an address was read last; the zero time where it
// never was.
func (m *Mirror) PersonRead(ctx context.Context, address string) (time.Time, error) {
	p, err := m.PersonAt(ctx, address)
	if errors.Is(err, ErrUnknown) {
		return time.Time{}, nil
	}
	return p.Read, err
}

// PeopleReadBefore returns the ids of the people whose accounts were read last before a time,
// without those who are gone.
func (m *Mirror) PeopleReadBefore(ctx context.Context, before time.Time) ([]string, error) {
	var out []string
	err := people.Each(ctx, m.store, store.Query{Where: []store.Cond{{Field: "read", Op: store.Less, Value: before}}, OrderBy: "read"},
		func(p group.Person) error {
			out = append(out, p.ID)
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("look up people read before %s: %w", before.UTC().Format(time.RFC3339), err)
	}
	return out, nil
}

func (m *Mirror) personBy(ctx context.Context, idOrAddress string) (group.Person, error) {
	p, err := m.Person(ctx, idOrAddress)
	if errors.Is(err, ErrUnknown) {
		return m.PersonAt(ctx, idOrAddress)
	}
	return p, err
}
