package policyfile_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/idle"
)

func TestInactivityOfBothSystems(t *testing.T) {
	p, err := policyfile.Parse("policy.yaml", []byte(`
inactivity:
  looker: {after: 180d, warn: [7d, 14d, 1d], mode: ask, channel: "#bi", embed: ignore, brake: {percent: 10, max: 50}}
  workspace:
    after: 365d
    grace: 60d
    spare: {emails: [CEO@example.com], roles: [Super Admin], groups: [exec@example.com]}
  requests:
    looker: {roles: [User, Developer], roles_for: {Admin: [group:BI@example.com], Modeller: [role:steward]}, default: User, mode: ask}
    workspace: {mode: ask, auto_for: [group:helpdesk@example.com]}
roles: [{name: steward, policies: [organization]}]
`))
	if err != nil {
		t.Fatal(err)
	}
	want := policyfile.Inactivity{
		Systems: map[string]idle.Rule{
			policyfile.LookerAccounts: {
				After: 180 * day, Warn: []time.Duration{14 * day, 7 * day, day}, Mode: change.Ask, Channel: "#bi",
				IgnoreEmbed: true, Brake: brake.Brake{Percent: 10, Max: 50},
			},
			policyfile.WorkspaceAccounts: {
				After: 365 * day, Mode: change.Report, Grace: 60 * day,
				Spare: idle.Spare{Emails: []string{"ceo@example.com"}, Roles: []string{"Super Admin"}, Groups: []string{"exec@example.com"}},
			},
		},
		Requests: map[string]idle.RequestRule{
			policyfile.LookerAccounts: {
				Roles: []string{"User", "Developer"}, Default: "User", Mode: change.Ask,
				RolesFor: map[string][]change.Selector{"Admin": {"group:bi@example.com"}, "Modeller": {"role:steward"}},
			},
			policyfile.WorkspaceAccounts: {Mode: change.Ask, AutoFor: []change.Selector{"group:helpdesk@example.com"}},
		},
	}
	if diff := cmp.Diff(want, p.Inactivity); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Every rule that the policy lets pass is one that a judge takes.
func TestRulesThatPassCanBeJudged(t *testing.T) {
	for _, text := range []string{
		"after: 1h", "after: 2d, warn: [1d]", "after: 180d, warn: [179d, 36h, 1h, 30m]", "after: 36500d, warn: [1d]",
	} {
		p, err := policyfile.Parse("policy.yaml", []byte("inactivity: {looker: {"+text+"}}\n"))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if _, err := idle.NewJudge(p.Inactivity.Systems[policyfile.LookerAccounts], idle.Directory{}, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}
