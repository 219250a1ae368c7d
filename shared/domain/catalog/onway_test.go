package catalog_test

import (
	"slices"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/catalog"
)

// What a team owns its people own: whoever is to leave it is not given more of that.
func TestWhatTeamsOwnIsNotGivenToWhoLeaves(t *testing.T) {
	for _, condition := range []string{"isOwner()", "isReviewer()", "hasDomain()"} {
		look := rule("look", "allow", "")
		by := editAll
		by.Condition = condition
		p := ofOthers(ken, yui)
		p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("t"), Type: catalog.TypeDivision, Members: []string{ken, yui}})
		p.Policies, p.Teams[0].Policies = append(p.Policies, has("p", look)), append(p.Teams[0].Policies, "p")
		d := catalog.Desired{
			Us: us, Policies: []catalog.Policy{{Name: "p", Rules: []catalog.Rule{look, by}}},
			Teams: []catalog.Team{{Name: catalog.Organization, Type: catalog.TypeOrganization, Policies: []string{"p"}}, {Name: "t", Type: catalog.TypeDivision, Members: []string{yui}}},
		}
		plan := diff(t, d, p)
		after := carry(t, plan.Additions(p), cloned(p))
		i := index(after.Teams, "t", teamEntity)
		in := slices.Contains(after.Teams[i].Members, ken)
		gains := slices.ContainsFunc(rulesOfTeam(after, catalog.Organization), func(r catalog.Rule) bool {
			return r.Effect == "allow" && r.Condition == condition && r.Operations[0] == "EditAll"
		})
		if in && gains {
			t.Errorf("%s: ken is still in t, and what t owns he may now edit: %q", condition, plan.Additions(p).Lines())
		}
	}
}

// A policy allows more when what denies some of that is attached beside it.
func TestABoundIsThereBeforeAPolicyAllowsMore(t *testing.T) {
	look := rule("look", "allow", "")
	for name, how := range map[string]bool{"role": true, "team": false} {
		t.Run(name, func(t *testing.T) {
			p := ofOthers(ken)
			p.Policies = append(p.Policies, has("p", look))
			d := catalog.Desired{Us: us, Policies: []catalog.Policy{{Name: "p", Rules: []catalog.Rule{look, editAll}}, {Name: "no", Rules: []catalog.Rule{noEdit("no")}}}}
			if how {
				p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"p"}, Holders: []string{ken}})
				d.Roles = []catalog.Role{{Name: "r", Policies: []string{"no", "p"}, Holders: []string{ken}}}
			} else {
				p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("t"), Type: catalog.TypeDivision, Policies: []string{"p"}, Members: []string{ken}})
				d.Teams = []catalog.Team{{Name: "t", Type: catalog.TypeDivision, Policies: []string{"no", "p"}, Members: []string{ken}}}
			}
			watchPerson(t, d, p, ken)
		})
	}
}

// Of two roles of a person the one that gets what denies gets it first.
func TestWhatDeniesIsGivenFirst(t *testing.T) {
	p := ofOthers(ken)
	p.Policies = append(p.Policies, has("edit", editAll), has("no", noEdit("no")))
	look := rule("look", "allow", "")
	p.Policies = append(p.Policies, has("look", look))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("a"), Policies: []string{"look"}, Holders: []string{ken}}, catalog.PresentRole{Entity: entity("z"), Policies: []string{"look"}, Holders: []string{ken}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "edit", Rules: []catalog.Rule{editAll}}, {Name: "look", Rules: []catalog.Rule{look}}, {Name: "no", Rules: []catalog.Rule{noEdit("no")}}},
		Roles: []catalog.Role{{Name: "a", Policies: []string{"edit", "look"}, Holders: []string{ken}}, {Name: "z", Policies: []string{"look", "no"}, Holders: []string{ken}}},
	}
	watchPerson(t, d, p, ken)
}

// Who comes to a team that allows and to one that denies comes to the second first.
func TestPeopleComeToWhatDeniesFirst(t *testing.T) {
	p := ofOthers(ken)
	p.Policies = append(p.Policies, has("edit", editAll), has("no", noEdit("no")))
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("a"), Type: catalog.TypeDivision, Policies: []string{"edit"}}, catalog.PresentTeam{Entity: entity("b"), Type: catalog.TypeDivision, Policies: []string{"no"}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "edit", Rules: []catalog.Rule{editAll}}, {Name: "no", Rules: []catalog.Rule{noEdit("no")}}},
		Teams: []catalog.Team{{Name: "a", Type: catalog.TypeDivision, Policies: []string{"edit"}, Members: []string{ken}}, {Name: "b", Type: catalog.TypeDivision, Policies: []string{"no"}, Members: []string{ken}}},
	}
	watchPerson(t, d, p, ken)
}

// Somebody goes from a team to one whose policy asks for the first: while the brake holds they come to neither.
func TestWhoMovesHasNotWhatBothGive(t *testing.T) {
	by := editAll
	by.Condition = "inAnyTeam('a')"
	p := ofOthers(ken)
	p.Policies = append(p.Policies, has("p", by))
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("a"), Type: catalog.TypeDivision, Members: []string{ken}}, catalog.PresentTeam{Entity: entity("b"), Type: catalog.TypeDivision, Policies: []string{"p"}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "p", Rules: []catalog.Rule{by}}},
		Teams: []catalog.Team{{Name: "a", Type: catalog.TypeDivision}, {Name: "b", Type: catalog.TypeDivision, Policies: []string{"p"}, Members: []string{ken}}},
	}
	plan := diff(t, d, p)
	after := carry(t, plan.Additions(p), cloned(p))
	a, b := index(after.Teams, "a", teamEntity), index(after.Teams, "b", teamEntity)
	if slices.Contains(after.Teams[a].Members, ken) && slices.Contains(after.Teams[b].Members, ken) {
		t.Errorf("ken has EditAll by b if in a, though the file never lets them be in both: %q", plan.Additions(p).Lines())
	}
}

// A team that leaves one that denies gets what denies the same before that.
func TestATeamIsMovedWithWhatItIsDenied(t *testing.T) {
	p := ofOthers(ken)
	p.Policies = append(p.Policies, has("edit", editAll), has("no", noEdit("no")))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"edit"}, Holders: []string{ken}})
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("up"), Type: catalog.TypeDivision, Policies: []string{"no"}},
		catalog.PresentTeam{Entity: entity("t"), Type: catalog.TypeDepartment, Parents: []string{"up"}, Members: []string{ken}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "edit", Rules: []catalog.Rule{editAll}}, {Name: "no", Rules: []catalog.Rule{noEdit("no")}}},
		Roles: []catalog.Role{{Name: "r", Policies: []string{"edit"}, Holders: []string{ken}}},
		Teams: []catalog.Team{{Name: "up", Type: catalog.TypeDivision, Policies: []string{"no"}}, {Name: "t", Type: catalog.TypeDepartment, Policies: []string{"no"}, Members: []string{ken}}},
	}
	watchPerson(t, d, p, ken)
}

// The team above has lost what it is to lose when another is moved below it.
func TestATeamIsMovedBelowWhatHasLost(t *testing.T) {
	p := ofOthers(ken)
	p.Policies = append(p.Policies, has("edit", editAll))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"edit"}})
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("up"), Type: catalog.TypeDivision, Policies: []string{"edit"}},
		catalog.PresentTeam{Entity: entity("t"), Type: catalog.TypeDepartment, Members: []string{ken}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "edit", Rules: []catalog.Rule{editAll}}},
		Roles: []catalog.Role{{Name: "r", Policies: []string{"edit"}}},
		Teams: []catalog.Team{{Name: "up", Type: catalog.TypeDivision}, {Name: "t", Type: catalog.TypeDepartment, Parents: []string{"up"}, Members: []string{ken}}},
	}
	watchPerson(t, d, p, ken)
}

// That nobody may join a team by themselves does not wait for people to leave it.
func TestATeamIsClosedAtOnce(t *testing.T) {
	other := noEdit("other")
	other.Operations = []string{"Delete"}
	p := ofOthers(ken, yui)
	p.Policies = append(p.Policies, has("mix", editAll, other))
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("t"), Type: catalog.TypeDivision, Policies: []string{"mix"}, Members: []string{ken, yui}, Joinable: true})
	d := catalog.Desired{Us: us, Teams: []catalog.Team{{Name: "t", Type: catalog.TypeDivision, Members: []string{yui}}}}
	plan := diff(t, d, p)
	after := carry(t, plan.Additions(p), cloned(p))
	if i := index(after.Teams, "t", teamEntity); after.Teams[i].Joinable {
		t.Errorf("everybody may still join: %q", plan.Additions(p).Lines())
	}
}

// What a policy loses it loses at once, whatever it gets, and whoever is to leave.
func TestARevocationDoesNotWait(t *testing.T) {
	look, del := rule("look", "allow", ""), rule("del", "allow", "")
	del.Operations = []string{"EditTags"}
	wide := rule("wide", "allow", "")
	wide.Operations = []string{"Delete"}
	p := ofOthers(ken, yui)
	p.Policies = append(p.Policies, has("p", look, wide))
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("t"), Type: catalog.TypeDivision, Policies: []string{"p"}, Members: []string{ken, yui}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "p", Rules: []catalog.Rule{look, del}}},
		Teams: []catalog.Team{{Name: "t", Type: catalog.TypeDivision, Policies: []string{"p"}, Members: []string{yui}}},
	}
	plan := diff(t, d, p)
	after := carry(t, plan.Additions(p), cloned(p))
	if slices.ContainsFunc(rulesOfTeam(after, "t"), func(r catalog.Rule) bool { return r.Name == "wide" }) {
		t.Errorf("everybody in t may still delete: additions %q of %q", plan.Additions(p).Lines(), plan.Lines())
	}
}

// A policy that denies, and that others keep, goes when another has come.
func TestADenyThatOthersKeepGivesWay(t *testing.T) {
	p := ofOthers(ken)
	p.Policies = append(p.Policies, has("edit", editAll), has("no", noEdit("no")))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"edit", "no"}, Holders: []string{ken}}, catalog.PresentRole{Entity: entity("s"), Policies: []string{"no"}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "edit", Rules: []catalog.Rule{editAll}}, {Name: "no", Rules: []catalog.Rule{noEdit("no")}}, {Name: "no2", Rules: []catalog.Rule{noEdit("no")}}},
		Roles: []catalog.Role{{Name: "r", Policies: []string{"edit", "no2"}, Holders: []string{ken}}, {Name: "s", Policies: []string{"no"}}},
	}
	watchPerson(t, d, p, ken)
}

// A rule that denies is in the one policy before it is not in the other.
func TestADenyGoesFromOnePolicyToAnother(t *testing.T) {
	look := rule("look", "allow", "")
	p := ofOthers(ken)
	p.Policies = append(p.Policies, has("a", editAll, noEdit("no")), has("b", look))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"a", "b"}, Holders: []string{ken}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "a", Rules: []catalog.Rule{editAll}}, {Name: "b", Rules: []catalog.Rule{look, noEdit("no")}}},
		Roles: []catalog.Role{{Name: "r", Policies: []string{"a", "b"}, Holders: []string{ken}}},
	}
	watchPerson(t, d, p, ken)
}

// Who leaves a role that allows and one that denies leaves the first one first.
func TestPeopleLeaveWhatDeniesLast(t *testing.T) {
	p := ofOthers(ken)
	p.Policies = append(p.Policies, has("edit", editAll), has("no", noEdit("no")))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("a"), Policies: []string{"no"}, Holders: []string{ken}}, catalog.PresentRole{Entity: entity("z"), Policies: []string{"edit"}, Holders: []string{ken}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "edit", Rules: []catalog.Rule{editAll}}, {Name: "no", Rules: []catalog.Rule{noEdit("no")}}},
		Roles: []catalog.Role{{Name: "a", Policies: []string{"no"}}, {Name: "z", Policies: []string{"edit"}}},
	}
	watchPerson(t, d, p, ken)
}

// The catalogue refuses what is to deny something, run after run: nobody has it meanwhile.
func TestNothingIsWidenedWithoutItsBound(t *testing.T) {
	look := rule("look", "allow", "")
	p := ofOthers(ken)
	p.Policies = append(p.Policies, has("p", look))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"p"}, Holders: []string{ken}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "p", Rules: []catalog.Rule{look, editAll}}, {Name: "no", Rules: []catalog.Rule{noEdit("no")}}},
		Roles: []catalog.Role{{Name: "r", Policies: []string{"no", "p"}, Holders: []string{ken}}},
	}
	now := cloned(p)
	for run := range 3 {
		m := &model{now}
		plan := diff(t, d, now)
		var undone []catalog.Step
		for i, s := range plan.Steps {
			if plan.Awaiting(undone, now)[i] {
				continue
			}
			if s.Name == "no" || m.apply(s) != nil {
				undone = append(undone, s)
			}
		}
		now = m.Present
		if edits.allowed(personRules(now, ken)) {
			t.Errorf("run %d: ken may edit: %q", run, plan.Lines())
		}
	}
}

// A team that somebody is to leave is not moved to where there is more, as long as they are in it.
func TestATeamIsNotMovedToMore(t *testing.T) {
	p := ofOthers(ken, yui)
	p.Policies = append(p.Policies, has("edit", editAll))
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("up"), Type: catalog.TypeDivision, Policies: []string{"edit"}},
		catalog.PresentTeam{Entity: entity("t"), Type: catalog.TypeDepartment, Members: []string{ken, yui}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "edit", Rules: []catalog.Rule{editAll}}},
		Teams: []catalog.Team{{Name: "up", Type: catalog.TypeDivision, Policies: []string{"edit"}}, {Name: "t", Type: catalog.TypeDepartment, Parents: []string{"up"}, Members: []string{yui}}},
	}
	plan := diff(t, d, p)
	if edits.allowed(personRules(carry(t, plan.Additions(p), cloned(p)), ken)) {
		t.Errorf("held: ken may edit: %q", plan.Additions(p).Lines())
	}
	if edits.allowed(personRules(refusing(t, plan, p), ken)) {
		t.Errorf("refused: ken may edit: %q", plan.Lines())
	}
}

// Whoever comes to a role or a team has nothing of what it is to lose, also while that waits.
func TestNewcomersHaveNotWhatGoes(t *testing.T) {
	look := rule("look", "allow", "")
	other := rule("other", "allow", "")
	other.Operations = []string{"Create"}
	for _, how := range []string{"role exchanges its policy", "team's policy is narrowed and gets something"} {
		t.Run(how, func(t *testing.T) {
			p := ofOthers(ken, yui)
			var d catalog.Desired
			if how[0] == 'r' {
				p.Policies = append(p.Policies, has("edit", editAll), has("look", look))
				p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"edit"}, Holders: []string{yui}})
				d = catalog.Desired{Us: us, Policies: []catalog.Policy{{Name: "look", Rules: []catalog.Rule{look}}}, Roles: []catalog.Role{{Name: "r", Policies: []string{"look"}, Holders: []string{ken}}}}
			} else {
				p.Policies = append(p.Policies, has("p", editAll))
				p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("t"), Type: catalog.TypeDivision, Policies: []string{"p"}, Members: []string{yui}})
				d = catalog.Desired{Us: us, Policies: []catalog.Policy{{Name: "p", Rules: []catalog.Rule{other}}}, Teams: []catalog.Team{{Name: "t", Type: catalog.TypeDivision, Policies: []string{"p"}, Members: []string{ken}}}}
			}
			plan := diff(t, d, p)
			if edits.allowed(personRules(carry(t, plan.Additions(p), cloned(p)), ken)) {
				t.Errorf("held: ken may edit: %q", plan.Additions(p).Lines())
			}
			if edits.allowed(personRules(refusing(t, plan, p), ken)) {
				t.Errorf("refused: ken may edit")
			}
			watchPerson(t, d, p, ken)
		})
	}
}

// Where what denies something has to wait, because it also allows something, so has what it bounds.
func TestWhatIsBoundWaitsWithItsBound(t *testing.T) {
	look := rule("look", "allow", "")
	p := ofOthers(ken, yui)
	p.Policies = append(p.Policies, has("edit", editAll))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"edit"}})
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("t"), Type: catalog.TypeDivision, Members: []string{ken, yui}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "edit", Rules: []catalog.Rule{editAll}}, {Name: "bound", Rules: []catalog.Rule{look, noEdit("no")}}},
		Roles: []catalog.Role{{Name: "r", Policies: []string{"edit"}, Holders: []string{ken}}},
		Teams: []catalog.Team{{Name: "t", Type: catalog.TypeDivision, Policies: []string{"bound"}, Members: []string{ken}}},
	}
	plan := diff(t, d, p)
	if edits.allowed(personRules(carry(t, plan.Additions(p), cloned(p)), ken)) {
		t.Errorf("held: ken may edit: %q", plan.Additions(p).Lines())
	}
	watchPerson(t, d, p, ken)
}

// Something went wrong before it: no policy is deleted, because what is to deny in its place may not be there.
func TestNoPolicyIsDeletedAfterSomethingWentWrong(t *testing.T) {
	p := ofOthers(ken)
	p.Policies = append(p.Policies, has("old", noEdit("no")))
	d := catalog.Desired{Us: us, Policies: []catalog.Policy{{Name: "new", Rules: []catalog.Rule{noEdit("no")}}}}
	plan := diff(t, d, p)
	if waits := plan.Awaiting(plan.Steps[:1], p); len(plan.Steps) != 2 || !waits[1] || plan.Awaiting(nil, p)[1] {
		t.Errorf("%q: waits %v", plan.Lines(), waits)
	}
}

// The team above another that is moved there loses what allows and denies before that.
func TestATeamIsMovedBelowWhatHasLostWhatDeniesToo(t *testing.T) {
	other := noEdit("other")
	other.Operations = []string{"Delete"}
	p := ofOthers(ken)
	p.Policies = append(p.Policies, has("mix", editAll, other))
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("up"), Type: catalog.TypeDivision, Policies: []string{"mix"}},
		catalog.PresentTeam{Entity: entity("t"), Type: catalog.TypeDepartment, Members: []string{ken}})
	d := catalog.Desired{
		Us:    us,
		Teams: []catalog.Team{{Name: "up", Type: catalog.TypeDivision}, {Name: "t", Type: catalog.TypeDepartment, Parents: []string{"up"}, Members: []string{ken}}},
	}
	watchPerson(t, d, p, ken)
}

// A role that comes to deny something, and exchanges all that it has for that, is given to teams when it has done so.
func TestARoleIsGivenOnceItHasExchangedWhatItHad(t *testing.T) {
	p := ofOthers(ken, yui)
	p.Policies = append(p.Policies, has("edit", editAll), has("no", noEdit("no")))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"edit"}, Holders: []string{yui}}, catalog.PresentRole{Entity: entity("s"), Policies: []string{"edit"}, Holders: []string{yui}})
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("t"), Type: catalog.TypeDivision, Members: []string{ken}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "edit", Rules: []catalog.Rule{editAll}}, {Name: "no", Rules: []catalog.Rule{noEdit("no")}}},
		Roles: []catalog.Role{{Name: "r", Policies: []string{"no"}}, {Name: "s", Policies: []string{"edit"}}},
		Teams: []catalog.Team{{Name: "t", Type: catalog.TypeDivision, DefaultRoles: []string{"r"}, Members: []string{ken}}},
	}
	watchPerson(t, d, p, ken)
}

// A role that goes takes what it denies from all who have it: when it goes sooner for the sake of one of them, so does
// what allows something to the others.
func TestWhatGoesSoonerForOneGoesSoonerForAll(t *testing.T) {
	look := rule("look", "allow", "")
	p := ofOthers(ken, yui)
	p.Policies = append(p.Policies, has("edit", editAll), has("no", noEdit("no"), rule("base", "allow", "noOwner()")))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r1"), Policies: []string{"no"}, Holders: []string{ken, yui}}, catalog.PresentRole{Entity: entity("r2"), Policies: []string{"edit"}, Holders: []string{ken}})
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("t"), Type: catalog.TypeDivision, Policies: []string{"no"}, Members: []string{yui}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "look", Rules: []catalog.Rule{look}}},
		Teams: []catalog.Team{{Name: "t", Type: catalog.TypeDivision, Policies: []string{"look"}}},
	}
	watchPerson(t, d, p, ken)
}

// A team that is to deny something later denies nothing now: who leaves it and another that denies leaves it first.
func TestWhoLeavesIsDeniedByWhatDeniesNow(t *testing.T) {
	p := ofOthers(ken)
	p.Policies = append(p.Policies, has("edit", editAll), has("no", noEdit("no")), has("look", rule("look", "allow", "")))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"look", "no"}})
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("a"), Type: catalog.TypeDivision, Policies: []string{"no"}, Members: []string{ken}},
		catalog.PresentTeam{Entity: entity("b"), Type: catalog.TypeDivision, Policies: []string{"edit"}, Members: []string{ken}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "edit", Rules: []catalog.Rule{editAll}}, {Name: "no", Rules: []catalog.Rule{noEdit("no")}}, {Name: "look", Rules: []catalog.Rule{rule("look", "allow", "")}}},
		Roles: []catalog.Role{{Name: "r", Policies: []string{"look", "no"}}},
		Teams: []catalog.Team{{Name: "a", Type: catalog.TypeDivision, Policies: []string{"edit"}, DefaultRoles: []string{"r"}}, {Name: "b", Type: catalog.TypeDivision, Policies: []string{"edit"}, DefaultRoles: []string{"r"}}},
	}
	watchPerson(t, d, p, ken)
}
