package catalog_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/catalog"
)

func noEdit(name string) catalog.Rule {
	return catalog.Rule{Name: name, Effect: "deny", Operations: []string{"EditAll"}, Resources: []string{"all"}}
}

// personRules are those that OpenMetadata goes by for a person: of their own roles, of the policies and default roles of
// each of their teams and of all teams above, and of the organization.
func personRules(p catalog.Present, email string) (out []catalog.Rule) {
	for _, r := range p.Roles {
		if slices.Contains(r.Holders, email) {
			out = append(out, rulesOf(p, r.Policies)...)
		}
	}
	seen := map[string]bool{catalog.Organization: true}
	next := []string{catalog.Organization}
	for _, t := range p.Teams {
		if slices.Contains(t.Members, email) && !seen[t.Name] {
			seen[t.Name] = true
			next = append(next, t.Name)
		}
	}
	for ; len(next) > 0; next = next[1:] {
		i := index(p.Teams, next[0], teamEntity)
		if i < 0 {
			continue
		}
		out = append(out, rulesOfTeam(p, next[0])...)
		for _, up := range p.Teams[i].Parents {
			if !seen[up] {
				seen[up] = true
				next = append(next, up)
			}
		}
	}
	return out
}

// ofOthers is a catalogue in which the organization gives nobody anything.
func ofOthers(emails ...string) catalog.Present {
	p := begin(emails...)
	p.Teams[0].DefaultRoles = nil
	return p
}

// watchPerson watches whether somebody may edit while a plan is carried out, who may neither before nor after, or both.
func watchPerson(t *testing.T, d catalog.Desired, p catalog.Present, email string) {
	t.Helper()
	watch(t, d, p, func(p catalog.Present) bool { return edits.allowed(personRules(p, email)) })
}

// A policy that allows too is not kept for what it denies.
func TestADenyIsNotKeptForWhatItAllows(t *testing.T) {
	look := rule("look", "allow", "")
	other := noEdit("other")
	other.Operations = []string{"Delete"}
	p := ofOthers(ken)
	p.Policies = append(p.Policies, has("mix", editAll, other), has("p", look, noEdit("no")))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"mix", "p"}, Holders: []string{ken}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "p", Rules: []catalog.Rule{look}}},
		Roles: []catalog.Role{{Name: "r", Policies: []string{"p"}, Holders: []string{ken}}},
	}
	watchPerson(t, d, p, ken)
}

// The organization gets a default role when its policies are as they are wanted.
func TestTheOrganizationGetsNoRoleThatIsYetToLose(t *testing.T) {
	look := rule("look", "allow", "")
	p := ofOthers(ken)
	p.Policies = append(p.Policies, has("a", look), has("c", look, editAll))
	p.Teams[0].Policies = append(p.Teams[0].Policies, "a")
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("z"), Policies: []string{"a", "c"}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "a", Rules: []catalog.Rule{look}}, {Name: "c", Rules: []catalog.Rule{look}}},
		Roles: []catalog.Role{{Name: "z", Policies: []string{"a", "c"}}}, Teams: []catalog.Team{{Name: catalog.Organization, Type: catalog.TypeOrganization, DefaultRoles: []string{"z"}}},
	}
	watchPerson(t, d, p, ken)
}

// Nobody in a new team gets what is above one that is not moved.
func TestANewTeamBelowOneThatIsNotMoved(t *testing.T) {
	p := stuck(has("e", editAll))
	p.Teams[0].DefaultRoles = nil
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("old"), Type: catalog.TypeDivision, Policies: []string{"e"}},
		catalog.PresentTeam{Entity: entity("x"), Type: catalog.TypeDepartment, Parents: []string{"old"}})
	d := wantingNew(catalog.Desired{
		Policies: []catalog.Policy{{Name: "e", Rules: []catalog.Rule{editAll}}},
		Teams: []catalog.Team{
			{Name: "old", Type: catalog.TypeDivision, Policies: []string{"e"}},
			{Name: "x", Type: catalog.TypeDepartment, Parents: []string{"new"}},
			{Name: "y", Type: catalog.TypeDepartment, Parents: []string{"x"}, Members: []string{ken}},
		},
	})
	plan := diff(t, d, p)
	if after := carry(t, plan, cloned(p)); edits.allowed(personRules(after, ken)) {
		t.Errorf("ken gains: %q", plan.Lines())
	}
}

// Nor in a team two below it.
func TestATeamTwoBelowOneThatIsNotMoved(t *testing.T) {
	p := stuck(has("e", editAll))
	p.Teams[0].DefaultRoles = nil
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("old"), Type: catalog.TypeDivision, Policies: []string{"e"}},
		catalog.PresentTeam{Entity: entity("x"), Type: catalog.TypeDepartment, Parents: []string{"old"}},
		catalog.PresentTeam{Entity: entity("z"), Type: catalog.TypeDepartment, Parents: []string{"x"}},
		catalog.PresentTeam{Entity: entity("y"), Type: catalog.TypeDepartment, Members: []string{ken}})
	d := wantingNew(catalog.Desired{
		Policies: []catalog.Policy{{Name: "e", Rules: []catalog.Rule{editAll}}},
		Teams: []catalog.Team{
			{Name: "old", Type: catalog.TypeDivision, Policies: []string{"e"}},
			{Name: "x", Type: catalog.TypeDepartment, Parents: []string{"new"}},
			{Name: "z", Type: catalog.TypeDepartment, Parents: []string{"x"}},
			{Name: "y", Type: catalog.TypeDepartment, Parents: []string{"z"}, Members: []string{ken}},
		},
	})
	plan := diff(t, d, p)
	if after := carry(t, plan, cloned(p)); edits.allowed(personRules(after, ken)) {
		t.Errorf("ken gains: %q", plan.Lines())
	}
}

// A person who goes from one team to another takes along what both deny.
func TestAPersonTakesADenyAlong(t *testing.T) {
	p := ofOthers(ken)
	p.Policies = append(p.Policies, has("e", editAll), has("no", noEdit("no")))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"e"}, Holders: []string{ken}})
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("a"), Type: catalog.TypeDivision, Policies: []string{"no"}, Members: []string{ken}},
		catalog.PresentTeam{Entity: entity("b"), Type: catalog.TypeDivision, Policies: []string{"no"}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "e", Rules: []catalog.Rule{editAll}}, {Name: "no", Rules: []catalog.Rule{noEdit("no")}}},
		Roles: []catalog.Role{{Name: "r", Policies: []string{"e"}, Holders: []string{ken}}},
		Teams: []catalog.Team{{Name: "a", Type: catalog.TypeDivision, Policies: []string{"no"}}, {Name: "b", Type: catalog.TypeDivision, Policies: []string{"no"}, Members: []string{ken}}},
	}
	watchPerson(t, d, p, ken)
}

// Departments may have several parents: what is asked of each layer is asked once.
func TestManyLayersOfDepartments(t *testing.T) {
	p, d := ofOthers(ken), catalog.Desired{Us: us}
	for i := range 40 {
		for j := range 2 {
			name := fmt.Sprintf("t%02d-%d", i, j)
			p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity(name), Type: catalog.TypeDepartment})
			team := catalog.Team{Name: name, Type: catalog.TypeDepartment}
			if i > 0 {
				team.Parents = []string{fmt.Sprintf("t%02d-0", i-1), fmt.Sprintf("t%02d-1", i-1)}
			}
			d.Teams = append(d.Teams, team)
		}
	}
	if plan := diff(t, d, p); len(plan.Steps) != 78 {
		t.Errorf("%d teams are moved, want all but the first two", len(plan.Steps))
	}
}

// Teams that are there and are wanted below one another stay where they are, or are a problem.
func TestTeamsThatAreThereInACircle(t *testing.T) {
	p := begin(ken)
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("x"), Type: catalog.TypeDepartment}, catalog.PresentTeam{Entity: entity("y"), Type: catalog.TypeDepartment})
	d := catalog.Desired{Us: us, Teams: []catalog.Team{{Name: "x", Type: catalog.TypeDepartment, Parents: []string{"y"}}, {Name: "y", Type: catalog.TypeDepartment, Parents: []string{"x"}}}}
	plan, problems, err := catalog.Diff(d, p)
	if err != nil || len(problems) == 0 && len(plan.Findings) == 0 {
		t.Errorf("%v, %v, %v: nobody hears of it", plan.Lines(), problems, err)
	}
	m := &model{cloned(p)}
	for _, s := range plan.Steps {
		if err := m.apply(s); err != nil {
			t.Error(err)
		}
	}
}

// What our own account in the catalogue may do there others have given it: it is not taken away.
func TestOurOwnAccountIsLeftAlone(t *testing.T) {
	p := ofOthers(ken)
	p.Users = append(p.Users, catalog.PresentUser{Entity: catalog.Entity{ID: "id-us", Name: us}, Email: "us@example.com", Bot: true})
	p.Policies = append(p.Policies, has("edit", editAll))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"edit"}, Holders: []string{ken, "us@example.com"}})
	d := catalog.Desired{Us: us, Policies: []catalog.Policy{{Name: "edit", Rules: []catalog.Rule{editAll}}}, Roles: []catalog.Role{{Name: "r", Policies: []string{"edit"}}}}
	if plan := diff(t, d, p); len(plan.Steps) != 1 || plan.Steps[0].Person != ken {
		t.Errorf("%q", plan.Lines())
	}
}

// Somebody has another first address by now, and the catalogue has the account under the former one.
func TestWhoWasRenamedKeepsWhatTheyHave(t *testing.T) {
	p := ofOthers("old@example.com", yui, "Was.Yui@example.com")
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("t"), Type: catalog.TypeDivision, Members: []string{"old@example.com", "was.yui@example.com"}})
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"OrganizationPolicy"}, Holders: []string{"old@example.com"}})
	d := catalog.Desired{
		Us: us, Roles: []catalog.Role{{Name: "r", Policies: []string{"OrganizationPolicy"}, Holders: []string{ken}}},
		Teams: []catalog.Team{{Name: "t", Type: catalog.TypeDivision, Members: []string{ken, yui}}},
	}
	now := p.Under(map[string]string{"old@example.com": ken, ken: ken, yui: yui, "was.yui@example.com": yui})
	want := []string{"add member t: " + yui, "remove member t: was.yui@example.com"} // who has an account under each
	if got := diff(t, d, now).Lines(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if p.Teams[1].Members[0] != "old@example.com" || p.Users[0].Email != "old@example.com" {
		t.Error("what was read is another by now")
	}
}
