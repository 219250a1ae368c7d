package catalog_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/domain/catalog"
)

// situation is one in which a rule may hold: somebody does something who is in no team, but perhaps in gone, or has
// the role old.
type situation struct {
	operation, resource string
	owner               bool
	has                 string
}

func (s situation) holds(condition string) bool {
	for part := range strings.SplitSeq(condition, " && ") {
		if !map[string]bool{"": true, "isOwner()": s.owner, "noOwner()": !s.owner, "!inAnyTeam('new')": true, "inAnyTeam('gone')": s.has == "gone", "hasAnyRole('old')": s.has == "old"}[part] {
			return false
		}
	}
	return true
}

func (s situation) matches(r catalog.Rule) bool {
	return s.holds(r.Condition) && (slices.Contains(r.Resources, "all") || slices.Contains(r.Resources, s.resource)) &&
		slices.ContainsFunc(r.Operations, func(o string) bool {
			return o == "All" || o == s.operation || strings.HasSuffix(o, "All") && strings.HasPrefix(s.operation, o[:4])
		})
}

// allowed reports whether rules allow something: one does, and none denies it.
func (s situation) allowed(rules []catalog.Rule) bool {
	allowed := false
	for _, r := range rules {
		if s.matches(r) {
			if r.Effect == "deny" {
				return false
			}
			allowed = true
		}
	}
	return allowed
}

func situations() (out []situation) {
	for _, operation := range []string{"ViewBasic", "ViewUsage", "EditTags", "EditLineage", "Delete"} {
		for _, resource := range []string{"table", "topic"} {
			out = append(out, situation{operation: operation, resource: resource}, situation{operation: operation, resource: resource, owner: true})
		}
	}
	return out
}

// rulesOfRole are those of a role's policies, rulesOfTeam those of a team's policies and default roles.
func rulesOfRole(p catalog.Present, name string) (out []catalog.Rule) {
	for _, role := range p.Roles {
		if role.Name == name {
			out = append(out, rulesOf(p, role.Policies)...)
		}
	}
	return out
}

func rulesOfTeam(p catalog.Present, name string) (out []catalog.Rule) {
	for _, team := range p.Teams {
		if team.Name == name {
			out = append(out, rulesOf(p, team.Policies)...)
			for _, role := range team.DefaultRoles {
				out = append(out, rulesOfRole(p, role)...)
			}
		}
	}
	return out
}

func rulesOf(p catalog.Present, policies []string) (out []catalog.Rule) {
	for _, is := range p.Policies {
		if slices.Contains(policies, is.Name) {
			out = append(out, is.Rules...)
		}
	}
	return out
}

// asWanted is a catalogue in which everything is as it is wanted.
func asWanted(d catalog.Desired) (p catalog.Present) {
	for _, want := range d.Policies {
		p.Policies = append(p.Policies, has(want.Name, want.Rules...))
	}
	for _, want := range d.Roles {
		p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity(want.Name), Policies: want.Policies})
	}
	for _, want := range d.Teams {
		p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity(want.Name), Policies: want.Policies, DefaultRoles: want.DefaultRoles})
	}
	return p
}

// drawRules draws one to three rules.
func drawRules(r *rapid.T, label string, conditions []string) (out []catalog.Rule) {
	for _, name := range []string{"a", "b", "c"}[:rapid.IntRange(1, 3).Draw(r, label+" rules")] {
		some := func(what string, of ...string) []string {
			return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 1, 2, rapid.ID).Draw(r, label+name+" "+what)
		}
		rule := catalog.Rule{
			Name: name, Effect: rapid.SampledFrom([]string{"allow", "allow", "deny"}).Draw(r, label+name+" effect"),
			Operations: some("operations", "ViewBasic", "ViewAll", "EditTags", "EditAll", "Delete", "All"), Resources: some("resources", "table", "topic", "all"),
			Condition: rapid.SampledFrom(conditions).Draw(r, label+name+" condition"),
		}
		if slices.Contains(rule.Resources, "all") {
			rule.Resources = []string{"all"}
		}
		out = append(out, rule)
	}
	return out
}

func drawKnot(r *rapid.T, label string, conditions []string) catalog.Desired {
	policies := []string{"p1", "p2", "p3"}
	some := func(of []string, least int, what string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(of), least, len(of), rapid.ID).Draw(r, label+what)
	}
	d := catalog.Desired{Us: us}
	for _, p := range policies {
		d.Policies = append(d.Policies, catalog.Policy{Name: p, Rules: drawRules(r, label+p, conditions)})
	}
	for _, role := range []string{"r1", "r2"} {
		d.Roles = append(d.Roles, catalog.Role{Name: role, Policies: some(policies, 1, role)})
	}
	d.Teams = []catalog.Team{{Name: "t", Type: catalog.TypeDivision, Policies: some(policies, 0, "policies of t"), DefaultRoles: some([]string{"r1", "r2"}, 0, "roles of t")}}
	return d
}

// While a team that rules name cannot be there: of what a role or a team allows, nothing comes that the
// whole of what is wanted does not allow, and nothing goes that was allowed and is wanted.
func TestInAKnotNobodyGainsAndNobodyLoses(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		plain := []string{"", "isOwner()", "noOwner()"}
		before := carried(r, drawKnot(r, "is ", plain), begin())
		before.Teams = append(before.Teams, catalog.PresentTeam{Entity: entity("club"), Type: catalog.TypeGroup})
		d := wantingNew(drawKnot(r, "want ", append(plain, "inAnyTeam('new')", "!inAnyTeam('new')")))
		after := carried(r, d, before)
		check := func(name string, rules func(catalog.Present, string) []catalog.Rule) {
			was, is, want := rules(before, name), rules(after, name), rules(asWanted(d), name)
			for _, s := range situations() {
				if before, now, then := s.allowed(was), s.allowed(is), s.allowed(want); now && !before && !then || before && then && !now {
					r.Fatalf("%s, allowed before %t, now %t, wanted %t: %+v\nwas %v\nis %v\nwanted %v", name, before, now, then, s, was, is, want)
				}
			}
		}
		check("r1", rulesOfRole)
		check("r2", rulesOfRole)
		check("t", rulesOfTeam)
		if plan, _, err := catalog.Diff(d, after); err != nil || !plan.Empty() {
			r.Fatalf("the second run: %v, %v", plan.Lines(), err)
		}
	})
}

// What nobody wants any more stays where something refers to it that waits. Its people gain nothing by what is done
// for others meanwhile.
func TestWhatNobodyWantsGainsNothing(t *testing.T) {
	stayed := 0
	rapid.Check(t, func(r *rapid.T) {
		old := drawKnot(r, "is ", []string{"", "isOwner()", "inAnyTeam('gone')", "hasAnyRole('old')"})
		some := func(of []string, least int, what string) []string {
			return rapid.SliceOfNDistinct(rapid.SampledFrom(of), least, len(of), rapid.ID).Draw(r, what)
		}
		policies := []string{"p1", "p2", "p3"}
		old.Roles = append(old.Roles, catalog.Role{Name: "old", Policies: some(policies, 1, "policies of old")})
		old.Teams = append(old.Teams, catalog.Team{Name: "gone", Type: catalog.TypeDivision, Policies: some(policies, 0, "policies of gone"), DefaultRoles: some([]string{"r1", "r2", "old"}, 0, "roles of gone")})
		old.Teams[0].DefaultRoles = some([]string{"r1", "r2", "old"}, 0, "roles of t, old too")
		before := carried(r, old, begin())
		before.Teams = append(before.Teams, catalog.PresentTeam{Entity: entity("club"), Type: catalog.TypeGroup})
		after := carried(r, wantingNew(drawKnot(r, "want ", []string{"", "isOwner()", "noOwner()", "inAnyTeam('new')", "!inAnyTeam('new')"})), before)
		check := func(has string, was, is []catalog.Rule) {
			for _, s := range situations() {
				if s.has = has; s.allowed(is) && !s.allowed(was) {
					r.Fatalf("%s gains %+v\nwas %v\nis %v", has, s, was, is)
				}
			}
		}
		if len(rulesOfRole(after, "old")) > 0 {
			stayed++
			check("old", rulesOfRole(before, "old"), rulesOfRole(after, "old"))
		}
		if slices.ContainsFunc(after.Teams, func(t catalog.PresentTeam) bool { return t.Name == "gone" }) {
			stayed++
			check("gone", rulesOfTeam(before, "gone"), rulesOfTeam(after, "gone"))
		}
	})
	if stayed == 0 {
		t.Error("nothing has stayed")
	}
}

// carried returns a catalogue after everything was done that is to be.
func carried(r *rapid.T, d catalog.Desired, p catalog.Present) catalog.Present {
	plan, problems, err := catalog.Diff(d, p)
	if err != nil || len(problems) > 0 {
		r.Fatal(problems, err)
	}
	m := &model{p}
	m.Policies, m.Roles, m.Teams, m.Users = slices.Clone(m.Policies), slices.Clone(m.Roles), slices.Clone(m.Teams), slices.Clone(m.Users)
	for _, s := range plan.Steps {
		if err := m.apply(s); err != nil {
			r.Fatalf("%s: %v\nof\n%v", s, err, plan.Lines())
		}
	}
	for _, role := range m.Roles {
		if role.Ours() && len(role.Policies) == 0 {
			r.Fatalf("role %s has no policy\nafter\n%v", role.Name, plan.Lines())
		}
	}
	if !m.Whole() {
		r.Fatalf("something refers to what is not there\nafter\n%v", plan.Lines())
	}
	return m.Present
}

// Whatever others have made of teams, policies and roles meanwhile: the plan can be carried out, and the next
// one is empty.
func TestFromAnyPolicyToAnyOtherAmongOthers(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		present := stuck()
		present.Teams[len(present.Teams)-1].Name = "t1"
		for _, label := range []string{"first ", "second ", "third "} {
			strange := func(e *catalog.Entity) {
				if !e.System && rapid.IntRange(0, 5).Draw(r, label+e.Name+" is somebody else's") == 0 {
					e.Description = "by hand"
				}
			}
			above := func(name string) bool {
				return slices.ContainsFunc(present.Teams, func(t catalog.PresentTeam) bool { return slices.Contains(t.Parents, name) })
			}
			for i := range present.Teams {
				is := &present.Teams[i]
				if strange(&is.Entity); !is.System && !above(is.Name) && rapid.Bool().Draw(r, label+is.Name+" becomes a group") {
					is.Type = catalog.TypeGroup
				}
			}
			for i := range present.Policies {
				is := &present.Policies[i]
				strange(&is.Entity)
				is.Disabled = is.Disabled || is.Ours() && rapid.IntRange(0, 3).Draw(r, label+is.Name+" is switched off") == 0
			}
			for i := range present.Roles {
				strange(&present.Roles[i].Entity)
			}
			if gone := rapid.SampledFrom([]string{"", "", "t1", "t2", "t3", "t4"}).Draw(r, label+"deleted by hand"); !above(gone) {
				present.Teams = slices.DeleteFunc(slices.Clone(present.Teams), func(t catalog.PresentTeam) bool { return t.Name == gone })
			}
			d := draw(r, label)
			present = carried(r, d, present)
			if again, problems, err := catalog.Diff(d, present); err != nil || len(problems) > 0 || !again.Empty() {
				r.Fatalf("the second run: %v %v %v", again.Lines(), problems, err)
			}
		}
	})
}

// A role keeps a policy until another can come in its place. That one is not made wider for others meanwhile,
// for those who have the role would have that too.
func TestWhatARoleOnlyKeepsStaysAsItIs(t *testing.T) {
	look, all := rule("look", "allow", ""), catalog.Rule{Name: "all", Effect: "allow", Operations: []string{"All"}, Resources: []string{"all"}}
	p := stuck(has("p", look))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"p"}})
	d := wantingNew(catalog.Desired{
		Policies: []catalog.Policy{{Name: "p", Rules: []catalog.Rule{look, all}}, {Name: "q", Rules: []catalog.Rule{rule("new", "allow", "inAnyTeam('new')")}}},
		Roles:    []catalog.Role{{Name: "r", Policies: []string{"q"}}, {Name: "steward", Policies: []string{"p"}}},
	})
	after := carry(t, diff(t, d, p), p)
	if diff := cmp.Diff([]catalog.Rule{look}, rulesOfRole(after, "r")); diff != "" {
		t.Errorf("the role allows (-want +got):\n%s", diff)
	}
}

// Rules that become one, or another with another name, do not go before that one can come.
func TestRulesStayUntilWhatTheyBecomeIsThere(t *testing.T) {
	can := func(name, condition string, operations ...string) catalog.Rule {
		return catalog.Rule{Name: name, Effect: "allow", Operations: operations, Resources: []string{"table"}, Condition: condition}
	}
	for name, rules := range map[string][2][]catalog.Rule{
		"merged":  {{can("tags", "isOwner()", "EditTags"), can("view", "", "ViewBasic")}, {can("view", "", "EditTags", "ViewBasic")}},
		"renamed": {{can("edit", "isOwner()", "EditTags")}, {can("change", "isOwner() || isReviewer()", "EditTags")}},
	} {
		t.Run(name, func(t *testing.T) {
			p := stuck(has("p", rules[0]...))
			p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"p"}})
			d := wantingNew(catalog.Desired{
				Policies: []catalog.Policy{{Name: "p", Rules: append(rules[1], rule("outside", "deny", "!inAnyTeam('new')"))}},
				Roles:    []catalog.Role{{Name: "r", Policies: []string{"p"}}},
			})
			if diff := cmp.Diff(rules[0], rulesOfRole(carry(t, diff(t, d, p), p), "r")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	// What several rules allow together is no wider as one.
	p := stuck(has("p", can("tags", "", "EditTags"), can("view", "", "ViewBasic")))
	d := wantingNew(catalog.Desired{Policies: []catalog.Policy{{Name: "p", Rules: []catalog.Rule{can("both", "", "EditTags", "ViewBasic"), rule("outside", "deny", "!inAnyTeam('new')")}}}})
	after := carry(t, diff(t, d, p), p)
	if got := rulesOf(after, []string{"p"}); len(got) != 1 || got[0].Name != "both" {
		t.Errorf("the rules are %+v", got)
	}
}

// What is somebody else's under a name that is wanted may be anything: it is attached to nothing in a knot.
func TestWhatIsSomebodyElsesComesIntoNoKnot(t *testing.T) {
	theirs := has("no", rule("all", "allow", ""))
	theirs.Description = "by hand"
	edit := rule("edit", "allow", "isOwner()")
	p := stuck(theirs, has("bound", edit))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"bound"}})
	d := wantingNew(catalog.Desired{
		Policies: []catalog.Policy{{Name: "no", Rules: []catalog.Rule{rule("no", "deny", "noOwner()")}}, {Name: "bound", Rules: []catalog.Rule{edit, rule("outside", "deny", "!inAnyTeam('new')")}}},
		Roles:    []catalog.Role{{Name: "r", Policies: []string{"no", "bound"}}},
	})
	if diff := cmp.Diff([]catalog.Rule{edit}, rulesOfRole(carry(t, diff(t, d, p), p), "r")); diff != "" {
		t.Errorf("the role allows (-want +got):\n%s", diff)
	}
}

// A role of which only what decides nothing is wanted loses the rest at once: nothing comes in its place.
func TestWhatDecidesNothingTakesNoPlace(t *testing.T) {
	p := stuck(has("look", rule("look", "allow", "")))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"look"}})
	p.Teams = append(p.Teams, catalog.PresentTeam{Entity: entity("apart"), Type: catalog.TypeDivision, DefaultRoles: []string{"r"}})
	d := wantingNew(catalog.Desired{
		Policies: []catalog.Policy{
			{Name: "bound", Rules: []catalog.Rule{rule("b", "deny", "!inAnyTeam('new')"), rule("s", "deny", "!hasAnyRole('r')")}},
			{Name: "approve", Rules: []catalog.Rule{{Name: "own", Effect: "allow", Operations: []string{"ApproveAccess"}, Resources: []string{"access"}}}},
		},
		Roles: []catalog.Role{{Name: "r", Policies: []string{"approve"}}},
		Teams: []catalog.Team{{Name: "apart", Type: catalog.TypeDivision, Policies: []string{"bound"}, DefaultRoles: []string{"r"}}},
	}).ForCatalog([]string{"ApproveAccess"}, []string{"access"}, nil, nil)
	after := carry(t, diff(t, d, p), p)
	for _, is := range after.Roles {
		if is.Name == "r" && !slices.Equal(is.Policies, []string{"approve"}) {
			t.Errorf("the role has %v", is.Policies)
		}
	}
}

// A policy that somebody has switched off is not switched on without all that it is to deny, and as it stays off,
// nothing that allows goes for it.
func TestAPolicyInAKnotStaysSwitchedOff(t *testing.T) {
	look := rule("look", "allow", "")
	bound := has("bound", look)
	bound.Disabled = true
	p := stuck(bound, has("look", look))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("r"), Policies: []string{"bound", "look"}})
	d := wantingNew(catalog.Desired{
		Policies: []catalog.Policy{{Name: "bound", Rules: []catalog.Rule{look, rule("pii", "deny", "noOwner()"), rule("b", "deny", "!inAnyTeam('new')")}}},
		Roles:    []catalog.Role{{Name: "r", Policies: []string{"bound"}}},
	})
	plan := diff(t, d, p)
	if !plan.Empty() || !slices.Contains(plan.Findings, catalog.Finding{Code: catalog.FoundPartly, Kind: catalog.KindPolicy, Name: "bound"}) {
		t.Errorf("the plan: %v", plan.Lines())
	}
}

// The organization loses what is not wanted of it too, whether the file names what every catalogue has there or not.
func TestTheOrganizationLosesTheRestInAKnot(t *testing.T) {
	edit := rule("edit", "allow", "isOwner()")
	for _, theirs := range [][]string{nil, {"OrganizationPolicy"}} {
		p := stuck(has("bound", edit), has("look", rule("look", "allow", "")))
		p.Teams[0].Policies = []string{"OrganizationPolicy", "bound", "look"}
		d := wantingNew(catalog.Desired{
			Policies: []catalog.Policy{{Name: "bound", Rules: []catalog.Rule{edit, rule("b", "deny", "!inAnyTeam('new')")}}},
			Teams:    []catalog.Team{{Name: catalog.Organization, Type: catalog.TypeOrganization, Policies: append(theirs, "bound")}},
		})
		after := carry(t, diff(t, d, p), p)
		if diff := cmp.Diff([]string{"OrganizationPolicy", "bound"}, after.Teams[0].Policies); diff != "" {
			t.Errorf("with %v wanted (-want +got):\n%s", theirs, diff)
		}
	}
}

// A role that can have no policy yet is not made.
func TestARoleInAKnotIsNotMadeWithoutAPolicy(t *testing.T) {
	p := stuck(has("p", rule("a", "allow", ""), rule("d", "deny", "inAnyTeam('gone')")), has("bound", rule("e", "allow", "isOwner()")))
	p.Roles = append(p.Roles, catalog.PresentRole{Entity: entity("s"), Policies: []string{"p", "bound"}})
	d := wantingNew(catalog.Desired{
		Policies: []catalog.Policy{{Name: "p", Rules: []catalog.Rule{rule("no", "deny", "noOwner()")}}, {Name: "bound", Rules: []catalog.Rule{rule("e", "allow", "isOwner()"), rule("o", "deny", "!inAnyTeam('new')")}}},
		Roles:    []catalog.Role{{Name: "r", Policies: []string{"p", "bound"}}, {Name: "s", Policies: []string{"p", "bound"}}},
	})
	plan := diff(t, d, p)
	carry(t, plan, p)
	if !slices.Contains(plan.Findings, catalog.Finding{Code: catalog.FoundWaits, Kind: catalog.KindRole, Name: "r"}) {
		t.Errorf("the plan: %v", plan.Lines())
	}
}
