package policy_test

import (
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

func TestWhatAnotherPolicyWouldChange(t *testing.T) {
	before, people := company(t)
	after, _ := company(t)
	after.Roles[0].Members = []change.Selector{"group:leads@example.com", "user:yui@example.com"} // in place of ken
	after.Policies[5].Rules = after.Policies[5].Rules[:1]                                         // stewards lose tags
	old, now := compiled(t, before, people), compiled(t, after, people)
	access := policy.Resource{Type: "access", Name: "etl-maintenance"}
	table := policy.Resource{Type: "table", Name: "sample.fact_table", Tags: []string{"Tier.Tier1"}, Domains: []string{"sales"}, Owners: []policy.Reference{user("ken@example.com")}}
	q := policy.Questions{
		People:     []string{"105", "103", "ken@example.com", "101", "nobody@example.com"},
		Operations: []policy.Operation{policy.ApproveAccess, "EditTags", "Delete"},
		Resources:  []policy.Resource{table, access},
		Recorded: []policy.Recorded{
			{ID: "c-3.0002", Request: policy.Request{Subject: "102", Operations: []policy.Operation{policy.ApproveAccess}, Resource: access}, Allowed: true},
			{ID: "c-1.0001", Request: policy.Request{Subject: "103", Operations: []policy.Operation{policy.RequestAccess}, Resource: access}, Allowed: true},
			{ID: "c-2.0001", Request: policy.Request{Subject: "103", Operations: []policy.Operation{policy.ApproveAccess}, Resource: access}, Allowed: false},
			{ID: "c-4.0001", Request: policy.Request{Subject: "106", Operations: []policy.Operation{policy.RequestAccess, policy.ApproveAccess}, Resource: access}, Allowed: true},
		},
	}
	d := policy.Compare(old, now, q)
	golden(t, "difference.txt", d.String()+"\n")
	if len(d.Gains) != 1 || d.Gains[0].Person != "103" || d.Gains[0].Name != "yui@example.com" || d.Gains[0].Before.Allowed || !d.Gains[0].After.Allowed {
		t.Errorf("got the gains %+v, want yui", d.Gains)
	}
	reverse := policy.Compare(now, old, q)
	if len(reverse.Gains) != len(d.Loses) || len(reverse.Loses) != len(d.Gains) {
		t.Errorf("the other way around: got %d gains and %d losses, want %d and %d", len(reverse.Gains), len(reverse.Loses), len(d.Loses), len(d.Gains))
	}
	q.Recorded = nil
	if same := policy.Compare(old, old, q); !same.Empty() || same.String() != "Nothing would change." {
		t.Errorf("the same policy: got %s", same)
	}
}

func TestWithoutNamesEverybodyIsAsked(t *testing.T) {
	m, people := company(t)
	q := policy.Questions{Operations: []policy.Operation{policy.RequestAccess}, Resources: []policy.Resource{{Type: "access", Name: "x"}}}
	var got []string
	for _, s := range policy.Compare(nil, compiled(t, m, people), q).Gains {
		got = append(got, s.Name)
	}
	if want := "aiko@example.com ken@example.com root@example.com yui@example.com"; strings.Join(got, " ") != want {
		t.Errorf("from no policy to one: got gains for %q, want %q", got, want)
	}
}

func TestLoosened(t *testing.T) {
	ask := func(needs ...change.Need) change.Requirement {
		return change.Requirement{Mode: change.Ask, Needs: needs}
	}
	escalated := func(r change.Requirement, e change.Escalation) change.Requirement {
		r.Escalate = &e
		return r
	}
	of := func(n int, from change.Selector) change.Need { return change.Need{Count: n, From: from} }
	base := ask(of(2, leads), of(1, ownersOf))
	hour := change.Escalation{After: 3600e9, To: "group:managers@example.com"}
	sooner := change.Escalation{After: 60e9, To: hour.To}
	tests := map[string]struct {
		old, now change.Requirement
		want     bool
	}{
		"the same":                               {base, base, false},
		"in another order":                       {base, ask(of(1, ownersOf), of(2, leads)), false},
		"in two parts":                           {base, ask(of(1, leads), of(1, ownersOf), of(1, leads)), false},
		"one more":                               {base, ask(of(3, leads), of(1, ownersOf)), false},
		"a fewer":                                {base, ask(of(1, leads), of(1, ownersOf)), true},
		"one set is missing":                     {base, ask(of(3, leads)), true},
		"another set":                            {base, ask(of(2, "group:others@example.com"), of(1, ownersOf)), true},
		"anybody in place of a set":              {ask(of(1, leads)), ask(of(1, change.Approvers)), true},
		"a set in place of anybody":              {ask(of(1, change.Approvers)), ask(of(1, leads)), false},
		"one of a set in place of two of anyone": {ask(of(2, change.Approvers)), ask(of(1, leads)), true},
		"a place cannot count twice":             {ask(of(1, leads), of(1, change.Approvers)), ask(of(1, leads)), true},
		"nobody is asked":                        {base, change.Requirement{Mode: change.Auto}, true},
		"only reported":                          {base, change.Requirement{Mode: change.Report}, false},
		"people in place of nobody":              {change.Requirement{Mode: change.Auto}, base, false},
		"done where it was only reported":        {change.Requirement{Mode: change.Report}, base, true},
		"an escalation":                          {base, escalated(base, hour), true},
		"no escalation":                          {escalated(base, hour), base, false},
		"the same escalation":                    {escalated(base, hour), escalated(base, hour), false},
		"an earlier escalation":                  {escalated(base, hour), escalated(base, sooner), true},
		"a later escalation":                     {escalated(base, sooner), escalated(base, hour), false},
	}
	scope := policy.Scope{Kind: change.AccessGrant, Entitlement: "prod"}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := policy.Loosened(
				policy.Ruling{Approvals: map[policy.Scope]change.Requirement{scope: tt.old}},
				policy.Ruling{Approvals: map[policy.Scope]change.Requirement{scope: tt.now}})
			if (len(got) > 0) != tt.want {
				t.Fatalf("got %v, want something: %t", got, tt.want)
			}
			if tt.want && (got[0].What != policy.LowerQuorum || got[0].Scope != scope || !strings.HasPrefix(got[0].String(), "access.grant of prod needs ")) {
				t.Errorf("got %+v: %s", got[0], got[0])
			}
		})
	}
}

func TestAnEntryThatIsGoneNeedsOneApprover(t *testing.T) {
	scope := policy.Scope{Kind: change.GroupSettings}
	two := policy.Ruling{Approvals: map[policy.Scope]change.Requirement{
		scope: {Mode: change.Ask, Needs: []change.Need{{Count: 2, From: change.Approvers}}},
	}}
	got := policy.Loosened(two, policy.Ruling{})
	if len(got) != 1 || got[0].String() != "group.settings needs 1 of approvers in place of 2 of approvers" {
		t.Errorf("got %v", got)
	}
	if got := policy.Loosened(policy.Ruling{}, two); len(got) > 0 {
		t.Errorf("the other way around: got %v, want nothing", got)
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

func TestScopesAreInOrder(t *testing.T) {
	two := change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: 2, From: leads}}}
	old := policy.Ruling{Approvals: map[policy.Scope]change.Requirement{
		{Kind: change.GroupSettings}: two, {Kind: change.AccessGrant, Entitlement: "b"}: two, {Kind: change.AccessGrant, Entitlement: "a"}: two,
	}}
	var got []string
	for _, l := range policy.Loosened(old, policy.Ruling{}) {
		got = append(got, string(l.Scope.Kind)+" "+l.Scope.Entitlement)
	}
	if want := "access.grant a, access.grant b, group.settings "; strings.Join(got, ", ") != want {
		t.Errorf("got %q, want %q", strings.Join(got, ", "), want)
	}
}
