package standing

import (
	"context"
	"fmt"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

// This file says what a thing is that somebody names, whose it is and how it is tagged, and what the
// data catalogue knows of who asks about it. Whoever asks what the policy says of a thing asks here, so
// that all of them ask about the same.

// Sources know of what the mirror does not.
type Sources struct {
	// Entitlements are the policy's.
	Entitlements []grant.Entitlement
	// Systems are those that have accounts; where none is given, none is doubted.
	Systems []string
	// Connections knows the owners of connections' data; nil where there are none.
	Connections Connections
	// Catalog describes what is in the data catalogue; nil where there is none. Then nothing is known
	// of a thing there, and of nobody.
	Catalog Catalog
}

// Connections finds the connections of a name that have not ended.
type Connections interface {
	Named(ctx context.Context, name string) ([]connection.Handover, error)
}

// Catalog is the data catalogue.
type Catalog interface {
	// Describe returns one thing of it: its owners, by their addresses and the names of their teams,
	// its tags and its domains. What is not there has none of these.
	Describe(ctx context.Context, kind, name string) (policy.Resource, error)
	// Account returns what it knows of who has an address. Who has no account there has none of it.
	Account(ctx context.Context, address string) (catalog.Account, error)
}

// InCatalog reports whether things of a type are the data catalogue's: all but Sekisho's own.
func InCatalog(kind string) bool {
	for _, p := range policy.Permissions() {
		if p.Type == kind {
			return false
		}
	}
	return kind != ""
}

// Describe returns a thing that somebody names by its type and name, as policy has to know it.
func (r *Resolver) Describe(ctx context.Context, kind, name string, from Sources) (policy.Resource, error) {
	about := policy.Resource{Type: kind, Name: name}
	var err error
	switch {
	case kind == policy.ConnectionResource:
		about.Owners, err = from.ownersOfConnection(ctx, name)
	case !InCatalog(kind):
		about.Owners, err = r.OwnersOf(ctx, about, from.Entitlements)
	case from.Catalog != nil:
		if about, err = from.Catalog.Describe(ctx, kind, name); err == nil {
			about.Type, about.Name = kind, name
			about.Owners = r.teamsAsNamed(about.Owners)
		}
	}
	if err != nil {
		return policy.Resource{}, fmt.Errorf("describe %s:%s: %w", kind, name, err)
	}
	return about, nil
}

// Account returns what the data catalogue knows of a person, for a question about things of a type. About
// things of Sekisho the catalogue is not asked: who administers it is nobody special there. Neither is it
// asked about somebody who is not in the directory, of whom there is no question.
func (r *Resolver) Account(ctx context.Context, idOrAddress, kind string, from Sources) (catalog.Account, error) {
	if !InCatalog(kind) || from.Catalog == nil {
		return catalog.Account{}, nil
	}
	p, known, err := r.find(ctx, idOrAddress)
	if err != nil || !known {
		return catalog.Account{}, err
	}
	account, err := from.Catalog.Account(ctx, p.Email)
	if err != nil {
		return catalog.Account{}, fmt.Errorf("look up the account of %s in the catalogue: %w", p.ID, err)
	}
	return account, nil
}

// ownersOfConnection returns the owners of the data that the connections of a name carry.
func (s Sources) ownersOfConnection(ctx context.Context, name string) ([]policy.Reference, error) {
	if s.Connections == nil || name == "" {
		return nil, nil
	}
	all, err := s.Connections.Named(ctx, name)
	var out []policy.Reference
	for _, h := range all {
		out = append(out, policy.Reference{Type: policy.TypeUser, Name: h.Owner})
	}
	return out, err
}

// teamsAsNamed gives teams the names that they have in the policy: the catalogue calls the team above
// all others by one name.
func (r *Resolver) teamsAsNamed(owners []policy.Reference) []policy.Reference {
	for i, o := range owners {
		if o.Type != policy.TypeTeam || !strings.EqualFold(o.Name, catalog.Organization) {
			continue
		}
		for _, t := range r.model.Teams {
			if t.Type == policy.Organization {
				owners[i].Name = t.Name
			}
		}
	}
	return owners
}
