package mirror

import (
	"context"
	"slices"

	"github.com/sekisho/sekisho/shared/domain/group"
)

// Identity is whoever has an address: the person or the group. There is more than one where an
// address has passed from one to another and the mirror has not seen yet that the first one lost it;
// then it is all of them.
type Identity struct {
	// IDs are the immutable ids, and the address itself, which stands for a member without one.
	IDs []string
	// Main are the main addresses; empty where the mirror knows nobody at the address.
	Main []string
	// Addresses are all addresses, aliases included, as they are compared.
	Addresses []string
}

// Identify returns whoever has an address, an alias included: whom a policy names by an address that
// is their main one no longer is the same one all the same.
func (m *Mirror) Identify(ctx context.Context, address string) (Identity, error) {
	people, err := m.PeopleAt(ctx, address)
	if err != nil {
		return Identity{}, err
	}
	groups, err := m.Holders(ctx, address)
	if err != nil {
		return Identity{}, err
	}
	i := Identity{IDs: []string{address}, Addresses: addresses(address, nil)}
	add := func(id, email string, aliases []string) {
		i.IDs, i.Main = append(i.IDs, id), append(i.Main, group.Address(email))
		i.Addresses = append(i.Addresses, addresses(email, aliases)...)
	}
	for _, p := range people {
		add(p.ID, p.Email, p.Aliases)
	}
	for _, g := range groups {
		add(g.Group.ID, g.Group.Email, g.Group.Aliases)
	}
	return i, nil
}

// Is reports whether a member of a group is this one.
func (i Identity) Is(one group.Member) bool {
	return slices.Contains(i.IDs, one.ID) || slices.Contains(i.Addresses, group.Address(one.Email))
}
