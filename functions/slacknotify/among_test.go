package slacknotify_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/functions/slacknotify"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
	simslack "github.com/sekisho/sekisho/shared/sim/slack"
	"github.com/sekisho/sekisho/shared/state/mirror"
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

// Where more may decide than are looked up, the message says neither that nobody can nor how many, and the channel
// is asked too.
func TestMoreThanAreLookedUpMayDecide(t *testing.T) {
	for name, suspended := range map[string]int{"all could": 0, "few are found": 290, "none is found": 320} {
		t.Run(name, func(t *testing.T) {
			p := open(t)
			p.Policy = fstest.MapFS{"policy.yaml": {Data: []byte("roles: [{name: lead, policies: [p], members: [group:leads@example.com]}]\npolicies: [{name: p, rules: [{name: a, effect: allow, operations: [ApproveSettings], resources: [group]}]}]\n")}}
			leads := group.Snapshot{Group: group.Group{ID: "leads", Email: "leads@example.com"}, Read: p.Clock.Now()}
			var people []group.Person
			for i := range 350 {
				x := group.Person{ID: fmt.Sprintf("x%03d", i), Email: fmt.Sprintf("x%03d@example.com", i), Suspended: i < suspended}
				people = append(people, x)
				p.slack.AddPerson(simslack.Person{Email: x.Email})
				leads.Members = append(leads.Members, group.Member{ID: x.ID, Email: x.Email, Type: group.User, Role: group.Plain})
			}
			m := mirror.New(p.Store)
			if err := m.PutPeople(t.Context(), people, p.Clock.Now()); err != nil {
				t.Fatal(err)
			}
			if _, err := m.Replace(t.Context(), leads); err != nil {
				t.Fatal(err)
			}
			p.handler = p.Build(slacknotify.Function)
			c := p.propose(t, func(o *change.Proposal) { o.Requirement.Needs[0].From = change.Approvers })
			if status := p.notify(c.ID); status != http.StatusOK {
				t.Fatal(status)
			}
			if p.seen("#sekisho", `Needed: 1 of those who may decide about it\.|必要な承認: 1 名 \(判断できる方\)`) != 1 {
				t.Errorf("the channel is told %q", p.texts("#sekisho"))
			}
		})
	}
}
