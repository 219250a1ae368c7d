package standing

import (
	"context"
	"errors"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// OwnersOf returns who owns a thing of Sekisho's own types that somebody names: the owners of a
// group, those of the groups that may ask for an entitlement, and who decides about an account
// ([idle.Owners]). What is not there, and what is of another type, has none.
func (r *Resolver) OwnersOf(ctx context.Context, about policy.Resource, entitlements []grant.Entitlement) ([]policy.Reference, error) {
	of := change.Change{}
	switch about.Type {
	case policy.GroupResource:
		header, err := r.mirror.Find(ctx, about.Name)
		if errors.Is(err, mirror.ErrUnknown) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		of.Target.ID = header.Group.ID
	case policy.AccessResource:
		for _, e := range entitlements {
			if e.Name == about.Name {
				of.Owners = e.Owners()
			}
		}
		if len(of.Owners) == 0 {
			return nil, nil
		}
	case policy.AccountResource:
		system, email, ok := strings.Cut(about.Name, "/")
		if !ok {
			return nil, nil
		}
		person, _, err := r.Person(ctx, email)
		if err != nil {
			return nil, err
		}
		of.Owners = idle.Owners(system, person.ID)
	default:
		return nil, nil
	}
	people, _, err := r.People(ctx, of, change.Owners)
	if err != nil {
		return nil, err
	}
	var out []policy.Reference
	for _, p := range people {
		out = append(out, policy.Reference{Type: policy.TypeUser, Name: p.Email})
	}
	return out, nil
}
