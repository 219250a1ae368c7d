package terraform_test

import (
	"os"
	"testing"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/change"
)

// Who deploys this repository as it is changes nothing in their company.
func TestThePolicyBeginsByReporting(t *testing.T) {
	policy, err := policyfile.Load(os.DirFS("policy"))
	if err != nil {
		t.Fatal(err)
	}
	if len(policy.Warnings) > 0 {
		t.Errorf("it has warnings: %v", policy.Warnings)
	}
	rules := policy.SettingsRules()
	if len(rules.General) == 0 || rules.Mode != change.Report {
		t.Errorf("%d rules in mode %q, want some in mode %q", len(rules.General), rules.Mode, change.Report)
	}
	for _, r := range append(rules.General, rules.Secure...) {
		if r.Mode != "" && r.Mode != change.Report {
			t.Errorf("the rule about %s is in mode %q", r.Field, r.Mode)
		}
	}
	if len(policy.Inactivity.Systems) > 0 || len(policy.Access) > 0 || len(policy.Connections.Services) > 0 {
		t.Error("it looks after more than settings")
	}
}
