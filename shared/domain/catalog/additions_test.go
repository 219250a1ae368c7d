package catalog_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

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
		"a rule of the team's policy is widened": func(w *world) {
			wide := look
			wide.Operations = []string{"EditAll", "ViewAll"}
			in := team("t", ken, yui)
			in.Policies = []string{"p"}
			w.p.Policies, w.p.Teams = append(w.p.Policies, has("p", look)), append(w.p.Teams, in)
			w.d.Policies = []catalog.Policy{{Name: "p", Rules: []catalog.Rule{wide}}}
			w.d.Teams = []catalog.Team{wanted("t", []string{"p"}, nil, yui)}
		},
		"a rule of the team's policy gives way to another": func(w *world) {
			in := team("t", ken, yui)
			in.Policies = []string{"p"}
			w.p.Policies, w.p.Teams = append(w.p.Policies, has("p", look)), append(w.p.Teams, in)
			w.d.Policies = []catalog.Policy{{Name: "p", Rules: []catalog.Rule{editAll}}}
			w.d.Teams = []catalog.Team{wanted("t", []string{"p"}, nil, yui)}
		},
		"the role's policy gives way to another": func(w *world) {
			w.p.Policies = append(w.p.Policies, has("look", look), has("edit", editAll))
			w.p.Roles = append(w.p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"look"}, Holders: []string{ken, yui}})
			w.d.Policies = append(edit, catalog.Policy{Name: "look", Rules: []catalog.Rule{look}})
			w.d.Roles = []catalog.Role{{Name: "r", Policies: []string{"edit"}, Holders: []string{yui}}}
		},
		"the role gets another policy, which gets more": func(w *world) {
			w.p.Policies = append(w.p.Policies, has("look", look), has("p", look))
			w.p.Roles = append(w.p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"look"}, Holders: []string{ken, yui}})
			w.d.Policies = []catalog.Policy{{Name: "look", Rules: []catalog.Rule{look}}, {Name: "p", Rules: []catalog.Rule{look, editAll}}}
			w.d.Roles = []catalog.Role{{Name: "r", Policies: []string{"p"}, Holders: []string{yui}}}
		},
		"the team is moved below one that has more": func(w *world) {
			up, below := team("up"), team("t", ken, yui)
			up.Policies, below.Type = []string{"edit"}, catalog.TypeDepartment
			w.p.Policies, w.p.Teams = append(w.p.Policies, has("edit", editAll)), append(w.p.Teams, up, below)
			moved := wanted("t", nil, nil, yui)
			moved.Type, moved.Parents = catalog.TypeDepartment, []string{"up"}
			w.d.Policies, w.d.Teams = edit, []catalog.Team{wanted("up", []string{"edit"}, nil), moved}
		},
		"the team is moved below a new one": func(w *world) {
			below := team("t", ken, yui)
			below.Type = catalog.TypeDepartment
			w.p.Policies, w.p.Teams = append(w.p.Policies, has("edit", editAll)), append(w.p.Teams, below)
			moved := wanted("t", nil, nil, yui)
			moved.Type, moved.Parents = catalog.TypeDepartment, []string{"up"}
			w.d.Policies, w.d.Teams = edit, []catalog.Team{wanted("up", []string{"edit"}, nil), moved}
		},
		"the team can be joined, and gets a policy": func(w *world) {
			in := team("t", ken, yui)
			in.Joinable = true
			w.p.Policies, w.p.Teams = append(w.p.Policies, has("edit", editAll)), append(w.p.Teams, in)
			w.d.Policies, w.d.Teams = edit, []catalog.Team{wanted("t", []string{"edit"}, nil, yui)}
		},
		"the team loses a policy that denies": func(w *world) {
			in := team("t", ken, yui)
			in.Policies = []string{"edit", "no"}
			w.p.Policies, w.p.Teams = append(w.p.Policies, has("edit", editAll), has("no", noEdit("no"))), append(w.p.Teams, in)
			w.d.Policies = append(edit, catalog.Policy{Name: "no", Rules: []catalog.Rule{noEdit("no")}})
			w.d.Teams = []catalog.Team{wanted("t", []string{"edit"}, nil, yui), wanted("u", []string{"no"}, nil)}
		},
		"a policy that denies goes": func(w *world) {
			in := team("t", ken, yui)
			in.Policies = []string{"edit", "no"}
			w.p.Policies, w.p.Teams = append(w.p.Policies, has("edit", editAll), has("no", noEdit("no"))), append(w.p.Teams, in)
			w.d.Policies, w.d.Teams = edit, []catalog.Team{wanted("t", []string{"edit"}, nil, yui)}
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
			if !strings.Contains(name, "moved below") && edits.allowed(personRules(held, ken)) {
				t.Errorf("ken is to leave, and gains: %q of %q", plan.Additions(w.p).Lines(), plan.Lines())
			}
			if name != "the team is to go, and its role gets a policy" { // which goes last: something may refer to it
				watchPerson(t, w.d, w.p, ken)
				if !strings.Contains(name, "moved below") && edits.allowed(personRules(refusing(t, plan, w.p), ken)) {
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
	for i, s := range plan.Steps {
		switch {
		case s.Removal():
			refused = append(refused, s)
		case !plan.Awaiting(refused, p)[i]:
			if err := m.apply(s); err != nil {
				t.Fatalf("%s: %v", s, err)
			}
		}
	}
	return m.Present
}

// A condition gives something to a team or to the holders of a role: that waits until nobody is in it who is to leave.
func TestWhoIsToLeaveIsGivenNothingByACondition(t *testing.T) {
	look := rule("look", "allow", "")
	for condition, leaves := range map[string]bool{"inAnyTeam('t')": true, "hasAnyRole('r')": true, "matchTeam()": true, "inAnyTeam('u')": false, "isOwner()": true, "noOwner()": false} {
		for name, attached := range map[string]bool{"in a policy that is there": true, "in a new one": false} {
			p := ofOthers(ken, yui)
			p.Teams = append(p.Teams,
				catalog.PresentTeam{Entity: entity("t"), Type: catalog.TypeDivision, DefaultRoles: []string{"r"}, Members: []string{ken, yui}},
				catalog.PresentTeam{Entity: entity("u"), Type: catalog.TypeDivision, Members: []string{yui}})
			p.Policies = append(p.Policies, has("look", look))
			p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"look"}})
			by := editAll
			by.Condition = condition
			d := catalog.Desired{
				Us:       us,
				Policies: []catalog.Policy{{Name: "look", Rules: []catalog.Rule{look}}, {Name: "p", Rules: []catalog.Rule{look, by}}},
				Roles:    []catalog.Role{{Name: "r", Policies: []string{"look"}}},
				Teams: []catalog.Team{
					{Name: catalog.Organization, Type: catalog.TypeOrganization, Policies: []string{"p"}},
					{Name: "t", Type: catalog.TypeDivision, DefaultRoles: []string{"r"}, Members: []string{yui}},
					{Name: "u", Type: catalog.TypeDivision, Members: []string{yui}},
				},
			}
			if attached {
				p.Policies, p.Teams[0].Policies = append(p.Policies, has("p", look)), append(p.Teams[0].Policies, "p")
			}
			plan := diff(t, d, p)
			after := carry(t, plan.Additions(p), cloned(p))
			gains := slices.ContainsFunc(rulesOfTeam(after, catalog.Organization), func(r catalog.Rule) bool { return r.Name == by.Name && r.Condition == condition })
			if gains == leaves {
				t.Errorf("%s %s: before it is left: %t, by %q of %q", condition, name, gains, plan.Additions(p).Lines(), plan.Lines())
			}
			if rest := diff(t, d, carry(t, plan, cloned(p))); !rest.Empty() {
				t.Errorf("%s %s: afterwards there is %q", condition, name, rest.Lines())
			}
		}
	}
}

// What only denies is no gift: it is attached and switched on at once, whoever is to leave, and whoever cannot be
// taken out.
func TestWhatDeniesDoesNotWaitForTheBrake(t *testing.T) {
	for name, off := range map[string]bool{"attached": false, "switched on": true} {
		p := ofOthers(ken, yui)
		in := catalog.PresentTeam{Entity: entity("t"), Type: catalog.TypeDivision, Policies: []string{"edit"}, Members: []string{ken, yui}}
		no := has("no", noEdit("no"))
		if off {
			in.Policies, no.Disabled = append(in.Policies, "no"), true
		}
		p.Policies, p.Teams = append(p.Policies, has("edit", editAll), no), append(p.Teams, in)
		d := catalog.Desired{
			Us: us, Policies: []catalog.Policy{{Name: "edit", Rules: []catalog.Rule{editAll}}, {Name: "no", Rules: []catalog.Rule{noEdit("no")}}},
			Teams: []catalog.Team{{Name: "t", Type: catalog.TypeDivision, Policies: []string{"edit", "no"}, Members: []string{yui}}},
		}
		plan := diff(t, d, p)
		for how, after := range map[string]catalog.Present{"the brake holds": carry(t, plan.Additions(p), cloned(p)), "refused": refusing(t, plan, p)} {
			if edits.allowed(personRules(after, yui)) {
				t.Errorf("%s, %s: yui is not denied it: %q", name, how, plan.Lines())
			}
		}
	}
}

// Who goes from one team that denies something to another that is to deny it as well never has it, whoever leaves the
// other one, and whatever the first one gets.
func TestWhoMovesKeepsWhatBothTeamsDeny(t *testing.T) {
	look := rule("look", "allow", "")
	for name, w := range map[string]struct{ gains, goes bool }{"the first gains": {gains: true}, "the first stays": {}, "the first goes": {goes: true}} {
		p := ofOthers(ken, yui)
		p.Policies = append(p.Policies, has("edit", editAll), has("no", noEdit("no")), has("look", look))
		p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"edit"}, Holders: []string{yui}})
		p.Teams = append(p.Teams,
			catalog.PresentTeam{Entity: entity("a"), Type: catalog.TypeDivision, Policies: []string{"no"}, Members: []string{yui}},
			catalog.PresentTeam{Entity: entity("b"), Type: catalog.TypeDivision, Members: []string{ken}})
		d := catalog.Desired{
			Us: us, Policies: []catalog.Policy{{Name: "edit", Rules: []catalog.Rule{editAll}}, {Name: "no", Rules: []catalog.Rule{noEdit("no")}}, {Name: "look", Rules: []catalog.Rule{look}}},
			Roles: []catalog.Role{{Name: "r", Policies: []string{"edit"}, Holders: []string{yui}}},
			Teams: []catalog.Team{{Name: "b", Type: catalog.TypeDivision, Policies: []string{"no"}, Members: []string{yui}}},
		}
		if !w.goes {
			a := catalog.Team{Name: "a", Type: catalog.TypeDivision, Policies: []string{"no"}}
			if w.gains {
				a.Policies = []string{"look", "no"}
			}
			d.Teams = append(d.Teams, a)
		}
		watchPerson(t, d, p, yui)
		plan := diff(t, d, p)
		m := &model{carry(t, plan.Additions(p), cloned(p))}
		for _, s := range plan.Steps { // the removals alone, as people agree to them
			if s.Removal() {
				if err := m.apply(s); err != nil {
					t.Fatal(err)
				}
				if edits.allowed(personRules(m.Present, yui)) {
					t.Errorf("%s: yui may edit after %s of %q", name, s, plan.Lines())
				}
			}
		}
	}
}

// While the brake holds, what takes nothing is done, then what people agreed to, and so on: each step can be done, and
// it comes to an end.
func TestAdditionsAndRemovalsInTurnsComeToAnEnd(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d, p := drawWorld(r)
		m := &model{cloned(p)}
		do := func(steps []catalog.Step, removals bool) {
			for _, s := range steps {
				if s.Removal() != removals {
					continue
				}
				if err := cmp.Or(refusal(s, m.Teams), m.apply(s)); err != nil {
					r.Fatalf("%s: %v\nof\n%s", s, err, strings.Join(catalog.Plan{Steps: steps}.Lines(), "\n"))
				}
			}
		}
		for range 12 {
			plan, problems, err := catalog.Diff(d, m.Present)
			if err != nil || len(problems) > 0 {
				r.Skip(problems)
			}
			if plan.Empty() {
				return
			}
			takings := plan.Takings(m.Present).Steps
			do(plan.Additions(m.Present).Steps, false)
			do(takings, true)
		}
		plan, _, _ := catalog.Diff(d, m.Present)
		r.Fatalf("there is no end: %q, of which %q and %q", plan.Lines(), plan.Additions(m.Present).Lines(), plan.Takings(m.Present).Lines())
	})
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
