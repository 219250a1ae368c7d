package catalog_test

import (
	"slices"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/catalog"
)

// Who leaves a team by a step of their own does not leave it once more when it goes: nothing waits for that.
func TestATeamThatIsEmptyIsLeftByNobody(t *testing.T) {
	p := begin(aiko, ken)
	p.Policies = append(p.Policies, has("q", rule("look", "allow", "")))
	team := func(name, kind string, parents, policies, members []string) catalog.PresentTeam {
		return catalog.PresentTeam{Entity: entity(name), Type: kind, Parents: parents, Policies: policies, Members: members}
	}
	p.Teams = append(p.Teams, team("old", catalog.TypeDivision, nil, []string{"q"}, []string{ken}),
		team("oldbelow", catalog.TypeDepartment, []string{"old"}, nil, nil), team("new", catalog.TypeDivision, nil, []string{"q"}, []string{aiko}))
	wide := rule("look", "allow", "")
	wide.Operations = []string{"All"}
	plan := diff(t, catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "q", Rules: []catalog.Rule{wide}}},
		Teams: []catalog.Team{{Name: "new", Type: catalog.TypeDivision, Policies: []string{"q"}, Members: []string{aiko}}},
	}, p)
	last := len(plan.Steps) - 1
	if plan.Steps[last].String() != "delete team old" {
		t.Fatalf("the plan is %q", plan.Lines())
	}
	if waits := plan.Awaiting(plan.Steps[last:], p); slices.Contains(waits[:last], true) {
		t.Errorf("%v of %q wait for the last", waits, plan.Lines())
	}
}
