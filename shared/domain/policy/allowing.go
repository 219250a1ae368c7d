package policy

import (
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// Allowing says among whom to look for those who may do something: who is asked when people decide.
// It is wider than the answer, because conditions and denies are not looked at; [Engine.Decide]
// narrows it.
type Allowing struct {
	// Among are groups and people, each once, sorted.
	Among []change.Selector
	// Owners says that owners of the resource may be allowed, Everybody that the whole company
	// may be.
	Owners, Everybody bool
}

// Silent reports whether no rule allows it to anybody. Then the policy does not speak of it, and
// what holds without a policy may be taken in its place.
func (a Allowing) Silent() bool { return len(a.Among) == 0 && !a.Owners && !a.Everybody }

// Allowing returns among whom to look for those whom the model may allow an operation on a type of
// resource.
func (m Model) Allowing(o Operation, resource string) Allowing {
	a := allowing{model: m, found: map[change.Selector]bool{}}
	for _, p := range m.Policies {
		for i := range p.Rules {
			if r := &p.Rules[i]; r.Effect == Allow && r.speaksOf(o, resource) {
				a.rule(p.Name, r)
			}
		}
	}
	for s := range a.found {
		a.out.Among = append(a.out.Among, s)
	}
	slices.Sort(a.out.Among)
	return a.out
}

// speaksOf reports whether a rule is about an operation on a type of resource.
func (r *Rule) speaksOf(o Operation, resource string) bool {
	about := len(r.Resources) > 0 && strings.EqualFold(r.Resources[0], "all") || slices.Contains(r.Resources, resource)
	return about && (slices.Contains(r.Operations, All) || slices.Contains(r.Operations, o))
}

// ownersOnly reports whether a rule is for the owners of the resource alone, of those whom its policy
// reaches.
func (r *Rule) ownersOnly() bool {
	text := strings.ReplaceAll(r.Condition.String(), " ", "")
	return strings.Contains(text, "isOwner()") && !strings.Contains(text, "!") && !strings.Contains(text, "||")
}

// silent returns of all that people can do here whether [Allowing.Silent] holds. It does not gather
// whom each rule reaches.
func (m Model) silent() map[matter]bool {
	out := map[matter]bool{}
	for _, p := range permissions {
		out[matter{p.Operation, p.Type}] = true
	}
	reaches := m.reaching()
	for _, p := range m.Policies {
		for i := range p.Rules {
			r := &p.Rules[i]
			if r.Effect != Allow || !reaches[p.Name] {
				continue
			}
			for at := range out {
				if r.speaksOf(at.operation, at.resource) {
					out[at] = false
				}
			}
		}
	}
	return out
}

// reaching returns the names of the policies that reach anybody.
func (m Model) reaching() map[string]bool {
	out, given := map[string]bool{}, map[string]bool{}
	for _, t := range m.Teams {
		people := allowing{model: m, found: map[change.Selector]bool{}}
		if people.team(t, map[string]bool{}); !people.out.Everybody && len(people.found) == 0 {
			continue
		}
		for _, name := range t.Policies {
			out[name] = true
		}
		for _, name := range t.DefaultRoles {
			given[name] = true
		}
	}
	for _, r := range m.Roles {
		if given[r.Name] || len(r.Members) > 0 {
			for _, name := range r.Policies {
				out[name] = true
			}
		}
	}
	return out
}

type allowing struct {
	model Model
	found map[change.Selector]bool
	out   Allowing
}

// rule adds those to look among for whom a rule of a policy may hold. A policy that reaches nobody is
// nobody's, and its rules for owners no owner's.
func (a *allowing) rule(policy string, r *Rule) {
	if !r.ownersOnly() {
		a.policy(policy)
		return
	}
	reached := allowing{model: a.model, found: map[change.Selector]bool{}}
	reached.policy(policy)
	a.out.Owners = a.out.Owners || reached.out.Everybody || len(reached.found) > 0
}

// policy follows one policy to the people whom it reaches.
func (a *allowing) policy(name string) {
	var roles []string
	for _, role := range a.model.Roles {
		if slices.Contains(role.Policies, name) {
			roles = append(roles, role.Name)
			for _, s := range role.Members {
				a.found[s] = true
			}
		}
	}
	for _, t := range a.model.Teams {
		reaches := slices.Contains(t.Policies, name) ||
			slices.ContainsFunc(t.DefaultRoles, func(role string) bool { return slices.Contains(roles, role) })
		if reaches {
			a.team(t, map[string]bool{})
		}
	}
}

// team adds the people of a team and of all teams below it.
func (a *allowing) team(t Team, seen map[string]bool) {
	if seen[t.Name] {
		return
	}
	seen[t.Name] = true
	if t.Type == Organization {
		a.out.Everybody = true
		return
	}
	if t.Group != "" {
		a.found[selector("group", t.Group)] = true
	}
	for _, below := range a.model.Teams {
		if slices.Contains(below.Parents, t.Name) {
			a.team(below, seen)
		}
	}
}
