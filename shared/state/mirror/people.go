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

var people = store.Collection[group.Person]{
	Name: "people",
	Fields: func(p group.Person) map[string]any {
		out := []string{group.Address(p.Email)}
		for _, a := range p.Aliases {
			out = append(out, group.Address(a))
		}
		return map[string]any{"addresses": out, "email": group.Address(p.Email), "admin": p.Admin, "read": p.Read}
	},
}

// PutPeople stores people as they were read at a time.
func (m *Mirror) PutPeople(ctx context.Context, list []group.Person, read time.Time) error {
	writes := make([]store.Write, 0, len(list))
	for _, p := range list {
		p.Read = read
		r, err := people.Record(p.ID, p)
		if err != nil {
			return err
		}
		writes = append(writes, store.Write{Put: &r})
	}
	if err := m.store.Bulk(ctx, writes); err != nil {
		return fmt.Errorf("store people: %w", err)
	}
	return nil
}

// Person returns a person by id, or [ErrUnknown].
func (m *Mirror) Person(ctx context.Context, id string) (group.Person, error) {
	if people.Key(id).Validate() != nil {
		return group.Person{}, fmt.Errorf("person %q: %w", id, ErrUnknown)
	}
	p, err := people.Get(ctx, m.store, id)
	if errors.Is(err, store.ErrNotFound) {
		return group.Person{}, fmt.Errorf("person %s: %w", id, ErrUnknown)
	}
	return p, err
}

// PersonAt returns the one person with an address, or [ErrUnknown] where there is none, or
// more than one.
func (m *Mirror) PersonAt(ctx context.Context, address string) (group.Person, error) {
	found, _, err := people.Query(ctx, m.store, store.Query{
		Where: []store.Cond{{Field: "addresses", Op: store.Contains, Value: group.Address(address)}}, Limit: 2,
	})
	if err != nil {
		return group.Person{}, fmt.Errorf("look up %s: %w", address, err)
	}
	if len(found) != 1 {
		return group.Person{}, fmt.Errorf("%d people with the address %s: %w", len(found), address, ErrUnknown)
	}
	return found[0], nil
}

// Admins returns the super administrators of the directory who are not suspended, by address.
func (m *Mirror) Admins(ctx context.Context) ([]group.Person, error) {
	var out []group.Person
	err := people.Each(ctx, m.store, store.Query{Where: []store.Cond{{Field: "admin", Op: store.Equal, Value: true}}, OrderBy: "email"},
		func(p group.Person) error {
			if !p.Suspended {
				out = append(out, p)
			}
			return nil
		})
	return out, err
}

// Within returns the ids of the people who are in a group, directly or through groups in it.
// Groups that contain one another are followed once.
func (m *Mirror) Within(ctx context.Context, idOrAddress string) ([]string, error) {
	seen := map[string]bool{}
	var out []string
	var walk func(idOrAddress string) error
	walk = func(idOrAddress string) error {
		s, err := m.Snapshot(ctx, idOrAddress)
		if errors.Is(err, ErrUnknown) {
			return nil // a group of another company
		}
		if err != nil {
			return err
		}
		if seen[s.Group.ID] {
			return nil
		}
		seen[s.Group.ID] = true
		for _, member := range s.Members {
			if member.Type == group.Nested {
				if err := walk(member.ID); err != nil {
					return err
				}
				continue
			}
			out = append(out, member.ID)
		}
		return nil
	}
	if err := walk(idOrAddress); err != nil {
		return nil, err
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
