package policy_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

// The company of the benchmarks: 5,000 people, 500 teams, 200 policies of five rules each.
const (
	benchPeople   = 5_000
	benchTeams    = 500
	benchPolicies = 200
	benchRules    = 5
)

var (
	benchTypes      = []string{"table", "topic", "dashboard", "group", "access", "account", "connection", "glossary"}
	benchOperations = []policy.Operation{
		"ViewBasic", "ViewSampleData", "EditTags", "EditDescription", "EditOwners", "Delete", "Create",
		policy.RequestAccess, policy.ApproveAccess, policy.ApproveSettings, policy.Undo,
	}
	benchConditions = []string{
		"", "", "isOwner()", "noOwner()", "matchTeam()", "!isOwner() && matchAnyTag('Tier.Tier1', 'PII.Sensitive')",
		"inAnyTeam('team-7', 'team-11') || isReviewer()", "hasAnyRole('role-3') && !noOwner()",
	}
)

func benchModel(tb testing.TB) policy.Model {
	tb.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(n int) int { return r.IntN(n) }
	var m policy.Model
	for i := range benchPolicies {
		p := policy.Policy{Name: fmt.Sprintf("policy-%d", i)}
		for j := range benchRules {
			rule := policy.Rule{
				Name: fmt.Sprintf("rule-%d", j), Effect: policy.Allow,
				Operations: []policy.Operation{benchOperations[pick(len(benchOperations))], benchOperations[pick(len(benchOperations))]},
				Resources:  []string{benchTypes[pick(len(benchTypes))]},
			}
			if j == 0 {
				rule.Effect = policy.Deny
			}
			if text := benchConditions[pick(len(benchConditions))]; text != "" {
				rule.Condition = condition(tb, text)
			}
			p.Rules = append(p.Rules, rule)
		}
		m.Policies = append(m.Policies, p)
	}
	for i := range 50 {
		m.Roles = append(m.Roles, policy.Role{
			Name: fmt.Sprintf("role-%d", i), Policies: []string{fmt.Sprintf("policy-%d", pick(benchPolicies)), fmt.Sprintf("policy-%d", pick(benchPolicies))},
			Members: []change.Selector{change.Selector(fmt.Sprintf("group:team-%d@example.com", pick(benchTeams)))},
		})
	}
	m.Teams = append(m.Teams, policy.Team{Name: "Organization", Type: policy.Organization, Policies: []string{"policy-0"}, DefaultRoles: []string{"role-0"}})
	for i := 1; i < benchTeams; i++ {
		t := policy.Team{Name: fmt.Sprintf("team-%d", i), Type: policy.Department, Group: fmt.Sprintf("team-%d@example.com", i)}
		if i > 8 {
			t.Parents = []string{fmt.Sprintf("team-%d", i/4+1)}
		}
		if pick(2) == 0 {
			t.Policies = []string{fmt.Sprintf("policy-%d", pick(benchPolicies))}
		}
		if pick(4) == 0 {
			t.DefaultRoles = []string{fmt.Sprintf("role-%d", pick(50))}
		}
		m.Teams = append(m.Teams, t)
	}
	return m
}

func benchRoster() policy.Roster {
	r := rand.New(rand.NewPCG(3, 4))
	people := make(policy.Roster, benchPeople)
	for i := range people {
		p := policy.Person{ID: fmt.Sprintf("id-%d", i), Email: fmt.Sprintf("person-%d@example.com", i)}
		for range 1 + r.IntN(3) {
			p.Groups = append(p.Groups, policy.InGroup{Group: fmt.Sprintf("team-%d@example.com", 1+r.IntN(benchTeams-1))})
		}
		people[i] = p
	}
	return people
}

// benchRequests are what is commonly asked: one operation, an owner or two, a few tags.
func benchRequests() []policy.Request {
	r := rand.New(rand.NewPCG(5, 6))
	out := make([]policy.Request, 1024)
	for i := range out {
		res := policy.Resource{Type: benchTypes[r.IntN(len(benchTypes))], Name: "sales.orders", Tags: []string{"Tier.Tier1"}}
		if r.IntN(4) > 0 {
			res.Owners = append(res.Owners, policy.Reference{Type: policy.TypeTeam, Name: fmt.Sprintf("team-%d", 1+r.IntN(benchTeams-1))})
		}
		if r.IntN(2) > 0 {
			res.Owners = append(res.Owners, policy.Reference{Type: policy.TypeUser, Name: fmt.Sprintf("person-%d@example.com", r.IntN(benchPeople))})
		}
		out[i] = policy.Request{
			Subject:    fmt.Sprintf("id-%d", r.IntN(benchPeople)),
			Operations: []policy.Operation{benchOperations[r.IntN(len(benchOperations))]},
			Resource:   res,
		}
	}
	return out
}

func BenchmarkDecide(b *testing.B) {
	e, err := policy.Compile(benchModel(b), benchRoster())
	if err != nil {
		b.Fatal(err)
	}
	requests := benchRequests()
	b.ReportAllocs()
	yes, i := 0, 0
	for b.Loop() {
		if e.Decide(requests[i%len(requests)]).Allowed {
			yes++
		}
		i++
	}
	b.ReportMetric(float64(yes)/float64(i), "allowed/op")
}

func BenchmarkCompile(b *testing.B) {
	m, people := benchModel(b), benchRoster()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := policy.Compile(m, people); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseCondition(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		condition(b, "!isOwner() && matchAnyTag('Tier.Tier1', 'PII.Sensitive')")
	}
}
