package catalogsync

import (
	"testing"

	"github.com/sekisho/sekisho/shared/domain/catalog"
)

// A policy was to be switched on, and by now it waits for something and stays off: that is not done.
func TestWhatStaysSwitchedOffIsNotDone(t *testing.T) {
	rules := []catalog.Rule{{Name: "a", Effect: "allow", Operations: []string{"ViewAll"}, Resources: []string{"all"}}}
	team := func(kind string) catalog.PresentTeam {
		return catalog.PresentTeam{Entity: catalog.Entity{Name: "club", Description: catalog.Mark()}, Type: kind}
	}
	p := catalog.Present{
		Policies: []catalog.PresentPolicy{{Entity: catalog.Entity{Name: "p", Description: catalog.Mark()}, Rules: rules, Disabled: true}},
		Roles:    []catalog.PresentRole{{Entity: catalog.Entity{Name: "r", Description: catalog.Mark()}, Policies: []string{"p"}}},
		Teams:    []catalog.PresentTeam{{Entity: catalog.Entity{Name: catalog.Organization}, Type: catalog.TypeOrganization}, team(catalog.TypeDivision)},
	}
	d := catalog.Desired{
		Policies: []catalog.Policy{{Name: "p", Rules: rules}, {Name: "q", Rules: []catalog.Rule{{Name: "n", Effect: "deny", Operations: []string{"ViewAll"}, Resources: []string{"all"}, Condition: "!inAnyTeam('new')"}}}},
		Roles:    []catalog.Role{{Name: "r", Policies: []string{"p", "q"}}},
		Teams:    []catalog.Team{{Name: "club", Type: catalog.TypeDivision}, {Name: "new", Type: catalog.TypeDepartment, Parents: []string{"club"}}},
	}
	plan, _, err := catalog.Diff(d, p)
	if err != nil {
		t.Fatal(err)
	}
	var approved []catalog.Step
	for _, s := range plan.Steps {
		if s.Kind == catalog.KindPolicy && s.Name == "p" {
			approved = append(approved, s)
		}
	}
	p.Teams[1] = team(catalog.TypeGroup) // meanwhile
	now, _, _ := catalog.Diff(d, p)
	steps, another, err := left(approved, now, p)
	if err != nil || len(approved) != 1 || len(steps) != 0 || another != "" || withheld(approved, now, p) == "" {
		t.Errorf("approved %v, left %v, %q, %v", approved, steps, another, err)
	}
	p.Policies[0].Disabled = false
	if why := withheld(approved, now, p); why != "" {
		t.Errorf("it is on: %s", why)
	}
}
