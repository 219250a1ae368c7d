package policyfile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
)

// TestWhichTeamsMayBeBelowWhich tries every type of team below every other one, by the levels that
// OpenMetadata writes down with teamType (entity/teams/team.json): a team is below one of its own
// level or a higher one, nothing is below a Group, and nothing is above the Organization.
func TestWhichTeamsMayBeBelowWhich(t *testing.T) {
	types := []string{"Organization", "BusinessUnit", "Division", "Department", "Group"}
	for below, child := range types {
		for above, parent := range types {
			if parent == "Organization" && child == "Organization" {
				continue // there is one
			}
			want := child != "Organization" && parent != "Group" && above <= below
			text := fmt.Sprintf("teams: [{name: upper, type: %s}, {name: lower, type: %s, parent: upper}]\n", parent, child)
			_, err := policyfile.Parse("policy.yaml", []byte(text))
			if (err == nil) != want {
				t.Errorf("a %s below a %s: got %v, want it taken: %t", child, parent, err, want)
			}
			if err != nil && !strings.Contains(err.Error(), "teams[1].parent:") {
				t.Errorf("a %s below a %s: got %v, which does not say where", child, parent, err)
			}
		}
	}
}
