package catalogsync

import (
	"fmt"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/change"
)

// A division and the department below it go, what the division had is widened elsewhere, and 150 others leave a club: more
// steps than one change has. What is cut off is of no part yet, and keeps none of the first from being done.
func TestAPartIsDoneWhateverIsCutOff(t *testing.T) {
	look, edit := onAll("look", "allow", "ViewAll"), onAll("edit", "allow", "EditAll")
	ken, yui := "ken@example.com", "yui@example.com"
	var club []string
	p := catalog.Present{Users: []catalog.PresentUser{{Entity: catalog.Entity{Name: "ken"}, Email: ken}, {Entity: catalog.Entity{Name: "yui"}, Email: yui}}}
	for i := range 150 {
		email := fmt.Sprintf("p%03d@example.com", i)
		club = append(club, email)
		p.Users = append(p.Users, catalog.PresentUser{Entity: catalog.Entity{Name: email[:4]}, Email: email})
	}
	p.Policies = []catalog.PresentPolicy{{Entity: ours("q"), Rules: []catalog.Rule{look}}}
	p.Teams = []catalog.PresentTeam{
		{Entity: catalog.Entity{Name: catalog.Organization}, Type: catalog.TypeOrganization},
		{Entity: ours("old"), Type: catalog.TypeDivision, Policies: []string{"q"}, Members: []string{ken}},
		{Entity: ours("oldbelow"), Type: catalog.TypeDepartment, Parents: []string{"old"}},
		{Entity: ours("new"), Type: catalog.TypeDivision, Policies: []string{"q"}, Members: []string{yui}},
		{Entity: ours("club"), Type: catalog.TypeDivision, Members: club},
	}
	d := catalog.Desired{Us: "us", Policies: []catalog.Policy{{Name: "q", Rules: []catalog.Rule{edit, look}}}, Teams: []catalog.Team{
		{Name: "new", Type: catalog.TypeDivision, Policies: []string{"q"}, Members: []string{yui}},
		{Name: "club", Type: catalog.TypeDivision},
	}}
	for _, mode := range []string{"ask", "auto, brake: {max: 1000}"} {
		plan, problems, err := catalog.Diff(d, p)
		if err != nil || len(problems) > 0 {
			t.Fatal(problems, err)
		}
		out, err := proposals(parse(t, "catalog: {mode: "+mode+"}"), plan, p, p.Size(), 0)
		if err != nil || len(out) != 1 {
			t.Fatalf("%s: %d proposals, %v", mode, len(out), err)
		}
		approved, err := stepsOf(change.Change{Detail: out[0].Detail})
		if err != nil || len(approved) != mostSteps || len(plan.Steps) <= mostSteps {
			t.Fatalf("%s: %d steps of %d, %v", mode, len(approved), len(plan.Steps), err)
		}
		if todo, another, err := left(approved, plan, p); another != "" || err != nil || len(todo) != mostSteps {
			t.Errorf("%s: nothing has changed, and %d steps are left of the plan that was just made: %q %v", mode, len(todo), another, err)
		}
	}
}
