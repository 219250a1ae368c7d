package standing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// This file makes of the mirror's people, and of what a change is about, what the policy's rules
// are asked about.

// mostOwners is how many owners of a thing are looked up with their groups. Further ones are known by
// their ids only, which is enough to own it.
const mostOwners = 20

// find returns a person of the directory. The boolean is false for who is not in it.
func (r *Resolver) find(ctx context.Context, idOrAddress string) (group.Person, bool, error) {
	p, err := r.mirror.Person(ctx, idOrAddress)
	if errors.Is(err, mirror.ErrUnknown) && strings.Contains(idOrAddress, "@") {
		p, err = r.mirror.PersonAt(ctx, idOrAddress)
	}
	if errors.Is(err, mirror.ErrUnknown) {
		return group.Person{}, false, nil
	}
	if err != nil {
		return group.Person{}, false, fmt.Errorf("look up %s: %w", idOrAddress, err)
	}
	return p, true, nil
}

// Person returns a person as policy knows them: with all groups that they are in, and the ways
// there. The boolean is false for who is not in the directory.
//
// Who administers the directory is not by that an administrator to policy, which means those of the
// data catalogue: see [Resolver.Account].
func (r *Resolver) Person(ctx context.Context, idOrAddress string) (policy.Person, bool, error) {
	p, known, err := r.find(ctx, idOrAddress)
	if err != nil || !known {
		return policy.Person{}, false, err
	}
	out := policy.Person{ID: p.ID, Email: p.Email, Aliases: p.Aliases, Suspended: p.Suspended}
	out.Groups, err = r.groups(ctx, p.ID)
	return out, true, err
}

// groups returns the groups that a person is in, the nearest first, each once.
func (r *Resolver) groups(ctx context.Context, person string) ([]policy.InGroup, error) {
	type step struct {
		id  string
		via []string
	}
	var out []policy.InGroup
	seen := map[string]bool{}
	next := []step{{id: person}}
	for len(next) > 0 {
		at := next[0]
		next = next[1:]
		ids, err := r.mirror.GroupsOf(ctx, at.id)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			if seen[id] {
				continue
			}
			seen[id] = true
			header, err := r.mirror.Find(ctx, id)
			if errors.Is(err, mirror.ErrUnknown) {
				continue // it went meanwhile
			}
			if err != nil {
				return nil, fmt.Errorf("look up group %s: %w", id, err)
			}
			out = append(out, policy.InGroup{Group: header.Group.Email, Aliases: header.Group.Aliases, Via: at.via})
			next = append(next, step{id, append(slices.Clone(at.via), header.Group.Email)})
		}
	}
	return out, nil
}

// resource returns what a change is about, as policy knows it, with its owners. Where there is no
// policy no rule asks who they are, and nobody is looked up.
func (r *Resolver) resource(ctx context.Context, c change.Change) (policy.Resource, policy.Roster, error) {
	needed, _ := policy.Needed(c.Kind, change.VerbApprove)
	out := policy.Resource{Type: needed.Type, Name: c.Target.Name}
	if system, _, ok := strings.Cut(c.Target.ID, ":"); ok && needed.Type == policy.AccountResource {
		out.Name = system + "/" + c.Target.Name
	}
	if r.engine.Empty() {
		return out, nil, nil
	}
	owners, err := r.ids(ctx, c, change.Owners, map[change.Selector]bool{})
	if err != nil {
		return policy.Resource{}, nil, err
	}
	slices.Sort(owners)
	owners = slices.Compact(owners)
	var people policy.Roster
	for i, id := range owners {
		out.Owners = append(out.Owners, policy.Reference{Type: policy.TypeUser, Name: id})
		if i >= mostOwners {
			people = append(people, policy.Person{ID: id})
			continue
		}
		p, known, err := r.Person(ctx, id)
		if err != nil {
			return policy.Resource{}, nil, err
		}
		if known {
			people = append(people, p)
		}
	}
	return out, people, nil
}

// around returns everybody who matters for a question about a resource. What the data catalogue knows of
// who asks counts for what is in it, and for nothing else.
func (r *Resolver) around(ctx context.Context, person string, account catalog.Account, about policy.Resource) (policy.Roster, error) {
	var roster policy.Roster
	names := []string{person}
	for _, o := range append(slices.Clone(about.Owners), about.Reviewers...) {
		if o.Type == policy.TypeUser {
			names = append(names, o.Name)
		}
	}
	for i, name := range names {
		p, known, err := r.Person(ctx, name)
		if err != nil {
			return nil, err
		}
		if i == 0 && InCatalog(about.Type) {
			p.Admin, p.Bot, p.Domains = account.Admin, account.Bot, account.Domains
		}
		if known && !slices.ContainsFunc(roster, func(o policy.Person) bool { return o.ID == p.ID }) {
			roster = append(roster, p)
		}
	}
	return roster, nil
}
