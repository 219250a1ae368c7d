package slacknotify_test

import (
	"net/http"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/functions/slacknotify"
	"github.com/sekisho/sekisho/shared/domain/change"
)

// Whom a question was escalated to counts for every set, and is named among those who can decide.
func TestWhomItWasEscalatedToCanDecide(t *testing.T) {
	p := open(t)
	c := p.propose(t, func(o *change.Proposal) {
		o.Requirement.Needs[0].From = "group:gone@example.com"
		o.Requirement.Escalate = &change.Escalation{After: 3 * time.Hour, To: "user:root@example.com"}
	})
	if status := p.notify(c.ID); status != http.StatusOK {
		t.Fatal(status)
	}
	p.Clock.Advance(4 * time.Hour)
	if _, err := p.ledger.Apply(t.Context(), c.ID, change.Escalate{By: change.Actor{Kind: change.ByFunction, ID: "changesweep"}}); err != nil {
		t.Fatal(err)
	}
	if status := p.notify(c.ID); status != http.StatusOK {
		t.Fatal(status)
	}
	if p.seen("root@example.com", "nobody at present") != 0 || p.seen("root@example.com", `Needed: .*\(root@example\.com\)`) != 1 {
		t.Errorf("root, who can decide, is told %q", p.texts("root@example.com"))
	}
}

// Whom the policy does not let decide is not named among those who can, whatever set they are in.
func TestWhoIsBarredIsNotNamed(t *testing.T) {
	p := open(t)
	p.Policy = fstest.MapFS{"policy.yaml": {Data: []byte("roles: [{name: barred, policies: [p], members: [user:ken@example.com]}]\npolicies: [{name: p, rules: [{name: a, effect: deny, operations: [ApproveSettings], resources: [group]}]}]\n")}}
	p.handler = p.Build(slacknotify.Function)
	c := p.propose(t, nil) // of the owners, ken and aiko
	if status := p.notify(c.ID); status != http.StatusOK {
		t.Fatal(status)
	}
	if p.seen("aiko@example.com", `Needed: .*ken@example`) != 0 || p.seen("aiko@example.com", `Needed: .*aiko@example|必要な承認.*aiko@example`) != 1 {
		t.Errorf("aiko is told %q", p.texts("aiko@example.com"))
	}
}
