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

// account is a person as stored.
type account struct {
	group.Person
	// Gone says that the directory had no such account any more when it was asked.
	Gone bool `json:"gone,omitempty"`
	// Nobody says that there is no account: it stands for an address that nobody had.
	Nobody bool `json:"nobody,omitempty"`
	// Moved says that there is another address, and Turned that the account was stopped or is not any
	// more, since all groups of the person were known to have it ([Mirror.CarryPerson]).
	Moved  bool `json:"moved,omitempty"`
	Turned bool `json:"turned,omitempty"`
	// Unasked says that the account was stored first while the mirror was filled, and that no group was looked at that
	// may have been read before, and says something older; Again that they are to be ([Mirror.Recarry]).
	Unasked bool `json:"unasked,omitempty"`
	Again   bool `json:"again,omitempty"`
}

func (a account) uncarried() bool { return a.Moved || a.Turned || a.Again }

var people = store.Collection[account]{
	Name: "people",
	Fields: func(a account) map[string]any {
		if a.Nobody { // in no list
			return map[string]any{"addresses": addresses(a.Email, nil)}
		}
		fields := map[string]any{"addresses": addresses(a.Email, a.Aliases), "email": group.Address(a.Email), "admin": a.Admin}
		if !a.Gone {
			fields["live"] = group.Address(a.Email)
		}
		if a.uncarried() {
			fields["uncarried"] = true // absent where it is false: almost always
		}
		return fields
	},
	Expires: func(a account) time.Time {
		if a.Nobody {
			return a.Read.Add(GoneFor)
		}
		return time.Time{}
	},
}

// peopleAtOnce is how many people one transaction stores: it reads each before it writes the
// first.
const peopleAtOnce = 100

// PutPeople stores people as they were read at a time. Who was read later than that stays as
// the mirror has them. Whose address is another one, and whose account was stopped or is not any more, is
// in [Mirror.Uncarried] until their groups have it; also who is new here, and stopped or in a company
// whose groups were all read once, because groups may have been read before that.
func (m *Mirror) PutPeople(ctx context.Context, list []group.Person, read time.Time) error {
	for part := range slices.Chunk(list, peopleAtOnce) {
		accounts := make([]account, 0, len(part))
		for _, p := range part {
			p.Read = read
			accounts = append(accounts, account{Person: p})
		}
		if err := m.putAccounts(ctx, accounts); err != nil {
			return err
		}
	}
	return nil
}

func (m *Mirror) putAccounts(ctx context.Context, list []account) error {
	err := m.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		var newer []account
		var census Census
		asked := false
		for _, a := range list {
			before, err := people.Get(ctx, tx, a.ID)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			known := err == nil
			if !known && !asked {
				if census, err = readCensus(ctx, tx); err != nil {
					return err
				}
				asked = true
			}
			filled := census.Memberships > 0 // groups may have been read before, with another address
			if known && before.Read.After(a.Read) {
				continue
			}
			if !a.Gone { // Google takes who is gone out of all groups
				a.Moved = before.Moved || known && before.Email != a.Email || !known && filled
				a.Turned = before.Turned || before.Suspended != a.Suspended
				a.Unasked, a.Again = before.Unasked || !known && !filled, before.Again
			}
			newer = append(newer, a)
		}
		for _, a := range newer {
			if err := people.Put(tx, a.ID, a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store people: %w", err)
	}
	return nil
}

// PeopleBetween returns the people whose address is after one and not after another, in the
// order of their addresses; an empty end is open. Those whose accounts are gone are not among
// them.
func (m *Mirror) PeopleBetween(ctx context.Context, after, upTo string) ([]group.Person, error) {
	var where []store.Cond
	if after != "" {
		where = append(where, store.Cond{Field: "live", Op: store.Greater, Value: group.Address(after)})
	}
	if upTo != "" {
		where = append(where, store.Cond{Field: "live", Op: store.AtMost, Value: group.Address(upTo)})
	}
	var out []group.Person
	err := people.Each(ctx, m.store, store.Query{Where: where, OrderBy: "live"}, func(a account) error {
		out = append(out, a.Person)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look up the people between %q and %q: %w", after, upTo, err)
	}
	return out, nil
}

// Person returns a person by id, or [ErrUnknown]. Somebody whose account is gone is returned as
// one whose account is stopped: changes of the past name them.
func (m *Mirror) Person(ctx context.Context, id string) (group.Person, error) {
	if people.Key(id).Validate() != nil {
		return group.Person{}, fmt.Errorf("person %q: %w", id, ErrUnknown)
	}
	a, err := people.Get(ctx, m.store, id)
	if errors.Is(err, store.ErrNotFound) || a.Nobody {
		return group.Person{}, fmt.Errorf("person %s: %w", id, ErrUnknown)
	}
	if err != nil {
		return group.Person{}, fmt.Errorf("read person %s: %w", id, err)
	}
	return a.Person, nil
}

// PersonAt returns the one person with an address in any letter case, an alias included, or
// [ErrUnknown] where there is none, or more than one. Those whose accounts are gone do not
// count: their addresses may be somebody else's by now.
func (m *Mirror) PersonAt(ctx context.Context, address string) (group.Person, error) {
	found, err := having(ctx, m.store, people, address)
	if err != nil {
		return group.Person{}, fmt.Errorf("look up person %s: %w", address, err)
	}
	found = slices.DeleteFunc(found, func(a account) bool { return a.Gone })
	if len(found) != 1 {
		return group.Person{}, fmt.Errorf("%d people with the address %.200q: %w", len(found), address, ErrUnknown)
	}
	return found[0].Person, nil
}

// People visits everybody, by address: those who are suspended too, and those whose accounts are gone.
func (m *Mirror) People(ctx context.Context, visit func(group.Person) error) error {
	err := people.Each(ctx, m.store, store.Query{OrderBy: "email"}, func(a account) error { return visit(a.Person) })
	if err != nil {
		return fmt.Errorf("read the people: %w", err)
	}
	return nil
}

// Admins returns the super administrators of the directory who are not suspended, by address.
func (m *Mirror) Admins(ctx context.Context) ([]group.Person, error) {
	var out []group.Person
	err := people.Each(ctx, m.store, store.Query{Where: []store.Cond{{Field: "admin", Op: store.Equal, Value: true}}, OrderBy: "email"},
		func(a account) error {
			if !a.Suspended {
				out = append(out, a.Person)
			}
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("look up the administrators: %w", err)
	}
	return out, nil
}

// PeopleAt returns all people who have an address, an alias included, and whose accounts are
// not gone.
func (m *Mirror) PeopleAt(ctx context.Context, address string) ([]group.Person, error) {
	found, err := having(ctx, m.store, people, address)
	if err != nil {
		return nil, fmt.Errorf("look up the people at %s: %w", address, err)
	}
	var out []group.Person
	for _, a := range found {
		if !a.Gone {
			out = append(out, a.Person)
		}
	}
	return out, nil
}

// PersonRead returns when the accounts that have or had an address were read last, also where
// nobody had it; the zero time where it was never asked for.
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

// RemovePerson records that the directory had no account of this id or address when it was
// asked. The person stays in the mirror as one whose account is stopped, and whom nobody finds by address.
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
