package policy_test

import (
	"slices"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

// This file has the people of the table in table_test.go, and what they are given.

const (
	ownersOf change.Selector = "owners"
	leads    change.Selector = "group:leads@example.com"
)

// identity is somebody who acts, with what the directory says of them.
type identity struct {
	name  string
	actor change.Actor
	// key is how the policy's directory finds the person.
	key string
	// owns, leads and administers are the sets of people that the person is in, whether or not
	// that counts. Concerned says that the change was done to them.
	owns, leads, administers, concerned bool
	// byGroup gives the role to a group that the person is in, not to the person.
	byGroup bool
}

func actor(id string, also ...string) change.Actor {
	return change.Actor{Kind: change.ByPerson, ID: id, Name: id, Also: also}
}

var (
	requester  = actor("rin", "rin-second", "rin-robot")
	identities = []identity{
		{name: "requester", actor: requester, key: "rin", owns: true, leads: true, administers: true},
		{name: "requester's alias", actor: actor("rin-second", "rin"), key: "rin-second", owns: true, leads: true, administers: true},
		{name: "requester's robot", actor: actor("rin-robot"), key: "rin-robot", owns: true, leads: true, administers: true},
		{name: "requester by group", actor: requester, key: "rin", leads: true, byGroup: true},
		{name: "lead", actor: actor("aiko"), key: "aiko", leads: true},
		{name: "lead by group", actor: actor("aiko"), key: "aiko", leads: true, byGroup: true},
		{name: "owner", actor: actor("botan"), key: "botan", owns: true},
		{name: "administrator", actor: actor("fumi"), key: "fumi", administers: true},
		{name: "concerned", actor: actor("gen"), key: "gen", concerned: true},
		{name: "stranger", actor: actor("chie"), key: "chie"},
		{name: "suspended", actor: actor("daichi"), key: "daichi", owns: true, leads: true, administers: true, concerned: true},
		{name: "bot", actor: actor("emi-bot"), key: "emi-bot", owns: true, leads: true, administers: true, concerned: true},
		{name: "absent", actor: actor("nobody"), key: "nobody", owns: true, leads: true, administers: true, concerned: true},
	}
	inLeads     = []policy.InGroup{{Group: "leads@example.com"}}
	tablePeople = policy.Roster{
		{ID: "rin", Email: "rin@example.com", Aliases: []string{"rin-second", "rin-second@example.com"}, Groups: inLeads},
		{ID: "rin-robot", Email: "rin-robot@example.com", Bot: true},
		{ID: "aiko", Email: "aiko@example.com", Groups: inLeads},
		{ID: "botan", Email: "botan@example.com"},
		{ID: "fumi", Email: "fumi@example.com"},
		{ID: "gen", Email: "gen@example.com"},
		{ID: "chie", Email: "chie@example.com"},
		{ID: "daichi", Email: "daichi@example.com", Suspended: true},
		{ID: "emi-bot", Email: "emi-bot@example.com", Bot: true},
		{ID: "kaede", Email: "kaede@example.com"},
	}
)

// tableRoles are what a person can be given; the first is none. Kaede, who does nothing here, has a
// role that allows everything, so that the policy speaks of every operation; not so where a role is
// alone: then the policy is silent about what the role does not allow.
var tableRoles = []struct {
	name  string
	rules func(t *testing.T) []policy.Rule
	alone bool
}{
	{name: "no role", rules: func(*testing.T) []policy.Rule { return nil }},
	{name: "employee", rules: func(*testing.T) []policy.Rule {
		return []policy.Rule{allow("a", policy.RequestAccess, "access", nil)}
	}},
	{name: "approver", rules: func(*testing.T) []policy.Rule {
		return []policy.Rule{allow("a", policy.ApproveAccess, "all", nil), allow("b", policy.ApproveSettings, "all", nil)}
	}},
	{name: "owner", rules: func(t *testing.T) []policy.Rule {
		own := condition(t, "isOwner()")
		return []policy.Rule{allow("a", policy.ApproveAccess, "all", own), allow("b", policy.ApproveSettings, "all", own), allow("c", policy.Undo, "all", own)}
	}},
	{name: "undoer", rules: func(*testing.T) []policy.Rule { return []policy.Rule{allow("a", policy.Undo, "all", nil)} }},
	{name: "editor", rules: func(*testing.T) []policy.Rule {
		return []policy.Rule{allow("a", policy.EditAll, "all", nil), allow("b", policy.ViewAll, "all", nil), allow("c", "Delete", "all", nil)}
	}},
	{name: "everything", rules: func(*testing.T) []policy.Rule { return []policy.Rule{allow("a", policy.All, "all", nil)} }},
	{name: "everything but undo", rules: func(*testing.T) []policy.Rule {
		return []policy.Rule{allow("a", policy.All, "all", nil), deny("b", policy.Undo, "all", nil)}
	}},
	{name: "barred", rules: func(*testing.T) []policy.Rule {
		return []policy.Rule{allow("a", policy.All, "all", nil), deny("b", policy.All, "all", nil)}
	}},
	{name: "barred from others' things", rules: func(t *testing.T) []policy.Rule {
		return []policy.Rule{allow("a", policy.All, "all", nil), deny("b", policy.All, "all", condition(t, "!isOwner()"))}
	}},
	{name: noPolicy, alone: true},
	{name: "silent policy", alone: true, rules: func(*testing.T) []policy.Rule {
		return []policy.Rule{allow("a", policy.EditAll, "all", nil), allow("b", policy.ViewAll, "all", nil)}
	}},
	{name: "barred by a silent policy", alone: true, rules: func(*testing.T) []policy.Rule {
		return []policy.Rule{deny("a", policy.All, "all", nil)}
	}},
}

// noPolicy is the role where nothing at all is defined.
const noPolicy = "no policy"

// tableModel gives a role to somebody.
func tableModel(t *testing.T, role int, who identity) policy.Model {
	t.Helper()
	r := tableRoles[role]
	if r.name == noPolicy {
		return policy.Model{}
	}
	m := policy.Model{
		Policies: []policy.Policy{{Name: "p", Rules: r.rules(t)}},
		Roles:    []policy.Role{{Name: "role", Policies: []string{"p"}, Members: []change.Selector{change.Selector("user:" + who.key + "@example.com")}}},
	}
	if who.byGroup {
		m.Roles[0].Members = []change.Selector{leads}
	}
	if !r.alone {
		m.Policies = append(m.Policies, policy.Policy{Name: "base", Rules: []policy.Rule{allow("a", policy.All, "all", nil)}})
		m.Roles = append(m.Roles, policy.Role{Name: "base", Policies: []string{"base"}, Members: []change.Selector{"user:kaede@example.com"}})
	}
	return m
}

// holds returns which of a change's selectors hold for somebody, as package standing finds them in
// the directory, and more than it finds: owners and administrators are among those who may approve
// where the policy says who they are, too, and who is suspended or absent keeps all of it. The policy
// must know by itself.
func holds(e *policy.Engine, c change.Change, about policy.Resource, who identity) []change.Selector {
	selectors := c.Requirement.Selectors(c.Escalated)
	if len(selectors) == 0 {
		selectors = []change.Selector{change.Approvers}
	}
	needed, _ := policy.Needed(c.Kind, change.VerbApprove)
	about.Type = needed.Type
	approves := who.owns || who.administers || allows(e, who.key, needed.Operation, about)
	in := map[change.Selector]bool{ownersOf: who.owns, leads: who.leads, change.Approvers: approves}
	return slices.DeleteFunc(selectors, func(s change.Selector) bool { return !in[s] })
}
