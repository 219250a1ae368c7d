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
	l := p.losing(present)
	out := Plan{Findings: p.Findings}
	for _, s := range p.Steps {
		if !s.Removal() && !(l[s.key()] && s.onlyGives()) {
			out.Steps = append(out.Steps, s)
		}
	}
	return out
}

// losing returns the teams and roles that somebody is to leave, or that are to go, the teams above
// them, and what all of these have of roles and policies: what is given to one of them, whoever is
// to leave would have.
func (p Plan) losing(present Present) map[key]bool {
	out := map[key]bool{}
	var next []key
	add := func(kind Kind, names ...string) {
		for _, name := range names {
			// Everybody stays in the organization.
			if k := (key{kind, name}); !out[k] && k != (key{KindTeam, Organization}) {
				out[k] = true
				next = append(next, k)
			}
		}
	}
	for _, s := range p.Steps {
		switch {
		case !s.Removal():
		case s.Kind == KindMember || s.Kind == KindTeam:
			add(KindTeam, s.Name)
		case s.Kind == KindHolder || s.Kind == KindRole:
			add(KindRole, s.Name)
		}
	}
	// has are what teams and roles have, or will have on the way.
	has := map[key][]key{}
	lists := func(k key, parents, policies, roles []string) {
		for _, of := range []struct {
			kind  Kind
			names []string
		}{{KindTeam, parents}, {KindPolicy, policies}, {KindRole, roles}} {
			for _, name := range of.names {
				has[k] = append(has[k], key{of.kind, name})
			}
		}
	}
	for _, t := range present.Teams {
		lists(key{KindTeam, t.Name}, t.Parents, t.Policies, t.DefaultRoles)
	}
	for _, r := range present.Roles {
		lists(key{KindRole, r.Name}, nil, r.Policies, nil)
	}
	for _, s := range p.Steps {
		if s.Team != nil { // who is moved is below others by then
			lists(key{KindTeam, s.Name}, s.Team.Parents, nil, nil)
		}
	}
	for ; len(next) > 0; next = next[1:] {
		for _, k := range has[next[0]] {
			add(k.kind, k.name)
		}
	}
	return out
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
