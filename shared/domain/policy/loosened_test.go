package policy_test

import (
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

func TestLoosenedPeople(t *testing.T) {
	one := [][]string{{"aiko@example.com", "aiko-admin@example.com"}, {"ken@example.com", "k@example.com"}}
	for name, tt := range map[string]struct {
		now  [][]string
		want int
	}{
		"the same":         {one, 0},
		"in another order": {[][]string{one[1], {"aiko-admin@example.com", "aiko@example.com", "a@example.com"}}, 0},
		"one entry gone":   {one[:1], 1},
		"one account gone": {[][]string{{"aiko@example.com", "a@example.com"}, one[1]}, 1},
		"none":             {nil, 2},
	} {
		got := policy.Loosened(policy.Ruling{SamePerson: one}, policy.Ruling{SamePerson: tt.now})
		if len(got) != tt.want || tt.want == 2 && got[0].String() != "aiko@example.com and aiko-admin@example.com were of one person, and each of them counts now" {
			t.Errorf("%s: got %v, want %d", name, got, tt.want)
		}
	}
}

// Where no rule says any more who decides, owners and administrators do, who could not. To ask for an
// undo needs no rule, so that nobody may do more without one.
func TestLoosenedBySilence(t *testing.T) {
	model := func(rules ...policy.Rule) policy.Model {
		return policy.Model{
			Roles:    []policy.Role{{Name: "r", Policies: []string{"p"}, Members: []change.Selector{leads}}},
			Policies: []policy.Policy{{Name: "p", Rules: rules}},
		}
	}
	before := model(allow("a", policy.ApproveAccess, "access", nil), allow("b", policy.Undo, "access", nil), allow("c", policy.ViewAll, "table", nil))
	press := policy.Press{
		Person: "1", Kind: change.AccessGrant, Verb: change.VerbApprove, Resource: policy.Resource{Name: "prod"}, Holds: []change.Selector{change.Approvers},
	}
	for name, tt := range map[string]struct {
		now  policy.Model
		want string
	}{
		"the same":       {before, ""},
		"the undo alone": {model(before.Policies[0].Rules[0]), ""},
		"who approves":   {model(before.Policies[0].Rules[1:]...), "no rule lets anybody ApproveAccess on access any more: then owners and administrators decide"},
		"no policy":      {policy.Model{}, "no rule lets anybody ApproveAccess on access any more: then owners and administrators decide"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			for _, l := range policy.Loosened(policy.Ruling{Model: before}, policy.Ruling{Model: tt.now}) {
				got += l.String()
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if may := compiled(t, tt.now, harbourPeople).Counting(press).May; may != (tt.want != "") {
				t.Errorf("an owner decides: got %t", may)
			}
		})
	}
}

func TestLoosenedRules(t *testing.T) {
	tests := map[string]struct {
		change func(*policy.Model)
		want   []string
	}{
		"nothing": {func(*policy.Model) {}, nil},
		"a deny is gone": {
			func(m *policy.Model) { m.Policies[3].Rules = nil },
			[]string{"the deny team-only of the policy etl-only does not hold as before for team:etl"},
		},
		"a deny became an allow": {
			func(m *policy.Model) { m.Policies[3].Rules[0].Effect = policy.Allow },
			[]string{
				"the deny team-only of the policy etl-only does not hold as before for team:etl",
				"the rule team-only of the policy etl-only lets team:etl decide about others",
			},
		},
		"a deny has another condition": {
			func(m *policy.Model) { m.Policies[3].Rules[0].Condition = condition(t, "!matchTeam() && !isOwner()") },
			[]string{"the deny team-only of the policy etl-only does not hold as before for team:etl"},
		},
		"a deny always holds": {func(m *policy.Model) { m.Policies[3].Rules[0].Condition = nil }, nil},
		"a deny is about less": {
			func(m *policy.Model) { m.Policies[3].Rules[0].Operations = []policy.Operation{policy.EditAll} },
			[]string{"the deny team-only of the policy etl-only does not hold as before for team:etl"},
		},
		"a deny is about more": {func(m *policy.Model) { m.Policies[3].Rules[0].Resources = []string{"all", "scim"} }, nil},
		"a deny is about another type": {
			func(m *policy.Model) { m.Policies[3].Rules[0].Resources = []string{"topic"} },
			[]string{"the deny team-only of the policy etl-only does not hold as before for team:etl"},
		},
		"a deny comes by a default role": {
			func(m *policy.Model) {
				m.Roles = append(m.Roles, policy.Role{Name: "insider", Policies: []string{"etl-only"}})
				m.Teams[2].Policies, m.Teams[2].DefaultRoles = nil, []string{"insider"}
			}, // which does not reach people from outside
			[]string{"the deny team-only of the policy etl-only does not hold as before for team:etl"},
		},
		"a deny has another name": {func(m *policy.Model) {
			m.Policies[3].Name, m.Policies[3].Rules[0].Name = "renamed", "other"
			m.Teams[2].Policies = []string{"renamed"}
		}, nil},
		"a team moved away from a deny": {
			func(m *policy.Model) { m.Teams[2].Parents = []string{"Organization"} },
			[]string{"the team etl, to which denies apply, has another group, another type or other teams above it"},
		},
		"a team has another group": {
			func(m *policy.Model) { m.Teams[1].Group = "others@example.com" },
			[]string{"the team data, to which denies apply, has another group, another type or other teams above it"},
		},
		"the organization has another name": {func(m *policy.Model) { m.Teams[0].Description = "all" }, nil},
		"more approvers": {
			func(m *policy.Model) { m.Roles[0].Members = append(m.Roles[0].Members, "user:yui@example.com") },
			[]string{"the rule approve of the policy approve-access lets user:yui@example.com decide about others"},
		},
		"fewer approvers": {func(m *policy.Model) { m.Roles[0].Members = m.Roles[0].Members[:1] }, nil},
		"the same approvers in other letters": {
			func(m *policy.Model) { m.Roles[0].Members = []change.Selector{"group:Leads@example.com"} }, nil,
		},
		"approvers without a condition": {
			func(m *policy.Model) { m.Policies[4].Rules[1].Condition = nil },
			[]string{"the rule own of the policy everyone lets team:Organization decide about others"},
		},
		"approvers of everything": {
			func(m *policy.Model) { m.Policies[1].Rules[0].Operations = []policy.Operation{policy.All} },
			[]string{
				"the rule approve of the policy approve-access lets group:leads@example.com decide about others",
				"the rule approve of the policy approve-access lets user:ken@example.com decide about others",
			},
		},
		"a deny is about all types": {
			func(m *policy.Model) {
				m.Policies[3].Rules[0].Resources = []string{"all"}
				m.Policies[3].Rules[0].Operations = []policy.Operation{policy.All, policy.ViewAll}
			}, nil,
		},
		"more of what decides nothing": {
			func(m *policy.Model) {
				m.Policies[5].Rules = append(m.Policies[5].Rules, allow("new", policy.EditAll, "all", nil))
			}, nil,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before, _ := company(t)
			after, _ := company(t)
			tt.change(&after)
			var got []string
			for _, l := range policy.Loosened(policy.Ruling{Model: before}, policy.Ruling{Model: after}) {
				got = append(got, l.String())
			}
			if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

// TestLoosenedByThePeopleOfTeams has the rules as they were, and other people in the teams that they
// reach or name. The leads approve, and the organization is denied to delete.
func TestLoosenedByThePeopleOfTeams(t *testing.T) {
	model := func(alter func(*policy.Model)) policy.Model {
		m := policy.Model{
			Teams: []policy.Team{
				{Name: "company", Type: policy.Organization, Policies: []string{"no"}},
				{Name: "leads", Type: policy.Department, Group: "leads@example.com", Policies: []string{"approve"}},
				{Name: "others", Type: policy.Plain, Group: "others@example.com"},
				{Name: "empty", Type: policy.Department, Policies: []string{"settings"}},
			},
			Roles: []policy.Role{{Name: "helper", Policies: []string{"help"}, Members: []change.Selector{"user:aiko@example.com"}}},
			Policies: []policy.Policy{
				{Name: "no", Rules: []policy.Rule{deny("no", "Delete", "all", condition(t, "!inAnyTeam('leads') && !hasAnyRole('helper')"))}},
				{Name: "approve", Rules: []policy.Rule{allow("yes", policy.ApproveAccess, "access", nil)}},
				{Name: "settings", Rules: []policy.Rule{allow("set", policy.ApproveSettings, "group", nil)}},
				{Name: "help", Rules: []policy.Rule{allow("help", policy.ApproveAccount, "account", condition(t, "matchTeam()"))}},
			},
		}
		alter(&m)
		return m
	}
	lead := "the rule yes of the policy approve lets team:leads decide about others"
	denied := "the deny no of the policy no does not hold as before for team:company"
	moved := func(team string) string {
		return "the team " + team + ", to which denies apply, has another group, another type or other teams above it"
	}
	below := func(name, group string, parents ...string) func(*policy.Model) {
		return func(m *policy.Model) {
			m.Teams = append(m.Teams, policy.Team{Name: name, Type: policy.Plain, Group: group, Parents: parents})
		}
	}
	for name, tt := range map[string]struct {
		alter func(*policy.Model)
		want  []string
	}{
		"the same": {func(*policy.Model) {}, nil},
		"another group": {
			func(m *policy.Model) { m.Teams[1].Group = "all@example.com" }, []string{denied, lead, moved("leads")},
		},
		"a new team below":     {below("all", "all@example.com", "leads"), []string{denied, lead}},
		"a team moved below":   {func(m *policy.Model) { m.Teams[2].Parents = []string{"leads"} }, []string{denied, lead, moved("others")}},
		"an empty team below":  {below("all", "", "leads"), nil},
		"the same group below": {below("night", "Leads@example.com", "leads"), nil},
		"people in an empty team": {
			func(m *policy.Model) { m.Teams[3].Group = "all@example.com" },
			[]string{"the rule set of the policy settings lets team:empty decide about others", moved("empty")},
		},
		"the same people in another team": {func(m *policy.Model) {
			m.Teams[3].Policies = []string{"approve", "settings"}
			m.Teams = append(m.Teams, policy.Team{Name: "late", Type: policy.Plain, Group: "leads@example.com", Policies: []string{"approve"}})
		}, nil},
		"the organization's type":  {func(m *policy.Model) { m.Teams[0].Type = policy.Division }, []string{moved("company")}},
		"another organization too": {func(m *policy.Model) { m.Teams[0].Type, m.Teams[2].Type = policy.Division, policy.Organization }, []string{moved("company"), moved("others")}},
		"a circle beside the organization": {func(m *policy.Model) {
			below("a", "a@example.com", "b")(m)
			below("b", "", "a")(m)
		}, []string{moved("company")}},
		"a role that a deny spares": {
			func(m *policy.Model) { m.Roles[0].Members = append(m.Roles[0].Members, "user:ken@example.com") },
			[]string{denied, "the rule help of the policy help lets user:ken@example.com decide about others"},
		},
		"a role by a team": {
			func(m *policy.Model) { m.Teams[2].DefaultRoles = []string{"helper"} },
			[]string{denied, "the rule help of the policy help lets team:others decide about others"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := policy.Ruling{Model: model(func(*policy.Model) {})}
			var got []string
			for _, l := range policy.Loosened(before, policy.Ruling{Model: model(tt.alter)}) {
				got = append(got, l.String())
			}
			if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

// TestTeamsMovedOutOfADeny has a deny two teams above the one that moves, where the way up is not
// written down: a team without parents is below the organization.
func TestTeamsMovedOutOfADeny(t *testing.T) {
	model := func(denying int, change func([]policy.Team)) policy.Model {
		m := harbour(policy.Policy{Name: "no", Rules: []policy.Rule{deny("no", "Delete", "all", nil)}})
		m.Teams = append(m.Teams, policy.Team{Name: "night", Type: policy.Department, Parents: []string{"etl", "night"}, Group: "night@example.com"})
		m.Teams[denying].Policies = []string{"no"}
		change(m.Teams)
		return m
	}
	moved := func(teams []policy.Team) { teams[4].Parents = []string{"ops"} }
	same := func([]policy.Team) {}
	for name, tt := range map[string]struct {
		denying int
		change  func([]policy.Team)
		want    int
	}{
		"below the organization":          {0, moved, 1},
		"below the division":              {1, moved, 1},
		"below another team":              {3, moved, 0},
		"not moved":                       {0, same, 0},
		"the same parents in other order": {0, func(teams []policy.Team) { teams[4].Parents = []string{"night", "etl"} }, 0},
		"gone":                            {1, func(teams []policy.Team) { teams[4].Name = "day" }, 1},
	} {
		got := policy.Loosened(policy.Ruling{Model: model(tt.denying, same)}, policy.Ruling{Model: model(tt.denying, tt.change)})
		if len(got) != tt.want || tt.want > 0 && (got[0].What != policy.MovedTeam || got[0].Team != "night") {
			t.Errorf("%s: got %v, want %d", name, got, tt.want)
		}
	}
}

// A rule about all types is not about those of SCIM, unless it names them
// (CompiledRule.matchResource in OpenMetadata).
func TestLoosenedBySCIM(t *testing.T) {
	model := func(resources ...string) policy.Model {
		m, _ := company(t)
		m.Policies[3].Rules[0].Resources = resources
		return m
	}
	for name, tt := range map[string]struct {
		before, after []string
		less          bool
	}{
		"all in place of scim":         {[]string{"scim"}, []string{"all"}, true},
		"all in place of all and scim": {[]string{"all", "SCIM"}, []string{"all"}, true},
		"all and scim":                 {[]string{"table", "SCIM"}, []string{"all", "scim"}, false},
		"scim alone":                   {[]string{"all", "scim"}, []string{"scim"}, true},
	} {
		if got := policy.Loosened(policy.Ruling{Model: model(tt.before...)}, policy.Ruling{Model: model(tt.after...)}); (len(got) > 0) != tt.less {
			t.Errorf("%s: got %v, want something: %t", name, got, tt.less)
		}
	}
}
