package main

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// whatIf reads the company and compares two policies over it.
func (o options) whatIf(ctx context.Context, p *platform, inForce fs.FS) (printable, error) {
	var err error
	if o.against != "" {
		if inForce, err = policyFolder(o.against); err != nil {
			return nil, err
		}
	}
	wanted, err := policyFolder(o.policy)
	if err != nil {
		return nil, err
	}
	before, err := policyfile.Load(inForce)
	if err != nil {
		return nil, fmt.Errorf("the policy to compare with: %w", err)
	}
	after, err := policyfile.Load(wanted)
	if err != nil {
		return nil, fmt.Errorf("the new policy: %w", err)
	}
	warn(o.log, "the policy to compare with", before)
	warn(o.log, "the new policy", after)
	t, err := openTenant(ctx, p, after, o.state, o.rate, o.log)
	if err != nil {
		return nil, err
	}
	record, err := o.record(ctx, p, inForce)
	if err != nil {
		return nil, err
	}
	out, err := t.compare(ctx, before, after, record, words(o.agreed))
	if err != nil {
		return nil, err
	}
	if o.store == "" && !o.demo {
		out.Notes = append(out.Notes, "No record was read (-store), so that past decisions are not compared.")
	}
	if slices.ContainsFunc(out.Looser, func(l looserReport) bool { return !l.Agreed }) {
		return out, errLooser
	}
	return out, nil
}

// compare puts the questions of both policies to both. Agreed are the addresses of those who agreed
// to the new one.
func (t *tenant) compare(ctx context.Context, before, after *policyfile.Policy, record []past, agreed []string) (comparison, error) {
	out := comparison{Tenant: t.platform.name, Before: before.Hash, After: after.Hash, Record: len(record)}
	m, closeStore, err := t.everybody(ctx)
	if err != nil {
		return out, err
	}
	defer closeStore()
	a, err := newAsker(ctx, t, m, before, after)
	if err != nil {
		return out, err
	}
	differences, err := a.differences(ctx, record)
	if err != nil {
		return out, err
	}
	out.add(differences, a.silent())
	out.NotCompared = a.notCompared()
	was, will := rulings(before, after)
	looser := policy.Loosened(was, will)
	met, err := a.agreed(ctx, looser, agreed)
	if err != nil {
		return out, err
	}
	out.Looser = loosenings(looser, met)
	return out, nil
}

// asker asks two policies the same.
type asker struct {
	tenant        *tenant
	mirror        *mirror.Mirror
	resolver      *standing.Resolver // by the policy in force
	resolvers     [2]*standing.Resolver
	files         [2]*policyfile.Policy
	models        [2]policy.Model
	before, after *policy.Engine
	people        policy.Roster
	admins        map[string]bool
	// sets are the people in sets that were looked up.
	sets [2]map[change.Selector]map[string]bool
}

func newAsker(ctx context.Context, t *tenant, m *mirror.Mirror, before, after *policyfile.Policy) (*asker, error) {
	a := &asker{tenant: t, mirror: m, files: [2]*policyfile.Policy{before, after}, models: [2]policy.Model{before.Model(), after.Model()}}
	var err error
	if a.resolver, err = standing.New(m, a.models[0]); err != nil {
		return nil, fmt.Errorf("the policy to compare with: %w", err)
	}
	newResolver, err := standing.New(m, a.models[1])
	if err != nil {
		return nil, fmt.Errorf("the new policy: %w", err)
	}
	a.resolvers = [2]*standing.Resolver{a.resolver, newResolver}
	a.admins, a.sets = map[string]bool{}, [2]map[change.Selector]map[string]bool{{}, {}}
	for _, p := range t.memory.People {
		a.admins[p.ID] = p.Admin
		person, known, err := a.resolver.Person(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		if known {
			a.people = append(a.people, person)
		}
	}
	if a.before, err = policy.Compile(a.models[0], a.people); err != nil {
		return nil, fmt.Errorf("the policy to compare with: %w", err)
	}
	if a.after, err = policy.Compile(a.models[1], a.people); err != nil {
		return nil, fmt.Errorf("the new policy: %w", err)
	}
	return a, nil
}

// differences has what another policy would change.
type differences struct {
	gains, loses []shift
	decisions    []decided
}

// differences asks everybody about everything, type of resource by type of resource, and what was
// decided in the past.
func (a *asker) differences(ctx context.Context, record []past) (differences, error) {
	var out differences
	for _, kind := range a.types() {
		gains, loses, err := a.shifts(ctx, kind)
		if err != nil {
			return out, err
		}
		out.gains, out.loses = append(out.gains, gains...), append(out.loses, loses...)
	}
	for _, p := range record {
		d, differs, err := a.question(ctx, p)
		if err != nil {
			return out, err
		}
		if differs {
			out.decisions = append(out.decisions, d)
		}
	}
	slices.SortStableFunc(out.decisions, func(x, y decided) int { return cmp.Compare(x.ID, y.ID) })
	return out, nil
}

// types lists the types of resource that Sekisho asks about, those that rules name and, where a rule is
// about all, one that none names.
func (a *asker) types() []string {
	var out []string
	for _, p := range policy.Permissions() {
		out = append(out, p.Type)
	}
	for _, r := range a.rules() {
		for i, t := range r.Resources {
			if i == 0 && strings.EqualFold(t, "all") {
				t = otherType
			}
			out = append(out, t)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// operations lists what can be done to a type of resource: what Sekisho asks, and what rules name.
func (a *asker) operations(kind string) []policy.Operation {
	var out []policy.Operation
	own := false
	for _, p := range policy.Permissions() {
		if p.Type == kind {
			out, own = append(out, p.Operation), true
		}
	}
	for _, r := range a.rules() {
		if slices.Contains(r.Resources, kind) || !own && isAbout(r, kind) {
			out = append(out, r.Operations...)
		}
	}
	if !own { // of what is in the catalogue, nobody is asked what Sekisho asks
		out = slices.DeleteFunc(out, func(o policy.Operation) bool {
			return slices.ContainsFunc(policy.Permissions(), func(p policy.Permission) bool { return p.Operation == o })
		})
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (a *asker) rules() []policy.Rule {
	var out []policy.Rule
	for _, m := range a.models {
		for _, p := range m.Policies {
			out = append(out, p.Rules...)
		}
	}
	return out
}

// resources lists what of a type there is here: groups, entitlements; of others of Sekisho's types, the
// type as a whole.
func (a *asker) resources(ctx context.Context, kind string) ([]policy.Resource, error) {
	var names []string
	switch kind {
	case policy.GroupResource:
		for _, g := range a.tenant.memory.present() {
			names = append(names, g.Email)
		}
	case policy.AccessResource:
		for _, p := range a.files {
			for _, e := range p.Access {
				names = append(names, e.Name)
			}
		}
	default:
		if standing.InCatalog(kind) || (kind == policy.ConnectionResource || kind == policy.AccountResource) && a.asksForOwners(kind) {
			return nil, nil // see imagined
		}
		return []policy.Resource{{Type: kind}}, nil
	}
	slices.Sort(names)
	var out []policy.Resource
	for _, name := range slices.Compact(names) {
		r := policy.Resource{Type: kind, Name: name}
		var err error
		for _, p := range a.files { // an entitlement may be in the new policy only
			if len(r.Owners) == 0 {
				if r.Owners, err = a.resolver.OwnersOf(ctx, r, p.Access); err != nil {
					return nil, err
				}
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// decided is a past decision and what two policies say of it.
type decided struct {
	policy.Again
	now, then answer
}

// question puts what somebody did to both policies again. The boolean is false for what the new policy
// does not change: what programs did, what was refused for another reason, what both policies answer
// alike, and what the new one leaves to whom it concerns.
func (a *asker) question(ctx context.Context, p past) (decided, bool, error) {
	needed, ok := policy.Needed(change.Kind(p.Kind), change.Verb(p.Verb))
	if p.Of.UndoOf != "" && change.Verb(p.Verb) == change.VerbPropose {
		needed, ok = policy.Needed(change.Kind(p.Kind), change.VerbApprove)
		needed.Operation = policy.Undo
	}
	if !ok || p.Of.Kind == "" {
		return decided{}, false, nil
	}
	about := policy.Resource{Type: needed.Type, Name: resourceName(p.Of, needed.Type == policy.AccountResource)}
	var err error
	if about.Owners, err = a.ownersOf(ctx, p.Of, about); err != nil {
		return decided{}, false, fmt.Errorf("look up the owners of %s: %w", about, err)
	}
	r := policy.Recorded{
		ID: p.ID, Allowed: p.Outcome == audit.Accepted,
		Request: policy.Request{Subject: p.Actor, Operations: []policy.Operation{needed.Operation}, Resource: about},
	}
	out := decided{}
	out.Again = r.Under(a.before, a.after)
	if out.now, err = a.pressed(ctx, 0, p, r.Request, out.Before); err != nil {
		return out, false, err
	}
	if out.then, err = a.pressed(ctx, 1, p, r.Request, out.After); err != nil {
		return out, false, err
	}
	barred := out.After.Reason == policy.Denied && out.Before.Reason != policy.Denied // whatever else holds for them
	switch {
	case out.After.Reason == policy.Unknown, out.After.Reason == policy.Suspended:
		return out, false, nil // a program, or somebody who left
	case !r.Allowed && out.now.may:
		return out, false, nil // it was not policy that refused it
	case out.now.may == out.then.may && !barred:
		return out, false, nil // people, groups or owners have changed since
	}
	return out, out.then.may != r.Allowed, nil
}

// ownersOf returns the owners of what a past change is about; where it never came to a change, of what has
// that name.
func (a *asker) ownersOf(ctx context.Context, c change.Change, about policy.Resource) ([]policy.Reference, error) {
	if c.ID == "" && about.Type == policy.ConnectionResource && strings.Contains(c.Target.Name, "@") {
		// The owner of the data who was named, and not how the connection would be called.
		return []policy.Reference{{Type: policy.TypeUser, Name: c.Target.Name}}, nil
	}
	if c.ID == "" {
		return a.resolver.OwnersOf(ctx, about, a.files[0].Access)
	}
	people, _, err := a.resolver.People(ctx, c, change.Owners)
	if err != nil {
		return nil, err
	}
	var out []policy.Reference
	for _, o := range people {
		out = append(out, policy.Reference{Type: policy.TypeUser, Name: o.ID})
	}
	return out, nil
}

// pressed answers by one policy whether somebody may do again what they did to a change: where they
// decided about it, whether they are among those whom the policy asks about this very change.
func (a *asker) pressed(ctx context.Context, which int, p past, q policy.Request, rules policy.Decision) (answer, error) {
	o := q.Operations[0]
	switch {
	case o == policy.Undo:
		return a.takesBack(ctx, which, p, rules)
	case asks(o):
		return a.lets(which, q, rules), nil
	}
	c := p.Of
	if c.Requirement.Mode == change.Ask {
		c.Requirement = a.asked(which, c.Kind, thing{q.Resource, false})
	}
	person, known, err := a.resolver.Person(ctx, p.Actor)
	if err == nil && !known {
		return answer{false, rules.String()}, nil // a program, or somebody who left
	}
	var counts []change.Selector
	if err == nil {
		counts, err = a.resolvers[which].Holds(ctx, c, person.ID)
	}
	if err != nil {
		return answer{}, fmt.Errorf("whether %s decides about %s: %w", p.Actor, c.ID, err)
	}
	if len(c.Requirement.Needs) == 0 { // it was done at once, and is in the hands of the approvers
		c.Requirement = change.DefaultRequirement()
	}
	return said(o, rules, c.Requirement, counts), nil
}

// takesBack answers by one policy whether somebody may ask again that something is taken back: whom it concerns and
// who decides about such changes may as well as those whom a rule allows it.
func (a *asker) takesBack(ctx context.Context, which int, p past, rules policy.Decision) (answer, error) {
	undone := p.Undone
	if change.Verb(p.Verb) == change.VerbUndo {
		undone = p.Of // it was turned away, and came to no change
	}
	person, known, err := a.resolver.Person(ctx, p.Actor)
	if err != nil || !known || undone.ID == "" { // nobody knows whom it concerns
		return undoes(rules), err
	}
	who := change.Actor{Kind: change.ByPerson, ID: person.ID}
	concerned := who.Same(undone.Requester) || slices.Contains(undone.Concerned, person.ID)
	if trait, _ := change.TraitOf(undone.Kind); concerned && trait.UndoMode == change.Auto {
		return answer{true, policy.Unspoken(policy.Undo).String()}, nil // giving back what one was given is nobody else's business
	}
	v, err := a.resolvers[which].MayUndo(ctx, undone, person.ID, concerned)
	if err != nil {
		return answer{}, fmt.Errorf("whether %s may have %s taken back: %w", p.Actor, undone.ID, err)
	}
	if v.May && !rules.Allowed {
		return answer{true, policy.Unspoken(policy.Undo).String()}, nil
	}
	return answer{v.May, rules.String()}, nil
}

// spoken reports whether one of the policies says who may do something.
func (a *asker) spoken(which int, o policy.Operation, kind string) bool {
	return !a.models[which].Allowing(o, kind).Silent()
}

// silent lists what one policy speaks of and the other does not.
func (a *asker) silent() []silence {
	var out []silence
	seen := map[silence]bool{}
	for _, p := range policy.Permissions() {
		was, will := a.spoken(0, p.Operation, p.Type), a.spoken(1, p.Operation, p.Type)
		s := silence{p.Operation, p.Type, will}
		if was != will && !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// silence is an operation of which only one of two policies speaks.
type silence struct {
	operation policy.Operation
	kind      string
	// before says that it is the old one that does not.
	before bool
}

// asks reports whether an operation is to ask for a change. Where a policy does not speak of that,
// everybody may.
func asks(o policy.Operation) bool {
	return slices.ContainsFunc(policy.Permissions(), func(p policy.Permission) bool {
		return p.Operation == o && slices.Contains(p.Verbs, change.VerbPropose)
	})
}
