package catalog

import "slices"

// This file takes updates apart: into what takes, what denies, and what gives. In which order these are carried out,
// order.go says. A policy, a role or a team is in between what a crash or a refusal leaves of it, so what is left to
// do then are the parts that were left before.

// stages are the steps of a plan that make and change policies, roles and teams, by what they do.
type stages struct {
	closed     []Step // teams that anybody may join, or of which somebody is in charge
	first      []Step // policies that are made and need nothing that is made
	takes      []Step // roles and teams lose
	narrowed   []Step // policies allow less or deny more
	bounds     []Step // roles and teams get what only denies
	loses      []Step // roles and teams above one that is moved lose what denies too
	places     []Step // teams are made and moved
	made       []Step // roles, and policies that need what is made
	lateBounds []Step // bounds with what was made
	exchanged  []Step // roles that lose all that they have
	policies   []Step // policies allow more
	mixed      []Step // roles and teams get what denies and allows
	losesLate  []Step // roles and teams lose what denies too
	gives      []Step // roles and teams get
	drops      []Step // what denies goes
	above      map[key]bool
}

// staged takes the updates of a plan apart. Teams in a circle cannot be made at all.
func (b *builder) staged() (stages, []Problem) {
	st := stages{above: b.aboveMoved()}
	var named, places, made []Step
	for _, s := range b.created {
		switch {
		case s.Kind == KindTeam:
			places = append(places, s)
		case s.Kind == KindPolicy && b.hasAll(s.needs()):
			st.first = append(st.first, s)
		default:
			made = append(made, s)
		}
	}
	for _, s := range b.updated {
		switch {
		case s.Kind == KindPolicy:
			named = append(named, b.policyParts(&st, s)...)
		default:
			places = append(places, b.listParts(&st, s)...)
		}
	}
	var problems, more []Problem
	st.places, problems = inPlaces(sorted(places), b.present.places())
	var denying, allowing []Step
	st.made, denying, allowing, more = inOrder(append(made, named...))
	st.made, st.policies = append(st.made, sorted(denying)...), append(allowing, st.policies...)
	for _, steps := range []*[]Step{&st.closed, &st.first, &st.takes, &st.narrowed, &st.bounds, &st.loses, &st.lateBounds, &st.mixed, &st.losesLate, &st.exchanged, &st.policies, &st.gives, &st.drops, &b.users, &b.added, &b.removed, &b.deleted} {
		*steps = sorted(*steps)
	}
	// Who loses a role in which a policy is, with what denies, loses it before the role loses that policy.
	teamsFirst := func(x, y Step) int { return rank[y.Kind] - rank[x.Kind] }
	slices.SortStableFunc(st.loses, teamsFirst)
	slices.SortStableFunc(st.losesLate, teamsFirst)
	return st, append(problems, more...)
}

func sorted(steps []Step) []Step {
	slices.SortStableFunc(steps, byName)
	return steps
}

// hasAll reports whether all of these are in the catalogue.
func (b *builder) hasAll(names []key) bool {
	return !slices.ContainsFunc(names, func(k key) bool { return !b.there[k.kind][k.name] })
}

// policyParts takes the update of a policy apart. A part that names what is made is returned.
func (b *builder) policyParts(st *stages, s Step) (named []Step) {
	i := slices.IndexFunc(b.present.Policies, func(p PresentPolicy) bool { return p.Name == s.Name })
	is := b.present.Policies[i]
	now := slices.DeleteFunc(slices.Clone(is.Rules), func(r Rule) bool { return is.Disabled || !b.named(r) })
	narrow, wide := between(normalRules(now), s.Policy.Rules)
	before := is.Rules
	part := func(rules []Rule) (Step, bool) {
		out := s
		out.Policy, out.Diff = &Policy{Name: s.Name, Rules: rules}, ruleDifferences(before, rules)
		if is.Disabled {
			out.Diff = append(out.Diff, Difference{enabled, "no", "yes"})
		}
		out.Diff = append(out.Diff, listDifference(owners, is.Owners, nil)...)
		if len(out.Diff) == 0 {
			return out, false
		}
		before, is.Disabled, is.Owners, s.Drift = rules, false, nil, "" // by then we have changed it last
		return out, true
	}
	if !is.Disabled || slices.ContainsFunc(narrow, Rule.denies) || len(ruleDifferences(narrow, s.Policy.Rules)) == 0 {
		if out, ok := part(narrow); ok && b.hasAll(out.needs()) {
			st.narrowed = append(st.narrowed, out)
		} else if ok {
			named = append(named, out)
		}
	}
	if out, ok := part(wide); ok {
		st.policies = append(st.policies, out)
	}
	if out, ok := part(s.Policy.Rules); ok {
		st.drops = append(st.drops, out)
	}
	return named
}

// between returns what a policy says on its way from some rules to others: first, what both plainly allow and what the
// one or the other denies; then, with all that is to be allowed. A rule that stays for the time being gives way to another of its name.
func between(is, want []Rule) (narrow, wide []Rule) {
	for _, r := range want {
		if !r.allows() || covered(r, is) {
			narrow = append(narrow, r)
		}
	}
	wide = slices.Clone(want)
	for _, r := range is {
		if r.allows() && covered(r, want) && !covered(r, narrow) || r.denies() && !denied(r, narrow) {
			r.Name = free(r.Name, want, is, narrow)
			narrow = append(narrow, r)
		}
	}
	for _, r := range is {
		if r.denies() && !denied(r, wide) {
			r.Name = free(r.Name, want, is, wide)
			wide = append(wide, r)
		}
	}
	if len(narrow) == 0 {
		narrow = []Rule{nothing()}
	}
	return normalRules(narrow), normalRules(wide)
}

// listParts takes the update of a role or a team apart, and returns the part that says where a team is. A role that
// loses all that it has gets the rest with the same step: none is without a policy.
func (b *builder) listParts(st *stages, s Step) (place []Step) {
	k := s.key()
	is, want := b.listsNow(k), listsIn(s)
	add := func(to *[]Step, lists lists, diff ...Difference) {
		diff = append(diff, slices.Concat(listDifference("policies", is.policies, lists.policies), listDifference("default roles", is.roles, lists.roles))...)
		if len(diff) == 0 {
			return
		}
		out := s
		if s.Role != nil {
			out.Role = &Role{Name: s.Name, Policies: lists.policies}
		} else {
			out.Team = &Team{Name: s.Name, Policies: lists.policies, DefaultRoles: lists.roles}
		}
		out.Diff, is, s.Drift = diff, lists, "" // by then we have changed it last
		*to = append(*to, out)
	}
	var closes, moves []Difference
	for _, d := range s.Diff {
		switch d.Field {
		case joinable, owners: // nobody joins by themselves, or lets others in, what is changed
			closes = append(closes, d)
		case "type", "parents":
			moves = append(moves, d)
		}
	}
	add(&st.closed, is, closes...)
	kept := b.keptOnTheWay(k, want)
	if s.Kind == KindRole && kept.empty() {
		add(&st.exchanged, want)
		return nil
	}
	add(&st.takes, is.only(func(k key) bool { return kept.contains(k) || b.is.denies(k) }))
	bound, to := is, &st.bounds
	for _, k := range want.each() {
		if b.comesToDeny(k) && !b.exchanges(k) {
			if bound = bound.with(k); !b.soon(k) {
				to = &st.lateBounds
			}
		}
	}
	if !b.there[k.kind][k.name] {
		to = &st.lateBounds
	}
	add(to, bound)
	lose := func(to *[]Step) {
		add(to, is.only(func(k key) bool { return want.contains(k) || kept.contains(k) }))
	}
	if st.above[k] && to == &st.bounds { // whoever is moved there has not what it loses
		lose(&st.loses)
	}
	if len(moves) > 0 {
		place, s.Drift = []Step{{Verb: Update, Kind: KindTeam, Name: s.Name, Team: &Team{Name: s.Name, Type: s.Team.Type, Parents: s.Team.Parents}, Diff: moves, Drift: s.Drift}}, ""
	}
	some := is
	for _, k := range want.each() {
		if b.can.deniesAny(k) {
			some = some.with(k)
		}
	}
	add(&st.mixed, some)
	lose(&st.losesLate)
	all := is
	for _, k := range want.each() {
		all = all.with(k)
	}
	add(&st.gives, all)
	add(&st.drops, want)
	return place
}

// keptOnTheWay returns what a role or a team has, and has until it gets the rest. A role keeps what by the time of the
// exchange only denies, if nothing else.
func (b *builder) keptOnTheWay(of key, want lists) lists {
	is := b.listsNow(of)
	kept := is.only(func(k key) bool { return want.contains(k) || b.stillDenies(k) })
	if of.kind == KindRole && kept.empty() {
		return is.only(b.comesToDeny)
	}
	return kept
}

// exchanges reports whether something is a role that loses all that it has with the step that gives it the rest:
// whoever gets the role before that has what the role is to lose.
func (b *builder) exchanges(k key) bool {
	i := slices.IndexFunc(b.updated, func(s Step) bool { return s.key() == k })
	return k.kind == KindRole && i >= 0 && !b.listsNow(k).empty() && b.keptOnTheWay(k, listsIn(b.updated[i])).empty()
}

// aboveMoved returns the teams above those that are moved, and what they have.
func (b *builder) aboveMoved() map[key]bool {
	out, has := map[key]bool{}, belongings(b.present, b.updated)
	for _, s := range b.updated {
		for _, k := range s.given() {
			if k.kind == KindTeam {
				has.reach(out, k)
			}
		}
	}
	return out
}

// soon reports whether something that only denies is there, or is made before everything else.
func (b *builder) soon(k key) bool {
	if k.kind == KindRole {
		is := b.is.lists[k].each()
		return len(is) > 0 && !slices.ContainsFunc(is, func(k key) bool { return !b.comesToDeny(k) })
	}
	return b.there[k.kind][k.name] || k.kind == KindPolicy && b.hasAll(Step{Policy: &Policy{Rules: b.can.rules[k.name]}}.needs())
}

// justDeny reports whether rules deny something, and allow nothing.
func justDeny(rules []Rule) bool {
	return slices.ContainsFunc(rules, Rule.denies) && !slices.ContainsFunc(rules, Rule.allows)
}

// stillDenies reports whether something is a policy that denies, and that will only deny or is to go: whatever loses it
// keeps it to the last.
func (b *builder) stillDenies(k key) bool {
	will := b.is.rules[k.name]
	if _, wanted := b.wants.rules[k.name]; wanted {
		will = b.can.rules[k.name]
	}
	return k.kind == KindPolicy && b.is.denies(k) && justDeny(will)
}

// comesToDeny reports whether something is a policy or a role that will only deny.
func (b *builder) comesToDeny(k key) bool {
	if k.kind == KindPolicy {
		return justDeny(b.can.rules[k.name])
	}
	will := b.can.lists[k].each()
	return len(will) > 0 && !slices.ContainsFunc(will, func(k key) bool { return !b.comesToDeny(k) })
}

// listsNow returns what the catalogue has of a role or a team.
func (b *builder) listsNow(k key) lists {
	for _, is := range b.present.Roles {
		if k == (key{KindRole, is.Name}) {
			return lists{policies: set(is.Policies)}
		}
	}
	is := b.isTeam[k.name]
	if k.kind == KindRole {
		return lists{}
	}
	return lists{set(is.Policies), set(is.DefaultRoles)}
}

// listsIn returns what a step gives a role or a team.
func listsIn(s Step) lists {
	if s.Role != nil {
		return lists{policies: set(s.Role.Policies)}
	}
	return lists{set(s.Team.Policies), set(s.Team.DefaultRoles)}
}
