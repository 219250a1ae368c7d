package catalog_test

import (
	"slices"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/catalog"
)

// While teams are moved nobody may do in between what they may do neither before nor after.
func TestWhileTeamsAreMoved(t *testing.T) {
	look, edit, no := rule("look", "allow", ""), has("edit", editAll), has("no", noEdit("no"))
	policies := []catalog.Policy{{Name: "edit", Rules: []catalog.Rule{editAll}}, {Name: "look", Rules: []catalog.Rule{look}}, {Name: "no", Rules: []catalog.Rule{noEdit("no")}}}
	team := func(name, above string, policies []string, members ...string) catalog.PresentTeam {
		is := catalog.PresentTeam{Entity: entity(name), Type: catalog.TypeDepartment, Policies: policies, Members: members}
		if above != "" {
			is.Parents = []string{above}
		}
		return is
	}
	wanted := func(name, above string, policies []string, members ...string) catalog.Team {
		is := team(name, above, policies, members...)
		return catalog.Team{Name: name, Type: is.Type, Parents: is.Parents, Policies: policies, Members: members}
	}
	editor := catalog.PresentRole{Entity: entity("editor"), Policies: []string{"edit", "look"}, Holders: []string{ken}}
	stays := catalog.Role{Name: "editor", Policies: []string{"edit", "look"}, Holders: []string{ken}}
	for name, test := range map[string]struct {
		teams []catalog.PresentTeam
		want  []catalog.Team
		roles []catalog.Role
	}{
		"a team leaves what denies, and a role goes that allows": {
			teams: []catalog.PresentTeam{team("up", "", []string{"no"}), team("t", "up", nil, ken)},
			want:  []catalog.Team{wanted("t", "", nil, ken)},
		},
		"who leaves a team that goes below a new one comes to that": {
			teams: []catalog.PresentTeam{team("t", "", []string{"no"}, ken)},
			want:  []catalog.Team{wanted("new", "", []string{"edit", "no"}, ken), wanted("t", "new", nil)},
			roles: []catalog.Role{stays},
		},
		"who leaves a team that leaves what denies comes to what denies": {
			teams: []catalog.PresentTeam{team("up", "", []string{"no"}), team("t", "up", nil, ken)},
			want:  []catalog.Team{wanted("new", "", []string{"no"}, ken), wanted("t", "", nil)},
			roles: []catalog.Role{stays},
		},
		"and what allows something too": {
			teams: []catalog.PresentTeam{team("up", "", []string{"no"}), team("t", "up", nil, ken)},
			want:  []catalog.Team{wanted("t", "", nil)},
			roles: []catalog.Role{stays, {Name: "new", Policies: []string{"look", "no"}, Holders: []string{ken}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := ofOthers(ken)
			p.Policies = append(p.Policies, edit, no, has("look", look))
			p.Roles, p.Teams = append(p.Roles, editor), append(p.Teams, test.teams...)
			d := catalog.Desired{Us: us, Policies: policies, Roles: test.roles, Teams: test.want}
			watchPerson(t, d, p, ken)
			plan, now := diff(t, d, p), cloned(p)
			for _, part := range []catalog.Plan{plan.Additions(p), plan.Takings(p)} { // as long as the brake holds, and then
				for _, s := range part.Steps {
					if now = carry(t, catalog.Plan{Steps: []catalog.Step{s}}, now); edits.allowed(personRules(now, ken)) {
						t.Errorf("ken may edit after %s, of %q", s, part.Lines())
					}
				}
			}
		})
	}
}

// What the people of a team have is left before the team leaves what denies it: as long as that is not so, the team
// stays where it is.
func TestATeamIsNotMovedFromWhatDeniesTheOthers(t *testing.T) {
	p := ofOthers(ken)
	p.Policies = append(p.Policies, has("edit", editAll), has("no", noEdit("no")))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("editor"), Policies: []string{"edit"}, Holders: []string{ken}})
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("up"), Type: catalog.TypeDivision, Policies: []string{"no"}},
		catalog.PresentTeam{Entity: entity("t"), Type: catalog.TypeDepartment, Parents: []string{"up"}, Members: []string{ken}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "edit", Rules: []catalog.Rule{editAll}}, {Name: "no", Rules: []catalog.Rule{noEdit("no")}}},
		Roles: []catalog.Role{{Name: "editor", Policies: []string{"edit"}}},
		Teams: []catalog.Team{{Name: "t", Type: catalog.TypeDepartment, Members: []string{ken}}, {Name: "up", Type: catalog.TypeDivision, Policies: []string{"no"}}},
	}
	plan := diff(t, d, p)
	if plan.Removals() != 1 || plan.Steps[0].Verb != catalog.Remove {
		t.Fatalf("%q", plan.Lines())
	}
	if waits := plan.Awaiting(plan.Steps[:1], p); len(waits) != 2 || !waits[1] {
		t.Errorf("of %q waits %v", plan.Lines(), waits)
	}
	if held := plan.Additions(p); slices.ContainsFunc(held.Steps, func(s catalog.Step) bool { return s.Kind == catalog.KindTeam }) {
		t.Errorf("while the brake holds: %q", held.Lines())
	}
}
