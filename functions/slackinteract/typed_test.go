package slackinteract_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/functions/slackinteract"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/event"
)

// typedPolicy has something to ask for at every desk.
const typedPolicy = selfPolicy + `
inactivity:
  requests:
    looker: {roles: [User], default: User, mode: ask}
connections:
  defaults: {redirect: https://console.example.com/connected}
  services:
    sql_server_rds: {required: [host], config: {update_method: TELEPORT}}
    klaviyo: {required: [schema]}
`

// nothingTyped fails where the trail has no refusal, or holds what somebody typed.
func (o *office) nothingTyped(t *testing.T) {
	t.Helper()
	all := strings.Join(o.Audit(), "\n")
	if !strings.Contains(all, "refused slackinteract.") {
		t.Errorf("no refusal: %s", all)
	}
	if strings.Contains(all, cloudfntest.Canary) {
		t.Errorf("the trail holds what was typed: %s", all)
	}
}

// Who mistakes a field types a password into it. The trail is kept for years, and others read it.
func TestTheTrailHoldsNothingThatWasTyped(t *testing.T) {
	for _, command := range []string{"/access", "/account", "/connect"} {
		for _, person := range []string{"ken@example.com", "mia@example.com"} {
			t.Run(command+" by "+person, func(t *testing.T) {
				o := asking(t, typedPolicy)
				view, ok := o.command(t, person, command, strings.Repeat(cloudfntest.Canary, 20))
				if !ok || len(view.Text) > 3000 {
					t.Errorf("the modal has %d letters", len(view.Text))
				}
				o.nothingTyped(t)
			})
		}
	}
	t.Run("a form", func(t *testing.T) {
		o := asking(t, typedPolicy)
		o.command(t, "ken@example.com", "/access", "etl")
		if out := o.submit(t, "ken@example.com", map[string]string{"duration": cloudfntest.Canary, "reason": cloudfntest.Canary}); out.OK() {
			t.Error("it is taken")
		}
		o.nothingTyped(t)
	})
	t.Run("a request that is refused after all", func(t *testing.T) {
		for name, policy := range map[string]string{"nothing is offered": "version: 1\n", "it has another form": strings.Replace(selfPolicy, "max: 2h", "max: 1h, reason: '^T-'", 1)} {
			t.Run(name, func(t *testing.T) {
				o := asking(t, typedPolicy)
				o.command(t, "ken@example.com", "/access", "etl")
				o.Clock.Advance(time.Second)
				if out, err := o.slack.Submit(t.Context(), "ken@example.com", map[string]string{"duration": "2h", "reason": cloudfntest.Canary}); err != nil || !out.OK() {
					t.Fatalf("%+v, %v", out, err)
				}
				o.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(policy)}}
				o.handler = o.Build(slackinteract.Function)
				o.Work(o.handler, event.QueuePresses)
				o.nothingTyped(t)
			})
		}
	})
}

// What somebody asks with /why is answered to them, and leaves nothing in the trail.
func TestAQuestionLeavesNothingInTheTrail(t *testing.T) {
	o := asking(t, typedPolicy)
	for _, text := range []string{cloudfntest.Canary, cloudfntest.Canary + " etl", "ken@example.com " + cloudfntest.Canary, "ken@example.com Do " + cloudfntest.Canary} {
		o.Clock.Advance(time.Second)
		if out, err := o.slack.Command(t.Context(), "ken@example.com", "/why", text); err != nil || out.Status != http.StatusOK {
			t.Fatalf("%+v, %v", out, err)
		}
		o.Work(o.handler, event.QueuePresses)
	}
	if all := strings.Join(o.Audit(), "\n"); strings.Contains(all, cloudfntest.Canary) {
		t.Errorf("audit: %s", all)
	}
}
