package openmetadata

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/group"
)

// account is one account, with what is read of it.
var account = collection{"user", "users", "listUsers", "getUserByFQN", "domains"}

// Account reads what the catalogue knows of who has an address, from GET /v1/users. Who has no account,
// or a deleted one, has none of it.
//
// It makes one request where the account has the name that the catalogue gives to who signs in with the
// address. People can have other names there, and OpenMetadata finds nobody by an address: then it reads
// the list of all accounts, and the one among them.
func (c *Client) Account(ctx context.Context, address string) (catalog.Account, error) {
	address = group.Address(address)
	if address == "" {
		return catalog.Account{}, nil
	}
	has := func(t thing) bool { return group.Address(t.Email) == address }
	u, err := c.one(ctx, account, account.get, byName(userName(address)), "")
	if errors.Is(err, ErrNotFound) || err == nil && !has(u) {
		bare := account
		bare.fields = "" // the address is shown without being asked for
		var all []thing
		if all, err = c.all(ctx, bare); err != nil {
			return catalog.Account{}, err
		}
		i := slices.IndexFunc(all, has)
		if i < 0 {
			return catalog.Account{}, nil
		}
		u, err = c.one(ctx, account, "getUserByID", url.PathEscape(all[i].ID), "")
	}
	switch {
	case errors.Is(err, ErrNotFound): // it went meanwhile
		return catalog.Account{}, nil
	case err != nil:
		return catalog.Account{}, err
	}
	return catalog.Account{Admin: u.Admin, Bot: u.Bot, Domains: fullNames(u.Domains)}, nil
}
