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

// missTeams finds out which teams are wanted, are not there, and cannot be made, and of what types the others
// will be: a Group stays one, and so does what is somebody else's. A team that stays where it is keeps its type
// where it could not be there with another, and so does one above a team that stays, or that is not yet
// deleted, where that could not be below another. In the end all can be as they are.
func (b *builder) missTeams() {
	wanted := slices.SortedFunc(slices.Values(b.desired.Teams), func(x, y Team) int { return cmp.Compare(x.Name, y.Name) })
	is := map[string]PresentTeam{}
	for _, t := range b.present.Teams {
		is[t.Name], b.types[t.Name] = t, t.Type
	}
	for _, t := range wanted {
		if old, there := is[t.Name]; !there || old.Ours() && old.Type != TypeGroup && t.Name != Organization {
			b.types[t.Name] = t.Type
		}
	}
	for more := true; more; {
		more = false
		for _, t := range wanted {
			old, there := is[t.Name]
			misplaced := b.misplaced(t)
			switch {
			case misplaced && !there && !b.missing[KindTeam][t.Name]:
				b.missing[KindTeam][t.Name], more = true, true
				b.astray = map[string]bool{}
			case !there || b.types[t.Name] == old.Type:
			case misplaced && !b.fits(b.types[t.Name], old.Parents), b.heldAbove(t.Name):
				b.types[t.Name], more = old.Type, true
				b.astray = map[string]bool{}
			}
		}
		if name := b.belowItself(wanted); !more && name != "" {
			b.bound[name], more = true, true
			b.astray = map[string]bool{}
		}
	}
}

// belowItself returns a team that would be below itself if it was put where it is wanted, because another below it
// stays where it is; empty where there is none.
func (b *builder) belowItself(wanted []Team) string {
	then := map[string]place{}
	for _, is := range b.present.Teams {
		then[is.Name] = place{parents: is.Parents}
	}
	var moved []string
	for _, t := range wanted {
		is, there := then[t.Name]
		if b.misplaced(t) || t.Name == Organization || there && !b.ourTeam(t.Name) {
			continue
		}
		then[t.Name] = place{parents: t.Parents}
		if there && !slices.Equal(set(is.parents), set(t.Parents)) {
			moved = append(moved, t.Name)
		}
	}
	i := slices.IndexFunc(moved, func(name string) bool {
		return slices.ContainsFunc(then[name].parents, func(parent string) bool { return isAbove(name, parent, then) })
	})
	if i < 0 {
		return ""
	}
	return moved[i]
}

// ourTeam reports whether a team is there and ours.
func (b *builder) ourTeam(name string) bool {
	return slices.ContainsFunc(b.present.Teams, func(is PresentTeam) bool { return is.Name == name && is.Ours() })
}

// misplaced reports whether a team cannot be where it is wanted: below one that cannot be made, or stays below
// it, or does not become of a type under which it may be.
func (b *builder) misplaced(want Team) bool {
	return b.bound[want.Name] || slices.ContainsFunc(want.Parents, func(parent string) bool { return b.missing[KindTeam][parent] }) ||
		b.wouldInherit(want) || !b.fits(b.types[want.Name], want.Parents)
}

// wouldInherit reports whether a team would come below one that is not where it is wanted, and have what the teams above
// that have.
func (b *builder) wouldInherit(want Team) bool {
	is := b.isTeam[want.Name]
	return slices.ContainsFunc(want.Parents, func(parent string) bool { return !slices.Contains(is.Parents, parent) && b.isAstray(parent) })
}

// isAstray reports whether a team of ours that is there is not where it is wanted, or one above it that is wanted there
// is not. What is asked of one team after the other is remembered until something else is known.
func (b *builder) isAstray(name string) bool {
	if out, known := b.astray[name]; known {
		return out
	}
	want, wanted := b.wantTeam[name]
	if !wanted || name == Organization || !b.isTeam[name].Ours() {
		return false
	}
	b.astray[name] = false // asked in turn, by teams in a circle
	b.astray[name] = b.misplaced(want) || slices.ContainsFunc(want.Parents, b.isAstray)
	return b.astray[name]
}

// heldAbove reports whether a team below one stays there, for now at least, and could not be below one of the
// type that this is to become.
func (b *builder) heldAbove(name string) bool {
	return slices.ContainsFunc(b.present.Teams, func(is PresentTeam) bool {
		if !slices.Contains(is.Parents, name) || slices.Contains(above[b.types[is.Name]], b.types[name]) {
			return false
		}
		i := slices.IndexFunc(b.desired.Teams, func(t Team) bool { return t.Name == is.Name })
		return !is.Ours() || i < 0 || b.misplaced(b.desired.Teams[i])
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
		b.keep(b.present.asItIs(left[i]))
		left = slices.Delete(left, i, i+1)
	}
}

// asItIs returns a step that would make something as the catalogue has it.
func (p Present) asItIs(s Step) Step {
	out := Step{Kind: s.Kind, Name: s.Name}
	for _, is := range p.Policies {
		if s.Kind == KindPolicy && is.Name == s.Name {
			out.Policy = &Policy{Name: s.Name, Rules: is.Rules}
		}
	}
	for _, is := range p.Roles {
		if s.Kind == KindRole && is.Name == s.Name {
			out.Role = &Role{Name: s.Name, Policies: is.Policies}
		}
	}
	for _, is := range p.Teams {
		if s.Kind == KindTeam && is.Name == s.Name {
			out.Team = &Team{Name: s.Name, Parents: is.Parents, Policies: is.Policies, DefaultRoles: is.DefaultRoles}
		}
	}
	return out
}

// Has reports whether a catalogue has what a step is to make or to change of a policy, a role or a team,
// as far as the step says what that is.
func (p Present) Has(s Step) bool {
	switch {
	case s.Policy != nil:
		i := slices.IndexFunc(p.Policies, func(is PresentPolicy) bool { return is.Name == s.Name })
		if i < 0 || s.Verb == Create {
			return i >= 0
		}
		on := slices.ContainsFunc(s.Diff, func(d Difference) bool { return d.Field == enabled })
		owned := slices.ContainsFunc(s.Diff, func(d Difference) bool { return d.Field == owners }) && len(p.Policies[i].Owners) > 0
		return len(ruleDifferences(p.Policies[i].Rules, s.Policy.Rules)) == 0 && !(on && p.Policies[i].Disabled) && !owned
	case s.Role != nil:
		i := slices.IndexFunc(p.Roles, func(is PresentRole) bool { return is.Name == s.Name })
		return i >= 0 && (s.Verb == Create || len(listDifference("", p.Roles[i].Policies, s.Role.Policies)) == 0)
	case s.Team != nil:
		i := slices.IndexFunc(p.Teams, func(is PresentTeam) bool { return is.Name == s.Name })
		if i < 0 || s.Verb == Create {
			return i >= 0
		}
		is := p.Teams[i]
		if s.Name == Organization { // these of the organization are left as they are
			is.Joinable, is.Owners = false, nil
		}
		return !slices.ContainsFunc(teamDifferences(is, *s.Team), func(left Difference) bool {
			return slices.ContainsFunc(s.Diff, func(d Difference) bool { return d.Field == left.Field })
		})
	}
	return true
}
