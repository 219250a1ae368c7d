package catalog

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/group"
)

// ErrNotWhole says that what was read cannot be a whole catalogue: every catalogue has an
// organization.
var ErrNotWhole = errors.New("the catalogue was not read whole")

// Diff says what has to change so that the catalogue is as the policy wants it. With problems
// there is no plan. The error is [ErrNotWhole].
func Diff(d Desired, p Present) (Plan, []Problem, error) {
	if !slices.ContainsFunc(p.Teams, func(t PresentTeam) bool { return t.Name == Organization }) {
		return Plan{}, nil, ErrNotWhole
	}
	b := newBuilder(d, p)
	if problems := check(d, b.there); len(problems) > 0 {
		return Plan{}, problems, nil
	}
	b.knots()
	b.policies()
	b.roles()
	b.teams()
	steps, problems := b.sequence()
	if len(problems) > 0 {
		return Plan{}, problems, nil
	}
	slices.SortFunc(b.findings, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Name, y.Name), cmp.Compare(x.Code, y.Code))
	})
	return Plan{Steps: steps, Findings: slices.Compact(b.findings)}, nil, nil
}

// rank is the order of kinds within one part of a plan.
var rank = map[Kind]int{KindPolicy: 1, KindRole: 2, KindTeam: 3, KindUser: 4, KindHolder: 5, KindMember: 6}

func byName(a, b Step) int {
	return cmp.Or(cmp.Compare(rank[a.Kind], rank[b.Kind]), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Person, b.Person))
}

// builder collects the parts of a plan.
type builder struct {
	desired Desired
	present Present
	there   names
	// ourselves is the address of our own account.
	ourselves string
	// account maps an address to the number of accounts that have it.
	account map[string]int
	// is, wants and can are what policies, roles and teams have, are wanted to have, and can have by now.
	is, wants, can has
	// theirs is what somebody else has made, made what is wanted. Of what is wanted, missing cannot be there
	// yet, and knotted is in a knot with that.
	theirs  map[key]bool
	made    names
	missing names
	knotted map[key]bool
	tied    tied
	// off are the policies that are switched off.
	off map[string]bool
	// isTeam and wantTeam are the teams by their names, as they are and as they are wanted.
	isTeam   map[string]PresentTeam
	wantTeam map[string]Team
	// types are the types that the teams will have which are there.
	types map[string]string
	// bound are teams that cannot be put below a team, because that stays below them.
	bound map[string]bool
	// astray are the teams of which it is known whether they are where they are wanted, and those above them.
	astray map[string]bool
	// stays are roles and teams that nobody wants, and that stay because something refers to them.
	stays map[key]bool
	// needed is what is referred to once the plan is carried out.
	needed map[key]bool

	created, updated, removed, users, added, deleted []Step
	findings                                         []Finding
}

func newBuilder(d Desired, p Present) *builder {
	b := &builder{
		desired: d, present: p, there: names{KindPolicy: {}, KindRole: {}, KindTeam: {}}, account: map[string]int{},
		theirs: map[key]bool{}, made: namesOf(d), missing: names{KindPolicy: {}, KindRole: {}, KindTeam: {}},
		isTeam: map[string]PresentTeam{}, wantTeam: map[string]Team{}, types: map[string]string{}, bound: map[string]bool{}, astray: map[string]bool{}, stays: map[key]bool{}, off: map[string]bool{}, needed: map[key]bool{},
	}
	for _, e := range p.Policies {
		b.there[KindPolicy][e.Name] = true
	}
	for _, e := range p.Roles {
		b.there[KindRole][e.Name] = true
	}
	for _, e := range p.Teams {
		b.there[KindTeam][e.Name], b.isTeam[e.Name] = true, e
	}
	for _, t := range d.Teams {
		b.wantTeam[t.Name] = t
	}
	for _, u := range p.Users {
		if u.Name == d.Us && d.Us != "" {
			b.ourselves = group.Address(u.Email) // what our account may do is for others to say
		}
		if !u.Bot && u.Email != "" {
			b.account[group.Address(u.Email)]++
		}
	}
	return b
}

func (b *builder) found(code FindingCode, k Kind, name string) {
	b.findings = append(b.findings, Finding{code, k, name})
}

// drift is who changed something last, where that was not us.
func (b *builder) drift(e Entity) string {
	if b.desired.Us == "" || e.UpdatedBy == b.desired.Us {
		return ""
	}
	return e.UpdatedBy
}

// update adds a step that changes an entity, if anything differs.
func (b *builder) update(e Entity, s Step) {
	if len(s.Diff) > 0 {
		s.Verb, s.Name, s.Drift = Update, e.Name, b.drift(e)
		b.updated = append(b.updated, s)
	}
}

// ours reports whether a policy or a role that is wanted is ours to make or to change, and notes what is
// to be known of it: that it waits, that it is somebody else's, or that it cannot be wholly as it is wanted.
func (b *builder) ours(k Kind, name string, there bool, is Entity, whole bool) bool {
	switch {
	case b.missing[k][name]:
		b.found(FoundWaits, k, name)
	case there && !is.Ours():
		b.found(FoundStranger, k, name)
	case !whole:
		b.found(FoundPartly, k, name)
		return true
	default:
		return true
	}
	return false
}

func (b *builder) policies() {
	for _, want := range b.desired.Policies {
		want := normalPolicy(want)
		rules := b.can.rules[want.Name]
		var is PresentPolicy
		i := slices.IndexFunc(b.present.Policies, func(p PresentPolicy) bool { return p.Name == want.Name })
		if i >= 0 {
			is = b.present.Policies[i]
		}
		if !b.ours(KindPolicy, want.Name, i >= 0, is.Entity, len(ruleDifferences(rules, want.Rules)) == 0) {
			continue
		}
		want.Rules = rules
		b.keep(Step{Policy: &want})
		if i < 0 {
			b.created = append(b.created, Step{Verb: Create, Kind: KindPolicy, Name: want.Name, Policy: &want})
			continue
		}
		diff := ruleDifferences(is.Rules, want.Rules)
		if is.Disabled && b.knotted[key{KindPolicy, want.Name}] {
			b.found(FoundPartly, KindPolicy, want.Name) // without what it lacks it stays switched off
		} else if is.Disabled {
			diff = append(diff, Difference{enabled, "no", "yes"})
		}
		if !is.Disabled || !b.knotted[key{KindPolicy, want.Name}] {
			diff = append(diff, listDifference(owners, is.Owners, nil)...)
		}
		b.update(is.Entity, Step{Kind: KindPolicy, Policy: &want, Diff: diff})
	}
	for _, is := range b.present.Policies {
		if is.Ours() && !slices.ContainsFunc(b.desired.Policies, func(p Policy) bool { return p.Name == is.Name }) {
			b.deleted = append(b.deleted, Step{Verb: Delete, Kind: KindPolicy, Name: is.Name, Drift: b.drift(is.Entity)})
		}
	}
}

// owners are whom somebody has put in charge of what is ours: a rule about owners lets them change what the file says.
const owners = "owners"

// enabled is the property of a policy that somebody may have switched off.
const enabled = "enabled"

// normalPolicy sorts what has no order. Rules are sorted too: whether something is allowed does
// not depend on their order.
func normalPolicy(p Policy) Policy {
	p.Rules = normalRules(p.Rules)
	return p
}

// allResources is the type of resource that stands for every other.
const allResources = "all"

// normalRules also leaves out what is included in other operations and resources of a rule, because
// the catalogue does when it stores one (validateRules in OpenMetadata's PolicyRepository).
func normalRules(rules []Rule) []Rule {
	var out []Rule
	for _, r := range rules {
		r.Operations, r.Resources = set(r.Operations), set(r.Resources)
		for _, all := range []string{"EditAll", "ViewAll"} {
			if slices.Contains(r.Operations, all) {
				r.Operations = slices.DeleteFunc(r.Operations, func(o string) bool { return o != all && strings.HasPrefix(o, all[:4]) })
			}
		}
		if slices.ContainsFunc(r.Resources, func(s string) bool { return strings.EqualFold(s, allResources) }) {
			r.Resources = []string{allResources}
		}
		r.Condition, r.Description = strings.TrimSpace(r.Condition), strings.TrimSpace(r.Description)
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b Rule) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// set returns the members of a list once each, sorted.
func set(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}

// people is [set] for addresses.
func people(list []string) []string {
	var out []string
	for _, email := range list {
		out = append(out, group.Address(email))
	}
	return set(out)
}

func ruleDifferences(is, want []Rule) []Difference {
	shown := func(rules []Rule) (texts, descriptions map[string]string) {
		texts, descriptions = map[string]string{}, map[string]string{}
		for _, r := range rules {
			texts[r.Name], descriptions[r.Name] = says(r), strings.TrimSpace(r.Description)
		}
		return texts, descriptions
	}
	before, described := shown(is)
	after, describe := shown(want)
	var all []string
	for _, rules := range [][]Rule{is, want} {
		for _, r := range rules {
			all = append(all, r.Name)
		}
	}
	var out []Difference
	for _, name := range set(all) {
		if before[name] != after[name] {
			out = append(out, Difference{"rule " + name, before[name], after[name]})
		}
		if after[name] != "" && described[name] != describe[name] {
			out = append(out, Difference{"description of rule " + name, described[name], describe[name]})
		}
	}
	return out
}

// says is what a rule says, whatever its name: two that say the same decide the same.
func says(r Rule) string {
	r = normalRules([]Rule{r})[0]
	text := r.Effect + " " + strings.Join(r.Operations, ", ") + " on " + strings.Join(r.Resources, ", ")
	if r.Condition != "" {
		text += " if " + r.Condition
	}
	return text
}

func (b *builder) roles() {
	for _, want := range b.desired.Roles {
		holders := people(want.Holders)
		want.Policies, want.Holders = set(want.Policies), nil
		var is PresentRole
		i := slices.IndexFunc(b.present.Roles, func(r PresentRole) bool { return r.Name == want.Name })
		if i >= 0 {
			is = b.present.Roles[i]
		}
		policies := b.can.lists[key{KindRole, want.Name}].policies
		if !b.ours(KindRole, want.Name, i >= 0, is.Entity, slices.Equal(policies, want.Policies)) {
			continue
		}
		want.Policies = policies
		b.keep(Step{Role: &want})
		if i < 0 {
			b.created = append(b.created, Step{Verb: Create, Kind: KindRole, Name: want.Name, Role: &want})
		} else {
			b.update(is.Entity, Step{Kind: KindRole, Role: &want, Diff: listDifference("policies", is.Policies, want.Policies)})
		}
		b.persons(KindHolder, want.Name, is.Holders, holders)
	}
	for _, is := range b.present.Roles {
		if is.Ours() && !slices.ContainsFunc(b.desired.Roles, func(r Role) bool { return r.Name == is.Name }) {
			b.deleted = append(b.deleted, Step{Verb: Delete, Kind: KindRole, Name: is.Name, Drift: b.drift(is.Entity), Takes: b.taken(is.Holders)})
		}
	}
}

func listDifference(field string, is, want []string) []Difference {
	before, after := strings.Join(set(is), ", "), strings.Join(set(want), ", ")
	if before == after {
		return nil
	}
	return []Difference{{field, before, after}}
}

// taken counts those who leave what goes: each once, whatever accounts they have, and not our own.
func (b *builder) taken(is []string) int { return len(without(people(is), []string{b.ourselves})) }

// persons adds the steps that give a team or role its people.
func (b *builder) persons(k Kind, name string, is, want []string) {
	is, want = people(is), people(want) // sorted, so that even a large team is compared fast
	in := func(list []string, email string) bool {
		_, found := slices.BinarySearch(list, email)
		return found
	}
	for _, email := range want {
		switch n := b.account[email]; {
		case in(is, email):
		case n > 1:
			b.found(FoundTwice, KindUser, email)
		case n == 0 && !b.desired.CreateUsers:
			b.found(FoundMissing, KindUser, email)
		default:
			if n == 0 {
				b.users = append(b.users, Step{Verb: Create, Kind: KindUser, Name: email})
				b.account[email] = 1 // who is in several teams gets one account
			}
			b.added = append(b.added, Step{Verb: Add, Kind: k, Name: name, Person: email})
		}
	}
	for _, email := range is {
		if !in(want, email) && email != b.ourselves {
			b.removed = append(b.removed, Step{Verb: Remove, Kind: k, Name: name, Person: email})
		}
	}
}

func (b *builder) teams() {
	for _, want := range b.desired.Teams {
		want.Policies, want.DefaultRoles, want.Members = set(want.Policies), set(want.DefaultRoles), people(want.Members)
		want.Parents = set(without(want.Parents, []string{Organization})) // everything is below it
		i := slices.IndexFunc(b.present.Teams, func(t PresentTeam) bool { return t.Name == want.Name })
		switch {
		case want.Name == Organization:
			b.organization(b.present.Teams[i], want)
		case b.missing[KindTeam][want.Name]:
			b.found(FoundWaits, KindTeam, want.Name)
		case i < 0:
			b.newTeam(want)
		case !b.present.Teams[i].Ours():
			b.found(FoundStranger, KindTeam, want.Name)
		default:
			is := b.present.Teams[i]
			if is.Type == TypeGroup && want.Type != TypeGroup { // the catalogue refuses it for good
				b.found(FoundGroup, KindTeam, want.Name)
				want.Type = TypeGroup
			}
			if b.misplaced(want) {
				b.found(FoundPartly, KindTeam, want.Name)
				want.Parents = set(without(is.Parents, []string{Organization}))
			}
			if want.Type != b.types[want.Name] {
				b.found(FoundPartly, KindTeam, want.Name)
				want.Type = b.types[want.Name]
			}
			want = b.attached(want)
			wanted := want
			wanted.Members = nil
			b.update(is.Entity, Step{Kind: KindTeam, Team: &wanted, Diff: teamDifferences(is, want)})
			b.persons(KindMember, want.Name, is.Members, want.Members)
		}
	}
	for _, is := range b.present.Teams {
		wanted := slices.ContainsFunc(b.desired.Teams, func(t Team) bool { return t.Name == is.Name })
		switch {
		case wanted:
		case is.Name == Organization: // it stays, without what we have attached to it
			b.organization(is, Team{Name: Organization})
		case is.Ours():
			b.deleted = append(b.deleted, Step{Verb: Delete, Kind: KindTeam, Name: is.Name, Drift: b.drift(is.Entity), Takes: b.taken(is.Members)})
		}
	}
}

// attached returns a team with the policies and default roles that it can have by now.
func (b *builder) attached(want Team) Team {
	can := b.can.lists[key{KindTeam, want.Name}]
	if !can.equal(lists{set(want.Policies), set(want.DefaultRoles)}) {
		b.found(FoundPartly, KindTeam, want.Name)
	}
	want.Policies, want.DefaultRoles = can.policies, can.roles
	b.keep(Step{Team: &want})
	return want
}

// newTeam makes a team. Its policies and roles are attached when they are there: they may name
// the team in turn.
func (b *builder) newTeam(want Team) {
	want = b.attached(want)
	bare := Team{Name: want.Name, Type: want.Type, Parents: want.Parents}
	b.created = append(b.created, Step{Verb: Create, Kind: KindTeam, Name: want.Name, Team: &bare})
	attached := want
	attached.Members = nil
	diff := slices.Concat(listDifference("policies", nil, want.Policies), listDifference("default roles", nil, want.DefaultRoles))
	if len(diff) > 0 {
		b.updated = append(b.updated, Step{Verb: Update, Kind: KindTeam, Name: want.Name, Team: &attached, Diff: diff})
	}
	b.persons(KindMember, want.Name, nil, want.Members)
}

// joinable is the property of a team that anybody may join.
const joinable = "joinable"

func teamDifferences(is PresentTeam, want Team) []Difference {
	parents := without(is.Parents, []string{Organization})
	var out []Difference
	if is.Type != want.Type {
		out = append(out, Difference{"type", is.Type, want.Type})
	}
	out = append(out, listDifference("parents", parents, want.Parents)...)
	if is.Joinable {
		out = append(out, Difference{joinable, "yes", "no"})
	}
	out = append(out, listDifference(owners, is.Owners, nil)...)
	out = append(out, listDifference("policies", is.Policies, want.Policies)...)
	return append(out, listDifference("default roles", is.DefaultRoles, want.DefaultRoles)...)
}

// organization attaches to the organization what is wanted there, and detaches what is ours and
// is not. What somebody else has attached stays.
func (b *builder) organization(is PresentTeam, want Team) {
	ours := func(k Kind, name string) bool {
		switch k {
		case KindPolicy:
			return slices.ContainsFunc(b.present.Policies, func(p PresentPolicy) bool { return p.Name == name && p.Ours() })
		default:
			return slices.ContainsFunc(b.present.Roles, func(r PresentRole) bool { return r.Name == name && r.Ours() })
		}
	}
	keep := func(k Kind, is, want []string) []string {
		out := slices.Clone(want)
		for _, name := range is {
			if !ours(k, name) {
				out = append(out, name)
			}
		}
		return set(out)
	}
	want = b.attached(want)
	want.Policies = keep(KindPolicy, is.Policies, want.Policies)
	want.DefaultRoles = keep(KindRole, is.DefaultRoles, want.DefaultRoles)
	diff := slices.Concat(listDifference("policies", is.Policies, want.Policies), listDifference("default roles", is.DefaultRoles, want.DefaultRoles))
	if len(diff) > 0 {
		want.Type, want.Parents = "", nil
		// Whoever changed the organization last changed something else: there is no drift to show.
		b.updated = append(b.updated, Step{Verb: Update, Kind: KindTeam, Name: is.Name, Team: &want, Diff: diff})
	}
}
