package standing

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

// This file answers what people may do besides deciding about changes. What makes a yes or a no of
// it is in package policy; here the people are looked up.

// May answers whether a person may do something, and why. The account is what [Resolver.Account] says
// of the person; it matters only where the thing is in the data catalogue.
func (r *Resolver) May(
	ctx context.Context, person string, account catalog.Account, o policy.Operation, about policy.Resource,
) (policy.Explanation, error) {
	roster, err := r.around(ctx, person, account, about)
	if err != nil {
		return policy.Explanation{}, err
	}
	return r.engine.With(roster).Explain(policy.Request{Subject: person, Operations: []policy.Operation{o}, Resource: about}), nil
}

// Why answers as [Resolver.May], and for an operation by which people decide also whether the person
// counts, at first or after a while: asks says what is needed where people are asked about a kind of
// change, and about one of an entitlement. Of asking for a connection that nobody owns yet it says with
// which owners the person may, where a rule looks at owners.
func (r *Resolver) Why(
	ctx context.Context, person string, account catalog.Account, o policy.Operation, about policy.Resource,
	asks func(kind change.Kind, entitlement string) change.Requirement,
) (policy.Explanation, error) {
	if r.ownerIsNamed(o, about) {
		return r.whyOfNew(ctx, person, o, about)
	}
	x, err := r.May(ctx, person, account, o, about)
	if err != nil || x.Decision.Refuses() {
		return x, err
	}
	p, known, err := r.find(ctx, person)
	if err != nil || !known {
		return x, err
	}
	if o == policy.ChangePolicy && about.Type == policy.PolicyResource {
		return r.whyOfPolicy(ctx, p.ID, x)
	}
	c, err := r.example(ctx, about)
	if err != nil {
		return policy.Explanation{}, err
	}
	entitlement := ""
	if about.Type == policy.AccessResource {
		entitlement = about.Name
	}
	for _, kind := range policy.DecidedWith(o, about.Type) {
		needed := asks(kind, entitlement)
		i := slices.IndexFunc(x.Deciding, func(d policy.Deciding) bool { return d.Takes(needed) })
		if i >= 0 {
			x.Deciding[i].Kinds = append(x.Deciding[i].Kinds, kind)
			continue
		}
		c.Kind, c.Requirement, c.Escalated = kind, change.Requirement{Mode: change.Ask, Needs: needed.Needs, Escalate: needed.Escalate}, true
		counts, err := r.Holds(ctx, c, p.ID)
		if err != nil {
			return policy.Explanation{}, err
		}
		d := policy.Deciding{Kinds: []change.Kind{kind}, Needs: needed.Needs, Escalate: needed.Escalate}
		named := c.Requirement.Selectors(false)
		for _, s := range counts {
			if slices.Contains(named, s) {
				d.Counts = append(d.Counts, s)
			} else if needed.Escalate != nil && needed.Escalate.To == s {
				d.Later = true
			}
		}
		x.Deciding = append(x.Deciding, d)
	}
	return x, nil
}

// nobody is a set with nobody in it, as all are that are called as no others.
const nobody change.Selector = "nobody:"

// example returns a change about something that people name, as far as it says whose it is.
func (r *Resolver) example(ctx context.Context, about policy.Resource) (change.Change, error) {
	c := change.Change{Target: change.Target{Name: about.Name}, Owners: []change.Selector{nobody}}
	if system, email, ok := strings.Cut(about.Name, "/"); ok && about.Type == policy.AccountResource {
		c.Target = change.Target{ID: system + ":" + email, Name: email}
	}
	for _, o := range about.Owners {
		p, known, err := r.find(ctx, o.Name)
		if err != nil {
			return change.Change{}, err
		}
		if known && o.Type == policy.TypeUser {
			c.Owners = append(c.Owners, change.Selector("user:"+p.Email))
		}
	}
	return c, nil
}

// MayAsk answers whether a person may ask for a kind of change at all: a rule may deny it to them,
// or allow it to others only. Where policy does not speak of it, everybody may. The name is that of
// what is asked for, as policy names it; whose it is, is looked up as [Resolver.Describe] does where a
// rule asks for it, so that [Resolver.Why] says the same.
//
// A new connection has the owner whom its request names. Here that is nobody yet, so the answer is
// whether there can be an owner with whom the person may ask; with the one who is named,
// [Resolver.MayStillAsk] answers.
func (r *Resolver) MayAsk(ctx context.Context, person string, kind change.Kind, name string, from Sources) (bool, error) {
	about := policy.Resource{Name: name}
	if needed, ok := policy.Needed(kind, change.VerbPropose); ok && r.engine.AsksForOwners(needed.Operation, needed.Type) {
		var err error
		if about, err = r.Describe(ctx, needed.Type, name, from); err != nil {
			return false, err
		}
		if r.ownerIsNamed(needed.Operation, about) {
			x, err := r.whyOfNew(ctx, person, needed.Operation, about)
			return x.Answer() != policy.No, err
		}
	}
	owners, err := r.around(ctx, person, catalog.Account{}, about)
	if err != nil {
		return false, err
	}
	v, err := r.press(ctx, policy.Press{Person: person, Kind: kind, Verb: change.VerbPropose, Resource: about}, owners)
	return v.May, err
}

// ownerIsNamed reports whether an answer depends on the owner whom a request names: that of asking for a
// connection that nobody owns yet, where a rule looks at owners.
func (r *Resolver) ownerIsNamed(o policy.Operation, about policy.Resource) bool {
	return o == policy.RequestConnection && about.Type == policy.ConnectionResource && len(about.Owners) == 0 &&
		r.engine.AsksForOwners(o, about.Type)
}

// whyOfNew answers whether a person may ask for something new, by the owners whom the request could name.
func (r *Resolver) whyOfNew(ctx context.Context, person string, o policy.Operation, about policy.Resource) (policy.Explanation, error) {
	p, known, err := r.Person(ctx, person)
	if err != nil {
		return policy.Explanation{}, err
	}
	if !known {
		return r.May(ctx, person, catalog.Account{}, o, about)
	}
	var out policy.Explanation
	var named []policy.Named
	for _, owner := range r.engine.Namable(p) {
		name, roster := cmp.Or(owner.Email, owner.ID), policy.Roster{p}
		if owner.ID != p.ID {
			roster = append(roster, owner)
		}
		about.Owners = []policy.Reference{{Type: policy.TypeUser, Name: name}}
		x := r.engine.With(roster).Explain(policy.Request{Subject: p.ID, Operations: []policy.Operation{o}, Resource: about})
		if out.Answer() == policy.No {
			out = x
		}
		named = append(named, policy.Named{Owner: name, May: x.Answer() != policy.No, Decision: x.Decision})
	}
	out.Named = named
	return out, nil
}

// MayUndo answers whether a person may ask that a change is taken back: those to whom a rule allows
// it, those who decide about such changes, and those whom it concerns, because they asked for it or
// it was done to them. Not who is denied it. The verdict's decision says so.
func (r *Resolver) MayUndo(ctx context.Context, c change.Change, person string, concerned bool) (policy.Verdict, error) {
	held, err := r.sets(ctx, c, []string{person})
	if err != nil {
		return policy.Verdict{}, err
	}
	about, owners, err := r.resource(ctx, c)
	if err != nil {
		return policy.Verdict{}, err
	}
	return r.press(ctx, policy.Press{
		Person: person, Kind: c.Kind, Verb: change.VerbUndo, Resource: about, Holds: held[person], Concerned: concerned,
	}, owners)
}

// MayStillAsk answers whether the person who asked for a change may ask for it now: as [Resolver.MayAsk],
// about what the change says it is about, and, of a change that takes another one back, as
// [Resolver.MayUndo] do. What rules and functions
// propose is not asked for, and neither is a kind of change for which there is no such operation.
func (r *Resolver) MayStillAsk(ctx context.Context, c change.Change, undone *change.Change) (bool, error) {
	_, asked := policy.Needed(c.Kind, change.VerbPropose)
	switch {
	case c.Requester.Kind != change.ByPerson:
		return true, nil
	case undone == nil:
		if !asked {
			return true, nil
		}
		about, owners, err := r.resource(ctx, c)
		if err != nil {
			return false, err
		}
		v, err := r.press(ctx, policy.Press{Person: c.Requester.ID, Kind: c.Kind, Verb: change.VerbPropose, Resource: about}, owners)
		return v.May, err
	}
	concerned := c.Requester.Same(undone.Requester) || slices.Contains(undone.Concerned, c.Requester.ID)
	if trait, _ := change.TraitOf(undone.Kind); concerned && trait.UndoMode == change.Auto {
		return true, nil // giving back what one was given is nobody else's business
	}
	v, err := r.MayUndo(ctx, *undone, c.Requester.ID, concerned)
	return v.May, err
}

// whyOfPolicy says whether a person is among those of whom one has to agree to another policy, about which the
// approvals have no entries.
func (r *Resolver) whyOfPolicy(ctx context.Context, person string, x policy.Explanation) (policy.Explanation, error) {
	may, err := r.MayChangePolicy(ctx, person)
	if err != nil {
		return policy.Explanation{}, err
	}
	d := policy.Deciding{Kinds: []change.Kind{policy.PolicyResource}, Needs: change.DefaultRequirement().Needs}
	if may {
		d.Counts = []change.Selector{change.Approvers}
	}
	x.Deciding = []policy.Deciding{d}
	return x, nil
}

// MayReadAudit answers whether a person may read what is known of others. Where policy does not
// speak of it, everybody may.
func (r *Resolver) MayReadAudit(ctx context.Context, person string) (bool, error) {
	about := policy.Resource{Type: policy.AuditResource}
	engine, err := r.with(ctx, person, nil)
	if err != nil {
		return false, err
	}
	return engine.Lets(policy.Request{Subject: person, Operations: []policy.Operation{policy.ReadAudit}, Resource: about}).May, nil
}

// MayChangePolicy answers whether a person may agree to another policy that asks less than this one.
// Where policy does not speak of it, administrators may.
func (r *Resolver) MayChangePolicy(ctx context.Context, person string) (bool, error) {
	var holds []change.Selector
	admin, err := r.In(ctx, person, []change.Selector{change.Admins})
	if err != nil {
		return false, err
	}
	if len(admin) > 0 {
		holds = []change.Selector{change.Approvers} // nobody owns the policy
	}
	engine, err := r.with(ctx, person, nil)
	if err != nil {
		return false, err
	}
	about := policy.Resource{Type: policy.PolicyResource}
	v := engine.Decides(policy.Request{Subject: person, Operations: []policy.Operation{policy.ChangePolicy}, Resource: about}, holds)
	return v.May, nil
}
