package policy_test

import (
	"testing"

	"github.com/sekisho/sekisho/shared/domain/policy"
)

// These tests name what is known to surprise people in the model that is shared with
// OpenMetadata. They hold the engine to the path on which OpenMetadata enforces.

// harbour is a company of three teams: data, with etl and ops below it. Aiko is in etl, botan in
// ops, chie in no team.
func harbour(policies ...policy.Policy) policy.Model {
	return policy.Model{
		Policies: append(policies, policy.Policy{Name: "everything", Rules: []policy.Rule{allow("everything", "All", "all", nil)}}),
		Roles:    []policy.Role{{Name: "everybody", Policies: []string{"everything"}}},
		Teams: []policy.Team{
			{Name: "Organization", Type: policy.Organization, DefaultRoles: []string{"everybody"}},
			{Name: "data", Type: policy.Division, Group: "data@example.com"},
			{Name: "etl", Type: policy.Department, Parents: []string{"data"}, Group: "etl@example.com"},
			{Name: "ops", Type: policy.Department, Parents: []string{"data"}, Group: "ops@example.com"},
		},
	}
}

var harbourPeople = policy.Roster{
	{ID: "1", Email: "aiko@example.com", Groups: []policy.InGroup{{Group: "etl@example.com"}}},
	{ID: "2", Email: "botan@example.com", Groups: []policy.InGroup{{Group: "ops@example.com"}}},
	{ID: "3", Email: "chie@example.com"},
}

func allow(name string, o policy.Operation, resource string, c *policy.Condition) policy.Rule {
	return policy.Rule{Name: name, Effect: policy.Allow, Operations: []policy.Operation{o}, Resources: []string{resource}, Condition: c}
}

func deny(name string, o policy.Operation, resource string, c *policy.Condition) policy.Rule {
	return policy.Rule{Name: name, Effect: policy.Deny, Operations: []policy.Operation{o}, Resources: []string{resource}, Condition: c}
}

func compiled(t testing.TB, m policy.Model, people policy.Directory) *policy.Engine {
	t.Helper()
	e, err := policy.Compile(m, people)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func owned(by ...policy.Reference) policy.Resource {
	return policy.Resource{Type: "table", Name: "sales.orders", Owners: by}
}

func user(name string) policy.Reference {
	return policy.Reference{Type: policy.TypeUser, Name: name}
}

func team(name string) policy.Reference {
	return policy.Reference{Type: policy.TypeTeam, Name: name}
}

// allows answers a question about one operation.
func allows(e *policy.Engine, who string, o policy.Operation, r policy.Resource) bool {
	return e.Decide(policy.Request{Subject: who, Operations: []policy.Operation{o}, Resource: r}).Allowed
}

func expect(t *testing.T, e *policy.Engine, who string, o policy.Operation, r policy.Resource, want bool) {
	t.Helper()
	if got := e.Decide(policy.Request{Subject: who, Operations: []policy.Operation{o}, Resource: r}); got.Allowed != want {
		t.Errorf("%s, %s on %s owned by %v: got %s, want allowed: %t", who, o, r, r.Owners, got, want)
	}
}

func TestNotMatchTeamDeniesWhatHasNoOwner(t *testing.T) {
	m := harbour(policy.Policy{Name: "team-only", Rules: []policy.Rule{deny("outsiders", "All", "table", condition(t, "!matchTeam()"))}})
	m.Teams[2].Policies = []string{"team-only"}
	e := compiled(t, m, harbourPeople)
	expect(t, e, "aiko@example.com", "ViewBasic", owned(team("etl")), true)
	expect(t, e, "aiko@example.com", "ViewBasic", owned(user("aiko@example.com")), true)
	expect(t, e, "aiko@example.com", "ViewBasic", owned(), false)            // her own team's policy denies it to her
	expect(t, e, "aiko@example.com", "ViewBasic", owned(team("ops")), false) // and what is others'
	expect(t, e, "botan@example.com", "ViewBasic", owned(), true)            // the policy does not reach him
	expect(t, e, "botan@example.com", "ViewBasic", owned(team("ops")), true)
}

func TestADenyOfTheOwningTeamReachesOutsiders(t *testing.T) {
	m := harbour(policy.Policy{Name: "team-only", Rules: []policy.Rule{deny("outsiders", "All", "table", condition(t, "!matchTeam()"))}})
	m.Teams[2].Policies = []string{"team-only"}
	e := compiled(t, m, harbourPeople)
	expect(t, e, "botan@example.com", "ViewBasic", owned(team("etl")), false)
	expect(t, e, "chie@example.com", "ViewBasic", owned(team("etl")), false)
	// A person of the team as the owner does not bring the team's policies.
	expect(t, e, "botan@example.com", "ViewBasic", owned(user("aiko@example.com")), true)
}

func TestNotMatchTeamInARoleDeniesEverything(t *testing.T) {
	m := harbour(policy.Policy{Name: "team-only", Rules: []policy.Rule{deny("outsiders", "All", "table", condition(t, "!matchTeam()"))}})
	m.Roles = append(m.Roles, policy.Role{Name: "insider", Policies: []string{"team-only"}, Members: nil})
	m.Roles[1].Members = append(m.Roles[1].Members, "user:aiko@example.com")
	e := compiled(t, m, harbourPeople)
	for _, r := range []policy.Resource{owned(), owned(team("etl")), owned(user("aiko@example.com"))} {
		expect(t, e, "aiko@example.com", "ViewBasic", r, false)
	}
	// The same role as a team's default brings the team with it.
	m.Roles[1].Members = nil
	m.Teams[2].DefaultRoles = []string{"insider"}
	e = compiled(t, m, harbourPeople)
	expect(t, e, "aiko@example.com", "ViewBasic", owned(team("etl")), true)
	expect(t, e, "aiko@example.com", "ViewBasic", owned(), false)
}

func TestOneOwnerOfTheTeamIsEnoughToMatchIt(t *testing.T) {
	m := harbour(policy.Policy{Name: "team-only", Rules: []policy.Rule{deny("outsiders", "All", "table", condition(t, "!matchTeam()"))}})
	m.Teams[1].Policies = []string{"team-only"}
	e := compiled(t, m, harbourPeople)
	// The first owner is an outsider, the second below the team.
	expect(t, e, "aiko@example.com", "ViewBasic", owned(user("chie@example.com"), team("ops")), true)
	expect(t, e, "aiko@example.com", "ViewBasic", owned(user("chie@example.com")), false)
}

// TestAListingHidesAConditionalDeny compares with what OpenMetadata lists for its own pages,
// where of all rules about an operation the one with the lowest of these ranks is shown.
func TestAListingHidesAConditionalDeny(t *testing.T) {
	rules := []policy.Rule{
		allow("all", "ViewAll", "table", nil),
		deny("private", "ViewBasic", "table", condition(t, "matchAnyTag('PII.Sensitive')")),
	}
	rank := func(r policy.Rule) int {
		switch {
		case r.Effect == policy.Deny && r.Condition == nil:
			return 0
		case r.Effect == policy.Allow && r.Condition == nil:
			return 1
		case r.Effect == policy.Deny:
			return 2
		}
		return 3
	}
	if rank(rules[0]) > rank(rules[1]) {
		t.Fatal("the listing shows the deny: there is nothing to hide")
	}
	m := harbour(policy.Policy{Name: "viewing", Rules: rules})
	m.Roles[0].Policies = []string{"viewing"}
	e := compiled(t, m, harbourPeople)
	private := owned()
	private.Tags = []string{"PII.Sensitive"}
	expect(t, e, "chie@example.com", "ViewBasic", private, false)
	expect(t, e, "chie@example.com", "ViewBasic", owned(), true)
	expect(t, e, "chie@example.com", "ViewSampleData", private, true) // the deny is about the other operation
}

func TestNoAllowBeatsADeny(t *testing.T) {
	m := harbour(policy.Policy{Name: "no", Rules: []policy.Rule{deny("no", "Delete", "table", nil)}})
	m.Roles[0].Policies = []string{"everything", "no"}
	e := compiled(t, m, harbourPeople)
	expect(t, e, "aiko@example.com", "Delete", owned(user("aiko@example.com")), false)
	expect(t, e, "aiko@example.com", "Create", owned(), true)
}

func TestEveryOperationNeedsAnAllow(t *testing.T) {
	m := harbour(
		policy.Policy{Name: "tags", Rules: []policy.Rule{allow("tags", "EditTags", "table", nil)}},
		policy.Policy{Name: "owners", Rules: []policy.Rule{allow("owners", "EditOwners", "all", condition(t, "noOwner()"))}},
	)
	m.Roles[0].Policies = []string{"tags", "owners"}
	e := compiled(t, m, harbourPeople)
	for name, tt := range map[string]struct {
		operations []policy.Operation
		owners     []policy.Reference
		want       bool
	}{
		"each by a rule of its own": {[]policy.Operation{"EditTags", "EditOwners"}, nil, true},
		"one twice":                 {[]policy.Operation{"EditTags", "EditTags"}, nil, true},
		"one without":               {[]policy.Operation{"EditTags", "EditOwners"}, []policy.Reference{team("ops")}, false},
		"nobody allows the third":   {[]policy.Operation{"EditTags", "EditOwners", "Delete"}, nil, false},
	} {
		got := e.Decide(policy.Request{Subject: "1", Operations: tt.operations, Resource: owned(tt.owners...)})
		if got.Allowed != tt.want {
			t.Errorf("%s: got %s, want allowed: %t", name, got, tt.want)
		}
	}
}

func TestWhatOperationsCover(t *testing.T) {
	for name, tt := range map[string]struct {
		rule, asked policy.Operation
		want        bool
	}{
		"All covers any":                       {"All", "RequestAccess", true},
		"all in small letters is another":      {"all", "RequestAccess", false},
		"EditAll covers what begins with Edit": {"EditAll", "EditScim", true},
		"EditAll covers itself":                {"EditAll", "EditAll", true},
		"EditAll does not cover Create":        {"EditAll", "Create", false},
		"EditAll does not cover Delete":        {"EditAll", "Delete", false},
		"EditAll does not cover small letters": {"EditAll", "editTags", false},
		"ViewAll does not cover edits":         {"ViewAll", "EditTags", false},
		"one edit does not cover all":          {"EditTags", "EditAll", false},
		"EditAll covers nothing of Sekisho":    {"EditAll", policy.ChangePolicy, false},
	} {
		m := harbour(policy.Policy{Name: "p", Rules: []policy.Rule{allow("r", tt.rule, "table", nil)}})
		m.Roles[0].Policies = []string{"p"}
		if got := allows(compiled(t, m, harbourPeople), "1", tt.asked, owned()); got != tt.want {
			t.Errorf("%s: got %t, want %t", name, got, tt.want)
		}
	}
}

func TestWhatResourcesCover(t *testing.T) {
	for name, tt := range map[string]struct {
		resources []string
		asked     string
		want      bool
	}{
		"all, in any case":               {[]string{"ALL"}, "table", true},
		"all counts as the first only":   {[]string{"topic", "all"}, "table", false},
		"others after all do not narrow": {[]string{"all", "topic"}, "table", true},
		"a name exactly":                 {[]string{"topic", "table"}, "table", true},
		"not in another case":            {[]string{"Table"}, "table", false},
		"all does not cover scim":        {[]string{"all"}, "scim", false},
		"scim named, in any case":        {[]string{"all", "SCIM"}, "scim", true},
	} {
		m := harbour(policy.Policy{Name: "p", Rules: []policy.Rule{{Name: "r", Effect: policy.Allow, Operations: []policy.Operation{"All"}, Resources: tt.resources}}})
		m.Roles[0].Policies = []string{"p"}
		if got := allows(compiled(t, m, harbourPeople), "1", "Create", policy.Resource{Type: tt.asked, Name: "x"}); got != tt.want {
			t.Errorf("%s: got %t, want %t", name, got, tt.want)
		}
	}
}

func TestBotsInheritNothingFromTeams(t *testing.T) {
	m := harbour(policy.Policy{Name: "bots", Rules: []policy.Rule{allow("in-etl", "Create", "table", condition(t, "inAnyTeam('data')"))}})
	m.Roles = append(m.Roles, policy.Role{Name: "bot", Policies: []string{"bots"}})
	m.Roles[1].Members = append(m.Roles[1].Members, "user:bot@example.com")
	people := append(policy.Roster{{ID: "9", Email: "bot@example.com", Bot: true, Groups: []policy.InGroup{{Group: "etl@example.com"}}}}, harbourPeople...)
	e := compiled(t, m, people)
	expect(t, e, "bot@example.com", "Delete", owned(), false) // everybody else has it by the organization
	expect(t, e, "bot@example.com", "Create", owned(), true)  // its own role, whose condition sees its team
}

func TestOwnersAreMatchedByTheTeamItselfOnly(t *testing.T) {
	m := harbour(policy.Policy{Name: "own", Rules: []policy.Rule{allow("own", "Delete", "table", condition(t, "isOwner()"))}})
	m.Roles[0].Policies = []string{"own"}
	e := compiled(t, m, harbourPeople)
	expect(t, e, "aiko@example.com", "Delete", owned(team("etl")), true)
	expect(t, e, "aiko@example.com", "Delete", owned(team("data")), false) // she is below it, not in it
	expect(t, e, "1", "Delete", owned(user("AIKO@example.com")), true)
	expect(t, e, "botan@example.com", "Delete", owned(user("aiko@example.com")), false)
}

func TestAdministratorsAreNotAsked(t *testing.T) {
	m := harbour(policy.Policy{Name: "no", Rules: []policy.Rule{deny("no", "All", "all", nil)}})
	m.Roles[0].Policies = []string{"no"}
	e := compiled(t, m, policy.Roster{{ID: "1", Admin: true}, {ID: "2", Admin: true, Suspended: true}})
	expect(t, e, "1", "Delete", owned(), true)
	expect(t, e, "2", "Delete", owned(), false)
	// What Sekisho does itself is not the catalogue's.
	for _, p := range policy.Permissions() {
		expect(t, e, "1", p.Operation, policy.Resource{Type: p.Type, Name: "x"}, false)
	}
	both := policy.Request{Subject: "1", Operations: []policy.Operation{"Delete", policy.Undo}, Resource: owned()}
	if d := e.Decide(both); d.Allowed {
		t.Errorf("one of both: got %s", d)
	}
}

func TestTeamsAboveThemselvesCountOnce(t *testing.T) {
	m := harbour(policy.Policy{Name: "p", Rules: []policy.Rule{allow("r", "Create", "table", condition(t, "inAnyTeam('ops')"))}})
	m.Teams[1].Parents = []string{"etl", "data"}
	m.Teams[2].Parents = []string{"data", "ops"}
	m.Teams[3].Parents = []string{"etl"}
	m.Teams[3].Policies = []string{"p"}
	e := compiled(t, m, harbourPeople)
	expect(t, e, "aiko@example.com", "Create", owned(team("data"), team("ops")), true)
	expect(t, e, "chie@example.com", "Delete", owned(team("data")), true)
	if x := e.Explain(policy.Request{Subject: "1", Operations: []policy.Operation{"Create"}, Resource: owned(team("data"))}); x.Besides != 0 {
		t.Errorf("a rule counted more than once:\n%s", x)
	}
}

// Of an owning team's parents, one that the person is below already does not hide the other: its policies count.
func TestAParentOfTheOwnerThatWasCountedHidesNoOther(t *testing.T) {
	for _, parents := range [][]string{{"data", "sales"}, {"sales", "data"}} {
		for _, rule := range []policy.Rule{allow("r", "Create", "table", nil), deny("r", "Create", "table", nil)} {
			m := harbour(policy.Policy{Name: "p", Rules: []policy.Rule{rule}})
			m.Teams = append(m.Teams,
				policy.Team{Name: "sales", Type: policy.Division, Policies: []string{"p"}},
				policy.Team{Name: "mart", Type: policy.Department, Parents: parents})
			if rule.Effect == policy.Allow {
				m.Roles[0].Policies = nil // nothing else allows it
			}
			e := compiled(t, m, harbourPeople)
			expect(t, e, "aiko@example.com", "Create", owned(team("mart")), rule.Effect == policy.Allow) // she is below data
			expect(t, e, "aiko@example.com", "Create", owned(team("ops")), rule.Effect == policy.Deny)
		}
	}
}

// Who comes to a team by two others has its policies once.
func TestATeamAboveTwoOthersCountsOnce(t *testing.T) {
	m := harbour(policy.Policy{Name: "p", Rules: []policy.Rule{allow("r", "Create", "table", nil)}})
	m.Teams[1].Policies = []string{"p"}
	m.Roles[0].Policies = nil
	both := policy.Roster{{ID: "1", Groups: []policy.InGroup{{Group: "etl@example.com"}, {Group: "ops@example.com"}}}}
	x := compiled(t, m, both).Explain(policy.Request{Subject: "1", Operations: []policy.Operation{"Create"}, Resource: owned(team("ops"))})
	if !x.Decision.Allowed || x.Besides != 0 {
		t.Errorf("the policy of the team above both counts %d times more:\n%s", x.Besides, x)
	}
}

func TestAListingIsNotFilteredByDomain(t *testing.T) {
	m := harbour(policy.Policy{Name: "domains", Rules: []policy.Rule{deny("others", "All", "table", condition(t, "!hasDomain()"))}})
	m.Roles[0].Policies = []string{"everything", "domains"}
	e := compiled(t, m, policy.Roster{{ID: "1", Domains: []string{"sales"}}, {ID: "2"}})
	inSales, inNone := owned(), owned()
	inSales.Domains = []string{"sales"}
	expect(t, e, "1", "ViewBasic", inSales, true)
	expect(t, e, "1", "ViewBasic", inNone, false) // who has a domain sees only what is in it
	expect(t, e, "2", "ViewBasic", inSales, false)
	expect(t, e, "2", "ViewBasic", inNone, true)
	listing := inSales
	listing.Name = ""
	expect(t, e, "2", "ViewBasic", listing, true)
	deeper := owned()
	deeper.Domains = []string{"sales.eu"}
	expect(t, e, "1", "ViewBasic", deeper, false) // the domain above does not match
}
