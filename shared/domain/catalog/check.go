package catalog

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Problem is something in what is wanted that no catalogue can have.
type Problem struct {
	Kind Kind
	Name string
	Text string
}

// Error implements error.
func (p Problem) Error() string { return fmt.Sprintf("%s %s: %s", p.Kind, p.Name, p.Text) }

// above lists of what type a team's parents may be (teamType in OpenMetadata's
// entity/teams/team.json). A business unit and a division have one parent, the others may have
// several (validateHierarchy in its TeamRepository).
var above = map[string][]string{
	TypeOrganization: {},
	TypeBusinessUnit: {TypeOrganization, TypeBusinessUnit},
	TypeDivision:     {TypeOrganization, TypeBusinessUnit, TypeDivision},
	TypeDepartment:   {TypeOrganization, TypeBusinessUnit, TypeDivision, TypeDepartment},
	TypeGroup:        {TypeOrganization, TypeBusinessUnit, TypeDivision, TypeDepartment},
}

// check says what is wrong with what is wanted, given what is there already. Sorted by kind and
// name.
func check(d Desired, there names) []Problem {
	var out []Problem
	add := func(k Kind, name, format string, args ...any) {
		out = append(out, Problem{k, name, fmt.Sprintf(format, args...)})
	}
	wanted := namesOf(d)
	known := func(k Kind, name string) bool { return wanted[k][name] || there[k][name] }
	for _, twice := range doubles(d) {
		add(twice.Kind, twice.Name, "is wanted twice")
	}
	for _, p := range d.Policies {
		if len(p.Rules) == 0 {
			add(KindPolicy, p.Name, "has no rules")
		}
		ruleNames := map[string]bool{}
		for _, r := range p.Rules {
			if ruleNames[r.Name] {
				add(KindPolicy, p.Name, "has two rules named %s", r.Name)
			}
			ruleNames[r.Name] = true
			teams, roles := mentions(r.Condition)
			for _, t := range teams {
				if !known(KindTeam, t) {
					add(KindPolicy, p.Name, "rule %s names the team %s, which nobody wants", r.Name, t)
				}
			}
			for _, role := range roles {
				if !known(KindRole, role) {
					add(KindPolicy, p.Name, "rule %s names the role %s, which nobody wants", r.Name, role)
				}
			}
		}
	}
	for _, r := range d.Roles {
		if len(r.Policies) == 0 {
			add(KindRole, r.Name, "has no policies")
		}
		for _, p := range r.Policies {
			if !known(KindPolicy, p) {
				add(KindRole, r.Name, "has the policy %s, which nobody wants", p)
			}
		}
	}
	types := map[string]string{Organization: TypeOrganization}
	for _, t := range d.Teams {
		types[t.Name] = t.Type
	}
	for _, t := range d.Teams {
		allowed, real := above[t.Type]
		switch {
		case !real:
			add(KindTeam, t.Name, "cannot be of type %s", t.Type)
		case (t.Type == TypeOrganization) != (t.Name == Organization):
			add(KindTeam, t.Name, "only the team %s is of type %s", Organization, TypeOrganization)
		case t.Name == Organization && (len(t.Parents) > 0 || len(t.Members) > 0):
			add(KindTeam, t.Name, "has no parent and no members of its own")
		case len(t.Parents) > 1 && (t.Type == TypeBusinessUnit || t.Type == TypeDivision):
			add(KindTeam, t.Name, "of type %s has one parent, not %s", t.Type, strings.Join(t.Parents, ", "))
		default:
			for _, name := range t.Parents {
				parent, here := types[name]
				switch {
				case !known(KindTeam, name):
					add(KindTeam, t.Name, "is below the team %s, which nobody wants", name)
				case here && !slices.Contains(allowed, parent):
					add(KindTeam, t.Name, "of type %s cannot be below a team of type %s", t.Type, parent)
				}
			}
		}
		for _, p := range t.Policies {
			if !known(KindPolicy, p) {
				add(KindTeam, t.Name, "has the policy %s, which nobody wants", p)
			}
		}
		for _, r := range t.DefaultRoles {
			if !known(KindRole, r) {
				add(KindTeam, t.Name, "has the role %s, which nobody wants", r)
			}
		}
	}
	slices.SortFunc(out, func(a, b Problem) int { return strings.Compare(a.Error(), b.Error()) })
	return out
}

// names are the names of each kind.
type names map[Kind]map[string]bool

func namesOf(d Desired) names {
	out := names{KindPolicy: {}, KindRole: {}, KindTeam: {Organization: true}}
	for _, p := range d.Policies {
		out[KindPolicy][p.Name] = true
	}
	for _, r := range d.Roles {
		out[KindRole][r.Name] = true
	}
	for _, t := range d.Teams {
		out[KindTeam][t.Name] = true
	}
	return out
}

// doubles lists what has the name of something before it, or none.
func doubles(d Desired) []Problem {
	var out []Problem
	seen := map[string]bool{}
	add := func(k Kind, name string) {
		key := string(k) + " " + name
		if seen[key] || name == "" {
			out = append(out, Problem{Kind: k, Name: name})
		}
		seen[key] = true
	}
	for _, p := range d.Policies {
		add(KindPolicy, p.Name)
	}
	for _, r := range d.Roles {
		add(KindRole, r.Name)
	}
	for _, t := range d.Teams {
		add(KindTeam, t.Name)
	}
	return out
}

// Compiled when they are first needed: most functions that link this package never do.
var (
	naming = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(inAnyTeam|hasAnyRole)\s*\(([^()]*)\)`) })
	quoted = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`'([^']*)'|"([^"]*)"`) })
)

// mentions returns the teams and roles that a condition names. The catalogue refuses a condition
// that names what is not there.
func mentions(condition string) (teams, roles []string) {
	for _, call := range naming().FindAllStringSubmatch(condition, -1) {
		for _, argument := range quoted().FindAllStringSubmatch(call[2], -1) {
			name := argument[1] + argument[2]
			if call[1] == "inAnyTeam" {
				teams = append(teams, name)
			} else {
				roles = append(roles, name)
			}
		}
	}
	return teams, roles
}
