package slackinteract_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/slackinteract"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
)

// Defects that other systems for access in Slack had, each by the name under which it is known here.
// Those of what writes IAM policies are tested beside it: shared/domain/grant, shared/adapters/iam,
// functions/accessgrant.

// accessPolicy lets the leads approve access, among whom who asks may be.
const accessPolicy = `
access:
  - {name: prod, project: shop-prd, roles: [roles/run.admin], eligible: [group:data@example.com], max: 4h, reason: '^INC-\d+: .+$', approval: quorum}
approvals:
  - {kinds: [access.grant], quorum: [{count: COUNT, from: group:leads@example.com}]}
`

// askForAccess has Ken ask for access that some of the leads approve. They are Ken himself and Lena.
func askForAccess(t *testing.T, count string) (*office, change.Change) {
	t.Helper()
	o := asking(t, strings.Replace(accessPolicy, "COUNT", count, 1))
	leads := group.Snapshot{Group: group.Group{ID: "g2", Email: "leads@example.com"}, Read: o.Clock.Now()}
	for _, p := range directory[:2] {
		leads.Members = append(leads.Members, group.Member{ID: p.ID, Email: p.Email, Type: group.User, Role: group.Plain})
	}
	if _, err := o.mirror.Replace(t.Context(), leads); err != nil {
		t.Fatal(err)
	}
	o.command(t, "ken@example.com", "/access", "prod")
	if out := o.submit(t, "ken@example.com", map[string]string{"duration": "1h", "reason": "INC-1: fix db: now"}); !out.OK() {
		t.Fatalf("refused: %+v", out)
	}
	return o, o.latest(t)[0]
}

// S1: self-approval was looked at when the request was made, and not when the button was pressed.
func TestRegressionS1SelfApprovalAtTheButton(t *testing.T) {
	o, c := askForAccess(t, "2")
	if got := o.press(t, "ken@example.com", "approve", c, 1); len(got.Decisions) != 0 || got.State != change.Proposed {
		t.Errorf("%s with %d decisions", got.State, len(got.Decisions))
	}
	o.press(t, "lena@example.com", "approve", c, 1)
	if got := o.press(t, "ken@example.com", "approve", c, 1).State; got != change.Proposed {
		t.Errorf("with one approval of another it is %s", got)
	}
}

// S2: two presses within a second met two instances, and both counted.
func TestRegressionS2ADoubleClickIsOneApproval(t *testing.T) {
	o, c := askForAccess(t, "2")
	second := o.Build(slackinteract.Function) // another instance
	for _, handler := range []http.Handler{o.handler, second} {
		o.Clock.Advance(time.Second)
		if status := o.Do(handler, o.signed(t, o.payload("lena@example.com", "approve", c.ID+" 1", nil))); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
	}
	tasks := o.Queue.Take(event.QueuePresses)
	for i, task := range tasks {
		if status := o.Do([]http.Handler{o.handler, second}[i%2], o.Task(task)); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
	}
	if got := o.state(t, c); len(tasks) != 2 || len(got.Decisions) != 1 || got.State != change.Proposed {
		t.Errorf("%d presses: %s with %d decisions, want proposed with one", len(tasks), got.State, len(got.Decisions))
	}
}

// S3, AB-1: anybody in the channel could discard a request, or approve it by typing.
func TestRegressionS3AStrangerDecidesNothing(t *testing.T) {
	o, c := askForAccess(t, "2")
	for _, who := range []string{"mia@example.com", "nobody@example.com", "guest@example.com", "gone@example.com"} {
		for _, action := range []string{"approve", "deny"} {
			if got := o.press(t, who, action, c, 1); got.State != change.Proposed || len(got.Decisions) != 0 {
				t.Errorf("%s by %s: %s with %d decisions", action, who, got.State, len(got.Decisions))
			}
		}
	}
}

// S4: the request was read again from the visible text, so that a reason with a colon was cut, and
// whoever forged the text forged the request.
func TestRegressionS4TheRequestIsNotReadFromTheMessage(t *testing.T) {
	o, c := askForAccess(t, "2")
	if c.Reason != "INC-1: fix db: now" {
		t.Errorf("the reason is %q", c.Reason)
	}
	o.Clock.Advance(time.Second)
	forged := o.payload("lena@example.com", "approve", c.ID+" 1", map[string]any{
		"message": map[string]any{"text": "Who: mia@example.com\nRole: roles/owner\nHow long: 4000h\nReason: INC-2: other"},
	})
	if status := o.Do(o.handler, o.signed(t, forged)); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	o.Work(o.handler, event.QueuePresses)
	got := o.state(t, c)
	if string(got.Detail) != string(c.Detail) || got.Reason != c.Reason || got.Requester.ID != c.Requester.ID || len(got.Decisions) != 1 {
		t.Errorf("after a forged message: %+v", got)
	}
}

// GSB-4: the button carried role and resource, and worked for ever.
func TestRegressionGSB4AButtonCarriesNoRequestAndGrowsOld(t *testing.T) {
	o, c := askForAccess(t, "2")
	for _, value := range []string{"roles/owner shop-prd mia@example.com 1", c.ID, strings.ToUpper(c.ID) + " 1", c.ID + " 1 roles/owner"} {
		o.Clock.Advance(time.Second)
		if status := o.Do(o.handler, o.signed(t, o.payload("lena@example.com", "approve", value, nil))); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
		o.Work(o.handler, event.QueuePresses)
		if got := o.state(t, c); len(got.Decisions) != 0 {
			t.Errorf("%q counts", value)
		}
	}
	o.Clock.Advance(30 * 24 * time.Hour)
	if got := o.press(t, "lena@example.com", "approve", c, 1); len(got.Decisions) != 0 {
		t.Errorf("a month later it counts: %s", got.State)
	}
}

// JG-4: an approval could be used again. Here it is of one revision of one request.
func TestRegressionJG4AnApprovalIsOfOneRequest(t *testing.T) {
	o, c := askForAccess(t, "1")
	o.press(t, "lena@example.com", "approve", c, 1)
	if got := o.state(t, c).State; got != change.Approved {
		t.Fatalf("it is %s", got)
	}
	robot := change.Actor{Kind: change.ByFunction, ID: "accessgrant"}
	still := change.Standing{"2": {"group:leads@example.com"}}
	for _, a := range []change.Action{change.ClaimIt{By: robot, For: time.Minute, Standing: still}, change.Complete{By: robot, Fence: 1, Until: o.Clock.Now().Add(time.Second)}} {
		if _, err := o.ledger.Apply(t.Context(), c.ID, a); err != nil {
			t.Fatal(err)
		}
	}
	o.Clock.Advance(time.Minute) // it has ended
	o.command(t, "ken@example.com", "/access", "prod")
	o.submit(t, "ken@example.com", map[string]string{"duration": "1h", "reason": "INC-1: fix db: now"})
	next := o.latest(t)[0]
	if next.ID == c.ID || next.State != change.Proposed || len(next.Decisions) != 0 {
		t.Errorf("the same asked again is %s with %d decisions", next.State, len(next.Decisions))
	}
	o.press(t, "lena@example.com", "approve", c, 1) // the button on the former message
	if got := o.state(t, next); len(got.Decisions) != 0 {
		t.Errorf("the former button counts for the new request")
	}
}
