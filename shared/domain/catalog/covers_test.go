package catalog_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/catalog"
)

// Beside a deny that cannot be there an allow still becomes narrower, where that can be told.
func TestBesideALostDenyAnAllowBecomesNarrower(t *testing.T) {
	allow := func(condition string, resources []string, operations ...string) catalog.Rule {
		return catalog.Rule{Name: "r", Effect: "allow", Operations: operations, Resources: resources, Condition: condition}
	}
	table, all := []string{"table"}, []string{"all"}
	narrower := map[string][2]catalog.Rule{
		"fewer operations":            {allow("", table, "ViewBasic", "EditTags"), allow("", table, "ViewBasic")},
		"fewer resources":             {allow("", []string{"table", "topic"}, "ViewAll"), allow("", table, "ViewAll")},
		"one resource instead of all": {allow("", []string{"All"}, "ViewAll"), allow("", table, "ViewAll")},
		"one of those that begin so":  {allow("", all, "EditAll", "ViewAll"), allow("", all, "EditTags")},
		"one instead of every":        {allow("", all, "All"), allow("", all, "ViewAll", "Delete")},
		"a condition instead of none": {allow("", all, "ViewAll"), allow("isOwner()", all, "ViewAll")},
		"under the same condition":    {allow("isOwner()", all, "ViewAll", "Delete"), allow("isOwner() ", all, "Delete")},
	}
	wider := map[string][2]catalog.Rule{
		"more operations":           {allow("", all, "ViewBasic"), allow("", all, "ViewBasic", "EditTags")},
		"more that begin so":        {allow("", all, "EditTags"), allow("", all, "EditAll")},
		"what does not begin so":    {allow("", all, "EditAll"), allow("", all, "Delete")},
		"more resources":            {allow("", table, "ViewAll"), allow("", []string{"table", "topic"}, "ViewAll")},
		"what all does not hold":    {allow("", all, "ViewAll"), allow("", []string{"scim"}, "ViewAll")},
		"without its condition":     {allow("isOwner()", all, "ViewAll"), allow("", all, "ViewAll")},
		"under another condition":   {allow("isOwner()", all, "ViewAll"), allow("isOwner() && !noOwner()", all, "ViewAll")},
		"what was a deny":           {rule("r", "deny", ""), rule("r", "allow", "")},
		"fewer there and more here": {allow("", []string{"table", "topic"}, "ViewBasic"), allow("", table, "ViewBasic", "EditTags")},
	}
	after := func(t *testing.T, rules [2]catalog.Rule) []catalog.Rule {
		edit := rule("edit", "allow", "isOwner()")
		p := stuck(has("bound", edit), has("p", rules[0]))
		p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"bound", "p"}})
		d := wantingNew(catalog.Desired{
			Policies: []catalog.Policy{
				{Name: "bound", Rules: []catalog.Rule{edit, rule("outside", "deny", "!inAnyTeam('new')")}},
				{Name: "p", Rules: []catalog.Rule{rules[1]}},
			},
			Roles: []catalog.Role{{Name: "r", Policies: []string{"bound", "p"}}},
		})
		after := carry(t, diff(t, d, p), p)
		if again := diff(t, d, after); !again.Empty() {
			t.Errorf("the second run: %v", again.Lines())
		}
		return after.Policies[slices.IndexFunc(after.Policies, func(is catalog.PresentPolicy) bool { return is.Name == "p" })].Rules
	}
	becomes := func(got []catalog.Rule, want catalog.Rule) bool {
		want.Condition = strings.TrimSpace(want.Condition)
		slices.Sort(want.Operations)
		return slices.ContainsFunc(got, func(is catalog.Rule) bool { return cmp.Equal(is, want) })
	}
	for name, rules := range narrower {
		t.Run(name, func(t *testing.T) {
			if got := after(t, rules); len(got) != 1 || !becomes(got, rules[1]) {
				t.Errorf("it is %+v, want %+v", got, rules[1])
			}
		})
	}
	for name, rules := range wider {
		t.Run(name, func(t *testing.T) {
			if got := after(t, rules); becomes(got, rules[1]) {
				t.Errorf("it has become %+v", got)
			}
		})
	}
}

// Beside a deny that cannot be there a role or a team loses at once what nobody wants of it any more, unless
// that denies something, or something else is to take its place.
func TestBesideALostDenyPoliciesAreTakenAway(t *testing.T) {
	look, edit, no := rule("look", "allow", ""), rule("edit", "allow", "isOwner()"), rule("no", "deny", "noOwner()")
	type lists struct{ policies, roles []string }
	for name, test := range map[string]struct{ is, want, then lists }{
		"a policy that allows":         {lists{[]string{"bound", "look"}, nil}, lists{[]string{"bound"}, nil}, lists{[]string{"bound"}, nil}},
		"a role that allows":           {lists{[]string{"bound"}, []string{"looker"}}, lists{[]string{"bound"}, nil}, lists{[]string{"bound"}, nil}},
		"not a policy that denies":     {lists{[]string{"bound", "no"}, nil}, lists{[]string{"bound"}, nil}, lists{[]string{"bound", "no"}, nil}},
		"not a role that denies":       {lists{[]string{"bound"}, []string{"refuser"}}, lists{[]string{"bound"}, nil}, lists{[]string{"bound"}, []string{"refuser"}}},
		"not what another is to be":    {lists{[]string{"bound", "look"}, nil}, lists{[]string{"bound", "edit"}, nil}, lists{[]string{"bound", "look"}, nil}},
		"not what a role is to become": {lists{[]string{"bound", "look"}, nil}, lists{[]string{"bound"}, []string{"looker"}}, lists{[]string{"bound", "look"}, nil}},
	} {
		t.Run(name, func(t *testing.T) {
			p := stuck(has("bound", edit), has("look", look), has("edit", edit), has("no", no))
			p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("looker"), Policies: []string{"look"}}, catalog.PresentRole{Entity: entity("refuser"), Policies: []string{"look", "no"}},
				catalog.PresentRole{Entity: entity("r"), Policies: test.is.policies})
			p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("apart"), Type: catalog.TypeDivision, Policies: test.is.policies, DefaultRoles: test.is.roles})
			d := wantingNew(catalog.Desired{
				Policies: []catalog.Policy{{Name: "bound", Rules: []catalog.Rule{edit, rule("outside", "deny", "!inAnyTeam('new')")}}, {Name: "look", Rules: []catalog.Rule{look}}, {Name: "edit", Rules: []catalog.Rule{edit}}, {Name: "no", Rules: []catalog.Rule{no}}},
				Roles:    []catalog.Role{{Name: "looker", Policies: []string{"look"}}, {Name: "refuser", Policies: []string{"look", "no"}}, {Name: "r", Policies: test.want.policies}},
				Teams:    []catalog.Team{{Name: "apart", Type: catalog.TypeDivision, Policies: test.want.policies, DefaultRoles: test.want.roles}},
			})
			after := carry(t, diff(t, d, p), p)
			team := after.Teams[slices.IndexFunc(after.Teams, func(is catalog.PresentTeam) bool { return is.Name == "apart" })]
			if !slices.Equal(team.Policies, test.then.policies) || !slices.Equal(team.DefaultRoles, test.then.roles) {
				t.Errorf("the team has %v and %v", team.Policies, team.DefaultRoles)
			}
			role := after.Roles[slices.IndexFunc(after.Roles, func(is catalog.PresentRole) bool { return is.Name == "r" })]
			if len(test.is.roles)+len(test.want.roles) == 0 && !slices.Equal(role.Policies, test.then.policies) {
				t.Errorf("the role has %v", role.Policies)
			}
			if again := diff(t, d, after); !again.Empty() {
				t.Errorf("the second run: %v", again.Lines())
			}
		})
	}
}

// A role that is wanted with a policy of somebody else's instead of its own is not left without any, while a
// deny of a team that has it by default cannot be there.
func TestBesideALostDenyNoRoleIsLeftEmpty(t *testing.T) {
	p := stuck(has("look", rule("look", "allow", "")))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"look"}})
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("apart"), Type: catalog.TypeDivision, DefaultRoles: []string{"r"}})
	d := wantingNew(catalog.Desired{
		Policies: []catalog.Policy{{Name: "bound", Rules: []catalog.Rule{rule("r", "deny", "!inAnyTeam('new')")}}},
		Roles:    []catalog.Role{{Name: "r", Policies: []string{"DataConsumerPolicy"}}},
		Teams:    []catalog.Team{{Name: "apart", Type: catalog.TypeDivision, Policies: []string{"bound"}, DefaultRoles: []string{"r"}}},
	})
	after := carry(t, diff(t, d, p), p)
	for _, is := range after.Roles {
		if is.Name == "r" && !slices.Equal(is.Policies, []string{"look"}) {
			t.Errorf("the role has %v", is.Policies)
		}
	}
	if again := diff(t, d, after); !again.Empty() {
		t.Errorf("the second run: %v", again.Lines())
	}
}
