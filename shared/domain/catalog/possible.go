package catalog

import (
	"cmp"
	"slices"
)

// This file finds out what of a plan the catalogue cannot have yet, because a team stays as it is: one of
// type [TypeGroup], which the catalogue refuses to make anything else, or one of somebody else's. What is
// wanted below such a team may have to wait, and so has every rule that names what waits. What follows from
// that for policies, roles and teams is in knots.go.

// deny is the effect of a rule that denies.
const deny = "deny"

// missTeams finds out which teams are wanted, are not there, and cannot be made, and of what types those
// will be that are there: a Group stays one, and so does what is somebody else's. A team that stays where it
// is keeps its type where it could not be there with another.
func (b *builder) missTeams() {
	wanted := slices.SortedFunc(slices.Values(b.desired.Teams), func(x, y Team) int { return cmp.Compare(x.Name, y.Name) })
	is := map[string]PresentTeam{}
	for _, t := range b.present.Teams {
		is[t.Name], b.types[t.Name] = t, t.Type
	}
	for _, t := range wanted {
		if old, there := is[t.Name]; there && old.Ours() && old.Type != TypeGroup && t.Name != Organization {
			b.types[t.Name] = t.Type
		}
	}
	for more := true; more; {
		more = false
		for _, t := range wanted {
			old, there := is[t.Name]
			switch {
			case !b.misplaced(t):
			case !there && !b.missing[KindTeam][t.Name]:
				b.missing[KindTeam][t.Name], more = true, true
			case there && b.types[t.Name] != old.Type && !b.fits(b.types[t.Name], old.Parents):
				b.types[t.Name], more = old.Type, true
			}
		}
	}
}

// misplaced reports whether a team cannot be where it is wanted: below one that cannot be made, or below
// one that does not become of a type under which it may be.
func (b *builder) misplaced(want Team) bool {
	return slices.ContainsFunc(want.Parents, func(parent string) bool {
		return b.missing[KindTeam][parent] || b.there[KindTeam][parent] && !slices.Contains(above[want.Type], b.types[parent])
	})
}

// fits reports whether a team of a type can be below teams that are there.
func (b *builder) fits(kind string, parents []string) bool {
	if len(parents) > 1 && (kind == TypeBusinessUnit || kind == TypeDivision) {
		return false
	}
	return !slices.ContainsFunc(parents, func(parent string) bool { return !slices.Contains(above[kind], b.types[parent]) })
}

// lacks reports whether a rule names what cannot be there.
func (b *builder) lacks(r Rule) bool {
	teams, roles := mentions(r.Condition)
	return slices.ContainsFunc(teams, func(name string) bool { return b.missing[KindTeam][name] }) ||
		slices.ContainsFunc(roles, func(name string) bool { return b.missing[KindRole][name] })
}

// named reports whether everything is there that a rule names, or is made: the catalogue stores it with
// others only then, even if it has it already.
func (b *builder) named(r Rule) bool {
	is := func(k Kind) func(string) bool {
		return func(name string) bool { return !b.there[k][name] && (!b.made[k][name] || b.missing[k][name]) }
	}
	teams, roles := mentions(r.Condition)
	return !slices.ContainsFunc(teams, is(KindTeam)) && !slices.ContainsFunc(roles, is(KindRole))
}

// keep notes what the catalogue refers to once the plan is carried out, for nothing of it to be deleted.
func (b *builder) keep(s Step) {
	for _, k := range s.needs() {
		b.needed[k] = true
	}
}

// deletable returns which of the deletions can be done: not of what is still referred to, nor of what
// that refers to in turn.
func (b *builder) deletable() []Step {
	left := slices.Clone(b.deleted)
	for {
		i := slices.IndexFunc(left, func(s Step) bool { return b.needed[s.key()] })
		if i < 0 {
			return left
		}
		b.found(FoundNeeded, left[i].Kind, left[i].Name)
		b.keep(b.asItIs(left[i]))
		left = slices.Delete(left, i, i+1)
	}
}

// asItIs returns a step that would make something as the catalogue has it.
func (b *builder) asItIs(s Step) Step {
	switch s.Kind {
	case KindPolicy:
		i := slices.IndexFunc(b.present.Policies, func(p PresentPolicy) bool { return p.Name == s.Name })
		s.Policy = &Policy{Name: s.Name, Rules: b.present.Policies[i].Rules}
	case KindRole:
		i := slices.IndexFunc(b.present.Roles, func(r PresentRole) bool { return r.Name == s.Name })
		s.Role = &Role{Name: s.Name, Policies: b.present.Roles[i].Policies}
	case KindTeam:
		t := b.present.Teams[slices.IndexFunc(b.present.Teams, func(t PresentTeam) bool { return t.Name == s.Name })]
		s.Team = &Team{Name: s.Name, Parents: t.Parents, Policies: t.Policies, DefaultRoles: t.DefaultRoles}
	}
	return s
}

// Has reports whether a catalogue has what a step is to make or to change of a policy, a role or a team,
// as far as the step says what that is.
func (p Present) Has(s Step) bool {
	switch {
	case s.Policy != nil:
		i := slices.IndexFunc(p.Policies, func(is PresentPolicy) bool { return is.Name == s.Name })
		return i >= 0 && (s.Verb == Create || len(ruleDifferences(p.Policies[i].Rules, s.Policy.Rules)) == 0)
	case s.Role != nil:
		i := slices.IndexFunc(p.Roles, func(is PresentRole) bool { return is.Name == s.Name })
		return i >= 0 && (s.Verb == Create || len(listDifference("", p.Roles[i].Policies, s.Role.Policies)) == 0)
	case s.Team != nil:
		i := slices.IndexFunc(p.Teams, func(is PresentTeam) bool { return is.Name == s.Name })
		if i < 0 || s.Verb == Create {
			return i >= 0
		}
		is := p.Teams[i]
		is.Joinable = is.Joinable && s.Name != Organization // that of the organization is left as it is
		return len(teamDifferences(is, *s.Team)) == 0
	}
	return true
}
