package slackinteract_test

import (
	"bytes"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/event"
	simslack "github.com/sekisho/sekisho/shared/sim/slack"
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
