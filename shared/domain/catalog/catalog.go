// Package catalog compares who may do what in a data catalogue with what the policy wants, and
// says what has to change.
//
//	plan, problems, err := catalog.Diff(desired, present)
//
// The policy is the source: what this system has made in the catalogue is put back to what the
// policy says, and taken away when the policy does not have it any more. What somebody else has
// made is never touched: the system's own teams, roles and policies carry a mark in their
// description ([Mark]). The organization is the exception. It is there before us and carries no
// mark; only what is attached to it and is ours, or wanted, is changed.
//
// A plan is a list of steps in an order in which each can be done: what others refer to comes
// before them. It can be read by people ([Plan.Lines]), it counts what it takes away
// ([Plan.Removals]). Once it is carried out the next one is empty, or is about what had to wait for it.
//
// The types are the package's own and plain. Operations and resources that only this system
// knows never reach the catalogue ([Desired.ForCatalog]).
package catalog

import (
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/group"
)

// Organization is the name of the team above all others, which every catalogue has.
const Organization = "Organization"

// The types of team.
const (
	TypeOrganization = "Organization"
	TypeBusinessUnit = "BusinessUnit"
	TypeDivision     = "Division"
	TypeDepartment   = "Department"
	TypeGroup        = "Group"
)

// Desired is what the policy wants. People are named by their addresses.
type Desired struct {
	Policies []Policy
	Roles    []Role
	Teams    []Team
	// CreateUsers makes accounts for people who have none. Without it they are only found to be
	// missing.
	CreateUsers bool
	// Us is the catalogue's name of the account with which this system works.
	Us string
}

// Policy is a named set of rules.
type Policy struct {
	Name  string `json:"name"`
	Rules []Rule `json:"rules"`
}

// Rule allows or denies operations on resources.
type Rule struct {
	Name string `json:"name"`
	// Description is text for people. It decides nothing.
	Description string   `json:"description,omitempty"`
	Effect      string   `json:"effect"` // allow or deny
	Operations  []string `json:"operations"`
	Resources   []string `json:"resources"`
	Condition   string   `json:"condition,omitempty"`
}

// Role is a set of policies that people are given by name.
type Role struct {
	Name     string   `json:"name"`
	Policies []string `json:"policies"`
	// Holders are the addresses of those who have the role themselves.
	Holders []string `json:"holders,omitempty"`
}

// Team is a part of the company.
type Team struct {
	Name string `json:"name"`
	Type string `json:"type"`
	// Parents are the names of the teams above; empty for what is directly below the organization.
	Parents      []string `json:"parents,omitempty"`
	Policies     []string `json:"policies,omitempty"`
	DefaultRoles []string `json:"default_roles,omitempty"`
	// Members are the addresses of the team's people.
	Members []string `json:"members,omitempty"`
}

// Present is what the catalogue has: all of it, or the reading was none.
type Present struct {
	Policies []PresentPolicy
	Roles    []PresentRole
	Teams    []PresentTeam
	Users    []PresentUser
}

// Whole reports whether there is an organization, which every catalogue has, and whether everything
// that roles and teams refer to is in a reading too. The pages of a list can end early and say that
// this is all; what refers to the rest gives it away.
func (p Present) Whole() bool {
	known := map[string]bool{}
	for _, e := range p.Policies {
		known["policy "+e.Name] = true
	}
	for _, e := range p.Roles {
		known["role "+e.Name] = true
	}
	for _, e := range p.Teams {
		known["team "+e.Name] = true
	}
	all := func(kind string, names []string) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return !known[kind+" "+name] })
	}
	if !known["team "+Organization] {
		return false
	}
	for _, r := range p.Roles {
		if !all("policy", r.Policies) {
			return false
		}
	}
	for _, t := range p.Teams {
		if !all("policy", t.Policies) || !all("role", t.DefaultRoles) || !all("team", t.Parents) {
			return false
		}
	}
	return true
}

// Under returns what there is with people under the addresses that they have first by now, where the catalogue has
// them under another one of theirs, and nobody under the first. First leads from each address to that.
func (p Present) Under(first map[string]string) Present {
	taken := map[string]bool{}
	for _, u := range p.Users {
		taken[group.Address(u.Email)] = true
	}
	now := func(email string) string {
		if is := first[group.Address(email)]; is != "" && !taken[is] {
			return is
		}
		return email
	}
	all := func(list []string) []string {
		out := slices.Clone(list)
		for i, email := range out {
			out[i] = now(email)
		}
		return out
	}
	p.Users, p.Roles, p.Teams = slices.Clone(p.Users), slices.Clone(p.Roles), slices.Clone(p.Teams)
	for i := range p.Users {
		p.Users[i].Email = now(p.Users[i].Email)
	}
	for i := range p.Roles {
		p.Roles[i].Holders = all(p.Roles[i].Holders)
	}
	for i := range p.Teams {
		p.Teams[i].Members = all(p.Teams[i].Members)
	}
	return p
}

// Entity is what everything in the catalogue has.
type Entity struct {
	// ID is immutable.
	ID          string
	Name        string
	Description string
	// System says that every catalogue has it.
	System bool
	// UpdatedBy is the name of the account that changed it last.
	UpdatedBy string
}

// PresentPolicy is a policy in the catalogue.
type PresentPolicy struct {
	Entity
	Rules []Rule
	// Disabled says that somebody has switched the policy off.
	Disabled bool
	// Owners are the names of the users and teams that somebody has made its owners.
	Owners []string
}

// PresentRole is a role in the catalogue. Policies are names, Holders are addresses.
type PresentRole struct {
	Entity
	Policies []string
	Holders  []string
}

// PresentTeam is a team in the catalogue. Everything in its lists is a name, members are
// addresses.
type PresentTeam struct {
	Entity
	Type string
	// Parents are empty for what is directly below the organization.
	Parents      []string
	Policies     []string
	DefaultRoles []string
	Members      []string
	// Joinable says that people may make themselves members.
	Joinable bool
	// Owners are the names of the users and teams that somebody has made its owners.
	Owners []string
}

// PresentUser is an account in the catalogue.
type PresentUser struct {
	Entity
	Email string
	Bot   bool
	// Trusted says that it is an administrator, or holds a role of its own.
	Trusted bool
}

// Account is what the catalogue goes by when somebody wants to do something there, besides the policy.
// Its zero value is that of who has no account.
type Account struct {
	// Admin says that the account administers the catalogue. The directory's administrators are
	// others.
	Admin bool
	// Bot says that it is a program's.
	Bot bool
	// Domains are the full names of the data domains that the account is in, also by its teams.
	Domains []string
}

// mark ends the description of what is ours.
const mark = "Managed by Sekisho. What is changed here is put back."

// Mark returns the description of something that is ours.
func Mark() string { return mark }

// Ours reports whether something is ours.
func (e Entity) Ours() bool { return strings.HasSuffix(strings.TrimSpace(e.Description), mark) }

// ForCatalog leaves out what only this system knows: operations and resources of its own, rules
// and policies of which nothing is left, roles of which no policy is left, and names of them.
// Names of policies and teams that the catalogue has under another name are replaced by that.
//
// A role of which no policy is left stays where the condition of a rule names it: who has it
// matters in the catalogue then. Because it has no roles without policies and no policies without
// rules, the role's policies have one that decides nothing.
func (d Desired) ForCatalog(operations, resources []string, policies, teams map[string]string) Desired {
	out := d
	out.Policies, out.Roles, out.Teams = nil, nil, nil
	gone, named := map[string]bool{}, map[string]bool{}
	for _, p := range d.Policies {
		kept := Policy{Name: p.Name}
		for _, r := range p.Rules {
			r.Operations = without(r.Operations, operations)
			r.Resources = without(r.Resources, resources)
			r.Condition = withTeams(r.Condition, teams)
			if len(r.Operations) == 0 || len(r.Resources) == 0 {
				continue
			}
			kept.Rules = append(kept.Rules, r)
			_, roles := mentions(r.Condition)
			for _, role := range roles {
				named[role] = true
			}
		}
		if len(kept.Rules) == 0 {
			gone[p.Name] = true
			continue
		}
		out.Policies = append(out.Policies, kept)
	}
	for _, r := range d.Roles {
		if !named[r.Name] || slices.ContainsFunc(r.Policies, func(name string) bool { return !gone[name] }) {
			continue
		}
		for _, name := range set(r.Policies) {
			delete(gone, name)
			out.Policies = append(out.Policies, Policy{Name: name, Rules: []Rule{nothing()}})
		}
	}
	translated := func(list []string) []string {
		var kept []string
		for _, name := range list {
			if !gone[name] {
				kept = append(kept, renamed(name, policies))
			}
		}
		return kept
	}
	goneRoles := map[string]bool{}
	for _, r := range d.Roles {
		r.Policies = translated(r.Policies)
		if len(r.Policies) == 0 {
			goneRoles[r.Name] = true
			continue
		}
		out.Roles = append(out.Roles, r)
	}
	for _, t := range d.Teams {
		t.Name = renamed(t.Name, teams)
		t.Parents = slices.Clone(t.Parents)
		for i, parent := range t.Parents {
			t.Parents[i] = renamed(parent, teams)
		}
		t.Policies = translated(t.Policies)
		t.DefaultRoles = slices.DeleteFunc(slices.Clone(t.DefaultRoles), func(name string) bool { return goneRoles[name] })
		out.Teams = append(out.Teams, t)
	}
	return out
}

// nothing is a rule that decides nothing: what has an owner is not without one.
func nothing() Rule {
	return Rule{Name: "decides-nothing", Effect: "allow", Operations: []string{"ViewBasic"}, Resources: []string{allResources}, Condition: "isOwner() && noOwner()"}
}

// renamed returns the catalogue's name of something.
func renamed(name string, names map[string]string) string {
	if other, ok := names[name]; ok {
		return other
	}
	return name
}

// without returns a list without some words, as a new one.
func without(list, words []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(words, s) })
}
