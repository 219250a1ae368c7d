package catalogsync

import (
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

// This file says what the policy wants of the catalogue. It is pure.

// membership says who is in what the policy names. Everybody in it is there and not suspended.
type membership struct {
	// groups maps a group's address to the addresses of its people, also those who are in it
	// through others.
	groups map[string][]string
	// users maps every address of a person to the first one.
	users map[string]string
}

// desired returns what the policy wants of the catalogue.
func desired(m policy.Model, who membership) catalog.Desired {
	var out catalog.Desired
	top := map[string]string{}
	for _, t := range m.Teams {
		team := catalog.Team{
			Name: t.Name, Type: string(t.Type), Parents: slices.Clone(t.Parents),
			Policies: slices.Clone(t.Policies), DefaultRoles: slices.Clone(t.DefaultRoles),
		}
		if t.Type == policy.Organization {
			top[t.Name] = catalog.Organization // the catalogue calls the team above all others by one name
		} else {
			// Whoever is in no team is in the organization, there as here.
			team.Members = slices.Clone(who.groups[group.Address(t.Group)])
		}
		out.Teams = append(out.Teams, team)
	}
	for _, r := range m.Roles {
		out.Roles = append(out.Roles, catalog.Role{Name: r.Name, Policies: slices.Clone(r.Policies), Holders: who.in(r.Members)})
	}
	standard := map[string]string{}
	for _, p := range m.Policies {
		if theirs, ok := theCatalogues(p); ok {
			standard[p.Name] = theirs
			continue
		}
		out.Policies = append(out.Policies, catalog.Policy{Name: p.Name, Rules: rules(p)})
	}
	return out.ForCatalog(ownOperations(), ownResources(), standard, top)
}

// in returns the addresses of the people in some sets, each once, sorted.
func (w membership) in(sets []change.Selector) []string {
	var out []string
	for _, s := range sets {
		switch kind, name, _ := strings.Cut(string(s), ":"); kind {
		case "group":
			out = append(out, w.groups[group.Address(name)]...)
		case "user":
			if email, ok := w.users[group.Address(name)]; ok {
				out = append(out, email)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func rules(p policy.Policy) []catalog.Rule {
	var out []catalog.Rule
	for _, r := range p.Rules {
		rule := catalog.Rule{Name: r.Name, Description: r.Description, Effect: string(r.Effect), Resources: slices.Clone(r.Resources)}
		for _, o := range r.Operations {
			rule.Operations = append(rule.Operations, string(o))
		}
		if r.Condition != nil {
			rule.Condition = r.Condition.String()
		}
		out = append(out, rule)
	}
	return out
}

// organizationPolicy is the name of the policy with which every catalogue begins
// (OrganizationPolicy.json in OpenMetadata's json/data/policy).
const organizationPolicy = "OrganizationPolicy"

// theCatalogues returns the name under which the catalogue has a policy of its own that says the
// same: that of [policy.Standard], where the file does not define another one of that name.
func theCatalogues(p policy.Policy) (string, bool) {
	same := func(s policy.Policy) bool {
		return s.Name == p.Name && slices.EqualFunc(rules(s), rules(p), func(a, b catalog.Rule) bool {
			return a.Name == b.Name && a.Effect == b.Effect && a.Condition == b.Condition &&
				slices.Equal(a.Operations, b.Operations) && slices.Equal(a.Resources, b.Resources)
		})
	}
	return organizationPolicy, slices.ContainsFunc(policy.Standard(), same)
}

// ownOperations lists what only Sekisho asks about.
func ownOperations() []string {
	var out []string
	for _, p := range policy.Permissions() {
		out = append(out, string(p.Operation))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// ownResources lists the types of resource that only Sekisho has. The catalogue has policies too: a
// rule about them is meant for both, unless only operations of Sekisho stand in it.
func ownResources() []string {
	var out []string
	for _, p := range policy.Permissions() {
		if p.Type != policy.PolicyResource {
			out = append(out, p.Type)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
