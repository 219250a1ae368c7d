// Package standing looks up who is in a set of people now: the owners of a group, the members
// of another, the holders of a role.
//
// What it cannot find out, it does not grant: an unknown selector, a group that is not in the
// mirror, an account that is suspended or not in the directory stand for nobody, and neither
// does a group's membership of everybody in the company.
package standing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/account"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// Resolver resolves selectors against the mirror. It is safe for concurrent use.
type Resolver struct {
	mirror *mirror.Mirror
	model  policy.Model
	engine *policy.Engine
	roles  map[string][]change.Selector
}

// New returns a resolver by the roles and rules of a policy. The error says what is wrong with
// them.
func New(m *mirror.Mirror, model policy.Model) (*Resolver, error) {
	engine, err := policy.Compile(model, nil)
	if err != nil {
		return nil, fmt.Errorf("compile the policy: %w", err)
	}
	r := &Resolver{mirror: m, model: model, engine: engine, roles: map[string][]change.Selector{}}
	for _, role := range model.Roles {
		r.roles[role.Name] = role.Members
	}
	return r, nil
}

// People returns the people in a selector for a change, each once, by address. Whole is false where those
// who may decide by the policy are too many to look them all up.
func (r *Resolver) People(ctx context.Context, c change.Change, s change.Selector) (out []group.Person, whole bool, err error) {
	var ids []string
	if s == change.Approvers {
		ids, whole, err = r.approvers(ctx, c, map[change.Selector]bool{})
	} else {
		ids, err = r.ids(ctx, c, s, map[change.Selector]bool{})
		whole = true
	}
	if err != nil {
		return nil, false, fmt.Errorf("look up %s: %w", s, err)
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		p, err := r.mirror.Person(ctx, id)
		if errors.Is(err, mirror.ErrUnknown) {
			continue // a member from outside, or a service account
		}
		if err != nil {
			return nil, false, fmt.Errorf("look up %s: %w", s, err)
		}
		if !p.Suspended {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b group.Person) int { return cmp.Or(cmp.Compare(a.Email, b.Email), cmp.Compare(a.ID, b.ID)) })
	return out, whole, nil
}

// Holds returns those of a change's selectors that hold for a person now. A change that names
// nobody, because it happens by itself, is in the hands of [change.Approvers]: they stop it, try it
// again or have it undone.
func (r *Resolver) Holds(ctx context.Context, c change.Change, person string) ([]change.Selector, error) {
	s, err := r.Standing(ctx, c, []string{person})
	return s[person], err
}

// Standing returns which of a change's selectors hold now for each of these people, as
// [Resolver.Holds].
func (r *Resolver) Standing(ctx context.Context, c change.Change, people []string) (change.Standing, error) {
	held, err := r.sets(ctx, c, people)
	if err != nil {
		return nil, err
	}
	return r.counting(ctx, c, held)
}

// sets returns which of a change's selectors hold by the directory alone.
func (r *Resolver) sets(ctx context.Context, c change.Change, people []string) (change.Standing, error) {
	out := change.Standing{}
	for _, id := range people {
		p, err := r.mirror.Person(ctx, id)
		if err := ignoreUnknown(err); err != nil {
			return nil, fmt.Errorf("look up the standing of %s: %w", id, err)
		}
		if err == nil && !p.Suspended {
			out[id] = nil
		}
	}
	selectors := c.Requirement.Selectors(c.Escalated)
	if len(selectors) == 0 {
		selectors = []change.Selector{change.Approvers}
	}
	for _, s := range selectors {
		if len(out) == 0 {
			break
		}
		if _, ruled := r.ruled(c); ruled && s == change.Approvers {
			continue // not the directory but the policy says who is among them
		}
		// Whether somebody is in a set is known by the ids: its people need not be read.
		ids, err := r.ids(ctx, c, s, map[change.Selector]bool{})
		if err != nil {
			return nil, fmt.Errorf("look up %s: %w", s, err)
		}
		in := make(map[string]bool, len(ids))
		for _, id := range ids {
			in[id] = true
		}
		for id := range out {
			if in[id] {
				out[id] = append(out[id], s)
			}
		}
	}
	return out, nil
}

// In returns which of some sets a person is in now; none for who is suspended or not in the
// directory. Sets that depend on a change, such as its owners, have nobody in them here.
func (r *Resolver) In(ctx context.Context, person string, sets []change.Selector) ([]change.Selector, error) {
	if len(sets) == 0 {
		return nil, nil
	}
	about := change.Change{Requirement: change.Requirement{}}
	for _, s := range sets {
		about.Requirement.Needs = append(about.Requirement.Needs, change.Need{Count: 1, From: s})
	}
	held, err := r.sets(ctx, about, []string{person})
	return held[person], err
}

// ids returns the ids of those in a selector; some may be nobody in the directory, or
// suspended. Seen are the selectors that are being looked up already: roles may name one
// another.
func (r *Resolver) ids(ctx context.Context, c change.Change, s change.Selector, seen map[change.Selector]bool) ([]string, error) {
	if seen[s] {
		return nil, nil
	}
	seen[s] = true
	switch s {
	case change.Owners:
		if len(c.Owners) > 0 {
			return r.union(ctx, c, c.Owners, seen)
		}
		return r.owners(ctx, c.Target.ID)
	case change.Admins:
		admins, err := r.mirror.Admins(ctx)
		return idsOf(admins), err
	case change.Approvers:
		ids, _, err := r.approvers(ctx, c, seen)
		return ids, err
	case change.Manager:
		if c.Requester.Kind != change.ByPerson {
			return nil, nil
		}
		return r.manager(ctx, c.Requester.ID)
	}
	switch kind, name, _ := strings.Cut(string(s), ":"); kind {
	case "group":
		return r.mirror.Within(ctx, name)
	case "user":
		return r.at(ctx, name)
	case "role":
		return r.union(ctx, c, r.roles[name], seen)
	case "owners":
		header, err := r.mirror.Find(ctx, name)
		if err != nil {
			return nil, ignoreUnknown(err)
		}
		return r.owners(ctx, header.Group.ID)
	case "manager":
		return r.manager(ctx, name)
	case "admins":
		return r.administrators(ctx, name)
	}
	return nil, nil
}

// administrators returns those who administer a system of accounts, by the last listing of it that
// was believed.
func (r *Resolver) administrators(ctx context.Context, system string) ([]string, error) {
	listing, err := account.Census(ctx, r.mirror.Reader(), system)
	if errors.Is(err, store.ErrInvalid) || err == nil && listing == nil {
		return nil, nil // nothing is called so, or was ever listed
	}
	if err != nil {
		return nil, err
	}
	var out []string
	for _, address := range listing.Admins {
		ids, err := r.at(ctx, address)
		if err != nil {
			return nil, err
		}
		out = append(out, ids...)
	}
	return out, nil
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

// owners returns the owners of the group with an id. What is called like a group's address is
// not that group.
func (r *Resolver) owners(ctx context.Context, id string) ([]string, error) {
	s, err := r.mirror.Snapshot(ctx, id)
	if err != nil || s.Group.ID != id {
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

// manager returns the manager of a person with an id.
func (r *Resolver) manager(ctx context.Context, of string) ([]string, error) {
	p, err := r.mirror.Person(ctx, of)
	if err != nil || p.Manager == "" {
		return nil, ignoreUnknown(err)
	}
	return r.at(ctx, p.Manager)
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
