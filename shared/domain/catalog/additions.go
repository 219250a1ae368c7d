package catalog

import (
	"slices"
	"strings"
)

// Additions returns the plan without the steps that take something away: what may be done when too
// much would go. Who is to leave a team or a role stays in it until people have agreed. So what would
// give that team or role more, and nothing else, waits with them: nobody is given what policy wants
// them not to have.
func (p Plan) Additions(present Present) Plan {
	l := p.losing(present, p.Steps)
	out := Plan{Findings: p.Findings}
	for _, s := range p.Steps {
		if !s.Removal() && !(l[s.key()] && s.onlyGives()) {
			out.Steps = append(out.Steps, s)
		}
	}
	return out
}

// Awaits reports whether a step of the plan gives something to what somebody should have left before it
// by one of the steps that went wrong.
func (p Plan) Awaits(s Step, wrong []Step, present Present) bool {
	return len(wrong) > 0 && s.onlyGives() && p.losing(present, wrong)[s.key()]
}

// losing returns the teams and roles that somebody is to leave by some steps of the plan, or that are
// to go by them, the teams above them, and what all of these have of roles and policies: what is given
// to one of them, whoever is to leave would have.
func (p Plan) losing(present Present, by []Step) map[key]bool {
	has, out := belongings(present, p.Steps), map[key]bool{}
	for _, s := range by {
		if k, ok := s.leaves(); ok {
			has.reach(out, k)
		}
	}
	return out
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

// belongings returns what there is, with where some steps move teams. Everybody stays in the
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
	for _, s := range steps {
		if s.Team != nil { // who is moved is below others by then
			add(s.key(), KindTeam, s.Team.Parents)
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

// afterLeaving returns the steps of a plan with those later that give something to what somebody is to
// leave, and those before them by which people leave it. Whoever comes elsewhere for that has come by
// then; who leaves what is given nothing leaves it last, so that nobody who is moved is without both.
// What is to go as a whole goes last all the same: something may refer to it.
func (b *builder) afterLeaving(steps []Step) []Step {
	losing := Plan{Steps: steps}.losing(b.present, steps)
	has := belongings(b.present, steps)
	var before, after, gives, leave []Step
	for _, s := range steps {
		if losing[s.key()] && s.onlyGives() {
			gives = append(gives, s)
		}
	}
	if len(gives) == 0 {
		return steps
	}
	gains := map[key]bool{} // of the teams and roles that people leave
	for _, s := range steps {
		k, ok := s.leaves()
		if _, known := gains[k]; !ok || known {
			continue
		}
		reached := map[key]bool{}
		has.reach(reached, k)
		gains[k] = slices.ContainsFunc(gives, func(g Step) bool { return reached[g.key()] })
	}
	for _, s := range steps {
		k, _ := s.leaves()
		switch {
		case losing[s.key()] && s.onlyGives():
		case s.Verb == Remove && gains[k]:
			leave = append(leave, s)
		case s.Removal():
			after = append(after, s)
		default:
			before = append(before, s)
		}
	}
	return slices.Concat(before, leave, gives, after)
}

// onlyGives reports whether an update gives a policy, a role or a team something, and takes nothing
// from it and moves nothing.
func (s Step) onlyGives() bool {
	if s.Verb != Update {
		return false
	}
	names := func(list string) []string { return strings.Split(list, ", ") }
	return !slices.ContainsFunc(s.Diff, func(d Difference) bool {
		switch {
		case d.Field == enabled:
			return false
		case s.Kind == KindPolicy:
			added, taken := d.Before == "" && !strings.HasPrefix(d.After, deny+" "), d.After == "" && strings.HasPrefix(d.Before, deny+" ")
			return !added && !taken
		case d.Field != "policies" && d.Field != "default roles":
			return true
		}
		return d.Before != "" && slices.ContainsFunc(names(d.Before), func(name string) bool { return !slices.Contains(names(d.After), name) })
	})
}
