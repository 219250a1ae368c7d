package catalog_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/domain/catalog"
)

const aiko, ken, yui = "aiko@example.com", "ken@example.com", "yui@example.com"

// company is a policy in which everything names something else.
func company() catalog.Desired {
	return catalog.Desired{
		Us: us,
		Policies: []catalog.Policy{
			{Name: "etl-only", Rules: []catalog.Rule{rule("team-only", "deny", "!matchTeam()"), rule("etl", "allow", "inAnyTeam('etl')")}},
			{Name: "stewards-may", Rules: []catalog.Rule{rule("may", "allow", "hasAnyRole('steward')")}},
			{Name: "look", Rules: []catalog.Rule{rule("look", "allow", "")}},
		},
		Roles: []catalog.Role{{Name: "steward", Policies: []string{"look"}, Holders: []string{ken}}},
		Teams: []catalog.Team{
			{Name: "etl", Type: catalog.TypeDepartment, Parents: []string{"data"}, Policies: []string{"etl-only"}, Members: []string{aiko, "Yui@Example.com"}},
			{Name: "data", Type: catalog.TypeDivision, DefaultRoles: []string{"steward"}},
			{Name: catalog.Organization, Type: catalog.TypeOrganization, Policies: []string{"OrganizationPolicy", "stewards-may"}, DefaultRoles: []string{"DataConsumer"}},
		},
	}
}

func diff(t testing.TB, d catalog.Desired, p catalog.Present) catalog.Plan {
	t.Helper()
	plan, problems, err := catalog.Diff(d, p)
	if err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	return plan
}

// carry carries a plan out.
func carry(t testing.TB, plan catalog.Plan, p catalog.Present) catalog.Present {
	t.Helper()
	m := &model{p}
	for _, s := range plan.Steps {
		if err := m.apply(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return m.Present
}

func TestTheFirstRunAndTheSecond(t *testing.T) {
	present := begin(aiko, ken, yui)
	plan := diff(t, company(), present)
	want := []string{
		"create policy look",
		"create team data",
		"create team etl",
		"create policy etl-only",
		"create role steward",
		"create policy stewards-may",
		"update team etl: policies nothing → etl-only", // it denies something
		"add member etl: aiko@example.com",
		"add member etl: yui@example.com",
		"add holder steward: ken@example.com",
		"update team Organization: policies OrganizationPolicy → OrganizationPolicy, stewards-may",
		"update team data: default roles nothing → steward",
	}
	if diff := cmp.Diff(want, plan.Lines()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if plan.Removals() != 0 || plan.Empty() {
		t.Errorf("%d removals", plan.Removals())
	}
	after := carry(t, plan, present)
	if again := diff(t, company(), after); !again.Empty() || len(again.Findings) > 0 {
		t.Errorf("the second run: %v", again.Lines())
	}
	if got := after.Size(); got != 3+(1+1)+(2+2) {
		t.Errorf("size %d", got)
	}
}

func TestWhatSomebodyChangedIsPutBack(t *testing.T) {
	p := carry(t, diff(t, company(), begin(aiko, ken, yui)), begin(aiko, ken, yui))
	for i := range p.Policies {
		if p.Policies[i].Name == "look" {
			p.Policies[i].Rules = append(p.Policies[i].Rules, rule("hole", "allow", "noOwner()"))
			p.Policies[i].UpdatedBy, p.Policies[i].Disabled, p.Policies[i].Owners = "mallory", true, []string{"ken"}
		}
	}
	for i := range p.Teams {
		switch p.Teams[i].Name {
		case "etl":
			p.Teams[i].Members, p.Teams[i].Joinable, p.Teams[i].UpdatedBy = []string{"Aiko@Example.com", ken}, true, "mallory"
			p.Teams[i].Owners = []string{"ken"}
		case "data":
			p.Teams[i].Type, p.Teams[i].Parents = catalog.TypeDepartment, []string{"etl"}
		case catalog.Organization:
			p.Teams[i].Policies = []string{"TheirPolicy"}
		}
	}
	steward := &p.Roles[slices.IndexFunc(p.Roles, func(r catalog.PresentRole) bool { return r.Name == "steward" })]
	steward.Holders, steward.Policies, steward.UpdatedBy = []string{yui}, []string{"look", "TheirPolicy"}, "mallory"
	plan := diff(t, company(), p)
	want := []string{
		"update team etl: joinable yes → no; owners ken → nothing (changed by mallory)",
		"update role steward: policies TheirPolicy, look → look (changed by mallory)",
		"remove holder steward: yui@example.com",
		"remove member etl: ken@example.com", // the team above is no longer below one that denies
		"update team data: type Department → Division; parents etl → nothing",
		"add holder steward: ken@example.com",
		"add member etl: yui@example.com",
		// Whoever leaves would have more by these: one names the role, and a policy is switched on.
		"update policy look: rule hole allow ViewAll on all if noOwner() → nothing; enabled no → yes; owners ken → nothing (changed by mallory)",
		"update team Organization: policies TheirPolicy → OrganizationPolicy, TheirPolicy, stewards-may",
	}
	if diff := cmp.Diff(want, plan.Lines()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if plan.Removals() != 2 || len(plan.Additions(p).Steps) != 3 || plan.Additions(p).Removals() != 0 {
		t.Errorf("%d removals, additions %q", plan.Removals(), plan.Additions(p).Lines())
	}
}

// What a rule is described as is in the catalogue too, and is no gift that waits for anybody to leave.
func TestADescriptionIsPutThere(t *testing.T) {
	p := carry(t, diff(t, company(), begin(aiko, ken, yui)), begin(aiko, ken, yui))
	d := company()
	d.Policies[0].Rules[0].Description = " Who is in the team sees its tables.\n"
	for i := range p.Teams {
		if p.Teams[i].Name == "etl" {
			p.Teams[i].Members = append(p.Teams[i].Members, ken) // who is to leave
		}
	}
	plan := diff(t, d, p)
	want := []string{"update policy etl-only: description of rule team-only nothing → Who is in the team sees its tables.", "remove member etl: ken@example.com"}
	if diff := cmp.Diff(want, plan.Lines()); diff != "" || len(plan.Additions(p).Steps) != 1 {
		t.Errorf("(-want +got):\n%s\n%q at once", diff, plan.Additions(p).Lines())
	}
	p = carry(t, plan, p)
	if again := diff(t, d, p); !again.Empty() {
		t.Errorf("the second run: %v", again.Lines())
	}
	if back := diff(t, company(), p).Lines(); len(back) != 1 || !strings.HasSuffix(back[0], "Who is in the team sees its tables. → nothing") {
		t.Errorf("without it: %q", back)
	}
}

func TestWhatNobodyWantsAnyMoreGoes(t *testing.T) {
	p := carry(t, diff(t, company(), begin(aiko, ken, yui)), begin(aiko, ken, yui))
	plan := diff(t, catalog.Desired{Us: us, Teams: []catalog.Team{{Name: catalog.Organization, Type: catalog.TypeOrganization, Policies: []string{"OrganizationPolicy"}, DefaultRoles: []string{"DataConsumer"}}}}, p)
	want := []string{
		"update team Organization: policies OrganizationPolicy, stewards-may → OrganizationPolicy",
		"remove holder steward: ken@example.com", "remove member etl: aiko@example.com", "remove member etl: yui@example.com",
		"delete team etl", "delete team data", "delete role steward", "delete policy etl-only", "delete policy look", "delete policy stewards-may",
	}
	if diff := cmp.Diff(want, plan.Lines()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if plan.Removals() != p.Size() {
		t.Errorf("all that is ours goes, and %d of %d are removals", plan.Removals(), p.Size())
	}
	after := carry(t, plan, p)
	if diff := cmp.Diff(begin().Policies, after.Policies); diff != "" {
		t.Errorf("policies (-before +after):\n%s", diff)
	}
}

func TestAnOrganizationThatPolicyDoesNotNameKeepsNothingOfOurs(t *testing.T) {
	p := carry(t, diff(t, company(), begin(aiko, ken, yui)), begin(aiko, ken, yui))
	organization := &p.Teams[slices.IndexFunc(p.Teams, func(team catalog.PresentTeam) bool { return team.Name == catalog.Organization })]
	organization.Policies = append(slices.Clone(organization.Policies), "TheirPolicy")
	organization.DefaultRoles = append(slices.Clone(organization.DefaultRoles), "steward")
	d := company()
	d.Teams = d.Teams[:2]
	plan := diff(t, d, p)
	want := []string{
		"update team Organization: policies OrganizationPolicy, TheirPolicy, stewards-may → OrganizationPolicy, TheirPolicy; " +
			"default roles DataConsumer, steward → DataConsumer",
	}
	if diff := cmp.Diff(want, plan.Lines()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	p.Policies = append(p.Policies, catalog.PresentPolicy{Entity: catalog.Entity{Name: "TheirPolicy"}})
	if again := diff(t, d, carry(t, plan, p)); !again.Empty() {
		t.Errorf("the second run: %v", again.Lines())
	}
}

func TestTeamsWithOthersBelowThemStay(t *testing.T) {
	ours := func(name string, parents ...string) catalog.PresentTeam {
		return catalog.PresentTeam{Entity: entity(name), Type: catalog.TypeDivision, Parents: parents}
	}
	p := begin(aiko)
	p.Policies = append(p.Policies, has("look", rule("look", "allow", "")))
	d := ours("d", "a")
	d.Policies, d.Members, d.Joinable = []string{"look"}, []string{aiko}, true
	p.Teams = append(p.Teams, ours("a"), ours("b", "a"), ours("c", "b"), d, ours("e", "d", "c"), ours("moved", "b"))
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: catalog.Entity{Name: "theirs", UpdatedBy: "admin"}, Type: catalog.TypeGroup, Parents: []string{"d"}})
	wanted := catalog.Desired{Us: us, Teams: []catalog.Team{{Name: "moved", Type: catalog.TypeDivision}}}
	plan := diff(t, wanted, p)
	const stays = " stays because of other teams below it, with nobody in it"
	want := []string{
		"update team d: joinable yes → no", "update team d: policies look → nothing", "update team moved: parents b → nothing",
		"remove member d: aiko@example.com", "delete team e", "delete team c", "delete team b", "delete policy look",
		"team a" + stays, "team d" + stays,
	}
	if diff := cmp.Diff(want, plan.Lines()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	again := diff(t, wanted, carry(t, plan, p))
	if diff := cmp.Diff([]string{"team a" + stays, "team d" + stays}, again.Lines()); diff != "" {
		t.Errorf("the second run (-want +got):\n%s", diff)
	}
}

func TestAGroupStaysAGroup(t *testing.T) {
	p := begin(aiko)
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("club"), Type: catalog.TypeGroup, Joinable: true})
	plan := diff(t, catalog.Desired{Us: us, Teams: []catalog.Team{{Name: "club", Type: catalog.TypeDepartment, Members: []string{aiko}}}}, p)
	want := []string{"update team club: joinable yes → no", "add member club: aiko@example.com", "team club stays a Group: delete it for good for it to become something else"}
	if diff := cmp.Diff(want, plan.Lines()); diff != "" || plan.Steps[0].Team.Type != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Nothing can be below a Group: what is wanted there waits, and so does what needs it.
func TestWhatIsWantedBelowAGroupWaits(t *testing.T) {
	p := begin(aiko, ken)
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("club"), Type: catalog.TypeGroup}, catalog.PresentTeam{Entity: entity("here"), Type: catalog.TypeDepartment, Parents: []string{"old"}},
		catalog.PresentTeam{Entity: catalog.Entity{Name: "old"}, Type: catalog.TypeDivision})
	d := catalog.Desired{
		Us: us,
		Policies: []catalog.Policy{
			{Name: "about-it", Rules: []catalog.Rule{rule("r", "allow", "inAnyTeam('new')")}},
			{Name: "look", Rules: []catalog.Rule{rule("r", "allow", "")}},
		},
		Roles: []catalog.Role{{Name: "keeper", Policies: []string{"about-it"}, Holders: []string{ken}}, {Name: "reader", Policies: []string{"look"}, Holders: []string{ken}}},
		Teams: []catalog.Team{
			{Name: "club", Type: catalog.TypeDivision, Members: []string{aiko}},
			{Name: "new", Type: catalog.TypeDepartment, Parents: []string{"club"}, Policies: []string{"look"}, Members: []string{aiko}},
			{Name: "newer", Type: catalog.TypeDepartment, Parents: []string{"new"}, Members: []string{aiko}},
			{Name: "here", Type: catalog.TypeDepartment, Parents: []string{"club"}, Members: []string{ken}},
			{Name: "apart", Type: catalog.TypeDivision, DefaultRoles: []string{"keeper"}, Members: []string{ken}},
		},
	}
	plan := diff(t, d, p)
	waits, partly := " is not made: a team above it, or one that it or what is tied to it needs, stays as it is", " is not all that is wanted: a team above or below it, or one that it or what is tied to it needs, stays as it is"
	want := []string{
		"create policy look", "create team apart", "create role reader",
		"add holder reader: ken@example.com", "add member apart: ken@example.com", "add member club: aiko@example.com", "add member here: ken@example.com",
		"policy about-it" + waits, "role keeper" + waits, "team apart" + partly, "team club stays a Group: delete it for good for it to become something else",
		"team here" + partly, "team new" + waits, "team newer" + waits,
	}
	if diff := cmp.Diff(want, plan.Lines()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	after := carry(t, plan, p)
	if again := diff(t, d, after); !again.Empty() {
		t.Errorf("the second run: %v", again.Lines())
	}
	after.Teams = slices.DeleteFunc(after.Teams, func(t catalog.PresentTeam) bool { return t.Name == "club" }) // by hand
	after = carry(t, diff(t, d, after), after)
	if again := diff(t, d, after); !again.Empty() || len(again.Findings) > 0 {
		t.Errorf("without the group: %v", again.Lines())
	}
}

// The catalogue stores rules in another form than they are sent in.
func TestRulesInTheFormInWhichTheyAreKept(t *testing.T) {
	p := begin()
	p.Policies = append(p.Policies, catalog.PresentPolicy{Entity: entity("p"), Rules: []catalog.Rule{
		{Name: "a", Effect: "allow", Operations: []string{"Create", "EditAll", "ViewAll"}, Resources: []string{"All"}},
		{Name: "b", Effect: "allow", Operations: []string{"All", "ViewTests"}, Resources: []string{"table", "topic"}},
	}})
	d := catalog.Desired{Us: us, Policies: []catalog.Policy{{Name: "p", Rules: []catalog.Rule{
		{Name: "b", Effect: "allow", Operations: []string{"ViewTests", "All"}, Resources: []string{"topic", "table", "topic"}},
		{Name: "a", Effect: "allow", Operations: []string{"ViewBasic", "ViewAll", "EditTags", "Create", "EditAll"}, Resources: []string{"all", "table"}},
	}}}}
	if plan := diff(t, d, p); !plan.Empty() {
		t.Errorf("got %v", plan.Lines())
	}
	d.Policies[0].Rules[1].Operations = []string{"Create", "EditAll"}
	if plan := diff(t, d, p); len(plan.Steps) != 1 {
		t.Errorf("got %v", plan.Lines())
	}
}

func TestStrangersAreLeftAlone(t *testing.T) {
	p := begin(aiko, ken, yui)
	theirs := func(name string) catalog.Entity {
		return catalog.Entity{Name: name, Description: "ours", UpdatedBy: "admin"}
	}
	p.Policies = append(p.Policies, catalog.PresentPolicy{Entity: theirs("look"), Rules: []catalog.Rule{rule("other", "deny", "")}}, catalog.PresentPolicy{Entity: theirs("unknown")})
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: theirs("steward"), Policies: []string{"look"}, Holders: []string{aiko}}, catalog.PresentRole{Entity: theirs("unknown")})
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: theirs("etl"), Type: catalog.TypeGroup, Members: []string{ken}}, catalog.PresentTeam{Entity: theirs("unknown"), Members: []string{ken}})
	plan := diff(t, company(), p)
	for _, s := range plan.Steps {
		if slices.Contains([]string{"look", "steward", "etl", "unknown"}, s.Name) || s.Removal() {
			t.Errorf("touched: %s", s)
		}
	}
	want := []catalog.Finding{{Code: catalog.FoundStranger, Kind: catalog.KindPolicy, Name: "look"}, {Code: catalog.FoundStranger, Kind: catalog.KindRole, Name: "steward"}, {Code: catalog.FoundStranger, Kind: catalog.KindTeam, Name: "etl"}}
	if diff := cmp.Diff(want, plan.Findings); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if again := diff(t, company(), carry(t, plan, p)); !again.Empty() {
		t.Errorf("the second run: %v", again.Lines())
	}
}

func TestPeopleWithoutAnAccount(t *testing.T) {
	p := begin(aiko, "ken@example.com", "Ken@Example.com")
	plan := diff(t, company(), p)
	want := []catalog.Finding{{Code: catalog.FoundTwice, Kind: catalog.KindUser, Name: ken}, {Code: catalog.FoundMissing, Kind: catalog.KindUser, Name: yui}}
	if diff := cmp.Diff(want, plan.Findings); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if lines := strings.Join(plan.Lines(), "\n"); !strings.Contains(lines, "user yui@example.com has no account") || !strings.Contains(lines, "user ken@example.com is the address of several accounts") {
		t.Errorf("lines:\n%s", lines)
	}
	d := company()
	d.CreateUsers = true
	d.Teams[1].Members = []string{yui}
	plan = diff(t, d, begin(aiko, ken))
	if n := len(slices.DeleteFunc(slices.Clone(plan.Steps), func(s catalog.Step) bool { return s.Kind != catalog.KindUser })); n != 1 {
		t.Errorf("%d accounts made for one person:\n%s", n, strings.Join(plan.Lines(), "\n"))
	}
	if again := diff(t, d, carry(t, plan, begin(aiko, ken))); !again.Empty() {
		t.Errorf("the second run: %v", again.Lines())
	}
}

func TestACatalogueThatWasNotReadWhole(t *testing.T) {
	for _, p := range []catalog.Present{{}, {Users: begin(aiko).Users, Policies: begin().Policies}} {
		if _, _, err := catalog.Diff(company(), p); !errors.Is(err, catalog.ErrNotWhole) {
			t.Errorf("got %v", err)
		}
	}
}

func TestAReadingWithoutWhatItRefersToIsNotWhole(t *testing.T) {
	policies := []catalog.PresentPolicy{{Entity: catalog.Entity{Name: "p"}}}
	roles := []catalog.PresentRole{{Entity: catalog.Entity{Name: "r"}, Policies: []string{"p"}}}
	teams := []catalog.PresentTeam{{Entity: catalog.Entity{Name: "t"}, DefaultRoles: []string{"r"}, Parents: []string{catalog.Organization}}, {Entity: catalog.Entity{Name: catalog.Organization}, Policies: []string{"p"}}}
	if !(catalog.Present{Policies: policies, Roles: roles, Teams: teams}).Whole() {
		t.Error("a whole reading is not whole")
	}
	for name, p := range map[string]catalog.Present{
		"policies": {Roles: roles, Teams: teams}, "roles": {Policies: policies, Teams: teams}, "teams": {Policies: policies, Roles: roles, Teams: teams[:1]},
		"an organization":    {Policies: policies, Roles: roles, Teams: []catalog.PresentTeam{{Entity: catalog.Entity{Name: "t"}}}},
		"a policy of a role": {Policies: policies, Roles: append(roles, catalog.PresentRole{Policies: []string{"q"}}), Teams: teams},
		"a policy of a team": {Policies: policies, Roles: roles, Teams: append(teams, catalog.PresentTeam{Policies: []string{"q"}})},
		"a role of a team":   {Policies: policies, Roles: roles, Teams: append(teams, catalog.PresentTeam{DefaultRoles: []string{"q"}})},
		"a team above":       {Policies: policies, Roles: roles, Teams: append(teams, catalog.PresentTeam{Parents: []string{"q"}})},
	} {
		if p.Whole() {
			t.Errorf("without %s it is whole", name)
		}
	}
}

func TestProblems(t *testing.T) {
	good := catalog.Policy{Name: "p", Rules: []catalog.Rule{rule("r", "allow", "")}}
	for name, tt := range map[string]struct {
		desired catalog.Desired
		want    []string
	}{
		"names of nothing": {
			catalog.Desired{
				Policies: []catalog.Policy{{Name: "p", Rules: []catalog.Rule{rule("r", "allow", `inAnyTeam('a', "b") && !hasAnyRole('c')`)}}, {Name: "q"}},
				Roles:    []catalog.Role{{Name: "r", Policies: []string{"x"}}, {Name: "s"}},
				Teams:    []catalog.Team{{Name: "t", Type: "Group", Parents: []string{"y"}, Policies: []string{"z"}, DefaultRoles: []string{"w"}}},
			},
			[]string{
				"policy p: rule r names the role c, which nobody wants", "policy p: rule r names the team a, which nobody wants", "policy p: rule r names the team b, which nobody wants",
				"policy q: has no rules", "role r: has the policy x, which nobody wants", "role s: has no policies",
				"team t: has the policy z, which nobody wants", "team t: has the role w, which nobody wants", "team t: is below the team y, which nobody wants",
			},
		},
		"twice": {
			catalog.Desired{Policies: []catalog.Policy{good, good}, Roles: []catalog.Role{{Name: "p", Policies: []string{"p"}}, {Policies: []string{"p"}}}},
			[]string{"policy p: is wanted twice", "role : is wanted twice"},
		},
		"rules of one name": {
			catalog.Desired{Policies: []catalog.Policy{{Name: "p", Rules: []catalog.Rule{rule("r", "allow", ""), rule("r", "deny", "")}}}},
			[]string{"policy p: has two rules named r"},
		},
		"levels": {
			catalog.Desired{Teams: []catalog.Team{
				{Name: "a", Type: "Squad"}, {Name: "b", Type: "Organization"}, {Name: catalog.Organization, Type: "Group"}, {Name: "c", Type: "Group"}, {Name: "d", Type: "Division", Parents: []string{"c"}},
			}},
			[]string{"team Organization: only the team Organization is of type Organization", "team a: cannot be of type Squad", "team b: only the team Organization is of type Organization", "team d: of type Division cannot be below a team of type Group"},
		},
		"a division below two": {
			catalog.Desired{Teams: []catalog.Team{{Name: "a", Type: "Division"}, {Name: "b", Type: "Division"}, {Name: "c", Type: "Division", Parents: []string{"a", "b"}}, {Name: "d", Type: "Group", Parents: []string{"a", "b"}}}},
			[]string{"team c: of type Division has one parent, not a, b"},
		},
		"an organization below something": {
			catalog.Desired{Teams: []catalog.Team{{Name: catalog.Organization, Type: "Organization", Members: []string{aiko}}}},
			[]string{"team Organization: has no parent and no members of its own"},
		},
		"teams in a circle": {
			catalog.Desired{Teams: []catalog.Team{{Name: "a", Type: "Division", Parents: []string{"b"}}, {Name: "b", Type: "Division", Parents: []string{"a"}}}},
			[]string{"team a: needs something that needs it in turn, or something that does", "team b: needs something that needs it in turn, or something that does"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			plan, problems, err := catalog.Diff(tt.desired, begin())
			if err != nil || !plan.Empty() {
				t.Errorf("plan %v, %v", plan.Lines(), err)
			}
			var got []string
			for _, p := range problems {
				got = append(got, p.Error())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestForCatalog(t *testing.T) {
	d := catalog.Desired{
		Us: us,
		Policies: []catalog.Policy{
			{Name: "everyone", Rules: []catalog.Rule{{Name: "ask", Effect: "allow", Operations: []string{"RequestAccess"}, Resources: []string{"all"}}, {Name: "own", Effect: "allow", Operations: []string{"ApproveSettings", "EditOwners"}, Resources: []string{"group"}}}},
			{Name: "mixed", Rules: []catalog.Rule{{Name: "both", Effect: "allow", Operations: []string{"RequestAccess", "EditOwners"}, Resources: []string{"group", "table"}}}},
		},
		Roles: []catalog.Role{{Name: "asker", Policies: []string{"everyone"}}, {Name: "editor", Policies: []string{"everyone", "mixed"}}},
		Teams: []catalog.Team{{Name: catalog.Organization, Type: "Organization", Policies: []string{"organization", "everyone"}, DefaultRoles: []string{"asker", "editor"}}},
	}
	want := catalog.Desired{
		Us:       us,
		Policies: []catalog.Policy{{Name: "mixed", Rules: []catalog.Rule{{Name: "both", Effect: "allow", Operations: []string{"EditOwners"}, Resources: []string{"table"}}}}},
		Roles:    []catalog.Role{{Name: "editor", Policies: []string{"mixed"}}},
		Teams:    []catalog.Team{{Name: catalog.Organization, Type: "Organization", Policies: []string{"OrganizationPolicy"}, DefaultRoles: []string{"editor"}}},
	}
	before := d
	got := d.ForCatalog([]string{"RequestAccess", "ApproveSettings"}, []string{"group", "access"}, map[string]string{"organization": "OrganizationPolicy"}, nil)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, d); diff != "" || d.Policies[1].Rules[0].Operations[0] != "RequestAccess" {
		t.Errorf("what was given changed:\n%s", diff)
	}
}

func TestForCatalogKeepsTheRolesThatConditionsName(t *testing.T) {
	own := func(operation string) []catalog.Rule {
		return []catalog.Rule{{Name: "own", Effect: "allow", Operations: []string{operation}, Resources: []string{"access"}, Condition: "hasAnyRole('other')"}}
	}
	d := catalog.Desired{
		Policies: []catalog.Policy{{Name: "approve", Rules: own("ApproveAccess")}, {Name: "ask", Rules: own("RequestAccess")}, {Name: "look", Rules: []catalog.Rule{rule("r", "allow", "isOwner() || hasAnyRole('approver', \"steward\")")}}},
		Roles: []catalog.Role{
			{Name: "approver", Policies: []string{"approve"}, Holders: []string{ken}},
			{Name: "steward", Policies: []string{"ask", "look"}},
			{Name: "other", Policies: []string{"ask"}},
		},
		Teams: []catalog.Team{{Name: catalog.Organization, Type: "Organization", Policies: []string{"ask", "look"}, DefaultRoles: []string{"other"}}},
	}
	got := d.ForCatalog([]string{"ApproveAccess", "RequestAccess"}, []string{"access"}, nil, nil)
	want := catalog.Desired{
		Policies: []catalog.Policy{d.Policies[2], {Name: "approve", Rules: []catalog.Rule{{Name: "decides-nothing", Effect: "allow", Operations: []string{"ViewBasic"}, Resources: []string{"all"}, Condition: "isOwner() && noOwner()"}}}},
		Roles:    []catalog.Role{d.Roles[0], {Name: "steward", Policies: []string{"look"}}},
		Teams:    []catalog.Team{{Name: catalog.Organization, Type: "Organization", Policies: []string{"look"}, DefaultRoles: []string{}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if after := carry(t, diff(t, got, begin(ken)), begin(ken)); !diff(t, got, after).Empty() {
		t.Errorf("the second run: %v", diff(t, got, after).Lines())
	}
}

func TestForCatalogNamesTeamsAsTheCatalogueDoes(t *testing.T) {
	d := catalog.Desired{
		Policies: []catalog.Policy{{Name: "p", Rules: []catalog.Rule{rule("r", "allow", "inAnyTeam('Harbour', \"data\") && (!inAnyTeam(\"Harbour\") || hasAnyRole('Harbour') || matchAnyTag('Harbour'))")}}},
		Roles:    []catalog.Role{{Name: "Harbour", Policies: []string{"p"}}},
		Teams:    []catalog.Team{{Name: "Harbour", Type: "Organization"}, {Name: "data", Type: "Division", Parents: []string{"Harbour"}}},
	}
	got := d.ForCatalog(nil, nil, nil, map[string]string{"Harbour": catalog.Organization})
	want := "inAnyTeam('Organization', \"data\") && (!inAnyTeam(\"Organization\") || hasAnyRole('Harbour') || matchAnyTag('Harbour'))"
	if condition := got.Policies[0].Rules[0].Condition; condition != want {
		t.Errorf("got %s", condition)
	}
	if diff := cmp.Diff([]catalog.Team{{Name: catalog.Organization, Type: "Organization", DefaultRoles: nil}, {Name: "data", Type: "Division", Parents: []string{catalog.Organization}}}, got.Teams); diff != "" {
		t.Errorf("teams (-want +got):\n%s", diff)
	}
	if d.Teams[1].Parents[0] != "Harbour" {
		t.Error("what was given changed")
	}
}

// A role whose policy says who has the role: neither can be made before the other.
func TestPoliciesInACircleWithRolesAreMadeInTwoSteps(t *testing.T) {
	d := catalog.Desired{
		Us: us,
		Policies: []catalog.Policy{
			{Name: "beyond", Rules: []catalog.Rule{rule("r", "allow", "hasAnyRole('reader')")}},
			{Name: "look", Rules: []catalog.Rule{rule("look", "allow", ""), rule("no", "deny", "hasAnyRole('reader')")}},
			{Name: "only", Rules: []catalog.Rule{rule("r", "allow", "hasAnyRole('keeper')")}},
		},
		Roles: []catalog.Role{{Name: "keeper", Policies: []string{"only"}, Holders: []string{ken}}, {Name: "reader", Policies: []string{"look"}}},
		Teams: []catalog.Team{{Name: catalog.Organization, Type: "Organization", DefaultRoles: []string{"reader"}}},
	}
	plan := diff(t, d, begin(ken))
	want := []string{
		"create policy look", "create role reader", "create policy beyond", "create policy only", "create role keeper",
		"update policy look: rule decides-nothing allow ViewBasic on all if isOwner() && noOwner() → nothing; " +
			"rule no nothing → deny ViewAll on all if hasAnyRole('reader')",
		"update team Organization: default roles DataConsumer → DataConsumer, reader",
		"add holder keeper: ken@example.com",
		"update policy look: rule look nothing → allow ViewAll on all",
		"update policy only: rule decides-nothing allow ViewBasic on all if isOwner() && noOwner() → nothing; " +
			"rule r nothing → allow ViewAll on all if hasAnyRole('keeper')",
	}
	if diff := cmp.Diff(want, plan.Lines()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	half := carry(t, catalog.Plan{Steps: plan.Steps[:5]}, begin(ken))
	if diff := cmp.Diff(want[5:], diff(t, d, half).Lines()); diff != "" {
		t.Errorf("after the creations (-want +got):\n%s", diff)
	}
	if after := carry(t, plan, begin(ken)); !diff(t, d, after).Empty() {
		t.Errorf("the second run: %v", diff(t, d, after).Lines())
	}
}

// draw makes a policy whose names all exist.
func draw(t *rapid.T, label string) catalog.Desired {
	some := func(of []string, label string) []string {
		return rapid.SliceOfDistinct(rapid.SampledFrom(of), func(s string) string { return s }).Draw(t, label)
	}
	emails := []string{aiko, ken, yui, "sora@example.com"}
	d := catalog.Desired{Us: us, CreateUsers: rapid.Bool().Draw(t, label+" create users")}
	policies := some([]string{"p1", "p2", "p3", "p4"}, label+" policies")
	var roles, teams []string
	if len(policies) > 0 {
		roles = some([]string{"r1", "r2", "r3"}, label+" roles")
	}
	teams = some([]string{"t1", "t2", "t3", "t4"}, label+" teams")
	slices.Sort(teams)
	for _, r := range roles {
		d.Roles = append(d.Roles, catalog.Role{Name: r, Policies: append(some(policies, label+r), policies[0]), Holders: some(emails, label+r+" holders")})
	}
	for _, p := range policies {
		rules := []catalog.Rule{rule("r", rapid.SampledFrom([]string{"allow", "deny"}).Draw(t, label+p), rapid.SampledFrom([]string{"", "isOwner()", "!matchTeam()"}).Draw(t, label+p+" condition"))}
		if len(teams) > 0 && rapid.Bool().Draw(t, label+p+" names a team") {
			rules = append(rules, rule("team", rapid.SampledFrom([]string{"allow", "deny"}).Draw(t, label+p+" of the team"), "inAnyTeam('"+rapid.SampledFrom(teams).Draw(t, label+p+" team")+"')"))
		}
		if len(roles) > 0 && rapid.Bool().Draw(t, label+p+" names a role") {
			rules = append(rules, rule("role", "deny", "hasAnyRole('"+rapid.SampledFrom(roles).Draw(t, label+p+" role")+"')"))
		}
		d.Policies = append(d.Policies, catalog.Policy{Name: p, Rules: rules})
	}
	for i, name := range teams {
		team := catalog.Team{Name: name, Type: catalog.TypeDepartment, Members: some(emails, label+name+" members")}
		if i > 0 && rapid.Bool().Draw(t, label+name+" below another") {
			team.Parents = append(some(teams[:i], label+name+" parents"), teams[rapid.IntRange(0, i-1).Draw(t, label+name+" parent")])
		}
		if len(policies) > 0 {
			team.Policies = some(policies, label+name+" policies")
		}
		if len(roles) > 0 {
			team.DefaultRoles = some(roles, label+name+" default roles")
		}
		d.Teams = append(d.Teams, team)
	}
	if rapid.Bool().Draw(t, label+" organization") {
		d.Teams = append(d.Teams, catalog.Team{Name: catalog.Organization, Type: catalog.TypeOrganization, Policies: append(some(append(policies, "OrganizationPolicy"), label+" o"), "OrganizationPolicy")})
	}
	return d
}

// From any policy to any other: the plan can be carried out, the next one is empty, nobody else's
// things are touched, and the order of what is given does not matter.
func TestFromAnyPolicyToAnyOther(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		present := begin(aiko, ken)
		present.Teams = append(present.Teams, catalog.PresentTeam{Entity: catalog.Entity{Name: "theirs", UpdatedBy: "admin"}, Type: "Group", Members: []string{ken}})
		for _, label := range []string{"first", "second"} {
			d := draw(r, label)
			plan, problems, err := catalog.Diff(d, present)
			if err != nil || len(problems) > 0 {
				r.Fatal(problems, err)
			}
			shuffled, _, _ := catalog.Diff(shuffle(d), shuffleP(present))
			if diff := cmp.Diff(plan.Lines(), shuffled.Lines()); diff != "" {
				r.Fatalf("in another order (-first +second):\n%s", diff)
			}
			m := &model{present}
			m.Policies, m.Roles, m.Teams, m.Users = slices.Clone(m.Policies), slices.Clone(m.Roles), slices.Clone(m.Teams), slices.Clone(m.Users)
			for _, s := range plan.Steps {
				if err := m.apply(s); err != nil {
					r.Fatalf("%s: %v\n%s", s, err, strings.Join(plan.Lines(), "\n"))
				}
				if s.Name == "theirs" || s.Kind == catalog.KindPolicy && s.Name == "OrganizationPolicy" {
					r.Fatalf("touched: %s", s)
				}
			}
			again, _, err := catalog.Diff(d, m.Present)
			if err != nil || !again.Empty() {
				r.Fatalf("the second run: %v %v\nafter\n%s", again.Lines(), err, strings.Join(plan.Lines(), "\n"))
			}
			present = m.Present
		}
	})
}

func shuffled[T any](list []T) []T {
	out := slices.Clone(list)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func shuffle(d catalog.Desired) catalog.Desired {
	d.Policies, d.Roles, d.Teams = shuffled(d.Policies), shuffled(d.Roles), shuffled(d.Teams)
	for i := range d.Policies {
		d.Policies[i].Rules = shuffled(d.Policies[i].Rules)
	}
	return d
}

func shuffleP(p catalog.Present) catalog.Present {
	p.Policies, p.Roles, p.Teams, p.Users = shuffled(p.Policies), shuffled(p.Roles), shuffled(p.Teams), shuffled(p.Users)
	return p
}
