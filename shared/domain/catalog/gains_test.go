package catalog_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/domain/catalog"
)

// worldOf draws what is wanted of three policies that allow or deny something, two roles, up to three teams, which are
// below others, and the organization. No role loses all that it has: it would have to get the rest at the same time. No
// team has default roles: one that loses a role which allows and denies loses it before people come to the rest.
func worldOf(r *rapid.T, label string, below map[string]string, before []catalog.Policy) catalog.Desired {
	some := func(what string, of []string) (out []string) {
		for _, name := range of {
			if rapid.Bool().Draw(r, label+what+" "+name) {
				out = append(out, name)
			}
		}
		return out
	}
	look, edit, no := rule("look", "allow", ""), editAll, noEdit("no")
	kinds := [][]catalog.Rule{{look}, {edit}, {no}, {look, edit}}
	base := rule("base", "allow", "noOwner()")
	d := catalog.Desired{Us: us, Policies: []catalog.Policy{{Name: "base", Rules: []catalog.Rule{base}}}}
	var policies []string
	for _, name := range []string{"p1", "p2", "p3"} {
		i := rapid.IntRange(-1, len(kinds)-1).Draw(r, label+name)
		if was := slices.IndexFunc(before, func(p catalog.Policy) bool { return p.Name == name }); i >= 0 && was >= 0 && len(before[was].Rules) == 1 && before[was].Rules[0].Effect == "deny" {
			i = 2 // no policy that denies becomes one that allows
		}
		if i >= 0 {
			d.Policies, policies = append(d.Policies, catalog.Policy{Name: name, Rules: kinds[i]}), append(policies, name)
		}
	}
	for _, name := range []string{"r1", "r2"} {
		if has := some(name, policies); len(has) > 0 {
			d.Roles = append(d.Roles, catalog.Role{Name: name, Policies: append(has, "base"), Holders: some(name+" holders", []string{ken, yui})})
		}
	}
	for _, name := range []string{"t1", "t2", "t3"} {
		if rapid.IntRange(0, 5).Draw(r, label+name+" is not wanted") == 0 {
			continue
		}
		t := catalog.Team{Name: name, Type: catalog.TypeDepartment, Policies: some(name+" policies", policies), Members: some(name, []string{ken, yui})}
		if slices.ContainsFunc(d.Teams, func(t catalog.Team) bool { return t.Name == below[name] }) {
			t.Parents = []string{below[name]}
		}
		d.Teams = append(d.Teams, t)
	}
	if rapid.Bool().Draw(r, label+"organization") {
		d.Teams = append(d.Teams, catalog.Team{Name: catalog.Organization, Type: catalog.TypeOrganization, Policies: append(some("organization", policies), "OrganizationPolicy")})
	}
	return d
}

// may reports whether each of two people may do each of two things.
func may(p catalog.Present) map[string]bool {
	out := map[string]bool{}
	for _, who := range []string{ken, yui} {
		out[who+" edits"] = edits.allowed(personRules(p, who))
		out[who+" looks"] = situation{operation: "ViewBasic", resource: "table"}.allowed(personRules(p, who))
	}
	return out
}

// From any policy to any other nobody may do in between what they may do neither before nor afterwards: not after any
// step, not while the brake holds what takes something away, nor when people agreed to that, nor when the catalogue
// refuses one of the steps for good.
func TestNobodyGainsOnTheWay(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		p := ofOthers(ken, yui)
		carry := func(p catalog.Present, steps []catalog.Step) catalog.Present {
			m := &model{cloned(p)}
			for _, s := range steps {
				if err := m.apply(s); err != nil {
					r.Fatalf("%s: %v\nof\n%s", s, err, strings.Join(catalog.Plan{Steps: steps}.Lines(), "\n"))
				}
			}
			return m.Present
		}
		below := map[string]string{}
		for _, pair := range [][2]string{{"t2", "t1"}, {"t3", "t2"}} {
			if rapid.Bool().Draw(r, pair[0]+" is below "+pair[1]) {
				below[pair[0]] = pair[1]
			}
		}
		first, second := worldOf(r, "first ", below, nil), catalog.Desired{}
		second = worldOf(r, "second ", below, first.Policies)
		plan, _, err := catalog.Diff(first, p)
		if err != nil {
			r.Fatal(err)
		}
		p = carry(p, plan.Steps)
		plan, _, err = catalog.Diff(second, p)
		if err != nil {
			r.Fatal(err)
		}
		before, after := may(p), may(carry(p, plan.Steps))
		check := func(how string, now catalog.Present) {
			is := may(now)
			for _, what := range slices.Sorted(maps.Keys(is)) {
				if is[what] && !before[what] && !after[what] {
					r.Fatalf("%s: %s\nof\n%s\nteams %+v\nroles %+v", how, what, strings.Join(plan.Lines(), "\n"), p.Teams, p.Roles)
				}
			}
		}
		for i := range plan.Steps {
			check("after "+plan.Steps[i].String(), carry(p, plan.Steps[:i+1]))
		}
		additions := plan.Additions(p)
		for i := range additions.Steps {
			check("while the brake holds, after "+additions.Steps[i].String(), carry(p, additions.Steps[:i+1]))
		}
		now := carry(p, additions.Steps)
		for _, s := range plan.Takings(p).Steps {
			now = carry(now, []catalog.Step{s})
			check("when people agreed to "+s.String(), now)
		}
		if len(plan.Steps) == 0 {
			return
		}
		refused := plan.Steps[rapid.IntRange(0, len(plan.Steps)-1).Draw(r, "refused")]
		m, wrong := &model{cloned(p)}, []catalog.Step(nil)
		for i, s := range plan.Steps {
			if plan.Awaiting(wrong, p)[i] || s.String() == refused.String() || m.apply(s) != nil {
				wrong = append(wrong, s)
				continue
			}
			check("where "+refused.String()+" is refused, after "+s.String(), m.Present)
		}
	})
}
