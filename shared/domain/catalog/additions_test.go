package catalog_test

import (
	"testing"

	"github.com/sekisho/sekisho/shared/domain/catalog"
)

// While people are yet to agree to what the plan takes away, whoever is to leave a team or a role is not
// given what those get who stay. When they have agreed, all of it is done.
func TestWhoIsToLeaveIsGivenNothing(t *testing.T) {
	look := rule("look", "allow", "")
	type world struct {
		d catalog.Desired
		p catalog.Present
	}
	team := func(name string, members ...string) catalog.PresentTeam {
		return catalog.PresentTeam{Entity: entity(name), Type: catalog.TypeDivision, Members: members}
	}
	wanted := func(name string, policies, roles []string, members ...string) catalog.Team {
		return catalog.Team{Name: name, Type: catalog.TypeDivision, Policies: policies, DefaultRoles: roles, Members: members}
	}
	edit := []catalog.Policy{{Name: "edit", Rules: []catalog.Rule{editAll}}}
	for name, of := range map[string]func(w *world){
		"the team gets a policy": func(w *world) {
			w.p.Teams = append(w.p.Teams, team("t", ken, yui))
			w.d.Policies, w.d.Teams = edit, []catalog.Team{wanted("t", []string{"edit"}, nil, yui)}
		},
		"the team gets a role": func(w *world) {
			w.p.Teams = append(w.p.Teams, team("t", ken, yui))
			w.d.Policies, w.d.Roles = edit, []catalog.Role{{Name: "r", Policies: []string{"edit"}}}
			w.d.Teams = []catalog.Team{wanted("t", nil, []string{"r"}, yui)}
		},
		"the team above gets a policy": func(w *world) {
			below := team("t", ken, yui)
			below.Type, below.Parents = catalog.TypeDepartment, []string{"up"}
			w.p.Teams = append(w.p.Teams, team("up"), below)
			stays := wanted("t", nil, nil, yui)
			stays.Type, stays.Parents = catalog.TypeDepartment, []string{"up"}
			w.d.Policies, w.d.Teams = edit, []catalog.Team{wanted("up", []string{"edit"}, nil), stays}
		},
		"the team is moved below one that gets a policy": func(w *world) {
			below := team("t", ken, yui)
			below.Type = catalog.TypeDepartment
			w.p.Teams = append(w.p.Teams, team("up"), below)
			moved := wanted("t", nil, nil, yui)
			moved.Type, moved.Parents = catalog.TypeDepartment, []string{"up"}
			w.d.Policies, w.d.Teams = edit, []catalog.Team{wanted("up", []string{"edit"}, nil), moved}
		},
		"the role gets a policy": func(w *world) {
			w.p.Policies = append(w.p.Policies, has("look", look))
			w.p.Roles = append(w.p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"look"}, Holders: []string{ken, yui}})
			w.d.Policies = append(edit, catalog.Policy{Name: "look", Rules: []catalog.Rule{look}})
			w.d.Roles = []catalog.Role{{Name: "r", Policies: []string{"edit", "look"}, Holders: []string{yui}}}
		},
		"the team's policy allows more": func(w *world) {
			in := team("t", ken, yui)
			in.Policies = []string{"p"}
			w.p.Policies, w.p.Teams = append(w.p.Policies, has("p", look)), append(w.p.Teams, in)
			w.d.Policies = []catalog.Policy{{Name: "p", Rules: []catalog.Rule{look, editAll}}}
			w.d.Teams = []catalog.Team{wanted("t", []string{"p"}, nil, yui)}
		},
		"the team's policy denies less": func(w *world) {
			in := team("t", ken, yui)
			in.Policies = []string{"p"}
			w.p.Policies, w.p.Teams = append(w.p.Policies, has("p", editAll, noEdit("no"))), append(w.p.Teams, in)
			w.d.Policies = []catalog.Policy{{Name: "p", Rules: []catalog.Rule{editAll}}}
			w.d.Teams = []catalog.Team{wanted("t", []string{"p"}, nil, yui)}
		},
		"the team is to go, and its role gets a policy": func(w *world) {
			in := team("t", ken)
			in.DefaultRoles = []string{"r"}
			w.p.Policies, w.p.Teams = append(w.p.Policies, has("look", look)), append(w.p.Teams, in)
			w.p.Roles = append(w.p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"look"}, Holders: []string{yui}})
			w.d.Policies = append(edit, catalog.Policy{Name: "look", Rules: []catalog.Rule{look}})
			w.d.Roles = []catalog.Role{{Name: "r", Policies: []string{"edit", "look"}, Holders: []string{yui}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := world{catalog.Desired{Us: us}, ofOthers(ken, yui)}
			of(&w)
			plan := diff(t, w.d, w.p)
			if plan.Removals() == 0 {
				t.Fatalf("nothing is taken away by %q", plan.Lines())
			}
			held := carry(t, plan.Additions(w.p), cloned(w.p))
			if edits.allowed(personRules(held, ken)) {
				t.Errorf("ken is to leave, and gains: %q of %q", plan.Additions(w.p).Lines(), plan.Lines())
			}
			if name != "the team is to go, and its role gets a policy" { // which goes last: something may refer to it
				watchPerson(t, w.d, w.p, ken)
				if edits.allowed(personRules(refusing(t, plan, w.p), ken)) {
					t.Errorf("ken cannot be taken out, and gains: %q", plan.Lines())
				}
			}
			all := carry(t, plan, cloned(w.p))
			if edits.allowed(personRules(all, ken)) || !edits.allowed(personRules(all, yui)) {
				t.Errorf("ken may, or yui may not: %q", plan.Lines())
			}
			for _, s := range plan.Steps { // the removals alone, as people agree to them
				if s.Removal() {
					m := &model{held}
					if err := m.apply(s); err != nil {
						t.Fatalf("%s: %v", s, err)
					}
					held = m.Present
				}
			}
			if rest := diff(t, w.d, held); rest.Removals() > 0 {
				t.Errorf("after the removals there are others: %q", rest.Lines())
			} else if last := carry(t, rest, held); !edits.allowed(personRules(last, yui)) || edits.allowed(personRules(last, ken)) {
				t.Errorf("in the end ken may, or yui may not: %q", rest.Lines())
			}
		})
	}
}

// refusing carries a plan out in a catalogue that takes nobody out of anything.
func refusing(t *testing.T, plan catalog.Plan, p catalog.Present) catalog.Present {
	t.Helper()
	m, refused := &model{cloned(p)}, []catalog.Step(nil)
	for _, s := range plan.Steps {
		switch {
		case s.Removal():
			refused = append(refused, s)
		case !plan.Awaits(s, refused, p):
			if err := m.apply(s); err != nil {
				t.Fatalf("%s: %v", s, err)
			}
		}
	}
	return m.Present
}

// What loses something is changed at once, and so is what nobody is to leave.
func TestWhatDoesNotWaitForTheBrake(t *testing.T) {
	look := rule("look", "allow", "")
	p := ofOthers(ken, yui)
	p.Policies = append(p.Policies, has("p", look, editAll), has("q", look))
	p.Teams = append(p.Teams,
		catalog.PresentTeam{Entity: entity("t"), Type: catalog.TypeDivision, Policies: []string{"p"}, Members: []string{ken, yui}},
		catalog.PresentTeam{Entity: entity("u"), Type: catalog.TypeDivision, Policies: []string{"q"}, Members: []string{yui}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "p", Rules: []catalog.Rule{look}}, {Name: "q", Rules: []catalog.Rule{look, editAll}}},
		Teams: []catalog.Team{
			{Name: "t", Type: catalog.TypeDivision, Policies: []string{"p"}, Members: []string{yui}},
			{Name: "u", Type: catalog.TypeDivision, Policies: []string{"q"}, Members: []string{yui}},
		},
	}
	after := carry(t, diff(t, d, p).Additions(p), cloned(p))
	if edits.allowed(rulesOfTeam(after, "t")) || !edits.allowed(rulesOfTeam(after, "u")) {
		t.Errorf("t may edit: %t, u may edit: %t", edits.allowed(rulesOfTeam(after, "t")), edits.allowed(rulesOfTeam(after, "u")))
	}
}

// Whoever goes from a team to one that gets what the first has keeps it on the way, also where somebody
// else leaves that one.
func TestWhoMovesKeepsWhatBothTeamsHave(t *testing.T) {
	p := ofOthers(ken, yui)
	p.Policies = append(p.Policies, has("edit", editAll))
	p.Teams = append(p.Teams,
		catalog.PresentTeam{Entity: entity("a"), Type: catalog.TypeDivision, Policies: []string{"edit"}, Members: []string{yui}},
		catalog.PresentTeam{Entity: entity("b"), Type: catalog.TypeDivision, Members: []string{ken}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "edit", Rules: []catalog.Rule{editAll}}},
		Teams: []catalog.Team{
			{Name: "a", Type: catalog.TypeDivision, Policies: []string{"edit"}},
			{Name: "b", Type: catalog.TypeDivision, Policies: []string{"edit"}, Members: []string{yui}},
		},
	}
	for _, who := range []string{ken, yui} {
		watchPerson(t, d, p, who)
	}
}

// Somebody has switched a policy off: that it is switched on again waits as well, where somebody is to
// leave the team that has it.
func TestAPolicyThatIsSwitchedOnWaits(t *testing.T) {
	off := has("edit", editAll)
	off.Disabled = true
	p := ofOthers(ken, yui)
	p.Policies = append(p.Policies, off)
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("t"), Type: catalog.TypeDivision, Policies: []string{"edit"}, Members: []string{ken, yui}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "edit", Rules: []catalog.Rule{editAll}}},
		Teams: []catalog.Team{{Name: "t", Type: catalog.TypeDivision, Policies: []string{"edit"}, Members: []string{yui}}},
	}
	plan := diff(t, d, p)
	if len(plan.Steps) != 2 || !plan.Additions(p).Empty() {
		t.Errorf("the plan is %q, and without removals %q", plan.Lines(), plan.Additions(p).Lines())
	}
}
