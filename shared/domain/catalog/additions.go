package catalog

import (
	"slices"
	"strings"
)

// Additions returns the plan without the steps that take something away: what may be done when too
// much would go. Who is to leave a team or a role stays in it until people have agreed. So what would
// give that team or role more waits with them, be it by a condition, and nothing else does: but for a team that
// is moved, nobody is given what policy wants them not to have.
func (p Plan) Additions(present Present) Plan {
	held := newLeaving(present, p.Steps).of(p.Steps).held(p.Steps)
	out := Plan{Findings: p.Findings}
	for i, s := range p.Steps {
		if !s.Removal() && !held[i] {
			out.Steps = append(out.Steps, s)
		}
	}
	return out
}

// Awaits reports whether a step of the plan, by its place, gives something to what somebody should have left before
// it by one of the steps that went wrong.
func (p Plan) Awaits(i int, wrong []Step, present Present) bool {
	return len(wrong) > 0 && newLeaving(present, p.Steps).of(wrong).held(p.Steps)[i]
}

// leaving is what is left by some of a plan's steps, and what is given by others.
type leaving struct {
	has   belonging
	rules map[string]ruling // of the policies
	roles map[string][]string
	// left are the teams and roles that somebody is to leave, or that are to go, the teams above them, and what
	// all of these have of roles and policies: what is given to one of them, whoever is to leave would have.
	left map[key]bool
	// named are the policies with conditions about what is left.
	named map[string]bool
}

// ruling is what a policy says and is to say.
type ruling struct {
	now, then    []Rule // none where it is switched off, or is not there
	teams, roles []string
	matchTeam    bool
}

func newLeaving(present Present, steps []Step) leaving {
	l := leaving{has: belongings(present, steps), rules: map[string]ruling{}, roles: map[string][]string{}}
	note := func(name string, rules []Rule, to func(*ruling)) {
		is := l.rules[name]
		to(&is)
		for _, r := range rules {
			teams, roles := mentions(r.Condition)
			is.teams, is.roles = append(is.teams, teams...), append(is.roles, roles...)
			is.matchTeam = is.matchTeam || strings.Contains(r.Condition, "matchTeam")
		}
		l.rules[name] = is
	}
	for _, p := range present.Policies {
		note(p.Name, p.Rules, func(r *ruling) {
			if r.then = p.Rules; !p.Disabled {
				r.now = p.Rules
			}
		})
	}
	for _, s := range steps {
		if s.Policy != nil {
			note(s.Name, s.Policy.Rules, func(r *ruling) { r.then = s.Policy.Rules })
		}
		if s.Role != nil {
			l.roles[s.Name] = append(l.roles[s.Name], s.Role.Policies...)
		}
	}
	for _, role := range present.Roles {
		l.roles[role.Name] = append(l.roles[role.Name], role.Policies...)
	}
	return l
}

// of returns what is left by some steps.
func (l leaving) of(steps []Step) leaving {
	l.left, l.named = map[key]bool{}, map[string]bool{}
	team := false
	for _, s := range steps {
		if k, ok := s.leaves(); ok {
			l.has.reach(l.left, k)
			team = team || k.kind == KindTeam
		}
	}
	for name, r := range l.rules {
		is := func(kind Kind) func(string) bool {
			return func(name string) bool { return l.left[key{kind, name}] }
		}
		l.named[name] = team && r.matchTeam || slices.ContainsFunc(r.teams, is(KindTeam)) || slices.ContainsFunc(r.roles, is(KindRole))
	}
	return l
}

// held reports which of the steps give something more to what is left, and which follow one about the same.
func (l leaving) held(steps []Step) []bool {
	out, about := make([]bool, len(steps)), map[key]bool{}
	for i, s := range steps {
		out[i] = l.gains(s) || s.Verb == Update && about[s.key()]
		about[s.key()] = out[i]
	}
	return out
}

// gains reports whether an update gives something more to what is left.
func (l leaving) gains(s Step) bool {
	if s.Verb != Update {
		return false
	}
	if s.Kind == KindPolicy {
		return (l.left[s.key()] || l.named[s.Name]) && l.rules[s.Name].widened(s.Policy.Rules)
	}
	return slices.ContainsFunc(s.Diff, func(d Difference) bool {
		before, after := listed(d.Before), listed(d.After)
		added, taken := without(after, before), without(before, after)
		kind := KindPolicy
		switch d.Field {
		case "default roles":
			kind = KindRole
		case "policies":
		default:
			return false
		}
		with := func(is func(Rule) bool) func(string) bool {
			return func(name string) bool { return l.any(key{kind, name}, func(_ string, r Rule) bool { return is(r) }) }
		}
		byName := func(name string) bool {
			return l.any(key{kind, name}, func(policy string, r Rule) bool { return l.named[policy] && r.allows() })
		}
		return slices.ContainsFunc(added, byName) ||
			l.left[s.key()] && (slices.ContainsFunc(added, with(Rule.allows)) || slices.ContainsFunc(taken, with(Rule.denies)))
	})
}

// gainsAbove reports whether a team that is left is moved to where there is more. It is moved all the same: other
// teams' places may hang on it.
func (l leaving) gainsAbove(s Step) bool {
	return s.Verb == Update && l.left[s.key()] && slices.ContainsFunc(s.Diff, func(d Difference) bool {
		added, taken := without(listed(d.After), listed(d.Before)), without(listed(d.Before), listed(d.After))
		return d.Field == "parents" && (slices.ContainsFunc(added, l.above(Rule.allows)) || slices.ContainsFunc(taken, l.above(Rule.denies)))
	})
}

// listed returns what a difference lists.
func listed(list string) []string {
	return slices.DeleteFunc(strings.Split(list, ", "), func(s string) bool { return s == "" })
}

// above reports whether whoever is below a team has a rule by it that is so, now or then.
func (l leaving) above(is func(Rule) bool) func(team string) bool {
	return func(team string) bool {
		reached := map[key]bool{}
		l.has.reach(reached, key{KindTeam, team})
		for k := range reached {
			if k.kind == KindPolicy && l.any(k, func(_ string, r Rule) bool { return is(r) }) {
				return true
			}
		}
		return false
	}
}

// any reports whether a policy, or one of a role, has a rule that is so, now or then.
func (l leaving) any(k key, so func(policy string, r Rule) bool) bool {
	if k.kind == KindRole {
		return slices.ContainsFunc(l.roles[k.name], func(name string) bool { return l.any(key{KindPolicy, name}, so) })
	}
	is := l.rules[k.name]
	return slices.ContainsFunc(slices.Concat(is.now, is.then), func(r Rule) bool { return so(k.name, r) })
}

// widened reports whether other rules may allow more than those that there are, or deny less.
func (r ruling) widened(to []Rule) bool {
	return slices.ContainsFunc(to, func(new Rule) bool { return new.allows() && !covered(new, r.now) }) ||
		slices.ContainsFunc(r.now, func(old Rule) bool { return old.denies() && !denied(old, to) })
}

// leaves returns the team or the role that somebody leaves by a step, or that goes with everybody in it.
func (s Step) leaves() (key, bool) {
	switch {
	case !s.Removal():
	case s.Kind == KindMember || s.Kind == KindTeam:
		return key{KindTeam, s.Name}, true
	case s.Kind == KindHolder || s.Kind == KindRole:
		return key{KindRole, s.Name}, true
	}
	return key{}, false
}

// belonging is what whoever is in a team, or has a role, has by it: teams above, roles and policies.
type belonging map[key][]key

// belongings returns what there is, with what some steps give, and where they move teams. Everybody stays in the
// organization: it is nothing that somebody has by another team.
func belongings(present Present, steps []Step) belonging {
	out := belonging{}
	add := func(k key, kind Kind, names []string) {
		for _, name := range names {
			if of := (key{kind, name}); of != (key{KindTeam, Organization}) {
				out[k] = append(out[k], of)
			}
		}
	}
	for _, t := range present.Teams {
		k := key{KindTeam, t.Name}
		add(k, KindTeam, t.Parents)
		add(k, KindPolicy, t.Policies)
		add(k, KindRole, t.DefaultRoles)
	}
	for _, r := range present.Roles {
		add(key{KindRole, r.Name}, KindPolicy, r.Policies)
	}
	for _, s := range steps { // who is moved is below others by then
		if s.Team != nil {
			add(s.key(), KindTeam, s.Team.Parents)
			add(s.key(), KindPolicy, s.Team.Policies)
			add(s.key(), KindRole, s.Team.DefaultRoles)
		}
		if s.Role != nil {
			add(s.key(), KindPolicy, s.Role.Policies)
		}
	}
	return out
}

// reach adds something, and all that comes with it, to what was reached before.
func (has belonging) reach(out map[key]bool, from key) {
	for next := []key{from}; len(next) > 0; next = next[1:] {
		if !out[next[0]] {
			out[next[0]] = true
			next = append(next, has[next[0]]...)
		}
	}
}
