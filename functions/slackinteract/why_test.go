package slackinteract_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/event"
	simslack "github.com/sekisho/sekisho/shared/sim/slack"
	"github.com/sekisho/sekisho/shared/state/press"
)

// A question that another function answers goes there with what the answer is worded by.
func TestAQuestionGoesWithTheAskersLanguageAndZone(t *testing.T) {
	o := asking(t, `
access:
  - {name: prod, project: shop-prd, roles: [roles/run.admin], eligible: [group:data@example.com], max: 4h, approval: self}
`)
	o.slack.AddPerson(simslack.Person{Email: "lena@example.com", Zone: "Europe/Berlin"})
	o.slack.AddPerson(simslack.Person{Email: "ken@example.com", Zoneless: true})
	for person, want := range map[string]string{
		"mia@example.com": `"language":"ja","zone":"Asia/Tokyo","person":"3"`, "lena@example.com": `"language":"en","zone":"Europe/Berlin","person":"2"`,
		"ken@example.com": `"language":"en","person":"1"`,
	} {
		o.command(t, person, "/why", person+" prod")
		tasks := o.Queue.Take(event.QueueIAM)
		if len(tasks) != 1 || !bytes.Contains(tasks[0].Body, []byte(want)) {
			t.Errorf("%s asks: %+v, want one task with %s", person, tasks, want)
		}
	}
}

// why has a person ask /why, and returns what they are told.
func (o *office) why(t *testing.T, person, question string) string {
	t.Helper()
	o.Clock.Advance(time.Second)
	if out, err := o.slack.Command(t.Context(), person, "/why", question); err != nil || out.Status != http.StatusOK {
		t.Fatal(out, err)
	}
	tasks := o.Queue.Take(event.QueuePresses)
	if len(tasks) != 1 {
		t.Fatalf("%d questions", len(tasks))
	}
	if status := o.Do(o.handler, o.Task(tasks[0])); status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, o.Log)
	}
	p, err := press.Get(t.Context(), o.Store, strings.TrimPrefix(tasks[0].Name, "asked-"))
	if err != nil || p.Outcome != press.Answered || p.Text == "" {
		t.Fatalf("%s asks %q: %s, %q, %v", person, question, p.Outcome, p.Text, err)
	}
	return p.Text
}

// A slip of the pen is told to who asks, in their language, and no other function is asked about it.
func TestASlipInAQuestionIsToldAndNotAnswered(t *testing.T) {
	o := asking(t, selfPolicy)
	for _, test := range []struct{ person, question, want string }{
		{"ken@example.com", "RequestAcces access:etl", "The operation RequestAcces is not known: did you mean RequestAccess?"},
		{"mia@example.com", "RequestAcces access:etl", "操作 RequestAcces は存在しません。RequestAccess ではありませんか。"},
		{"ken@example.com", "EditTags tabel:a.b", "The type of resource tabel is not known: did you mean table?"},
		{"ken@example.com", "RequestAccess acess:etl", "The type of resource acess is not known: did you mean access?"},
		{"ken@example.com", "RequestAccess access:etk", "The policy has no entitlement etk: did you mean etl?"},
		{"ken@example.com", "RequestAccess access", "Which access? Write its name too, as in access:etl."},
		{"mia@example.com", "ApproveSettings group:dta@example.com", "dta@example.com というグループは見つかりません。"},
		{"ken@example.com", "ApproveAccount account:loker/ken@example.com", "No system with accounts is known here as loker: did you mean looker?"},
	} {
		t.Run(test.person+" "+test.question, func(t *testing.T) {
			if got := o.why(t, test.person, test.person+" "+test.question); got != test.want {
				t.Errorf("answered %q, want %q", got, test.want)
			}
			if passed := o.Queue.Take(event.QueueCatalog); len(passed) > 0 {
				t.Errorf("passed on: %+v", passed)
			}
		})
	}
}

// What looks wrong in the policy is in the function's log from the start.
func TestAWarningOfThePolicyIsLogged(t *testing.T) {
	o := asking(t, selfPolicy+"approvals:\n  - {kinds: [access.grant], entitlements: [gone], quorum: [{count: 1, from: owners}]}\n")
	o.command(t, "ken@example.com", "/why", "ken@example.com etl")
	if n := strings.Count(o.Log.String(), `the entitlement \"gone\" is not defined`); n == 0 {
		t.Errorf("the log says nothing of it:\n%s", o.Log)
	}
}

// Who may not read the audit asks about themselves, and about nobody else.
func TestWhoMayNotReadTheAuditAsksAboutThemselves(t *testing.T) {
	o := asking(t, `
roles: [{name: barred, policies: [bar], members: [user:ken@example.com]}]
policies: [{name: bar, rules: [{name: bar, effect: deny, operations: [ReadAudit], resources: [audit]}]}]
`)
	const own = "You may ask about yourself only."
	for _, test := range []struct {
		asker, about string
		refused      bool
	}{
		{"ken@example.com", "ken@example.com", false},
		{"ken@example.com", "lena@example.com", true},
		{"ken@example.com", "k.mori@example.com", false}, // by another address
		{"lena@example.com", "ken@example.com", false},
		{"lena@example.com", "lena@example.com", false},
	} {
		for _, of := range []string{" data@example.com", " RequestConnection connection:sales_db"} {
			if got := o.why(t, test.asker, test.about+of); (got == own) != test.refused {
				t.Errorf("%s asks about %s: %q; want a refusal: %t", test.asker, test.about+of, got, test.refused)
			}
		}
	}
}

// Whose an entitlement is counts where /why is asked about it: Ken and Lena own the group that it is for, Mia does not.
func TestWhyKnowsWhoseAnEntitlementIs(t *testing.T) {
	o := asking(t, `
access: [{name: prod, project: shop-prd, roles: [roles/run.admin], eligible: [group:data@example.com], max: 4h, approval: self}]
roles: [{name: own, policies: [own], members: [user:ken@example.com, user:mia@example.com]}]
policies: [{name: own, rules: [{name: own, effect: allow, operations: [RequestAccess], resources: [access], condition: isOwner()}]}]
`)
	for person, want := range map[string]string{"ken@example.com": "Yes", "mia@example.com": "No"} {
		if got := o.why(t, "lena@example.com", person+" RequestAccess access:prod"); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %s", person, got, want)
		}
	}
}
