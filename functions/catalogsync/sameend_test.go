package catalogsync

import (
	"testing"

	"github.com/sekisho/sekisho/shared/domain/catalog"
)

// An update that is taken apart in another way, because a team was moved in between, is the one that was approved, as
// long as it leads to the same by way of nothing else.
func TestAnUpdateTakenApartOtherwiseIsTheSame(t *testing.T) {
	step := func(before, after string, policies ...string) catalog.Step {
		return catalog.Step{
			Verb: catalog.Update, Kind: catalog.KindTeam, Name: "t", Team: &catalog.Team{Name: "t", Policies: policies},
			Diff: []catalog.Difference{{Field: "policies", Before: before, After: after}},
		}
	}
	present := catalog.Present{Teams: []catalog.PresentTeam{
		{Entity: catalog.Entity{Name: catalog.Organization}, Type: catalog.TypeOrganization},
		{Entity: ours("t"), Type: catalog.TypeDivision, Policies: []string{"p2"}},
	}}
	approved := []catalog.Step{step("p2", ""), step("", "p1", "p1")}
	for name, test := range map[string]struct {
		now []catalog.Step
		is  bool
	}{
		"the same steps":           {approved, true},
		"by way of both":           {[]catalog.Step{step("p2", "p1, p2", "p1", "p2"), step("p1, p2", "p1", "p1")}, true},
		"at once":                  {[]catalog.Step{step("p2", "p1", "p1")}, true},
		"to another end":           {[]catalog.Step{step("p2", "p1, p2", "p1", "p2")}, false},
		"by way of something else": {[]catalog.Step{step("p2", "p1, p3", "p1", "p3"), step("p1, p3", "p1", "p1")}, false},
		"the first of them alone":  {approved[:1], true},
	} {
		todo, another, err := left(approved, catalog.Plan{Steps: test.now}, present)
		if err != nil || (another == "") != test.is || test.is && len(todo) != len(test.now) {
			t.Errorf("%s: %d of %d steps, %q, %v", name, len(todo), len(test.now), another, err)
		}
	}
}
