package slackinteract_test

import (
	"context"
	"strings"
	"testing"
)

// barring lets nobody ask who has a role that bars it.
const barring = `
version: 1
access:
  - {name: logs, project: p-one, roles: [roles/logging.viewer], eligible: [user:ken@example.com], max: 2h}
  - {name: prod-write, project: p-one, roles: [roles/run.developer], eligible: [group:data@example.com], max: 2h}
roles: [{name: barred, policies: [bar], members: [user:ken@example.com]}]
policies: [{name: bar, rules: [{name: ask, effect: allow, operations: [RequestAccess], resources: [access]}, {name: bar, effect: deny, operations: [RequestAccess], resources: [access], condition: isOwner()}]}]
`

// What the policy does not let somebody ask for is in the audit, also where they choose it in the form.
func TestChoosingWhatThePolicyForbidsIsInTheAudit(t *testing.T) {
	o := asking(t, barring)
	o.command(t, "ken@example.com", "/access", "")
	before := len(o.Audit())
	if _, err := o.slack.Fill(context.Background(), "ken@example.com", "entitlement", "prod-write"); err != nil {
		t.Fatal(err)
	}
	o.Work(o.handler, "presses")
	view, _ := o.slack.Modal("ken@example.com")
	if !strings.Contains(view.Text, "policy does not let") {
		t.Fatalf("the modal says %q", view.Text)
	}
	if all := o.Audit(); len(all) != before+1 || !strings.Contains(all[len(all)-1], "access.grant prod-write") {
		t.Errorf("the audit has %q, %d entries before", all, before)
	}
}
