package standing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// This file puts the policy's roles and rules to the people of the mirror.
//
// Policy is asked first. A deny is a no, whatever else holds for somebody. An allow lets them
// decide. Where policy speaks of an operation and allows it to somebody else only, who is named by
// the approvals entry that asks for them still counts: naming people there is a rule of its own.
// Where policy does not speak of an operation at all, those decide who own what it is about, and
// the administrators.

// mostOwners is how many owners of a thing are looked up with their groups. Further ones are known by
// their ids only, which is enough to own it.
const mostOwners = 20

// Person returns a person as policy knows them: with all groups that they are in, and the ways
// there. The boolean is false for who is not in the directory.
func (r *Resolver) Person(ctx context.Context, idOrAddress string) (policy.Person, bool, error) {
	p, err := r.mirror.Person(ctx, idOrAddress)
	if errors.Is(err, mirror.ErrUnknown) && strings.Contains(idOrAddress, "@") {
		p, err = r.mirror.PersonAt(ctx, idOrAddress)
	}
	if errors.Is(err, mirror.ErrUnknown) {
		return policy.Person{}, false, nil
	}
	if err != nil {
		return policy.Person{}, false, fmt.Errorf("look up %s: %w", idOrAddress, err)
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
			out = append(out, policy.InGroup{Group: header.Group.Email, Via: at.via})
			next = append(next, step{id, append(slices.Clone(at.via), header.Group.Email)})
		}
	}
	return out, nil
}

// resource returns what a change is about, as policy knows it.
func (r *Resolver) resource(ctx context.Context, c change.Change, kind string) (policy.Resource, policy.Roster, error) {
	out := policy.Resource{Type: kind, Name: c.Target.Name}
	if system, _, ok := strings.Cut(c.Target.ID, ":"); ok && kind == policy.AccountResource {
		out.Name = system + "/" + c.Target.Name
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

// May answers whether a person may do something, and why.
func (r *Resolver) May(ctx context.Context, person string, o policy.Operation, about policy.Resource) (policy.Explanation, error) {
	roster, err := r.around(ctx, person, about)
	if err != nil {
		return policy.Explanation{}, err
	}
	return r.engine.With(roster).Explain(policy.Request{Subject: person, Operations: []policy.Operation{o}, Resource: about}), nil
}

// around returns everybody who matters for a question about a resource.
func (r *Resolver) around(ctx context.Context, person string, about policy.Resource) (policy.Roster, error) {
	var roster policy.Roster
	names := []string{person}
	for _, o := range append(slices.Clone(about.Owners), about.Reviewers...) {
		if o.Type == policy.TypeUser {
			names = append(names, o.Name)
		}
	}
	for _, name := range names {
		p, known, err := r.Person(ctx, name)
		if err != nil {
			return nil, err
		}
		if known && !slices.ContainsFunc(roster, func(o policy.Person) bool { return o.ID == p.ID }) {
			roster = append(roster, p)
		}
	}
	return roster, nil
}

// Asking says whether a person may ask for a kind of change at all: a rule may deny it to them, or
// allow it to others only. Where policy does not speak of it, everybody may.
func (r *Resolver) Asking(ctx context.Context, person string, kind change.Kind, name string) (bool, error) {
	needed, ok := policy.Needed(kind, change.VerbPropose)
	if !ok {
		return false, nil
	}
	p, known, err := r.Person(ctx, person)
	if err != nil || !known || p.Suspended {
		return false, err
	}
	about := policy.Resource{Type: needed.Type, Name: name}
	d := r.engine.With(policy.Roster{p}).Decide(policy.Request{Subject: p.ID, Operations: []policy.Operation{needed.Operation}, Resource: about})
	if d.Reason == policy.Denied || d.Reason == policy.Suspended {
		return false, nil
	}
	return d.Allowed || r.model.Allowing(needed.Operation, needed.Type).Silent(), nil
}

// Reading says whether a person may read what is known of others. Where policy does not speak of
// it, everybody may.
func (r *Resolver) Reading(ctx context.Context, person string) (bool, error) {
	p, known, err := r.Person(ctx, person)
	if err != nil || !known || p.Suspended {
		return false, err
	}
	about := policy.Resource{Type: policy.AuditResource}
	d := r.engine.With(policy.Roster{p}).Decide(policy.Request{Subject: p.ID, Operations: []policy.Operation{policy.ReadAudit}, Resource: about})
	return d.Allowed || d.Reason != policy.Denied && r.model.Allowing(policy.ReadAudit, policy.AuditResource).Silent(), nil
}

// counting returns which selectors count for some people who press on a change, of those that
// hold for them by the directory alone.
func (r *Resolver) counting(ctx context.Context, c change.Change, held change.Standing) (change.Standing, error) {
	needed, ok := policy.Needed(c.Kind, change.VerbApprove)
	if !ok || r.engine.Empty() {
		return held, nil
	}
	silent := r.model.Allowing(needed.Operation, needed.Type).Silent()
	about, owners, err := r.resource(ctx, c, needed.Type)
	if err != nil {
		return nil, err
	}
	out := change.Standing{}
	for id, holds := range held {
		p, known, err := r.Person(ctx, id)
		if err != nil {
			return nil, err
		}
		if !known {
			continue
		}
		roster := append(slices.DeleteFunc(slices.Clone(owners), func(o policy.Person) bool { return o.ID == p.ID }), p)
		d := r.engine.With(roster).Decide(policy.Request{Subject: p.ID, Operations: []policy.Operation{needed.Operation}, Resource: about})
		switch {
		case d.Reason == policy.Denied, d.Reason == policy.Suspended:
			out[id] = nil
		case d.Allowed && !slices.Contains(holds, change.Approvers):
			out[id] = append(slices.Clone(holds), change.Approvers)
		case d.Allowed, silent:
			out[id] = holds
		default:
			out[id] = slices.DeleteFunc(slices.Clone(holds), func(s change.Selector) bool { return s == change.Approvers })
		}
	}
	return out, nil
}

// mostApprovers is how many people are looked up one by one to find out who may decide. Where more
// could, the channel is asked.
const mostApprovers = 100

// approvers returns those who may decide about a change by the policy. The boolean is false where
// policy does not speak of it.
func (r *Resolver) approvers(ctx context.Context, c change.Change, seen map[change.Selector]bool) ([]string, bool, error) {
	needed, ok := policy.Needed(c.Kind, change.VerbApprove)
	if !ok {
		return nil, false, nil
	}
	among := r.model.Allowing(needed.Operation, needed.Type)
	if among.Silent() {
		return nil, false, nil
	}
	sets := slices.Clone(among.Among)
	if among.Owners {
		sets = append(sets, change.Owners)
	}
	if among.Everybody {
		sets = append(sets, change.Owners, change.Admins)
	}
	ids, err := r.union(ctx, c, sets, seen)
	if err != nil {
		return nil, false, err
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	ids = ids[:min(len(ids), mostApprovers)]
	held := change.Standing{}
	for _, id := range ids {
		held[id] = nil
	}
	if held, err = r.counting(ctx, c, held); err != nil {
		return nil, false, err
	}
	return slices.DeleteFunc(ids, func(id string) bool { return !slices.Contains(held[id], change.Approvers) }), true, nil
}
