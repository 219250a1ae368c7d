package catalogsync

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/openmetadata"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/ports/store"
)

func parse(t *testing.T, text string) *policyfile.Policy {
	t.Helper()
	p, err := policyfile.Parse("policy.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func member(verb catalog.Verb, person string) catalog.Step {
	return catalog.Step{Verb: verb, Kind: catalog.KindMember, Name: "etl", Person: person}
}

func TestWhatIsWantedOfTheCatalogue(t *testing.T) {
	p := parse(t, `
teams:
  - {name: Harbour, type: Organization, policies: [organization], default_roles: [approver, reader]}
  - {name: data, type: Division, parent: Harbour, group: Data@example.com}
  - {name: etl, parent: data, group: etl@example.com}
roles:
  - {name: approver, policies: [approve]}
  - {name: reader, policies: [look, approve], members: ["user:ken.alias@example.com", "group:etl@example.com", "user:gone@example.com"]}
policies:
  - {name: approve, rules: [{name: r, effect: allow, operations: [ApproveCatalog], resources: [catalog]}]}
  - name: look
    rules:
      - {name: r, effect: allow, operations: [ViewAll, ReadAudit], resources: [table, audit, policy], condition: "isOwner()"}
`)
	got := desired(p.Model(), membership{
		groups: map[string][]string{"data@example.com": {"aiko@example.com"}, "etl@example.com": {"aiko@example.com", "ken@example.com"}},
		users:  map[string]string{"ken.alias@example.com": "ken@example.com"},
	})
	want := catalog.Desired{
		Policies: []catalog.Policy{{Name: "look", Rules: []catalog.Rule{{
			Name: "r", Effect: "allow", Operations: []string{"ViewAll"}, Resources: []string{"table", "policy"}, Condition: "isOwner()",
		}}}},
		Roles: []catalog.Role{{Name: "reader", Policies: []string{"look"}, Holders: []string{"aiko@example.com", "ken@example.com"}}},
		Teams: []catalog.Team{
			{Name: "Organization", Type: "Organization", Policies: []string{"OrganizationPolicy"}, DefaultRoles: []string{"reader"}},
			{Name: "data", Type: "Division", Parents: []string{"Organization"}, Members: []string{"aiko@example.com"}},
			{Name: "etl", Type: "Group", Parents: []string{"data"}, Members: []string{"aiko@example.com", "ken@example.com"}},
		},
	}
	// Policies are sorted by name in a policy, teams too; a list that is empty may be nil.
	if diff := cmp.Diff(flat(t, want), flat(t, got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func flat(t *testing.T, d catalog.Desired) string {
	t.Helper()
	text, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "[]", "null")
}

func TestATeamBelowTwoOthers(t *testing.T) {
	p := parse(t, "teams: [{name: Harbour, type: Organization}, {name: a, type: Division}, {name: c, parents: [a, Harbour]}]\n")
	got := desired(p.Model(), membership{}).Teams[2].Parents
	if diff := cmp.Diff([]string{"a", catalog.Organization}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What Sekisho takes and decides by, the catalogue can have as well.
func TestConditionsThatTheCatalogueCanHave(t *testing.T) {
	for name, text := range map[string]string{
		"a role that has only Sekisho's policies": `
teams: [{name: Organization, type: Organization, policies: [look]}]
roles: [{name: access-approver, policies: [approve], members: [user:ken@example.com]}]
policies:
  - {name: approve, rules: [{name: r, effect: allow, operations: [ApproveAccess], resources: [access]}]}
  - {name: look, rules: [{name: r, effect: allow, operations: [ViewAll], resources: [table], condition: "hasAnyRole('access-approver')"}]}
`,
		"the organization by the file's name": `
teams: [{name: Harbour, type: Organization, policies: [look]}]
policies: [{name: look, rules: [{name: r, effect: allow, operations: [ViewAll], resources: [table], condition: "inAnyTeam('Harbour')"}]}]
`,
		"a role that has the rule": `
teams: [{name: Organization, type: Organization, default_roles: [reader]}]
roles: [{name: reader, policies: [look]}]
policies: [{name: look, rules: [{name: r, effect: allow, operations: [ViewAll], resources: [table], condition: "hasAnyRole('reader')"}]}]
`,
	} {
		t.Run(name, func(t *testing.T) {
			plan, problems, err := catalog.Diff(desired(parse(t, text).Model(), membership{}), catalog.Present{
				Teams: []catalog.PresentTeam{{Entity: catalog.Entity{Name: catalog.Organization, System: true}, Type: catalog.TypeOrganization}},
			})
			if err != nil || len(problems) > 0 || plan.Empty() {
				t.Errorf("no plan: %v %v", problems, err)
			}
		})
	}
}

func TestWhatIsProposed(t *testing.T) {
	steps := []catalog.Step{member(catalog.Remove, "a@example.com"), member(catalog.Remove, "b@example.com"), member(catalog.Add, "c@example.com")}
	plan := catalog.Plan{Steps: steps}
	ask := change.DefaultRequirement()
	tests := map[string]struct {
		policy string
		recent int
		want   []string // steps, mode and people of each proposal
	}{
		"shown":                          {"catalog: {mode: report}", 0, []string{"3 report 0"}},
		"at once":                        {"catalog: {mode: auto}", 0, []string{"3 auto 0"}},
		"asked":                          {"catalog: {mode: ask}", 0, []string{"3 ask 1"}},
		"up to the brake":                {"catalog: {mode: auto, brake: {max: 2}}", 0, []string{"3 auto 0"}},
		"past the brake":                 {"catalog: {mode: auto, brake: {max: 1}}", 0, []string{"1 auto 0", "2 ask 2"}},
		"past the brake with the day":    {"catalog: {mode: auto, brake: {max: 2}}", 1, []string{"1 auto 0", "2 ask 2"}},
		"asked past the brake":           {"catalog: {mode: ask, brake: {max: 1}}", 0, []string{"3 ask 2"}},
		"shown past the brake":           {"catalog: {mode: report, brake: {max: 1}}", 0, []string{"3 report 0"}},
		"a share of what is ours is one": {"catalog: {mode: auto, brake: {percent: 10}}", 0, []string{"1 auto 0", "2 ask 2"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			out, err := proposals(parse(t, test.policy), plan, catalog.Present{}, 10, test.recent)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range out {
				people := 0
				for _, n := range p.Requirement.Needs {
					people += n.Count
				}
				steps, err := stepsOf(change.Change{Detail: p.Detail})
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, fmt.Sprintf("%d %s %d", len(steps), p.Requirement.Mode, people))
				if _, _, err := change.Propose(p, 1, time.Unix(1, 0)); err != nil {
					t.Errorf("nobody can propose it: %v", err)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if ask.Needs[0].Count != 1 {
		t.Error("the default was changed")
	}
}

// A large plan is proposed in parts, and two parts are not the same change.
func TestALargePlanIsProposedInParts(t *testing.T) {
	var plan catalog.Plan
	for i := range 2 * mostSteps {
		plan.Steps = append(plan.Steps, member(catalog.Remove, fmt.Sprintf("p%d@example.com", i)))
	}
	p := parse(t, "catalog: {mode: auto}")
	first, err := proposals(p, plan, catalog.Present{}, 10, 0)
	if err != nil {
		t.Fatal(err)
	}
	rest, err := proposals(p, catalog.Plan{Steps: plan.Steps[mostSteps:]}, catalog.Present{}, 10, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(first) != 1 || len(first[0].Diff) != mostSteps || !strings.Contains(first[0].Reason, "150 more steps") {
		t.Errorf("got %d proposals, the first with %d differences, because %q", len(first), len(first[0].Diff), first[0].Reason)
	}
	if first[0].Slot() == rest[0].Slot() {
		t.Error("both parts are the same change")
	}
}

// What the store takes of one change is bounded too, and a few steps can be large.
func TestAPlanOfLargeStepsIsProposedInParts(t *testing.T) {
	var plan catalog.Plan
	for i := range 40 {
		p := catalog.Policy{Name: fmt.Sprintf("p%02d", i)}
		for r := range 10 {
			condition := "inAnyTeam('" + strings.Repeat("department-of-things", 150) + "') && noOwner()"
			p.Rules = append(p.Rules, catalog.Rule{Name: fmt.Sprint(r), Effect: "allow", Operations: []string{"ViewAll"}, Resources: []string{"table"}, Condition: condition})
		}
		plan.Steps = append(plan.Steps, catalog.Step{Verb: catalog.Create, Kind: catalog.KindPolicy, Name: p.Name, Policy: &p})
	}
	parts := 0
	for done := 0; done < len(plan.Steps); parts++ {
		all, err := proposals(parse(t, "catalog: {mode: auto}"), catalog.Plan{Steps: plan.Steps[done:]}, catalog.Present{}, 10, 0)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(all[0])
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > store.MaxData*3/4 {
			t.Errorf("a change of %d bytes leaves no room in a record", len(text))
		}
		steps, err := stepsOf(change.Change{Detail: all[0].Detail})
		if err != nil || len(steps) == 0 {
			t.Fatalf("%d steps: %v", len(steps), err)
		}
		if done += len(steps); done < len(plan.Steps) && !strings.Contains(all[0].Reason, fmt.Sprintf("%d more steps", len(plan.Steps)-done)) {
			t.Errorf("because %q", all[0].Reason)
		}
	}
	if parts < 3 || parts > 8 {
		t.Errorf("%d parts", parts)
	}
}

// A policy of a thousand rules of which all change is one step that is kept in less than a record, shown as
// far as there is room, and known again when it is carried out.
func TestOneStepThatIsLargerThanARecord(t *testing.T) {
	rules := func(n int, effect, last string) (out []catalog.Rule) {
		for i := range n {
			condition := fmt.Sprintf("isOwner() && matchAnyTag('Tier.Tier1', 'PII.Sensitive') && inAnyTeam('department-%04d', 'division-of-sales')", i)
			out = append(out, catalog.Rule{
				Name: fmt.Sprintf("rule-of-the-house-%04d", i), Effect: effect, Condition: condition,
				Operations: []string{"EditDescription", "EditTags", "ViewBasic"}, Resources: []string{"dashboard", "table", "topic"},
			})
		}
		out[n-1].Condition = last
		return out
	}
	planned := func(is, want []catalog.Rule) catalog.Plan {
		d := catalog.Desired{Policies: []catalog.Policy{{Name: "large", Rules: want}}, Teams: []catalog.Team{{Name: "division-of-sales", Type: "Division"}}}
		p := catalog.Present{Teams: []catalog.PresentTeam{{Entity: catalog.Entity{Name: catalog.Organization, System: true}, Type: catalog.TypeOrganization}}}
		for i := range want {
			d.Teams = append(d.Teams, catalog.Team{Name: fmt.Sprintf("department-%04d", i), Type: "Department"})
		}
		for _, team := range d.Teams {
			p.Teams = append(p.Teams, catalog.PresentTeam{Entity: catalog.Entity{Name: team.Name, Description: catalog.Mark()}, Type: team.Type})
		}
		if is != nil {
			p.Policies = []catalog.PresentPolicy{{Entity: catalog.Entity{Name: "large", Description: catalog.Mark()}, Rules: is}}
		}
		plan, problems, err := catalog.Diff(d, p)
		if err != nil || len(problems) > 0 || len(plan.Steps) != 1 {
			t.Fatal(len(plan.Steps), problems, err)
		}
		return plan
	}
	p := parse(t, "catalog: {mode: auto}")
	plan := planned(rules(1000, "allow", ""), rules(1000, "deny", ""))
	out, err := proposals(p, plan, catalog.Present{}, 10, 0)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(out[0])
	if err != nil || len(text) > store.MaxData*3/4 {
		t.Errorf("a change of %d bytes leaves no room in a record: %v", len(text), err)
	}
	shown := len(out[0].Diff) - 1
	if want := fmt.Sprintf("update policy large: %d more differences than can be shown", 1000-shown); shown < 500 || out[0].Diff[shown].Field != want {
		t.Errorf("%d differences are shown, and then %q", shown, out[0].Diff[shown].Field)
	}
	approved, err := stepsOf(change.Change{Detail: out[0].Detail})
	if err != nil {
		t.Fatal(err)
	}
	todo, another, err := left(approved, plan, catalog.Present{})
	if diff := cmp.Diff(plan.Steps, todo); diff != "" || another != "" || err != nil {
		t.Errorf("%q, %v (-want +got):\n%s", another, err, diff)
	}
	// What cannot be shown tells plans apart all the same.
	other := planned(rules(1000, "allow", ""), rules(1000, "deny", "isOwner()"))
	if _, another, err = left(approved, other, catalog.Present{}); another == "" || err != nil {
		t.Errorf("another rule at the end is taken for the same: %v", err)
	}
	others, err := proposals(p, other, catalog.Present{}, 10, 0)
	if err != nil || others[0].Slot() == out[0].Slot() {
		t.Errorf("both are the same change: %v", err)
	}
	for name, test := range map[string]struct {
		plan catalog.Plan
		want int
	}{
		"an update": {plan, 0}, "a new one": {planned(nil, rules(1000, "deny", "")), 0}, "one past all bounds": {planned(nil, rules(2500, "deny", "")), 1},
	} {
		if got, err := tooLarge(test.plan); err != nil || len(got) != test.want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// Plans that do different things have different slots, or one would stand for the other.
func TestEveryStepHasASlotOfItsOwn(t *testing.T) {
	role := func(policies ...string) *catalog.Role { return &catalog.Role{Name: "x", Policies: policies} }
	policyOf := func(effect, condition string) *catalog.Policy {
		return &catalog.Policy{Name: "x", Rules: []catalog.Rule{{Name: "r", Effect: effect, Operations: []string{"All"}, Resources: []string{"table"}, Condition: condition}}}
	}
	steps := []catalog.Step{
		member(catalog.Add, "a@example.com"), member(catalog.Remove, "a@example.com"), member(catalog.Remove, "b@example.com"),
		{Verb: catalog.Add, Kind: catalog.KindHolder, Name: "etl", Person: "a@example.com"},
		{Verb: catalog.Create, Kind: catalog.KindUser, Name: "a@example.com"},
		{Verb: catalog.Create, Kind: catalog.KindRole, Name: "x", Role: role("a")},
		{Verb: catalog.Create, Kind: catalog.KindRole, Name: "x", Role: role("a", "b")},
		{Verb: catalog.Create, Kind: catalog.KindPolicy, Name: "x", Policy: policyOf("allow", "")},
		{Verb: catalog.Create, Kind: catalog.KindPolicy, Name: "x", Policy: policyOf("deny", "")},
		{Verb: catalog.Create, Kind: catalog.KindPolicy, Name: "x", Policy: policyOf("allow", "isOwner()")},
		{Verb: catalog.Create, Kind: catalog.KindTeam, Name: "x", Team: &catalog.Team{Name: "x", Type: "Group"}},
		{Verb: catalog.Create, Kind: catalog.KindTeam, Name: "x", Team: &catalog.Team{Name: "x", Type: "Group", Parents: []string{"y"}}},
		{Verb: catalog.Update, Kind: catalog.KindTeam, Name: "x", Diff: []catalog.Difference{{Field: "parent", Before: "y", After: "z"}}},
		{Verb: catalog.Delete, Kind: catalog.KindTeam, Name: "x"},
		{Verb: catalog.Delete, Kind: catalog.KindRole, Name: "x"},
	}
	seen := map[string]string{}
	for _, s := range steps {
		slot := change.Proposal{Kind: change.CatalogApply, Target: target, Diff: deltas(s)}.Slot()
		if other, twice := seen[slot]; twice {
			t.Errorf("%s and %s have the same slot", s, other)
		}
		seen[slot] = s.String()
	}
}

func TestOnlyWhatWasApprovedIsLeft(t *testing.T) {
	add, remove := member(catalog.Add, "a@example.com"), member(catalog.Remove, "b@example.com")
	update := func(after, drift string) catalog.Step {
		return catalog.Step{Verb: catalog.Update, Kind: catalog.KindTeam, Name: "etl", Drift: drift, Diff: []catalog.Difference{{Field: "parent", After: after}}}
	}
	deleted := func(people int) catalog.Step {
		return catalog.Step{Verb: catalog.Delete, Kind: catalog.KindTeam, Name: "etl", Takes: people}
	}
	tests := map[string]struct {
		approved []catalog.Step
		now      catalog.Plan
		want     int
		another  bool
	}{
		"all of it":                   {[]catalog.Step{add, remove}, catalog.Plan{Steps: []catalog.Step{add, remove}}, 2, false},
		"half of it is done":          {[]catalog.Step{add, remove}, catalog.Plan{Steps: []catalog.Step{remove}}, 1, false},
		"all of it is done":           {[]catalog.Step{add}, catalog.Plan{}, 0, false},
		"more is wanted by now":       {[]catalog.Step{add}, catalog.Plan{Steps: []catalog.Step{add, remove}}, 1, false},
		"who changed it is no matter": {[]catalog.Step{update("x", "")}, catalog.Plan{Steps: []catalog.Step{update("x", "ken")}}, 1, false},
		"another value":               {[]catalog.Step{update("x", "")}, catalog.Plan{Steps: []catalog.Step{update("y", "")}}, 0, true},
		"the opposite":                {[]catalog.Step{add}, catalog.Plan{Steps: []catalog.Step{member(catalog.Remove, "a@example.com")}}, 0, true},
		"it became somebody else's": {
			[]catalog.Step{update("x", "")}, catalog.Plan{Findings: []catalog.Finding{{Code: catalog.FoundStranger, Kind: catalog.KindTeam, Name: "etl"}}}, 0, true,
		},
		"it stays a group": {
			[]catalog.Step{update("x", "")},
			catalog.Plan{Steps: []catalog.Step{update("x", "")}, Findings: []catalog.Finding{{Code: catalog.FoundGroup, Kind: catalog.KindTeam, Name: "etl"}}},
			1, false,
		},
		"what can be done of it is done": {
			[]catalog.Step{update("x", "")},
			catalog.Plan{Findings: []catalog.Finding{{Code: catalog.FoundPartly, Kind: catalog.KindTeam, Name: "etl"}}},
			0, false,
		},
		"a team that more people are in by now": {[]catalog.Step{deleted(2)}, catalog.Plan{Steps: []catalog.Step{deleted(3)}}, 1, false},
		"it loses what it has, and stays where it is": {
			[]catalog.Step{update("", ""), remove}, catalog.Plan{Steps: []catalog.Step{remove}, Findings: []catalog.Finding{{Code: catalog.FoundBelow, Kind: catalog.KindTeam, Name: "etl"}}}, 1, false,
		},
		"it was to be deleted, and somebody has put a team below it": {
			[]catalog.Step{deleted(2)}, catalog.Plan{Findings: []catalog.Finding{{Code: catalog.FoundBelow, Kind: catalog.KindTeam, Name: "etl"}}}, 0, true,
		},
		"it cannot be made by now": {
			[]catalog.Step{update("x", "")},
			catalog.Plan{Findings: []catalog.Finding{{Code: catalog.FoundWaits, Kind: catalog.KindTeam, Name: "etl"}}},
			0, true,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, another, err := left(test.approved, test.now, catalog.Present{})
			if err != nil || len(got) != test.want || (another != "") != test.another {
				t.Errorf("got %v, %q, %v", got, another, err)
			}
		})
	}
}

// An update in two halves is done when the other half is: that leaves nothing of the first to be seen, and is no other
// plan.
func TestBothHalvesOfAnUpdateAreDone(t *testing.T) {
	half := func(before, after string, policies ...string) catalog.Step {
		return catalog.Step{Verb: catalog.Update, Kind: catalog.KindRole, Name: "r", Diff: []catalog.Difference{{Field: "policies", Before: before, After: after}}, Role: &catalog.Role{Name: "r", Policies: policies}}
	}
	take, give := half("a, b", "b", "b"), half("b", "b, c", "b", "c")
	now := catalog.Plan{Findings: []catalog.Finding{{Code: catalog.FoundPartly, Kind: catalog.KindRole, Name: "r"}}}
	of := func(policies ...string) catalog.Present {
		return catalog.Present{Roles: []catalog.PresentRole{{Entity: catalog.Entity{Name: "r"}, Policies: policies}}}
	}
	approved := []catalog.Step{take, give}
	if steps, another, err := left(approved, now, of("b", "c")); err != nil || len(steps) > 0 || another != "" || withheld(approved, now, of("b", "c")) != "" {
		t.Errorf("when both are done: %v, %q, %q, %v", steps, another, withheld(approved, now, of("b", "c")), err)
	}
	if withheld(approved, now, of("b")) == "" {
		t.Error("the second half is not done, and nothing is said")
	}
	more := half("b, c", "b, c, d", "b", "c", "d")
	if _, another, err := left(approved, catalog.Plan{Steps: []catalog.Step{more}}, of("b", "c")); err != nil || another != "" {
		t.Errorf("more is wanted by now: %q, %v", another, err)
	}
}

// What was approved and cannot be done as a whole by now is not done because nothing of it is left to do.
func TestWhatIsWithheldIsNotDone(t *testing.T) {
	rule := func(name string) catalog.Rule {
		return catalog.Rule{Name: name, Effect: "allow", Operations: []string{"ViewAll"}, Resources: []string{"all"}}
	}
	update := catalog.Step{Verb: catalog.Update, Kind: catalog.KindPolicy, Name: "p", Policy: &catalog.Policy{Name: "p", Rules: []catalog.Rule{rule("a"), rule("b")}}}
	role := catalog.Step{Verb: catalog.Update, Kind: catalog.KindRole, Name: "p", Role: &catalog.Role{Name: "p", Policies: []string{"p", "q"}}}
	team := catalog.Step{Verb: catalog.Update, Kind: catalog.KindTeam, Name: "p", Team: &catalog.Team{Name: "p", Type: "Division", Policies: []string{"p"}}, Diff: []catalog.Difference{{Field: "parents", Before: "q"}}}
	partly := func(k catalog.Kind) catalog.Plan {
		return catalog.Plan{Findings: []catalog.Finding{{Code: catalog.FoundPartly, Kind: k, Name: "p"}}}
	}
	of := catalog.Entity{Name: "p"}
	has := func(rules ...catalog.Rule) catalog.Present {
		return catalog.Present{Policies: []catalog.PresentPolicy{{Entity: of, Rules: rules}}}
	}
	for name, test := range map[string]struct {
		approved catalog.Step
		now      catalog.Plan
		present  catalog.Present
		withheld bool
	}{
		"the rules are there":     {update, partly(catalog.KindPolicy), has(rule("b"), rule("a")), false},
		"a rule is not":           {update, partly(catalog.KindPolicy), has(rule("a")), true},
		"another policy":          {update, partly(catalog.KindRole), has(rule("a")), false},
		"it is still to be done":  {update, catalog.Plan{Steps: []catalog.Step{update}, Findings: partly(catalog.KindPolicy).Findings}, has(rule("a")), false},
		"it was made":             {catalog.Step{Verb: catalog.Create, Kind: catalog.KindPolicy, Name: "p", Policy: update.Policy}, partly(catalog.KindPolicy), has(rule("a")), false},
		"the role has them":       {role, partly(catalog.KindRole), catalog.Present{Roles: []catalog.PresentRole{{Entity: of, Policies: []string{"q", "p"}}}}, false},
		"the role has one":        {role, partly(catalog.KindRole), catalog.Present{Roles: []catalog.PresentRole{{Entity: of, Policies: []string{"p"}}}}, true},
		"the team is as approved": {team, partly(catalog.KindTeam), catalog.Present{Teams: []catalog.PresentTeam{{Entity: of, Type: "Division", Policies: []string{"p"}}}}, false},
		"the team is elsewhere":   {team, partly(catalog.KindTeam), catalog.Present{Teams: []catalog.PresentTeam{{Entity: of, Type: "Division", Policies: []string{"p"}, Parents: []string{"q"}}}}, true},
		"it has since more":       {team, partly(catalog.KindTeam), catalog.Present{Teams: []catalog.PresentTeam{{Entity: of, Type: "Division", Policies: []string{"p", "r"}}}}, false},
		"a member":                {catalog.Step{Verb: catalog.Add, Kind: catalog.KindMember, Name: "p", Person: "a@example.com"}, partly(catalog.KindTeam), catalog.Present{}, false},
	} {
		if got := withheld([]catalog.Step{test.approved}, test.now, test.present); (got != "") != test.withheld {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestOnlyWhatHappenedByItselfLatelyCounts(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	detail, err := json.Marshal([]catalog.Step{member(catalog.Remove, "a@example.com"), member(catalog.Add, "b@example.com")})
	if err != nil {
		t.Fatal(err)
	}
	c := func(s change.State, m change.Mode, at time.Time) change.Change {
		return change.Change{State: s, Updated: at, Requirement: change.Requirement{Mode: m}, Detail: detail, Claim: &change.Claim{Fence: 1}}
	}
	left := catalog.Plan{Steps: []catalog.Step{member(catalog.Remove, "a@example.com")}}
	unclaimed := c(change.Withdrawn, change.Auto, now)
	unclaimed.Claim = nil
	for name, test := range map[string]struct {
		changes []change.Change
		left    catalog.Plan
		want    int
	}{
		"by itself, within a day": {[]change.Change{c(change.Applied, change.Auto, now)}, left, 1},
		"long ago":                {[]change.Change{c(change.Applied, change.Auto, now.Add(-25*time.Hour))}, catalog.Plan{}, 0},
		"by people":               {[]change.Change{c(change.Applied, change.Ask, now)}, catalog.Plan{}, 0},
		"failed before it":        {[]change.Change{c(change.Failed, change.Auto, now)}, left, 0},
		"failed after it":         {[]change.Change{c(change.Failed, change.Auto, now)}, catalog.Plan{}, 1},
		"withdrawn after it":      {[]change.Change{c(change.Withdrawn, change.Auto, now)}, catalog.Plan{}, 1},
		"never begun":             {[]change.Change{unclaimed}, catalog.Plan{}, 0},
	} {
		if got, err := removedLately(test.changes, now.Add(-24*time.Hour), test.left); err != nil || got != test.want {
			t.Errorf("%s: got %d, %v, want %d", name, got, err, test.want)
		}
	}
}

// One step that is refused for good says nothing about the next; a catalogue that takes none is left alone.
func TestHowLongStepsAreTried(t *testing.T) {
	refused := &openmetadata.Error{Kind: openmetadata.ErrInvalid, Final: true, Message: "refused"}
	forbidden := &openmetadata.Error{Kind: openmetadata.ErrForbidden, Final: true, Message: "forbidden"}
	broken := &openmetadata.Error{Code: 500, Message: "broken"}
	busy := &openmetadata.Error{Kind: openmetadata.ErrQuota, Wait: time.Minute, Message: "busy"}
	for name, test := range map[string]struct {
		errs  []error // of the first steps
		tried int
		want  error
	}{
		"all is well":             {nil, 20, nil},
		"many are refused":        {[]error{refused, refused, refused, refused, refused, refused, refused}, 20, refused},
		"the token may not":       {[]error{forbidden, forbidden, forbidden, forbidden, forbidden}, mostErrors, forbidden},
		"it is broken":            {[]error{nil, broken, broken, broken, broken, broken}, mostErrors + 1, broken},
		"the first one counts":    {[]error{broken, refused}, 20, broken},
		"it wants to be left be":  {[]error{nil, refused, busy}, 3, refused},
		"refused and then broken": {[]error{refused, broken, broken, broken, broken}, 20, refused},
	} {
		t.Run(name, func(t *testing.T) {
			tried := 0
			err := inTurn(t.Context(), make([]catalog.Step, 20), catalog.Present{}, func(catalog.Step) error {
				tried++
				if tried <= len(test.errs) {
					return test.errs[tried-1]
				}
				return nil
			})
			if tried != test.tried || !errors.Is(err, test.want) {
				t.Errorf("%d tried, %v", tried, err)
			}
		})
	}
}
