package policyfile

import (
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

// above lists of what type a team's parents may be (teamType in OpenMetadata's
// entity/teams/team.json).
var above = map[policy.TeamType][]policy.TeamType{
	policy.BusinessUnit: {policy.Organization, policy.BusinessUnit},
	policy.Division:     {policy.Organization, policy.BusinessUnit, policy.Division},
	policy.Department:   {policy.Organization, policy.BusinessUnit, policy.Division, policy.Department},
	policy.Plain:        {policy.Organization, policy.BusinessUnit, policy.Division, policy.Department},
}

// team is one team with its place.
type team struct {
	policy.Team
	at table
	// parents are the places of the parents.
	parents []place
}

func (l *loading) readTeams(at place) {
	for _, item := range at.list("- {name: …, type: Department, group: …}") {
		t := item.table("name", "type", "description", "parent", "parents", "group", "policies", "default_roles")
		it := team{at: t, Team: policy.Team{
			Name: t.need("name", "data").name(),
			Type: oneOf(t.at("type"),
				policy.Organization, policy.BusinessUnit, policy.Division, policy.Department, policy.Plain),
			Description:  t.at("description").text(),
			Group:        t.at("group").address(),
			Policies:     t.at("policies").uses(kindPolicy),
			DefaultRoles: t.at("default_roles").uses(kindRole),
		}}
		if !t.at("type").given() {
			it.Type = policy.Plain
		}
		it.readParents(l)
		l.define(kindTeamGroup, it.Group, t.at("group"))
		if l.define(kindTeam, it.Name, t.at("name")) {
			l.teams = append(l.teams, it)
			l.policy.Teams = append(l.policy.Teams, it.Team)
		}
	}
}

// readParents reads parent, or parents where a team has several.
func (t *team) readParents(l *loading) {
	one, several := t.at.at("parent"), t.at.at("parents")
	switch {
	case one.given() && several.given():
		several.problem("is given beside parent: write all of them here")
	case several.given():
		t.Parents = several.uses(kindTeam)
		t.parents = several.list("[name]")
	case one.given():
		if name := one.text(); name != "" {
			l.refer(kindTeam, name, one)
			t.Parents, t.parents = []string{name}, []place{one}
		}
	}
	if t.Type == policy.BusinessUnit && len(t.Parents) > 1 {
		several.problem("a BusinessUnit has one parent: write parent: %s", t.Parents[0])
	}
}

func (l *loading) readRoles(at place) {
	for _, item := range at.list("- {name: …, policies: [name]}") {
		t := item.table("name", "description", "policies", "members")
		it := policy.Role{
			Name:        t.need("name", "access-approver").name(),
			Description: t.at("description").text(),
			Policies:    t.need("policies", "[name]").uses(kindPolicy),
			Members: distinct(t.at("members").list("[group:leads@your-domain]"),
				func(p place) change.Selector { return p.selector(members) }),
		}
		if l.define(kindRole, it.Name, t.at("name")) {
			l.policy.Roles = append(l.policy.Roles, it)
		}
	}
}

// uses reads a list of names that have to be defined somewhere in the policy.
func (p place) uses(k kind) []string {
	return distinct(p.filled("[name]"), func(item place) string {
		name := item.text()
		item.from.refer(k, name, item)
		return name
	})
}

// checkRanks checks how teams lie below one another.
func (l *loading) checkRanks() {
	byName := map[string]team{}
	top := ""
	for _, t := range l.teams {
		byName[t.Name] = t
		if t.Type != policy.Organization && t.Type != "" && strings.EqualFold(t.Name, catalog.Organization) {
			t.at.at("name").problem("the catalogue calls the team above all others %s: write type: Organization, or another name", catalog.Organization)
		}
		if t.Type == policy.Organization {
			if top != "" {
				t.at.at("type").problem("a company has one team of type Organization, which is %s: write another type", quote(top))
			}
			top = t.Name
		}
	}
	for _, t := range l.teams {
		for i, name := range t.Parents {
			at := t.parents[i]
			parent, ok := byName[name]
			switch {
			case t.Type == "":
			case t.Type == policy.Organization:
				at.problem("an Organization has nothing above it: leave the key out, or write another type")
			case ok && parent.Type != "" && !slices.Contains(above[t.Type], parent.Type):
				at.problem("a %s cannot be below the %s %s: its parent is of type %s",
					t.Type, parent.Type, quote(parent.Name), either(above[t.Type]))
			}
			if way := wayUp(name, t.Name, byName, map[string]bool{}); way != nil {
				at.problem("the team is above itself: %s", strings.Join(append([]string{t.Name}, way...), " → "))
			}
		}
	}
}

// wayUp returns the names of the teams from one up to another, nil where that is not above it.
func wayUp(from, to string, byName map[string]team, seen map[string]bool) []string {
	if from == to {
		return []string{to}
	}
	if seen[from] {
		return nil
	}
	seen[from] = true
	for _, parent := range byName[from].Parents {
		if way := wayUp(parent, to, byName, seen); way != nil {
			return append([]string{from}, way...)
		}
	}
	return nil
}

func either(types []policy.TeamType) string {
	words := make([]string, len(types))
	for i, t := range types {
		words[i] = string(t)
	}
	return strings.Join(words, " or ")
}
