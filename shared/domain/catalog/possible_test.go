package catalog_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/domain/catalog"
)

// stuck is a catalogue in which the team club is a Group, so that the team new, which is wanted below it,
// cannot be made.
func stuck(policies ...catalog.PresentPolicy) catalog.Present {
	p := begin(aiko, ken)
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("club"), Type: catalog.TypeGroup})
	p.Policies = append(p.Policies, policies...)
	return p
}

func wantingNew(d catalog.Desired) catalog.Desired {
	d.Us = us
	d.Teams = append(d.Teams, catalog.Team{Name: "club", Type: catalog.TypeDivision}, catalog.Team{Name: "new", Type: catalog.TypeDepartment, Parents: []string{"club"}})
	return d
}

func has(name string, rules ...catalog.Rule) catalog.PresentPolicy {
	return catalog.PresentPolicy{Entity: entity(name), Rules: rules}
}

// A rule that names a team which cannot be made does not keep the others from the policy; what the whole
// policy would deny is not allowed by half of it.
func TestThePartOfAPolicyThatCanBeThere(t *testing.T) {
	look, about, pii := rule("look", "allow", ""), rule("about", "allow", "inAnyTeam('new')"), rule("pii", "deny", "matchAnyTag('PII.Sensitive')")
	outside, edit := rule("outside", "deny", "!inAnyTeam('new')"), rule("edit", "allow", "isOwner()")
	narrow, beside := rule("pii", "deny", "matchAnyTag('PII.Sensitive') && !isOwner()"), rule("pii-before", "deny", "matchAnyTag('PII.Sensitive')")
	for name, test := range map[string]struct{ is, want, then []catalog.Rule }{
		"the others come":                        {[]catalog.Rule{look}, []catalog.Rule{look, pii, about}, []catalog.Rule{look, pii}},
		"none goes":                              {[]catalog.Rule{edit, look}, []catalog.Rule{look, about}, []catalog.Rule{edit, look}},
		"in whose place one is to come":          {[]catalog.Rule{look}, []catalog.Rule{about}, []catalog.Rule{look}},
		"one that was another stays so":          {[]catalog.Rule{rule("about", "allow", "isOwner()")}, []catalog.Rule{about, pii}, []catalog.Rule{rule("about", "allow", "isOwner()"), pii}},
		"of a new policy what it denies":         {nil, []catalog.Rule{look, pii, about}, []catalog.Rule{pii}},
		"a new policy of which nothing can be":   {nil, []catalog.Rule{about}, nil},
		"nothing is allowed beside a lost deny":  {[]catalog.Rule{edit}, []catalog.Rule{edit, look, pii, outside}, []catalog.Rule{edit, pii}},
		"nor more widely":                        {[]catalog.Rule{rule("look", "allow", "isOwner()")}, []catalog.Rule{look, outside}, []catalog.Rule{rule("look", "allow", "isOwner()")}},
		"nor in a new policy":                    {nil, []catalog.Rule{look, outside, pii}, []catalog.Rule{pii}},
		"what was denied in another way stays":   {[]catalog.Rule{look, pii}, []catalog.Rule{look, outside}, []catalog.Rule{look, pii}},
		"and where it is to be narrower":         {[]catalog.Rule{look, pii}, []catalog.Rule{look, narrow, outside}, []catalog.Rule{look, narrow, beside}},
		"with a name that is free":               {[]catalog.Rule{pii}, []catalog.Rule{narrow, rule("pii-before", "deny", ""), outside}, []catalog.Rule{narrow, rule("pii-before", "deny", ""), rule("pii-before-before", "deny", pii.Condition)}},
		"until nothing is lost":                  {[]catalog.Rule{look, narrow, beside}, []catalog.Rule{look, narrow, about}, []catalog.Rule{look, narrow, beside}},
		"not twice under two names":              {[]catalog.Rule{look, narrow, beside}, []catalog.Rule{look, pii, outside}, []catalog.Rule{look, pii, rule("pii-before-before", "deny", narrow.Condition)}},
		"but not what was allowed in another":    {[]catalog.Rule{edit, pii}, []catalog.Rule{pii, outside}, []catalog.Rule{pii}},
		"a new policy that would only be looser": {nil, []catalog.Rule{look, outside}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := stuck()
			if test.is != nil {
				p = stuck(has("p", test.is...))
			}
			d := wantingNew(catalog.Desired{Policies: []catalog.Policy{{Name: "p", Rules: test.want}}})
			plan := diff(t, d, p)
			after := carry(t, plan, p)
			var got []catalog.Rule
			for _, is := range after.Policies {
				if is.Name == "p" {
					got = slices.Clone(is.Rules)
				}
			}
			for _, rules := range [][]catalog.Rule{got, test.then} {
				slices.SortFunc(rules, func(a, b catalog.Rule) int { return strings.Compare(a.Name, b.Name) })
				for i := range rules {
					rules[i].Operations = nil
				}
			}
			if diff := cmp.Diff(test.then, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if again := diff(t, d, after); !again.Empty() {
				t.Errorf("the second run: %v", again.Lines())
			}
			code := catalog.FoundPartly
			if test.then == nil {
				code = catalog.FoundWaits
			}
			if !slices.Contains(plan.Findings, catalog.Finding{Code: code, Kind: catalog.KindPolicy, Name: "p"}) {
				t.Errorf("found %v", plan.Findings)
			}
		})
	}
}

// A role keeps a policy until the one is there that takes its place, and the policy keeps what it names.
func TestWhatIsStillNeededIsNotDeleted(t *testing.T) {
	p := stuck(has("old", rule("r", "allow", "inAnyTeam('former')")), has("gone", rule("r", "allow", "")))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("analyst"), Policies: []string{"old"}, Holders: []string{ken}})
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("above"), Type: catalog.TypeDivision}, catalog.PresentTeam{Entity: entity("former"), Type: catalog.TypeDepartment, Parents: []string{"above"}},
		catalog.PresentTeam{Entity: entity("place"), Type: catalog.TypeDivision}, catalog.PresentTeam{Entity: entity("here"), Type: catalog.TypeDepartment, Parents: []string{"place"}, Policies: []string{"gone"}})
	d := wantingNew(catalog.Desired{
		Policies: []catalog.Policy{{Name: "about", Rules: []catalog.Rule{rule("r", "allow", "inAnyTeam('new')")}}, {Name: "pii", Rules: []catalog.Rule{rule("no", "deny", "")}}},
		Roles:    []catalog.Role{{Name: "analyst", Policies: []string{"about", "pii"}, Holders: []string{ken}}},
		Teams:    []catalog.Team{{Name: "here", Type: catalog.TypeDepartment, Parents: []string{"new"}}},
	})
	plan := diff(t, d, p)
	needed := " stays because of what is not yet as it is wanted: a team stays as it is"
	want := []string{
		"create policy pii", "update role analyst: policies old → old, pii",
		"policy about is not made: a team above it, or one that it or what is tied to it needs, stays as it is", "policy gone" + needed, "policy old" + needed,
		"role analyst is not all that is wanted: a team above or below it, or one that it or what is tied to it needs, stays as it is",
		"team above" + needed, "team club stays a Group: delete it for good for it to become something else", "team former" + needed,
		"team here is not all that is wanted: a team above or below it, or one that it or what is tied to it needs, stays as it is",
		"team new is not made: a team above it, or one that it or what is tied to it needs, stays as it is", "team place" + needed,
	}
	if diff := cmp.Diff(want, plan.Lines()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	after := carry(t, plan, p)
	if again := diff(t, d, after); !again.Empty() || !after.Whole() {
		t.Errorf("the second run: %v, read whole: %t", again.Lines(), after.Whole())
	}
	after.Teams = slices.DeleteFunc(after.Teams, func(t catalog.PresentTeam) bool { return t.Name == "club" }) // by hand
	after = carry(t, diff(t, d, after), after)
	if again := diff(t, d, after); !again.Empty() || len(again.Findings) > 0 || len(after.Teams) != 4 {
		t.Errorf("without the group: %v, %v", again.Lines(), after.Teams)
	}
}

// Beside a policy whose deny cannot be there, a role or a team gets no other that allows.
func TestALostDenyHoldsBackOtherPolicies(t *testing.T) {
	d := wantingNew(catalog.Desired{
		Policies: []catalog.Policy{
			{Name: "bound", Rules: []catalog.Rule{rule("r", "deny", "!inAnyTeam('new')")}},
			{Name: "look", Rules: []catalog.Rule{rule("r", "allow", "")}},
			{Name: "pii", Rules: []catalog.Rule{rule("r", "deny", "matchAnyTag('PII.Sensitive')")}},
		},
		Roles: []catalog.Role{{Name: "reader", Policies: []string{"bound", "look"}, Holders: []string{ken}}},
		Teams: []catalog.Team{{Name: "apart", Type: catalog.TypeDivision, Policies: []string{"bound", "look", "pii"}, DefaultRoles: []string{"reader"}}},
	})
	p := stuck()
	after := carry(t, diff(t, d, p), p)
	team := after.Teams[slices.IndexFunc(after.Teams, func(t catalog.PresentTeam) bool { return t.Name == "apart" })]
	if diff := cmp.Diff([]string{"pii"}, team.Policies); diff != "" || len(team.DefaultRoles) > 0 {
		t.Errorf("the team has %v (-want +got):\n%s", team.DefaultRoles, diff)
	}
	if slices.ContainsFunc(after.Roles, func(r catalog.PresentRole) bool { return r.Name == "reader" }) {
		t.Error("the role is there without the deny")
	}
}

// A deny among a team's policies bounds what its default roles allow, and the other way round: without it
// the team gets nothing that allows, of either kind. A role that only denies it does get.
func TestALostDenyHoldsBackDefaultRolesAndPoliciesAlike(t *testing.T) {
	look, no := rule("r", "allow", ""), rule("r", "deny", "noOwner()")
	for _, team := range []catalog.Team{
		{Name: "apart", Type: catalog.TypeDivision, Policies: []string{"bound"}, DefaultRoles: []string{"reader", "not"}},
		{Name: "apart", Type: catalog.TypeDivision, Policies: []string{"look"}, DefaultRoles: []string{"bounded", "not"}},
		{Name: catalog.Organization, Type: catalog.TypeOrganization, Policies: []string{"bound"}, DefaultRoles: []string{"reader", "not"}},
		{Name: catalog.Organization, Type: catalog.TypeOrganization, Policies: []string{"look"}, DefaultRoles: []string{"bounded", "not"}},
	} {
		t.Run(strings.Join(append(team.Policies, team.Name), " "), func(t *testing.T) {
			p := stuck(has("look", look), has("no", no))
			p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("reader"), Policies: []string{"look"}},
				catalog.PresentRole{Entity: entity("bounded"), Policies: []string{"look"}}, catalog.PresentRole{Entity: entity("not"), Policies: []string{"look"}})
			p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("apart"), Type: catalog.TypeDivision})
			d := wantingNew(catalog.Desired{
				Policies: []catalog.Policy{{Name: "bound", Rules: []catalog.Rule{rule("r", "deny", "!inAnyTeam('new')")}}, {Name: "look", Rules: []catalog.Rule{look}}, {Name: "no", Rules: []catalog.Rule{no}}},
				Roles:    []catalog.Role{{Name: "reader", Policies: []string{"look"}}, {Name: "bounded", Policies: []string{"bound"}}, {Name: "not", Policies: []string{"no"}}},
				Teams:    []catalog.Team{team},
			})
			after := carry(t, diff(t, d, p), p)
			for _, is := range after.Teams {
				roles := slices.DeleteFunc(slices.Clone(is.DefaultRoles), func(name string) bool { return name == "DataConsumer" })
				if is.Name == team.Name && (slices.Contains(is.Policies, "look") || !slices.Equal(roles, []string{"not"})) {
					t.Errorf("the team has %v, %v", is.Policies, roles)
				}
			}
			if again := diff(t, d, after); !again.Empty() {
				t.Errorf("the second run: %v", again.Lines())
			}
		})
	}
}

// A deny that cannot be there bounds what a role or a team has already: none of that allows more meanwhile,
// nor denies less. What nobody has with it is done.
func TestALostDenyHoldsBackThePoliciesBesideIt(t *testing.T) {
	look, edit, no := rule("look", "allow", ""), rule("edit", "allow", "isOwner()"), rule("no", "deny", "noOwner()")
	held := []string{"edit", "no"}
	for name, test := range map[string]struct {
		role, team []string // the policies that they are wanted with
		roles      []string // the default roles of the team, before and after
		then       []string // the rules of the policy
	}{
		"of a role":                          {role: []string{"bound", "p"}, then: held},
		"of a role that is to lose it":       {role: []string{"bound"}, then: held},
		"of a team":                          {role: []string{"p"}, team: []string{"bound", "p"}, then: held},
		"of a default role of a team":        {role: []string{"p"}, team: []string{"bound"}, roles: []string{"r"}, then: held},
		"of a team with such a default role": {role: []string{"bound"}, team: []string{"p"}, roles: []string{"r"}, then: held},
		"of nothing with the deny":           {role: []string{"p"}, team: []string{"p"}, then: []string{"edit", "look"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := stuck(has("bound", edit), has("p", edit, no), has("q", edit))
			p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"p"}})
			p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("apart"), Type: catalog.TypeDivision, Policies: test.team, DefaultRoles: test.roles})
			d := wantingNew(catalog.Desired{
				Policies: []catalog.Policy{
					{Name: "bound", Rules: []catalog.Rule{edit, rule("outside", "deny", "!inAnyTeam('new')")}},
					{Name: "p", Rules: []catalog.Rule{edit, look}},
					{Name: "q", Rules: []catalog.Rule{edit, look}},
				},
				Roles: []catalog.Role{{Name: "r", Policies: test.role}},
				Teams: []catalog.Team{{Name: "apart", Type: catalog.TypeDivision, Policies: test.team, DefaultRoles: test.roles}},
			})
			plan := diff(t, d, p)
			after := carry(t, plan, p)
			rules := map[string][]string{}
			for _, is := range after.Policies {
				for _, r := range is.Rules {
					rules[is.Name] = append(rules[is.Name], r.Name)
				}
			}
			if diff := cmp.Diff(test.then, rules["p"]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !slices.Equal(rules["q"], []string{"edit", "look"}) {
				t.Errorf("what nobody has: %v", rules["q"])
			}
			partly := slices.Contains(plan.Findings, catalog.Finding{Code: catalog.FoundPartly, Kind: catalog.KindPolicy, Name: "p"})
			if partly != slices.Contains(test.then, "no") {
				t.Errorf("found %v", plan.Findings)
			}
			if again := diff(t, d, after); !again.Empty() {
				t.Errorf("the second run: %v", again.Lines())
			}
		})
	}
}

// A default role of a team gets no policy that allows while a deny of the team cannot be there.
func TestALostDenyHoldsBackWhatADefaultRoleGets(t *testing.T) {
	look := rule("look", "allow", "")
	p := stuck(has("no", rule("no", "deny", "noOwner()")))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"no"}})
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("apart"), Type: catalog.TypeDivision, DefaultRoles: []string{"r"}})
	d := wantingNew(catalog.Desired{
		Policies: []catalog.Policy{{Name: "bound", Rules: []catalog.Rule{rule("r", "deny", "!inAnyTeam('new')")}}, {Name: "look", Rules: []catalog.Rule{look}}, {Name: "no", Rules: []catalog.Rule{rule("no", "deny", "noOwner()")}}},
		Roles:    []catalog.Role{{Name: "r", Policies: []string{"look", "no"}}},
		Teams:    []catalog.Team{{Name: "apart", Type: catalog.TypeDivision, Policies: []string{"bound"}, DefaultRoles: []string{"r"}}},
	})
	for _, role := range carry(t, diff(t, d, p), p).Roles {
		if role.Name == "r" && !slices.Equal(role.Policies, []string{"no"}) {
			t.Errorf("the role has %v", role.Policies)
		}
	}
}

// Whatever stays a Group: the plan can be carried out, the next one is empty, nothing refers to what is
// not there, every deny that can be there is, and beside one that cannot no policy denies less than before,
// and no role or team allows more.
func TestFromAnyPolicyToAnyOtherWithAGroupInTheWay(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		present := stuck()
		present.Teams[len(present.Teams)-1].Name = "t1"
		for _, label := range []string{"first", "second"} {
			d := draw(r, label)
			plan, problems, err := catalog.Diff(d, present)
			if err != nil || len(problems) > 0 {
				r.Fatal(problems, err)
			}
			m := &model{present}
			m.Policies, m.Roles, m.Teams, m.Users = slices.Clone(m.Policies), slices.Clone(m.Roles), slices.Clone(m.Teams), slices.Clone(m.Users)
			for _, s := range plan.Steps {
				if err := m.apply(s); err != nil {
					r.Fatalf("%s: %v\n%v", s, err, plan.Lines())
				}
			}
			again, _, err := catalog.Diff(d, m.Present)
			if err != nil || !again.Empty() || !m.Whole() {
				r.Fatalf("the second run: %v %v, read whole: %t\nafter\n%v", again.Lines(), err, m.Whole(), plan.Lines())
			}
			bounded := map[string]bool{} // the policies of which a deny is not there
			for _, p := range d.Policies {
				for _, want := range p.Rules {
					names := append(named(want.Condition, "inAnyTeam"), named(want.Condition, "hasAnyRole")...)
					lost := slices.ContainsFunc(names, func(n string) bool { return !m.has(catalog.KindTeam, n) && !m.has(catalog.KindRole, n) })
					switch {
					case want.Effect != "deny":
					case lost:
						bounded[p.Name] = true
					case meant(d, m.Present, p.Name) && !slices.Contains(conditions(m.Present, "deny", p.Name), want.Condition):
						r.Fatalf("the deny %s of %s is not there\nafter\n%v", want.Name, p.Name, plan.Lines())
					}
				}
			}
			subset := func(what string, some, all []string) {
				for _, condition := range some {
					if !slices.Contains(all, condition) {
						r.Fatalf("beside a deny that is not there %s: %q\nafter\n%v", what, condition, plan.Lines())
					}
				}
			}
			for name := range bounded {
				subset(name+" denies no more", conditions(present, "deny", name), conditions(m.Present, "deny", name))
			}
			allows := func(name string, now, before []string) {
				if !slices.Contains(before, "") { // without a condition everything was allowed
					subset(name+" allows", now, before)
				}
			}
			for _, role := range d.Roles {
				if slices.ContainsFunc(role.Policies, func(p string) bool { return bounded[p] }) {
					allows(role.Name, ofRole(m.Present, role.Name), ofRole(present, role.Name))
				}
			}
			for _, team := range d.Teams {
				if slices.ContainsFunc(team.Policies, func(p string) bool { return bounded[p] }) {
					allows(team.Name, ofTeam(m.Present, team.Name), ofTeam(present, team.Name))
				}
			}
			present = m.Present
		}
	})
}

// meant reports whether all roles and teams that have a policy are wanted with it, by way of such a role too.
func meant(d catalog.Desired, p catalog.Present, policy string) bool {
	role := func(name string) bool { // has it, and is wanted with it
		return slices.ContainsFunc(d.Roles, func(r catalog.Role) bool { return r.Name == name && slices.Contains(r.Policies, policy) })
	}
	for _, is := range p.Roles {
		if slices.Contains(is.Policies, policy) && !role(is.Name) {
			return false
		}
	}
	for _, is := range p.Teams {
		var want catalog.Team
		for _, t := range d.Teams {
			if t.Name == is.Name {
				want = t
			}
		}
		if slices.Contains(is.Policies, policy) && !slices.Contains(want.Policies, policy) {
			return false
		}
		for _, name := range is.DefaultRoles {
			if role(name) && !slices.Contains(want.DefaultRoles, name) {
				return false
			}
		}
	}
	return true
}

// conditions are those with which policies allow or deny. What decides nothing is none of them.
func conditions(p catalog.Present, effect string, policies ...string) (out []string) {
	for _, is := range p.Policies {
		for _, r := range is.Rules {
			if slices.Contains(policies, is.Name) && r.Effect == effect && r.Name != "decides-nothing" {
				out = append(out, r.Condition)
			}
		}
	}
	return out
}

// ofRole are the conditions with which a role allows something, ofTeam those with which a team does.
func ofRole(p catalog.Present, name string) (out []string) {
	for _, is := range p.Roles {
		if is.Name == name {
			out = append(out, conditions(p, "allow", is.Policies...)...)
		}
	}
	return out
}

func ofTeam(p catalog.Present, name string) (out []string) {
	for _, is := range p.Teams {
		if is.Name == name {
			out = append(out, conditions(p, "allow", is.Policies...)...)
			for _, role := range is.DefaultRoles {
				out = append(out, ofRole(p, role)...)
			}
		}
	}
	return out
}

// An allow that has another name and says the same takes nothing away, also where nothing may be allowed more.
func TestARenamedAllowStaysBesideALostDeny(t *testing.T) {
	edit := rule("edit", "allow", "isOwner()")
	renamed := edit
	renamed.Name = "change"
	p := stuck(has("bound", edit), has("p", edit))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"bound", "p"}})
	d := wantingNew(catalog.Desired{
		Policies: []catalog.Policy{
			{Name: "bound", Rules: []catalog.Rule{edit, rule("outside", "deny", "!inAnyTeam('new')")}},
			{Name: "p", Rules: []catalog.Rule{renamed}},
		},
		Roles: []catalog.Role{{Name: "r", Policies: []string{"bound", "p"}}},
	})
	for _, is := range carry(t, diff(t, d, p), p).Policies {
		if is.Name == "p" && (len(is.Rules) != 1 || is.Rules[0].Name != "change" || is.Rules[0].Condition != edit.Condition) {
			t.Errorf("the rules are %+v", is.Rules)
		}
	}
}
