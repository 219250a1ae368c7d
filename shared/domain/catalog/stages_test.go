package catalog_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	cmpgo "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/domain/catalog"
)

// cloned is a catalogue of its own, so that steps on it leave the other as it is.
func cloned(p catalog.Present) catalog.Present {
	p.Policies, p.Roles, p.Teams, p.Users = slices.Clone(p.Policies), slices.Clone(p.Roles), slices.Clone(p.Teams), slices.Clone(p.Users)
	return p
}

// drawWorld draws what is wanted, and a catalogue that was as another policy wanted it, among others'.
func drawWorld(r *rapid.T) (catalog.Desired, catalog.Present) {
	present := stuck()
	present.Teams[len(present.Teams)-1].Name = "t1"
	for _, label := range []string{"first ", "second "} {
		strange := func(e *catalog.Entity) {
			if !e.System && rapid.IntRange(0, 7).Draw(r, label+e.Name+" is somebody else's") == 0 {
				e.Description = "by hand"
			}
		}
		above := func(name string) bool {
			return slices.ContainsFunc(present.Teams, func(t catalog.PresentTeam) bool { return slices.Contains(t.Parents, name) })
		}
		for i := range present.Teams {
			is := &present.Teams[i]
			if strange(&is.Entity); !is.System && !above(is.Name) && rapid.IntRange(0, 3).Draw(r, label+is.Name+" becomes a group") == 0 {
				is.Type = catalog.TypeGroup
			}
		}
		for i := range present.Policies {
			is := &present.Policies[i]
			strange(&is.Entity)
			is.Disabled = is.Disabled || is.Ours() && rapid.IntRange(0, 5).Draw(r, label+is.Name+" is switched off") == 0
		}
		for i := range present.Roles {
			strange(&present.Roles[i].Entity)
		}
		d := draw(r, label)
		for i := range d.Teams {
			if d.Teams[i].Name != catalog.Organization && rapid.IntRange(0, 2).Draw(r, label+d.Teams[i].Name+" div") == 0 && len(d.Teams[i].Parents) <= 1 {
				ok := true
				for _, pa := range d.Teams[i].Parents {
					ok = ok && !slices.ContainsFunc(d.Teams, func(o catalog.Team) bool { return o.Name == pa && o.Type == catalog.TypeDepartment })
				}
				if ok {
					d.Teams[i].Type = catalog.TypeDivision
				}
			}
		}
		if label == "second " {
			return d, present
		}
		present = carried(r, d, present)
	}
	return catalog.Desired{}, present
}

// Wherever the process dies, what is left to do are steps of the same plan, or lead to the same end by way of nothing that
// is not in it.
func TestWhereItStopsTheRestIsThePlans(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d, p := drawWorld(r)
		plan, problems, err := catalog.Diff(d, p)
		if err != nil || len(problems) > 0 || plan.Empty() {
			r.Skip(problems)
		}
		for _, s := range plan.Steps {
			for _, role := range plan.Steps {
				if s.Verb == catalog.Update && s.Policy != nil && role.Verb == catalog.Create && role.Role != nil && slices.ContainsFunc(s.Policy.Rules, func(rule catalog.Rule) bool {
					return slices.Contains(named(rule.Condition, "hasAnyRole"), role.Name)
				}) {
					r.Skip("a role is made, and a policy that it may have names it")
				}
			}
		}
		n := rapid.IntRange(0, len(plan.Steps)).Draw(r, "done")
		m := &model{cloned(p)}
		for _, s := range plan.Steps[:n] {
			if err := cmp.Or(refusal(s, m.Teams), m.apply(s)); err != nil {
				r.Fatalf("%s: %v\nof\n%s", s, err, strings.Join(plan.Lines(), "\n"))
			}
		}
		now, problems, err := catalog.Diff(d, m.Present)
		if err != nil || len(problems) > 0 {
			r.Fatalf("after %d: %v, %v", n, problems, err)
		}
		for _, s := range now.Steps {
			if slices.Contains(plan.Findings, catalog.Finding{Code: catalog.FoundPartly, Kind: s.Kind, Name: s.Name}) && s.Kind == catalog.KindTeam {
				continue // it may have waited for a team that is deleted by now
			}
			if !slices.ContainsFunc(plan.Steps, func(o catalog.Step) bool {
				o.Drift = s.Drift // once we have changed it, nobody else was the last
				o.Takes = s.Takes // people go with what nothing refers to any more
				return cmpgo.Equal(o, s)
			}) {
				if s.Verb == catalog.Update && s.Policy == nil && m.SameEnd(s.Kind, s.Name, plan.Steps, now.Steps) {
					continue // the same update, taken apart otherwise by what is there now
				}
				r.Fatalf("new after %d: %s\nof\n%s", n, s, strings.Join(plan.Lines(), "\n"))
			}
		}
	})
}

// The process dies after a policy became a deny for others: the role that is to lose it has lost it by then.
func TestWhatIsTakenGoesFirst(t *testing.T) {
	look := rule("look", "allow", "")
	p := stuck(has("p", look), has("q", look))
	p.Roles = append(p.Roles,
		catalog.PresentRole{Entity: entity("a"), Policies: []string{"p", "q"}, Holders: []string{ken}},
		catalog.PresentRole{Entity: entity("b"), Policies: []string{"q"}})
	d := wantingNew(catalog.Desired{
		Policies: []catalog.Policy{
			{Name: "p", Rules: []catalog.Rule{rule("no", "deny", "")}},
			{Name: "q", Rules: []catalog.Rule{look, rule("b", "deny", "inAnyTeam('new')")}},
		},
		Roles: []catalog.Role{{Name: "a", Policies: []string{"q"}, Holders: []string{ken}}, {Name: "b", Policies: []string{"p", "q"}}},
	})
	plan := diff(t, d, p)
	m := &model{cloned(p)}
	if err := m.apply(plan.Steps[0]); err != nil {
		t.Fatal(err)
	}
	s := situation{operation: "ViewBasic", resource: "table"}
	now := diff(t, d, m.Present)
	for _, step := range now.Steps {
		if err := m.apply(step); err != nil {
			t.Fatal(err)
		}
	}
	again := diff(t, d, m.Present)
	if !s.allowed(rulesOfRole(m.Present, "a")) {
		t.Errorf("a has lost it, for good: %v, %v", rulesOfRole(m.Present, "a"), again.Steps)
	}
}

// The process dies after the first step: a new role has a policy with what it is wanted to have, or not at all.
func TestAPolicyIsNarrowedBeforeItIsGiven(t *testing.T) {
	look := rule("look", "allow", "")
	p := stuck(has("p", look))
	d := wantingNew(catalog.Desired{
		Policies: []catalog.Policy{
			{Name: "p", Rules: []catalog.Rule{{Name: "no", Effect: "deny", Operations: []string{"EditTags"}, Resources: []string{"all"}, Condition: "noOwner()"}}},
			{Name: "q", Rules: []catalog.Rule{rule("b", "allow", "inAnyTeam('new')")}},
		},
		Roles: []catalog.Role{{Name: "a", Policies: []string{"p", "q"}, Holders: []string{ken}}},
	})
	plan := diff(t, d, p)
	m := &model{cloned(p)}
	if err := m.apply(plan.Steps[0]); err != nil {
		t.Fatal(err)
	}
	s := situation{operation: "ViewBasic", resource: "table"}
	now := diff(t, d, m.Present)
	for _, step := range now.Steps {
		if err := m.apply(step); err != nil {
			t.Fatal(err)
		}
	}
	again := diff(t, d, m.Present)
	if s.allowed(rulesOfRole(m.Present, "a")) {
		t.Errorf("a has gained it, for good: %v, %v", rulesOfRole(m.Present, "a"), again.Steps)
	}
}

// A role and a team that lose and get something do so in two steps, with what is changed of policies in between; what
// has to have something gets it with the same step.
func TestUpdatesComeInStages(t *testing.T) {
	look, edit := rule("look", "allow", ""), rule("edit", "allow", "isOwner()")
	p := begin()
	p.Policies = append(p.Policies, has("a", look), has("b", look), has("c", look))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"a", "b"}}, catalog.PresentRole{Entity: entity("s"), Policies: []string{"a"}})
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("t"), Type: catalog.TypeDivision, Policies: []string{"a"}, DefaultRoles: []string{"r"}, Joinable: true})
	d := catalog.Desired{
		Us:       us,
		Policies: []catalog.Policy{{Name: "a", Rules: []catalog.Rule{look}}, {Name: "b", Rules: []catalog.Rule{look, edit}}, {Name: "c", Rules: []catalog.Rule{look}}, {Name: "n", Rules: []catalog.Rule{edit}}},
		Roles:    []catalog.Role{{Name: "r", Policies: []string{"b", "n"}}, {Name: "s", Policies: []string{"c"}}},
		Teams:    []catalog.Team{{Name: "t", Type: catalog.TypeDivision, Policies: []string{"b"}, DefaultRoles: []string{"r", "s"}}},
	}
	want := []string{
		"update team t: joinable yes → no", "create policy n", "update role r: policies a, b → b", "update team t: policies a → nothing",
		"update policy b: rule edit nothing → allow ViewAll on all if isOwner()", "update role s: policies a → c", // looking allows both
		"update role r: policies b → b, n", "update team t: policies nothing → b; default roles r → r, s",
	}
	plan := diff(t, d, p)
	if diff := cmpgo.Diff(want, plan.Lines()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if again := diff(t, d, carry(t, plan, p)); !again.Empty() {
		t.Errorf("the second run: %v", again.Lines())
	}
}

// editAll allows every change.
var editAll = catalog.Rule{Name: "edit", Effect: "allow", Operations: []string{"EditAll"}, Resources: []string{"all"}}

var edits = situation{operation: "EditTags", resource: "table"}

// watch carries a plan out step by step: what is allowed neither before nor after it is not allowed in between, and what
// is allowed both times is.
func watch(t *testing.T, d catalog.Desired, p catalog.Present, allowed func(catalog.Present) bool) {
	t.Helper()
	plan := diff(t, d, p)
	before := allowed(p)
	after := allowed(carry(t, plan, cloned(p)))
	m := &model{cloned(p)}
	for i, s := range plan.Steps {
		if err := m.apply(s); err != nil {
			t.Fatal(err)
		}
		if a := allowed(m.Present); a && !before && !after {
			t.Errorf("after step %d (%s): allowed, though neither before nor after", i, s)
		} else if !a && before && after {
			t.Errorf("after step %d (%s): not allowed, though before and after", i, s)
		}
	}
}

// A deny that another takes the place of goes with the step that gives that one.
func TestADenyIsThereUntilAnotherIs(t *testing.T) {
	no := rule("no", "deny", "")
	no.Operations = []string{"EditAll"}
	p := begin(ken)
	p.Policies = append(p.Policies, has("edit", editAll), has("no", no))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"edit", "no"}, Holders: []string{ken}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "edit", Rules: []catalog.Rule{editAll}}, {Name: "no2", Rules: []catalog.Rule{no}}},
		Roles: []catalog.Role{{Name: "r", Policies: []string{"edit", "no2"}, Holders: []string{ken}}},
	}
	watch(t, d, p, func(p catalog.Present) bool { return edits.allowed(rulesOfRole(p, "r")) })
}

// A role that loses all it has gets a policy when that is as it is wanted.
func TestARoleThatLosesAllGetsNothingOld(t *testing.T) {
	look := rule("look", "allow", "")
	p := begin(ken)
	p.Policies = append(p.Policies, has("a", look), has("c", look, editAll))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"a"}, Holders: []string{ken}}, catalog.PresentRole{Entity: entity("z"), Policies: []string{"a", "c"}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "a", Rules: []catalog.Rule{look}}, {Name: "c", Rules: []catalog.Rule{look}}},
		Roles: []catalog.Role{{Name: "r", Policies: []string{"c"}, Holders: []string{ken}}, {Name: "z", Policies: []string{"a", "c"}}},
	}
	watch(t, d, p, func(p catalog.Present) bool { return edits.allowed(rulesOfRole(p, "r")) })
}

// So does the organization.
func TestTheOrganizationGetsNothingOld(t *testing.T) {
	look := rule("look", "allow", "")
	p := begin(ken)
	p.Policies = append(p.Policies, has("a", look), has("c", look, editAll))
	p.Teams[0].Policies = append(p.Teams[0].Policies, "a")
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("z"), Policies: []string{"a", "c"}})
	d := catalog.Desired{
		Us: us, Policies: []catalog.Policy{{Name: "a", Rules: []catalog.Rule{look}}, {Name: "c", Rules: []catalog.Rule{look}}},
		Roles: []catalog.Role{{Name: "z", Policies: []string{"a", "c"}}}, Teams: []catalog.Team{{Name: catalog.Organization, Type: catalog.TypeOrganization, Policies: []string{"c"}}},
	}
	watch(t, d, p, func(p catalog.Present) bool {
		i := index(p.Teams, catalog.Organization, teamEntity)
		for _, n := range p.Teams[i].Policies {
			if n == "c" && edits.allowed(rulesOf(p, []string{"c"})) {
				return true
			}
		}
		return false
	})
}

// The process dies after a policy in a knot came to deny: the organization, which is to lose it, has lost it by then, or
// everybody would be denied that for as long as the knot stays.
func TestTheOrganizationLosesWhatComesToDeny(t *testing.T) {
	look := rule("look", "allow", "")
	p := stuck(has("p", look))
	p.Teams[0].Policies = append(p.Teams[0].Policies, "p")
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("new"), Type: catalog.TypeDepartment})
	d := wantingNew(catalog.Desired{Policies: []catalog.Policy{{Name: "p", Rules: []catalog.Rule{rule("no", "deny", "")}}}})
	d.Teams[len(d.Teams)-1].Policies = []string{"p"}
	plan := diff(t, d, p)
	if len(plan.Steps) < 2 {
		t.Fatalf("%q", plan.Lines())
	}
	for n := range plan.Steps {
		m := &model{cloned(p)}
		for _, s := range slices.Concat(plan.Steps[:n]) {
			if err := m.apply(s); err != nil {
				t.Fatal(err)
			}
		}
		after := carry(t, diff(t, d, m.Present), m.Present)
		if rules := rulesOfTeam(after, catalog.Organization); slices.ContainsFunc(rules, func(r catalog.Rule) bool { return r.Effect == "deny" }) {
			t.Errorf("after %q everybody is denied something: %v", catalog.Plan{Steps: plan.Steps[:n]}.Lines(), rules)
		}
	}
}
