// Package standing looks up who is in a set of people now: the owners of a group, the members
// of another, the holders of a role.
//
// What it cannot find out, it does not grant: an unknown selector, a group that is not in the
// mirror and a suspended account stand for nobody.
package standing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// The selectors that need no name.
const (
	// Owners are the owners of the group that a change is about, also through groups that own
	// it.
	Owners change.Selector = "owners"
	// Admins are the super administrators of the directory.
	Admins change.Selector = "admins"
	// Approvers are those who may decide where policy names nobody else: owners and
	// administrators.
	Approvers change.Selector = "approvers"
	// Manager is the manager of the person who asked.
	Manager change.Selector = "manager"
)

// Resolver resolves selectors against the mirror. It is safe for concurrent use.
type Resolver struct {
	mirror *mirror.Mirror
	roles  map[string][]change.Selector
}

// New returns a resolver. Roles gives the members of each role that policy defines, as
// selectors.
func New(m *mirror.Mirror, roles map[string][]change.Selector) *Resolver {
	return &Resolver{mirror: m, roles: roles}
}

// People returns the people in a selector for a change, each once, by address.
func (r *Resolver) People(ctx context.Context, c change.Change, s change.Selector) ([]group.Person, error) {
	ids, err := r.ids(ctx, c, s, map[change.Selector]bool{})
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", s, err)
	}
	slices.Sort(ids)
	var out []group.Person
	for _, id := range slices.Compact(ids) {
		p, err := r.mirror.Person(ctx, id)
		if errors.Is(err, mirror.ErrUnknown) {
			continue // a member from outside, or a service account
		}
		if err != nil {
			return nil, err
		}
		if !p.Suspended {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b group.Person) int { return cmp.Compare(a.Email, b.Email) })
	return out, nil
}

// Holds returns those of a change's selectors that hold for a person now.
func (r *Resolver) Holds(ctx context.Context, c change.Change, person string) ([]change.Selector, error) {
	var out []change.Selector
	selectors := c.Requirement.Selectors(c.Escalated)
	if len(selectors) == 0 {
		selectors = []change.Selector{Approvers}
	}
	for _, s := range selectors {
		people, err := r.People(ctx, c, s)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(people, func(p group.Person) bool { return p.ID == person }) {
			out = append(out, s)
		}
	}
	return out, nil
}

// Standing returns which of a change's selectors hold now for each of these people.
func (r *Resolver) Standing(ctx context.Context, c change.Change, people []string) (change.Standing, error) {
	out := change.Standing{}
	for _, id := range people {
		holds, err := r.Holds(ctx, c, id)
		if err != nil {
			return nil, err
		}
		out[id] = holds
	}
	return out, nil
}

func (r *Resolver) ids(ctx context.Context, c change.Change, s change.Selector, seen map[change.Selector]bool) ([]string, error) {
	if seen[s] {
		return nil, nil
	}
	seen[s] = true
	kind, name, _ := strings.Cut(string(s), ":")
	switch kind {
	case string(Owners):
		return r.owners(ctx, c.Target.ID)
	case string(Admins):
		admins, err := r.mirror.Admins(ctx)
		return idsOf(admins), err
	case string(Approvers):
		return r.union(ctx, c, []change.Selector{Owners, Admins}, seen)
	case string(Manager):
		p, err := r.mirror.Person(ctx, c.Requester.ID)
		if err != nil || p.Manager == "" {
			return nil, ignoreUnknown(err)
		}
		return r.at(ctx, p.Manager)
	case "group":
		return r.mirror.Within(ctx, name)
	case "user":
		return r.at(ctx, name)
	case "role":
		return r.union(ctx, c, r.roles[name], seen)
	}
	return nil, nil
}

func (r *Resolver) union(ctx context.Context, c change.Change, selectors []change.Selector, seen map[change.Selector]bool) ([]string, error) {
	var out []string
	for _, s := range selectors {
		ids, err := r.ids(ctx, c, s, seen)
		if err != nil {
			return nil, err
		}
		out = append(out, ids...)
	}
	return out, nil
}

func (r *Resolver) owners(ctx context.Context, id string) ([]string, error) {
	s, err := r.mirror.Snapshot(ctx, id)
	if err != nil {
		return nil, ignoreUnknown(err)
	}
	var out []string
	for _, m := range s.Members {
		switch {
		case m.Role != group.Owner:
		case m.Type == group.Nested:
			within, err := r.mirror.Within(ctx, m.ID)
			if err != nil {
				return nil, err
			}
			out = append(out, within...)
		default:
			out = append(out, m.ID)
		}
	}
	return out, nil
}

func (r *Resolver) at(ctx context.Context, address string) ([]string, error) {
	p, err := r.mirror.PersonAt(ctx, address)
	if err != nil {
		return nil, ignoreUnknown(err)
	}
	return []string{p.ID}, nil
}

func idsOf(people []group.Person) []string {
	out := make([]string, 0, len(people))
	for _, p := range people {
		out = append(out, p.ID)
	}
	return out
}

func ignoreUnknown(err error) error {
	if errors.Is(err, mirror.ErrUnknown) {
		return nil
	}
	return err
}

// Asks returns what is needed where people decide: what policy says, else one yes of those who
// may approve, with a reminder after a day.
func Asks(fromPolicy change.Requirement, found bool) change.Requirement {
	if found {
		return fromPolicy
	}
	return change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: 1, From: Approvers}}, Remind: 24 * time.Hour}
}
