package standing

import (
	"context"
	"errors"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// OwnersOf returns who owns a thing of Sekisho's own types that somebody names: the owners of a
// group, those of the groups that may ask for an entitlement, and the person whose account it is.
// What is not there, and what is of another type, has none.
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
			if e.Name != about.Name {
				continue
			}
			for _, set := range e.Eligible {
				if address, ok := strings.CutPrefix(string(set), "group:"); ok {
					of.Owners = append(of.Owners, change.Selector("owners:"+address))
				}
			}
		}
		if len(of.Owners) == 0 {
			return nil, nil
		}
	case policy.AccountResource:
		_, email, ok := strings.Cut(about.Name, "/")
		if !ok {
			return nil, nil
		}
		return []policy.Reference{{Type: policy.TypeUser, Name: email}}, nil
	default:
		return nil, nil
	}
	people, err := r.People(ctx, of, change.Owners)
	if err != nil {
		return nil, err
	}
	var out []policy.Reference
	for _, p := range people {
		out = append(out, policy.Reference{Type: policy.TypeUser, Name: p.Email})
	}
	return out, nil
}
