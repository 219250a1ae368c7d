package policy

import (
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// This file says whom the rules of a model reach, so that [Loosened] can compare two models.

// reach is a rule and whom it reaches.
type reach struct {
	policy string
	rule   *Rule
	// key is "group:…" or "user:…" for who has a role with the policy, "team:…" for a team
	// that has the policy, or that has a role with it.
	key string
	// byRole tells the policies of a team's default roles from its own, which reach others too
	// where the team owns a resource.
	byRole bool
	// people are those whom the key stands for.
	people []string
	// means is what the condition says in this model. Conditions with the same words say different
	// things where teams or roles that they name have other people.
	means string
}

// crowd knows the people of a model's teams and roles. People are written as "group:…", "user:…" or
// [everybody].
type crowd struct {
	model Model
	teams map[string]Team
	of    map[string][]string
	rest  string
}

// everybody stands for all people, those of the organization, where sets of people are named.
const everybody = "everybody"

func newCrowd(m Model) *crowd {
	c := &crowd{model: m, teams: teamsByName(m), of: map[string][]string{}, rest: everybody}
	top := map[string]bool{}
	for _, t := range m.Teams {
		top[t.Name] = t.Type == Organization
	}
	for _, t := range m.Teams {
		// Teams that are above each other in a circle are below nothing else.
		if t.Group != "" && !isBelow(t.Name, c.teams, top, map[string]bool{}) {
			c.rest += " but " + string(selector("group", t.Group))
		}
	}
	return c
}

// team returns the people of a team and of all teams below it.
func (c *crowd) team(name string) []string {
	if out, ok := c.of[name]; ok {
		return out
	}
	a := allowing{model: c.model, found: map[change.Selector]bool{}}
	a.team(c.teams[name], map[string]bool{})
	var out []string
	for s := range a.found {
		out = append(out, string(s))
	}
	if a.out.Everybody {
		out = append(out, c.rest)
	}
	slices.Sort(out)
	c.of[name] = out
	return out
}

// role returns the people who have a role, themselves or by a team.
func (c *crowd) role(name string) []string {
	var out []string
	for _, r := range c.model.Roles {
		if r.Name == name {
			out = append(out, given(r)...)
		}
	}
	for _, t := range c.model.Teams {
		if slices.Contains(t.DefaultRoles, name) {
			out = append(out, c.team(t.Name)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// given returns those to whom a role is given, as they are compared.
func given(r Role) []string {
	var out []string
	for _, s := range r.Members {
		kind, address, _ := strings.Cut(string(s), ":")
		out = append(out, string(selector(kind, address)))
	}
	return out
}

// means returns what a condition says, for a rule that a team brought; the team is empty for a role
// of one's own.
func (c *crowd) means(condition *Condition, team string) string {
	if condition == nil {
		return ""
	}
	parts := []string{condition.String()}
	for _, name := range condition.Names(TeamName) {
		parts = append(parts, name, strings.Join(c.team(name), " "))
	}
	for _, name := range condition.Names(RoleName) {
		parts = append(parts, name, strings.Join(c.role(name), " "))
	}
	if condition.root.tests(matchTeam) {
		parts = append(parts, team, strings.Join(c.team(team), " "))
		for _, t := range c.model.Teams {
			if isBelow(t.Name, c.teams, map[string]bool{team: true}, map[string]bool{}) {
				parts = append(parts, t.Name)
			}
		}
	}
	return strings.Join(parts, "\n")
}

// reaches lists every rule with each of those whom it reaches, in the order of the model.
func (c *crowd) reaches() []reach {
	var out []reach
	named := func(names []string, key, team string, people []string, byRole bool) {
		for i := range c.model.Policies {
			p := &c.model.Policies[i]
			if !slices.Contains(names, p.Name) {
				continue
			}
			for j := range p.Rules {
				r := &p.Rules[j]
				out = append(out, reach{p.Name, r, key, byRole, people, c.means(r.Condition, team)})
			}
		}
	}
	for _, r := range c.model.Roles {
		for _, s := range given(r) {
			named(r.Policies, s, "", []string{s}, true)
		}
	}
	for _, t := range c.model.Teams {
		key, people := "team:"+t.Name, c.team(t.Name)
		named(t.Policies, key, t.Name, people, false)
		for _, r := range c.model.Roles {
			if slices.Contains(t.DefaultRoles, r.Name) {
				named(r.Policies, key, t.Name, people, true)
			}
		}
	}
	return out
}

// covered reports whether rules that say at least as much as r reach the same people.
//
// Of an allow, these are its people, whichever way they have it. Of a deny, it is who has the role, or
// the team: that a team has other people now is a matter of its own ([movedTeams]).
func covered(r reach, by []reach) bool {
	says := func(o reach) bool {
		return (o.byRole == r.byRole || !o.byRole) && o.rule.Effect == r.rule.Effect &&
			(o.rule.Condition == nil || o.means == r.means) &&
			coversOperations(o.rule, r.rule) && coversTypes(o.rule, r.rule)
	}
	if r.rule.Effect == Deny {
		return slices.ContainsFunc(by, func(o reach) bool { return o.key == r.key && says(o) })
	}
	return !slices.ContainsFunc(r.people, func(person string) bool {
		return !slices.ContainsFunc(by, func(o reach) bool {
			return (slices.Contains(o.people, person) || slices.Contains(o.people, everybody)) && says(o)
		})
	})
}

func coversOperations(wide, narrow *Rule) bool {
	names := func(o Operation) bool { return slices.Contains(wide.Operations, o) }
	return !slices.ContainsFunc(narrow.Operations, func(o Operation) bool {
		return !names(All) && !names(o) &&
			!(names(EditAll) && strings.HasPrefix(string(o), "Edit")) &&
			!(names(ViewAll) && strings.HasPrefix(string(o), "View"))
	})
}

func coversTypes(wide, narrow *Rule) bool {
	everyType := func(r *Rule) bool { return len(r.Resources) > 0 && strings.EqualFold(r.Resources[0], anyType) }
	isSCIM := func(t string) bool { return strings.EqualFold(t, scim) }
	if slices.ContainsFunc(narrow.Resources, isSCIM) && !slices.ContainsFunc(wide.Resources, isSCIM) {
		return false
	}
	if everyType(wide) {
		return true
	}
	return !everyType(narrow) && !slices.ContainsFunc(narrow.Resources, func(t string) bool {
		return !isSCIM(t) && !slices.Contains(wide.Resources, t)
	})
}

// governing reports whether a rule is about deciding what others do.
func governing(r *Rule) bool {
	return slices.ContainsFunc(r.Operations, func(o Operation) bool { return o == All || slices.Contains(governs, o) })
}

// movedTeams lists the teams that are reached by a deny, themselves or by a team above, and have
// another group, another type or other teams above them in the new model.
func movedTeams(before, after *crowd, reached []reach) []string {
	denied := map[string]bool{}
	for _, r := range reached {
		if name, ok := strings.CutPrefix(r.key, "team:"); ok && r.rule.Effect == Deny {
			denied[name] = true
		}
	}
	var out []string
	for _, t := range before.model.Teams {
		next, ok := after.teams[t.Name]
		same := ok && selector("group", t.Group) == selector("group", next.Group) && slices.Equal(sorted(t.Parents), sorted(next.Parents)) &&
			(t.Type == Organization) == (next.Type == Organization) && (t.Type != Organization || before.rest == after.rest)
		if !same && isBelow(t.Name, before.teams, denied, map[string]bool{}) {
			out = append(out, t.Name)
		}
	}
	return out
}

func teamsByName(m Model) map[string]Team {
	out := map[string]Team{}
	for _, t := range m.Teams {
		out[t.Name] = t
	}
	return out
}

// isBelow reports whether a team is one of some, or below one.
func isBelow(name string, teams map[string]Team, some, seen map[string]bool) bool {
	if some[name] {
		return true
	}
	if seen[name] {
		return false
	}
	seen[name] = true
	parents := teams[name].Parents
	if len(parents) == 0 {
		for _, t := range teams {
			if t.Type == Organization && t.Name != name {
				parents = append(parents, t.Name)
			}
		}
	}
	return slices.ContainsFunc(parents, func(p string) bool { return isBelow(p, teams, some, seen) })
}

func sorted(names []string) []string {
	out := slices.Clone(names)
	slices.Sort(out)
	return out
}
