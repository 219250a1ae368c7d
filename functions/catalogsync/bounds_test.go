package catalogsync

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/openmetadata"
	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/change"
)

func ours(name string) catalog.Entity {
	return catalog.Entity{Name: name, Description: catalog.Mark(), UpdatedBy: "us"}
}

func onAll(name, effect, operation string) catalog.Rule {
	return catalog.Rule{Name: name, Effect: effect, Operations: []string{operation}, Resources: []string{"all"}}
}

// bounded is a role of which a deny is to be replaced by another, and what is wanted.
func bounded() (catalog.Desired, catalog.Present) {
	edit, no := onAll("edit", "allow", "EditAll"), onAll("no", "deny", "EditAll")
	p := catalog.Present{
		Policies: []catalog.PresentPolicy{{Entity: ours("edit"), Rules: []catalog.Rule{edit}}, {Entity: ours("no"), Rules: []catalog.Rule{no}}},
		Roles:    []catalog.PresentRole{{Entity: ours("r"), Policies: []string{"edit", "no"}}},
		Teams:    []catalog.PresentTeam{{Entity: catalog.Entity{Name: catalog.Organization}, Type: catalog.TypeOrganization}},
	}
	d := catalog.Desired{
		Us:       "us",
		Policies: []catalog.Policy{{Name: "edit", Rules: []catalog.Rule{edit}}, {Name: "no2", Rules: []catalog.Rule{no}}},
		Roles:    []catalog.Role{{Name: "r", Policies: []string{"edit", "no2"}}},
	}
	return d, p
}

// The removals that the brake holds are a change of their own. Approved before the additions are done, which failed or are
// in parts, they wait: the deny would go while nothing is in its place.
func TestRemovalsWaitForWhatTakesTheirPlace(t *testing.T) {
	d, p := bounded()
	plan, _, err := catalog.Diff(d, p)
	if err != nil {
		t.Fatal(err)
	}
	out, err := proposals(parse(t, "catalog: {mode: auto, brake: {max: 1}}"), plan, catalog.Present{}, 100, 1)
	if err != nil || len(out) != 2 {
		t.Fatal(len(out), err)
	}
	removals, err := stepsOf(change.Change{Detail: out[1].Detail})
	if err != nil {
		t.Fatal(err)
	}
	steps, another, err := left(removals, plan, p)
	if err != nil || another != "" || len(steps) != 1 || inUse(steps, p) == nil {
		t.Errorf("left %v, %q, %v: done though the role has it still, and nothing else", steps, another, err)
	}
	p.Roles[0].Policies = []string{"edit", "no2"}
	p.Policies = append(p.Policies, catalog.PresentPolicy{Entity: ours("no2"), Rules: d.Policies[1].Rules})
	if err := inUse(steps, p); err != nil {
		t.Errorf("when it is replaced: %v", err)
	}
	if all, _, err := left(plan.Steps, plan, p); err != nil || inUse(all, p) != nil {
		t.Errorf("all of it at once: %v, %v", err, inUse(all, p))
	}
}

// What is deleted where a step before it went wrong may be what that was to replace.
func TestNothingIsDeletedAfterAStepThatWentWrong(t *testing.T) {
	d, p := bounded()
	plan, _, err := catalog.Diff(d, p)
	if err != nil {
		t.Fatal(err)
	}
	for name, wrong := range map[string]error{"": nil, "refused": &openmetadata.Error{Code: 400, Kind: openmetadata.ErrForbidden}, "failed": errors.New("status 503")} {
		deleted := false
		err := inTurn(t.Context(), plan.Steps, p, func(s catalog.Step) error {
			if s.Kind == catalog.KindRole {
				return wrong
			}
			deleted = deleted || s.Verb == catalog.Delete
			return nil
		})
		if !errors.Is(err, wrong) || deleted != (wrong == nil) {
			t.Errorf("%q: deleted %t, %v", name, deleted, err)
		}
	}
}

// Who could not be taken out of a team is not given what the others of the team are to have, and the team gets it once
// nobody is left whom policy does not want in it.
func TestNothingIsGivenToWhoCouldNotBeTakenOut(t *testing.T) {
	edit := onAll("edit", "allow", "EditAll")
	d := catalog.Desired{
		Us: "us", Policies: []catalog.Policy{{Name: "edit", Rules: []catalog.Rule{edit}}},
		Teams: []catalog.Team{{Name: "club", Type: catalog.TypeGroup, Policies: []string{"edit"}, Members: []string{"yui@example.com"}}},
	}
	p := catalog.Present{
		Policies: []catalog.PresentPolicy{{Entity: ours("edit"), Rules: []catalog.Rule{edit}}},
		Users:    []catalog.PresentUser{{Entity: catalog.Entity{Name: "ken"}, Email: "ken@example.com"}, {Entity: catalog.Entity{Name: "yui"}, Email: "yui@example.com"}},
		Teams: []catalog.PresentTeam{
			{Entity: catalog.Entity{Name: catalog.Organization}, Type: catalog.TypeOrganization},
			{Entity: ours("club"), Type: catalog.TypeGroup, Members: []string{"ken@example.com", "yui@example.com"}},
		},
	}
	plan, wrong, err := catalog.Diff(d, p)
	if err != nil || len(wrong) > 0 {
		t.Fatal(wrong, err)
	}
	for name, refused := range map[string]error{"": nil, "refused": &openmetadata.Error{Kind: openmetadata.ErrInvalid, Final: true}} {
		given, left := false, false
		err := inTurn(t.Context(), plan.Steps, p, func(s catalog.Step) error {
			if s.Verb == catalog.Remove {
				left = true
				return refused
			}
			given = given || s.Verb == catalog.Update
			return nil
		})
		if !errors.Is(err, refused) || !left || given != (refused == nil) {
			t.Errorf("%q: taken out %t, given %t, %v, by %q", name, left, given, err, plan.Lines())
		}
	}
}

// A team was to be moved and to get something else; by now it cannot be moved: half of it is done, and it is not called
// done.
func TestAMoveThatIsNotDone(t *testing.T) {
	look, other := onAll("look", "allow", "ViewAll"), onAll("o", "allow", "EditTags")
	team := func(kind string) catalog.PresentTeam { return catalog.PresentTeam{Entity: ours("club"), Type: kind} }
	p := catalog.Present{
		Policies: []catalog.PresentPolicy{{Entity: ours("a"), Rules: []catalog.Rule{look}}, {Entity: ours("b"), Rules: []catalog.Rule{other}}},
		Teams: []catalog.PresentTeam{
			{Entity: catalog.Entity{Name: catalog.Organization}, Type: catalog.TypeOrganization},
			team(catalog.TypeDivision),
			{Entity: ours("x"), Type: catalog.TypeDepartment, Policies: []string{"a"}},
		},
	}
	d := catalog.Desired{
		Us:       "us",
		Policies: []catalog.Policy{{Name: "a", Rules: []catalog.Rule{look}}, {Name: "b", Rules: []catalog.Rule{other}}},
		Teams:    []catalog.Team{{Name: "club", Type: catalog.TypeDivision}, {Name: "x", Type: catalog.TypeDepartment, Parents: []string{"club"}, Policies: []string{"a", "b"}}},
	}
	approvedPlan, _, err := catalog.Diff(d, p)
	if err != nil {
		t.Fatal(err)
	}
	p.Teams[1] = team(catalog.TypeGroup) // meanwhile: the move was refused, the rest was done
	p.Teams[2].Policies = []string{"a", "b"}
	now, _, err := catalog.Diff(d, p)
	if err != nil {
		t.Fatal(err)
	}
	steps, another, err := left(approvedPlan.Steps, now, p)
	if another == "" {
		another = withheld(approvedPlan.Steps, now, p)
	}
	if err != nil || len(steps) == 0 && another == "" {
		t.Errorf("applied, it says (%v)", err)
	}
}

// The same where the file has another place for the team by now.
func TestAMoveElsewhere(t *testing.T) {
	look := onAll("look", "allow", "ViewAll")
	org := catalog.PresentTeam{Entity: catalog.Entity{Name: catalog.Organization}, Type: catalog.TypeOrganization}
	div := func(n string) catalog.PresentTeam {
		return catalog.PresentTeam{Entity: ours(n), Type: catalog.TypeDivision}
	}
	p := catalog.Present{
		Policies: []catalog.PresentPolicy{{Entity: ours("a"), Rules: []catalog.Rule{look}}},
		Teams:    []catalog.PresentTeam{org, div("c1"), div("c2"), {Entity: ours("x"), Type: catalog.TypeDepartment}},
	}
	d := func(parent string) catalog.Desired {
		return catalog.Desired{Us: "us", Policies: []catalog.Policy{{Name: "a", Rules: []catalog.Rule{look}}}, Teams: []catalog.Team{{Name: "c1", Type: catalog.TypeDivision}, {Name: "c2", Type: catalog.TypeDivision}, {Name: "x", Type: catalog.TypeDepartment, Parents: []string{parent}, Policies: []string{"a"}}}}
	}
	was, _, err := catalog.Diff(d("c1"), p)
	if err != nil {
		t.Fatal(err)
	}
	p.Teams[3].Policies = []string{"a"}
	now, _, err := catalog.Diff(d("c2"), p)
	if err != nil {
		t.Fatal(err)
	}
	steps, another, err := left(was.Steps, now, p)
	if another == "" {
		another = withheld(was.Steps, now, p)
	}
	if err != nil || len(steps) == 0 && another == "" {
		t.Errorf("applied, it says (%v)", err)
	}
}

// A failed deletion owes what it counted, however many are in the team by now: what others took away stays counted.
func TestWhatIsOwedHidesNothing(t *testing.T) {
	enc := func(s ...catalog.Step) json.RawMessage { b, _ := json.Marshal(s); return b }
	del := func(name string, n int) catalog.Step {
		return catalog.Step{Verb: catalog.Delete, Kind: catalog.KindTeam, Name: name, Takes: n}
	}
	c := func(state change.State, s catalog.Step) change.Change {
		return change.Change{State: state, Updated: time.Unix(9, 0), Requirement: change.Requirement{Mode: change.Auto}, Detail: enc(s), Claim: &change.Claim{Fence: 1}}
	}
	recent, err := removedLately([]change.Change{c(change.Applied, del("gone", 99)), c(change.Failed, del("etl", 1))}, time.Unix(1, 0), catalog.Plan{Steps: []catalog.Step{del("etl", 100)}})
	if recent < 100 || err != nil {
		t.Errorf("%d were taken away, want 100 (%v)", recent, err)
	}
}
