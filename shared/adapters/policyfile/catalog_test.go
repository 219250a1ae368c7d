package policyfile_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/catalog"
)

// What is imported from a catalogue is a policy that can be read.
func TestAnImportedCatalogueIsAPolicy(t *testing.T) {
	imported := catalog.Desired{
		Teams: []catalog.Team{
			{Name: "Organization", Type: "Organization", Policies: []string{"look"}, DefaultRoles: []string{"steward"}},
			{Name: "data", Type: "Division"},
			{Name: "etl", Type: "Department", Parents: []string{"data"}, Policies: []string{"team-only"}},
		},
		Roles: []catalog.Role{{Name: "steward", Policies: []string{"look"}, Holders: []string{"aiko@example.com"}}},
		Policies: []catalog.Policy{
			{Name: "look", Rules: []catalog.Rule{{Name: "all", Effect: "allow", Operations: []string{"ViewAll"}, Resources: []string{"table", "dashboard"}, Condition: "isOwner() || matchAnyTag('Tier.Tier1')"}}},
			{Name: "team-only", Rules: []catalog.Rule{{Name: "deny", Effect: "deny", Operations: []string{"All"}, Resources: []string{"all"}, Condition: "!matchTeam()"}}},
		},
	}
	p, err := policyfile.Parse("imported.yaml", []byte(imported.PolicyFile()))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Teams) != 3 || len(p.Roles) != 1 || len(p.Policies) != 2 {
		t.Errorf("got %d teams, %d roles, %d policies", len(p.Teams), len(p.Roles), len(p.Policies))
	}
	if diff := cmp.Diff("isOwner() || matchAnyTag('Tier.Tier1')", p.Policies[0].Rules[0].Condition.String()); diff != "" {
		t.Errorf("condition (-want +got):\n%s", diff)
	}
	if got := p.Roles[0].Members[0]; got != "user:aiko@example.com" {
		t.Errorf("member %q", got)
	}
}
