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
	c := checking{wanted: namesOf(d), there: there, types: map[string]string{Organization: TypeOrganization}}
	for _, t := range d.Teams {
		c.types[t.Name] = t.Type
	}
	for _, twice := range doubles(d) {
		c.add(twice.Kind, twice.Name, "is wanted twice")
	}
	for _, p := range d.Policies {
		c.policy(p)
	}
	for _, r := range d.Roles {
		c.role(r)
	}
	for _, t := range d.Teams {
		c.team(t)
	}
	slices.SortFunc(c.found, func(a, b Problem) int { return strings.Compare(a.Error(), b.Error()) })
	return c.found
}

// checking is what has been found so far, and what there is to refer to.
type checking struct {
	wanted, there names
	// types are the types of teams that are wanted, by name.
	types map[string]string
	found []Problem
}

func (c *checking) add(k Kind, name, format string, args ...any) {
	c.found = append(c.found, Problem{k, name, fmt.Sprintf(format, args...)})
}

// refer complains where something refers to what is neither wanted nor there. How is what it does,
// such as "has the policy".
func (c *checking) refer(k Kind, name, how string, to Kind, target string) {
	if !c.wanted[to][target] && !c.there[to][target] {
		c.add(k, name, "%s %s, which nobody wants", how, target)
	}
}

func (c *checking) policy(p Policy) {
	if len(p.Rules) == 0 {
		c.add(KindPolicy, p.Name, "has no rules")
	}
	seen := map[string]bool{}
	for _, r := range p.Rules {
		if seen[r.Name] {
			c.add(KindPolicy, p.Name, "has two rules named %s", r.Name)
		}
		seen[r.Name] = true
		teams, roles := mentions(r.Condition)
		for _, t := range teams {
			c.refer(KindPolicy, p.Name, "rule "+r.Name+" names the team", KindTeam, t)
		}
		for _, role := range roles {
			c.refer(KindPolicy, p.Name, "rule "+r.Name+" names the role", KindRole, role)
		}
	}
}

func (c *checking) role(r Role) {
	if len(r.Policies) == 0 {
		c.add(KindRole, r.Name, "has no policies")
	}
	for _, p := range r.Policies {
		c.refer(KindRole, r.Name, "has the policy", KindPolicy, p)
	}
}

func (c *checking) team(t Team) {
	c.place(t)
	for _, p := range t.Policies {
		c.refer(KindTeam, t.Name, "has the policy", KindPolicy, p)
	}
	for _, r := range t.DefaultRoles {
		c.refer(KindTeam, t.Name, "has the role", KindRole, r)
	}
}

// place complains about a team that cannot stand where it is to stand.
func (c *checking) place(t Team) {
	allowed, real := above[t.Type]
	switch {
	case !real:
		c.add(KindTeam, t.Name, "cannot be of type %s", t.Type)
	case (t.Type == TypeOrganization) != (t.Name == Organization):
		c.add(KindTeam, t.Name, "only the team %s is of type %s", Organization, TypeOrganization)
	case t.Name == Organization && (len(t.Parents) > 0 || len(t.Members) > 0):
		c.add(KindTeam, t.Name, "has no parent and no members of its own")
	case len(t.Parents) > 1 && (t.Type == TypeBusinessUnit || t.Type == TypeDivision):
		c.add(KindTeam, t.Name, "of type %s has one parent, not %s", t.Type, strings.Join(t.Parents, ", "))
	default:
		for _, name := range t.Parents {
			c.refer(KindTeam, t.Name, "is below the team", KindTeam, name)
			if parent, here := c.types[name]; here && !slices.Contains(allowed, parent) {
				c.add(KindTeam, t.Name, "of type %s cannot be below a team of type %s", t.Type, parent)
			}
		}
	}
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

// withTeams returns a condition with the catalogue's names of the teams in it.
func withTeams(condition string, names map[string]string) string {
	if len(names) == 0 {
		return condition
	}
	return naming().ReplaceAllStringFunc(condition, func(call string) string {
		if !strings.HasPrefix(call, "inAnyTeam") {
			return call
		}
		return quoted().ReplaceAllStringFunc(call, func(argument string) string {
			quote, name := argument[:1], argument[1:len(argument)-1]
			return quote + renamed(name, names) + quote
		})
	})
}
