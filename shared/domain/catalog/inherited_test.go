package catalog_test

import (
	"testing"

	"github.com/sekisho/sekisho/shared/domain/catalog"
)

// effective are the rules of a team with those of all teams above it.
func effective(p catalog.Present, name string) (out []catalog.Rule) {
	out = append(out, rulesOfTeam(p, name)...)
	i := index(p.Teams, name, teamEntity)
	if i >= 0 {
		for _, parent := range p.Teams[i].Parents {
			out = append(out, effective(p, parent)...)
		}
	}
	return out
}

// A team stays below another, because it cannot be where it is wanted: it does not get what that is given.
func TestWhoStaysBelowATeamGainsNothing(t *testing.T) {
	look, edit := rule("look", "allow", ""), catalog.Rule{Name: "edit", Effect: "allow", Operations: []string{"EditAll"}, Resources: []string{"all"}}
	p := stuck(has("look", look))
	p.Teams = append(p.Teams,
		catalog.PresentTeam{Entity: entity("old"), Type: catalog.TypeDivision},
		catalog.PresentTeam{Entity: entity("x"), Type: catalog.TypeDepartment, Parents: []string{"old"}, Policies: []string{"look"}, Members: []string{ken}})
	d := wantingNew(catalog.Desired{
		Policies: []catalog.Policy{{Name: "look", Rules: []catalog.Rule{look}}, {Name: "edit", Rules: []catalog.Rule{edit}}},
		Teams: []catalog.Team{
			{Name: "old", Type: catalog.TypeDivision, Policies: []string{"edit"}},
			{Name: "x", Type: catalog.TypeDepartment, Parents: []string{"new"}, Policies: []string{"look"}, Members: []string{ken}},
		},
	})
	was := map[string][]catalog.Rule{"x": effective(p, "x")}
	plan := diff(t, d, p)
	after := carry(t, plan, p)
	s := situation{operation: "EditTags", resource: "table"}
	if s.allowed(effective(after, "x")) && !s.allowed(was["x"]) {
		t.Errorf("x gains %+v", s)
	}
}

// Nor does it lose what that is to lose, and what it is to have where it is wanted.
func TestWhoStaysBelowATeamLosesNothing(t *testing.T) {
	look := rule("look", "allow", "")
	p := stuck(has("look", look))
	p.Teams = append(p.Teams,
		catalog.PresentTeam{Entity: entity("old"), Type: catalog.TypeDivision, Policies: []string{"look"}},
		catalog.PresentTeam{Entity: entity("x"), Type: catalog.TypeDepartment, Parents: []string{"old"}, Members: []string{ken}})
	d := wantingNew(catalog.Desired{
		Policies: []catalog.Policy{{Name: "look", Rules: []catalog.Rule{look}}},
		Teams: []catalog.Team{
			{Name: "old", Type: catalog.TypeDivision},
			{Name: "x", Type: catalog.TypeDepartment, Parents: []string{"new"}, Members: []string{ken}},
		},
	})
	d.Teams[3].Policies = []string{"look"} // new
	was := map[string][]catalog.Rule{"x": effective(p, "x")}
	plan := diff(t, d, p)
	after := carry(t, plan, p)
	s := situation{operation: "ViewBasic", resource: "table"}
	if !s.allowed(effective(after, "x")) && s.allowed(was["x"]) {
		t.Errorf("x loses %+v", s)
	}
}

// A team that nobody wants stays because a rule names it that waits: it does not get what the team above it is given.
func TestWhatNobodyWantsGainsNothingFromAbove(t *testing.T) {
	look, edit := rule("look", "allow", ""), catalog.Rule{Name: "edit", Effect: "allow", Operations: []string{"EditAll"}, Resources: []string{"all"}}
	p := stuck(has("about", rule("a", "allow", "inAnyTeam('gone')")))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"about"}})
	p.Teams = append(p.Teams,
		catalog.PresentTeam{Entity: entity("old"), Type: catalog.TypeDivision},
		catalog.PresentTeam{Entity: entity("gone"), Type: catalog.TypeDepartment, Parents: []string{"old"}, Members: []string{ken}})
	d := wantingNew(catalog.Desired{
		Policies: []catalog.Policy{{Name: "about", Rules: []catalog.Rule{rule("a", "allow", "inAnyTeam('new')")}}, {Name: "look", Rules: []catalog.Rule{look}}, {Name: "edit", Rules: []catalog.Rule{edit}}},
		Roles:    []catalog.Role{{Name: "r", Policies: []string{"about"}}},
		Teams: []catalog.Team{
			{Name: "old", Type: catalog.TypeDivision, Policies: []string{"edit"}},
		},
	})
	was := map[string][]catalog.Rule{"x": effective(p, "x"), "gone": effective(p, "gone")}
	plan := diff(t, d, p)
	after := carry(t, plan, p)
	s := situation{operation: "EditTags", resource: "table"}
	if s.allowed(effective(after, "gone")) && !s.allowed(was["gone"]) {
		t.Errorf("gone gains %+v", s)
	}
}

// A team that is not moved keeps what it has itself and is to have from above where it is wanted.
func TestWhoIsNotMovedKeepsTheirOwn(t *testing.T) {
	p := stuck(has("e", editAll))
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("x"), Type: catalog.TypeDepartment, Policies: []string{"e"}, Members: []string{ken}})
	d := wantingNew(catalog.Desired{
		Policies: []catalog.Policy{{Name: "e", Rules: []catalog.Rule{editAll}}},
		Teams:    []catalog.Team{{Name: "x", Type: catalog.TypeDepartment, Parents: []string{"new"}, Members: []string{ken}}},
	})
	d.Teams[2].Policies = []string{"e"}
	if d.Teams[2].Name != "new" {
		t.Fatal(d.Teams)
	}
	plan := diff(t, d, p)
	if after := carry(t, plan, cloned(p)); !edits.allowed(effective(after, "x")) {
		t.Errorf("x lost: %q", plan.Lines())
	}
}

// Nor does it get what is denied to it where it is wanted.
func TestWhoIsNotMovedGetsNothing(t *testing.T) {
	no := rule("no", "deny", "")
	no.Operations = []string{"EditAll"}
	p := stuck()
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("x"), Type: catalog.TypeDepartment, Members: []string{ken}})
	d := wantingNew(catalog.Desired{
		Policies: []catalog.Policy{{Name: "e", Rules: []catalog.Rule{editAll}}, {Name: "no", Rules: []catalog.Rule{no}}},
		Teams:    []catalog.Team{{Name: "x", Type: catalog.TypeDepartment, Parents: []string{"new"}, Policies: []string{"e"}, Members: []string{ken}}},
	})
	d.Teams[2].Policies = []string{"no"}
	plan := diff(t, d, p)
	if after := carry(t, plan, cloned(p)); edits.allowed(effective(after, "x")) {
		t.Errorf("x gains: %q", plan.Lines())
	}
}

// No team is moved below one that is not where it is wanted: it would have what that one has from above.
func TestNobodyIsMovedBelowWhatIsNotMoved(t *testing.T) {
	p := stuck(has("e", editAll))
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("old"), Type: catalog.TypeDivision, Policies: []string{"e"}},
		catalog.PresentTeam{Entity: entity("x"), Type: catalog.TypeDepartment, Parents: []string{"old"}},
		catalog.PresentTeam{Entity: entity("y"), Type: catalog.TypeDepartment, Members: []string{ken}})
	d := wantingNew(catalog.Desired{
		Policies: []catalog.Policy{{Name: "e", Rules: []catalog.Rule{editAll}}},
		Teams: []catalog.Team{
			{Name: "old", Type: catalog.TypeDivision, Policies: []string{"e"}},
			{Name: "x", Type: catalog.TypeDepartment, Parents: []string{"new"}},
			{Name: "y", Type: catalog.TypeDepartment, Parents: []string{"x"}, Members: []string{ken}},
		},
	})
	plan := diff(t, d, p)
	if after := carry(t, plan, cloned(p)); edits.allowed(effective(after, "y")) {
		t.Errorf("y gains: %q", plan.Lines())
	}
}

// Who is below a team that is not moved keeps what they have themselves.
func TestWhoIsBelowWhatIsNotMovedKeepsTheirOwn(t *testing.T) {
	p := stuck(has("e", editAll))
	p.Teams = append(p.Teams,
		catalog.PresentTeam{Entity: entity("x"), Type: catalog.TypeDepartment},
		catalog.PresentTeam{Entity: entity("y"), Type: catalog.TypeDepartment, Parents: []string{"x"}, Policies: []string{"e"}, Members: []string{ken}})
	d := wantingNew(catalog.Desired{
		Policies: []catalog.Policy{{Name: "e", Rules: []catalog.Rule{editAll}}},
		Teams: []catalog.Team{
			{Name: "x", Type: catalog.TypeDepartment, Parents: []string{"new"}},
			{Name: "y", Type: catalog.TypeDepartment, Parents: []string{"x"}, Members: []string{ken}},
		},
	})
	d.Teams[3].Policies = []string{"e"}
	plan := diff(t, d, p)
	if after := carry(t, plan, cloned(p)); !edits.allowed(effective(after, "y")) {
		t.Errorf("y loses: %q", plan.Lines())
	}
}
