package main

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/domain/span"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// This file asks two policies who may do what, as it is asked when somebody does it: of what the rules
// are silent about, and of who is named by the approvals, the rules alone are not the answer.

// answer is what one policy says to a question.
type answer struct {
	may  bool
	text string
}

// shift is one thing that somebody may do under one policy only.
type shift struct {
	person    policy.Person
	operation policy.Operation
	resource  policy.Resource
	now, then answer
}

// shifts asks everybody about everything of one type and returns who gains and who loses.
func (a *asker) shifts(ctx context.Context, kind string) (gains, loses []shift, err error) {
	operations := a.operations(kind)
	resources, err := a.resources(ctx, kind)
	if err != nil {
		return nil, nil, err
	}
	things := a.imagined(kind)
	for _, r := range resources {
		things = append(things, thing{r, false})
	}
	for _, p := range a.people {
		for _, r := range things {
			if r.own && r.Type == policy.AccountResource {
				managers, err := a.set(ctx, 0, change.Manager)
				if err != nil {
					return nil, nil, err
				}
				if !managers[p.ID] {
					continue
				}
			}
			if r.own {
				r.Owners = []policy.Reference{{Type: policy.TypeUser, Name: p.ID}}
			}
			for _, o := range operations {
				differ, err := a.differing(ctx, p, o, r)
				if err != nil {
					return nil, nil, err
				}
				for _, s := range differ {
					if s.then.may {
						gains = append(gains, s)
					} else {
						loses = append(loses, s)
					}
				}
			}
		}
	}
	byWhom := func(x, y shift) int {
		return cmp.Or(
			cmp.Compare(x.person.Email, y.person.Email), cmp.Compare(x.person.ID, y.person.ID),
			cmp.Compare(x.resource.Name, y.resource.Name), cmp.Compare(x.operation, y.operation),
		)
	}
	slices.SortStableFunc(gains, byWhom)
	slices.SortStableFunc(loses, byWhom)
	return gains, loses, nil
}

// differing asks both policies whether somebody may do something, and returns in what they differ: one
// gain and one loss at most, since of several kinds of change that need the same operation, others may
// be named by the approvals.
//
// An undo is told by the rules about it: that who decides about such changes may ask for one as well, is
// told with the decisions. Whom a rule denies it, it is denied whatever else holds for them.
func (a *asker) differing(ctx context.Context, p policy.Person, o policy.Operation, r thing) ([]shift, error) {
	q := policy.Request{Subject: p.ID, Operations: []policy.Operation{o}, Resource: r.Resource}
	was, will := a.before.Decide(q), a.after.Decide(q)
	switch {
	case o != policy.Undo:
	case was.Refuses() != will.Refuses():
		return []shift{{p, o, r.Resource, undoes(was), undoes(will)}}, nil
	case was.Allowed == will.Allowed:
		return nil, nil
	}
	kinds := decidedBy(o, r.Type)
	var gain, loss []change.Kind
	var out []shift
	for _, kind := range kinds {
		now, err := a.answer(ctx, 0, p, q, r, kind, was)
		if err != nil {
			return nil, err
		}
		then, err := a.answer(ctx, 1, p, q, r, kind, will)
		if err != nil {
			return nil, err
		}
		if now.may == then.may {
			continue
		}
		in := &gain
		if now.may {
			in = &loss
		}
		if len(*in) == 0 {
			out = append(out, shift{p, o, r.Resource, now, then})
		}
		*in = append(*in, kind)
	}
	for i, s := range out {
		of := gain
		if s.now.may {
			of = loss
		}
		if len(of) < len(kinds) {
			names := make([]string, len(of))
			for k, kind := range of {
				names[k] = string(kind)
			}
			out[i].then.text += ", of " + strings.Join(names, ", ")
		}
	}
	return out, nil
}

// undoes answers by the rules about it whether somebody may ask that what concerns them is taken back.
func undoes(rules policy.Decision) answer {
	if rules.Allowed || rules.Refuses() {
		return answer{rules.Allowed, rules.String()}
	}
	return answer{true, policy.Unspoken(policy.Undo).String()}
}

// answer asks one policy about a kind of change, where its rules alone have decided already.
func (a *asker) answer(
	ctx context.Context, which int, p policy.Person, q policy.Request, r thing, kind change.Kind, rules policy.Decision,
) (answer, error) {
	alone, o := answer{rules.Allowed, rules.String()}, q.Operations[0]
	switch {
	case rules.Refuses():
		return alone, nil
	case asks(o), o == policy.ReadAudit:
		return a.lets(which, q, rules), nil
	case kind == noKind, o == policy.Undo && rules.Allowed:
		return alone, nil
	}
	needed := a.asked(which, kind, r)
	holds, err := a.holds(ctx, which, needed.Selectors(true), kind, p, r)
	if err != nil {
		return alone, err
	}
	if o == policy.Undo { // which who decides about such changes may ask for as well, asked or not
		permission, _ := policy.Needed(kind, change.VerbApprove)
		q.Operations = []policy.Operation{permission.Operation}
		if a.engine(which).Decides(q, holds).May {
			return answer{true, policy.Unspoken(o).String()}, nil
		}
		return alone, nil
	}
	return said(o, rules, needed, a.engine(which).Decides(q, holds).Counts), nil
}

// lets answers by one policy whether somebody may do what everybody may where no rule says who.
func (a *asker) lets(which int, q policy.Request, rules policy.Decision) answer {
	if v := a.engine(which).Lets(q); !rules.Allowed && v.May {
		return answer{true, policy.Unspoken(q.Operations[0]).String()}
	}
	return answer{rules.Allowed, rules.String()}
}

// asked returns what one policy takes of people for a kind of change. About the policy itself, approvals
// have no entries.
func (a *asker) asked(which int, kind change.Kind, r thing) change.Requirement {
	if kind == thePolicy {
		return change.DefaultRequirement()
	}
	return a.files[which].Asks(kind, entitlementOf(r.Resource))
}

// said answers whether somebody decides of whom some sets count, by one policy: one of the sets has to
// be asked, at first or later. The rules alone have decided already.
func said(o policy.Operation, rules policy.Decision, needed change.Requirement, counts []change.Selector) answer {
	first, ever := needed.Selectors(false), needed.Selectors(true)
	in := func(sets []change.Selector) int {
		return slices.IndexFunc(counts, func(s change.Selector) bool { return slices.Contains(sets, s) })
	}
	i, later := in(first), ""
	if i < 0 && needed.Escalate != nil {
		i, later = in(ever), ", after "+span.Spell(needed.Escalate.After)
	}
	switch {
	case i < 0 && rules.Allowed:
		return answer{false, rules.String() + ", but the approvals ask " + inWords(needed)}
	case i < 0:
		return answer{false, rules.String()}
	case rules.Allowed:
		return answer{true, rules.String() + later}
	case counts[i] == change.Approvers:
		return answer{true, policy.Unspoken(o).String() + later}
	case counts[i] == change.Manager:
		return answer{true, "named by the approvals as manager of who asks" + later}
	}
	return answer{true, "named by the approvals as " + string(counts[i]) + later}
}

func (a *asker) engine(which int) *policy.Engine {
	return [2]*policy.Engine{a.before, a.after}[which]
}

// noKind stands for what is not done to a change, and thePolicy for the policy itself, which is no change
// of Sekisho's either and is decided about by administrators where no rule says who.
const (
	noKind    change.Kind = ""
	thePolicy change.Kind = "policy"
)

// decidedBy lists the kinds of change that are decided about by an operation, or taken back; one that
// stands for none where there are none.
func decidedBy(o policy.Operation, resource string) []change.Kind {
	if o == policy.ChangePolicy && resource == policy.PolicyResource {
		return []change.Kind{thePolicy}
	}
	var out []change.Kind
	for _, p := range policy.Permissions() {
		if p.Operation == o && p.Type == resource && (slices.Contains(p.Verbs, change.VerbApprove) || slices.Contains(p.Verbs, change.VerbUndo)) {
			out = append(out, p.Kind)
		}
	}
	if len(out) == 0 {
		return []change.Kind{noKind}
	}
	return out
}

// holds lists the sets, of those whom a policy asks about a kind of change, that somebody is in. Owners
// and administrators are in that of the approvers: a policy that says who approves leaves them out. Of
// managers it is who manages anybody.
func (a *asker) holds(
	ctx context.Context, which int, selectors []change.Selector, kind change.Kind, p policy.Person, r thing,
) ([]change.Selector, error) {
	owns := slices.ContainsFunc(r.Owners, func(o policy.Reference) bool { return o.Name == p.ID || o.Name == p.Email })
	var out []change.Selector
	for _, s := range selectors {
		in := false
		switch s {
		case change.Approvers:
			in = owns && kind != thePolicy || a.admins[p.ID]
		case change.Owners:
			in = owns
		case change.Admins:
			in = a.admins[p.ID]
		default:
			people, err := a.set(ctx, which, s)
			if err != nil {
				return nil, err
			}
			in = people[p.ID]
		}
		if in {
			out = append(out, s)
		}
	}
	return out, nil
}

// entitlementOf returns the entitlement that a resource is, if it is one.
func entitlementOf(r policy.Resource) string {
	if r.Type == policy.AccessResource {
		return r.Name
	}
	return ""
}

// set returns the ids of those in a set that does not depend on what is decided about, once for all
// questions.
func (a *asker) set(ctx context.Context, which int, s change.Selector) (map[string]bool, error) {
	if out, ok := a.sets[which][s]; ok {
		return out, nil
	}
	each := []change.Selector{s}
	if s == change.Manager {
		each = nil
		for _, p := range a.people {
			each = append(each, change.Selector("manager:"+p.ID))
		}
	}
	out := map[string]bool{}
	for _, one := range each {
		people, _, err := a.resolvers[which].People(ctx, change.Change{}, one)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			out[p.ID] = true
		}
	}
	a.sets[which][s] = out
	return out, nil
}

// thing is what somebody is asked about. Own says that it is theirs, whoever is asked.
type thing struct {
	policy.Resource
	own bool
}

// otherType stands for whatever no rule names, for rules about all types.
const otherType = "everything else"

// reports is what the accounts are called whose persons somebody manages: a change of one asks the manager, who owns
// it as rules mean that.
const reports = "of somebody who reports to them"

// imagined lists things of a type that conditions tell apart: by whose they are and by their tags. What
// is in the catalogue is not read for this, and there is more of it than could be asked about. Of
// accounts, each is owned by who manages its person, and by those who administer the system, whom nobody knows
// here; of connections, each has the owner whom its request names.
func (a *asker) imagined(kind string) []thing {
	if kind == policy.AccountResource && a.asksForOwners(kind) {
		elses := []policy.Reference{{Type: policy.TypeUser}}
		return []thing{
			{policy.Resource{Type: kind, Name: reports}, true},
			{policy.Resource{Type: kind, Name: "their own, or that of nobody who reports to them", Owners: elses}, false},
		}
	}
	if kind == policy.ConnectionResource && a.asksForOwners(kind) {
		elses := []policy.Reference{{Type: policy.TypeUser}} // nobody who is asked
		return []thing{
			{policy.Resource{Type: kind, Name: "their own"}, true},
			{policy.Resource{Type: kind, Name: "somebody else's", Owners: elses}, false},
		}
	}
	if !standing.InCatalog(kind) {
		return nil
	}
	owned := false
	var tags, certificates []string
	var together [][]string // those of one condition
	for _, r := range a.rules() {
		if !isAbout(r, kind) {
			continue
		}
		calls := func(name string) bool { return strings.Contains(r.Condition.String(), name) }
		owned = owned || calls("isOwner") || calls("noOwner") || calls("matchTeam")
		named := r.Condition.Names(policy.TagName)
		tags = append(tags, named...)
		together = append(together, slices.Compact(slices.Sorted(slices.Values(named))))
		if calls("matchAnyCertification") {
			certificates = append(certificates, r.Condition.Names(policy.TagName)...)
		}
	}
	slices.Sort(tags)
	tags = slices.Compact(tags)
	sets := [][]string{nil}
	for _, tag := range tags {
		sets = append(sets, []string{tag})
	}
	for _, set := range append(together, tags) {
		if len(set) > 1 && !slices.ContainsFunc(sets, func(other []string) bool { return slices.Equal(set, other) }) {
			sets = append(sets, set)
		}
	}
	slices.Sort(certificates)
	var out []thing
	for _, certificate := range slices.Compact(append([]string{""}, certificates...)) {
		for _, set := range sets {
			r := policy.Resource{Type: kind, Tags: set, Certification: certificate}
			var name []string
			if len(set) > 0 {
				name = append(name, "tagged "+strings.Join(set, " and "))
			}
			if certificate != "" {
				name = append(name, "certified "+certificate)
			}
			if !owned {
				r.Name = strings.Join(name, ", ") // without any, it is the type as a whole
				out = append(out, thing{r, false})
				continue
			}
			r.Name = strings.Join(append([]string{"nobody's"}, name...), ", ")
			out = append(out, thing{r, false})
			r.Name = strings.Join(append([]string{"their own"}, name...), ", ")
			out = append(out, thing{r, true})
			r.Name = strings.Join(append([]string{"somebody else's"}, name...), ", ")
			r.Owners = []policy.Reference{{Type: policy.TypeUser}} // nobody who is asked
			out = append(out, thing{r, false})
		}
	}
	return out
}

// asksForOwners reports whether a rule of one of the policies about what Sekisho does to a type of resource
// looks at who owns it.
func (a *asker) asksForOwners(kind string) bool {
	return slices.ContainsFunc(policy.Permissions(), func(p policy.Permission) bool {
		return p.Type == kind && (a.before.AsksForOwners(p.Operation, kind) || a.after.AsksForOwners(p.Operation, kind))
	})
}

// isAbout reports whether a rule is about a type of resource.
func isAbout(r policy.Rule, kind string) bool {
	return len(r.Resources) > 0 && strings.EqualFold(r.Resources[0], "all") || slices.Contains(r.Resources, kind)
}

// notCompared says what may differ of who may do what and was asked about by nobody.
func (a *asker) notCompared() []string {
	before, after := a.files[0], a.files[1]
	var out []string
	var sections []string
	for _, s := range []struct {
		name string
		same bool
	}{
		{"access", reflect.DeepEqual(before.Access, after.Access)},
		{"catalog", reflect.DeepEqual(before.Catalog, after.Catalog)},
		{"connections", reflect.DeepEqual(before.Connections, after.Connections)},
		{"inactivity", reflect.DeepEqual(before.Inactivity, after.Inactivity)},
		{"settings", reflect.DeepEqual(before.Settings, after.Settings)},
	} {
		if !s.same {
			sections = append(sections, s.name)
		}
	}
	if len(sections) > 0 {
		out = append(out, "what differs in "+strings.Join(sections, ", ")+", such as who is eligible, but for what asks less")
	}
	if others := beyondAgreement(before, after); len(others) > 0 {
		out = append(out, strings.Join(others, ", ")+", which do not count as asking less, however they differ")
	}
	if kinds := a.askOtherOwners(); len(kinds) > 0 {
		out = append(out, "whether the owners decide about "+strings.Join(kinds, ", "))
	}
	if reflect.DeepEqual(a.models[0], a.models[1]) {
		return out
	}
	calls := func(names ...string) bool {
		return slices.ContainsFunc(a.rules(), func(r policy.Rule) bool {
			return slices.ContainsFunc(names, func(name string) bool { return strings.Contains(r.Condition.String(), name) })
		})
	}
	for _, x := range []struct {
		what string
		some bool
	}{
		{"that a team owns", calls("isOwner", "matchTeam") || a.teamsHavePolicies()},
		{"that people review", calls("isReviewer")},
		{"with other tags together than those of one condition, or all", a.namesTags() > 2},
		{"in data domains", calls("hasDomain", "noDomain")},
	} {
		if x.some {
			out = append(out, "things of the data catalogue "+x.what)
		}
	}
	if a.asksForOwners(policy.AccountResource) {
		out = append(out, "accounts, as those see them who administer their system")
	}
	if a.asksForOwners(policy.ConnectionResource) && slices.ContainsFunc(a.rules(), func(r policy.Rule) bool {
		return isAbout(r, policy.ConnectionResource) && strings.Contains(r.Condition.String(), "matchTeam")
	}) {
		out = append(out, "connections to data of others in the same team")
	}
	return out
}

// namesTags counts the tags that conditions name.
func (a *asker) namesTags() int {
	tags := map[string]bool{}
	for _, r := range a.rules() {
		for _, tag := range r.Condition.Names(policy.TagName) {
			tags[tag] = true
		}
	}
	return len(tags)
}

// askOtherOwners lists the kinds of change about which one policy alone asks the owners, where nobody was
// asked about as one: those of an account, say, depend on whose it is.
func (a *asker) askOtherOwners() []string {
	var out []string
	for _, p := range policy.Permissions() {
		switch {
		case !slices.Contains(p.Verbs, change.VerbApprove), p.Type == policy.GroupResource, p.Type == policy.AccessResource:
			continue
		case p.Type == policy.ConnectionResource && a.asksForOwners(p.Type): // see imagined
			continue
		}
		var ask [2]bool
		for which, f := range a.files {
			sets := f.Asks(p.Kind, "").Selectors(true)
			ask[which] = slices.Contains(sets, change.Owners) || slices.Contains(sets, change.Approvers) && !a.spoken(which, p.Operation, p.Type)
		}
		if ask[0] != ask[1] {
			out = append(out, string(p.Kind))
		}
	}
	return out
}

// teamsHavePolicies reports whether a team has policies of its own, which reach others where it owns
// something.
func (a *asker) teamsHavePolicies() bool {
	return slices.ContainsFunc(append(slices.Clone(a.models[0].Teams), a.models[1].Teams...), func(t policy.Team) bool { return len(t.Policies) > 0 })
}
