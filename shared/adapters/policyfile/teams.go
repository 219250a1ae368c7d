package policyfile

import (
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// Team is a part of the company. Policies of a team hold for everybody in it and below it.
type Team struct {
	Name string
	Type TeamType
	// Parent is the name of the team above; empty for the organization, and for a team that is
	// directly below it without saying so.
	Parent string
	// Group is the address of the Google Group whose members are the team's people; empty for
	// a team that only has teams below it.
	Group    string
	Policies []string
	// DefaultRoles are the roles that everybody in the team has.
	DefaultRoles []string
}

// TeamType is a team's level.
type TeamType string

// The types of team, in OpenMetadata's words.
const (
	Organization TeamType = "Organization"
	BusinessUnit TeamType = "BusinessUnit"
	Division     TeamType = "Division"
	Department   TeamType = "Department"
	// Plain is a team with people only.
	Plain TeamType = "Group"
)

// above lists of what type a team's parent may be (teamType in OpenMetadata's
// entity/teams/team.json).
var above = map[TeamType][]TeamType{
	BusinessUnit: {Organization, BusinessUnit},
	Division:     {Organization, BusinessUnit, Division},
	Department:   {Organization, BusinessUnit, Division, Department},
	Plain:        {Organization, BusinessUnit, Division, Department},
}

// Role is a set of policies that people are given by name.
type Role struct {
	Name     string
	Policies []string
	// Members are those who have the role themselves, besides those who have it by a team.
	Members []change.Selector
}

// team is one team with its place.
type team struct {
	Team
	at table
}

func (l *loading) readTeams(at place) {
	for _, item := range at.list("- {name: …, type: Department, group: …}") {
		t := item.table("name", "type", "parent", "group", "policies", "default_roles")
		it := Team{
			Name:         t.need("name", "data").name(),
			Type:         oneOf(t.at("type"), Organization, BusinessUnit, Division, Department, Plain),
			Parent:       t.at("parent").text(),
			Group:        t.at("group").address(),
			Policies:     t.at("policies").uses(kindPolicy),
			DefaultRoles: t.at("default_roles").uses(kindRole),
		}
		if !t.at("type").given() {
			it.Type = Plain
		}
		l.refer(kindTeam, it.Parent, t.at("parent"))
		l.define(kindTeamGroup, it.Group, t.at("group"))
		if l.define(kindTeam, it.Name, t.at("name")) {
			l.teams = append(l.teams, team{it, t})
			l.policy.Teams = append(l.policy.Teams, it)
		}
	}
}

func (l *loading) readRoles(at place) {
	for _, item := range at.list("- {name: …, policies: [name]}") {
		t := item.table("name", "policies", "members")
		it := Role{
			Name:     t.need("name", "access-approver").name(),
			Policies: t.need("policies", "[name]").uses(kindPolicy),
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
		if t.Type == Organization {
			if top != "" {
				t.at.at("type").problem("a company has one team of type Organization, which is %s: write another type", quote(top))
			}
			top = t.Name
		}
	}
	for _, t := range l.teams {
		parent, ok := byName[t.Parent]
		switch {
		case t.Parent == "" || t.Type == "":
		case t.Type == Organization:
			t.at.at("parent").problem("an Organization has nothing above it: leave the key out, or write another type")
		case ok && parent.Type != "" && !slices.Contains(above[t.Type], parent.Type):
			t.at.at("parent").problem("a %s cannot be below the %s %s: its parent is of type %s",
				t.Type, parent.Type, quote(parent.Name), either(above[t.Type]))
		}
		if way := circle(t.Name, byName); way != "" {
			t.at.at("parent").problem("the team is above itself: %s", way)
		}
	}
}

// circle returns the way from a team up to itself, "" where there is none.
func circle(name string, byName map[string]team) string {
	way := []string{name}
	for up := byName[name].Parent; up != ""; up = byName[up].Parent {
		if slices.Contains(way, up) {
			if up != name {
				return "" // It is said of the teams that the circle goes through.
			}
			return strings.Join(append(way, up), " → ")
		}
		way = append(way, up)
	}
	return ""
}

func either(types []TeamType) string {
	words := make([]string, len(types))
	for i, t := range types {
		words[i] = string(t)
	}
	return strings.Join(words, " or ")
}
