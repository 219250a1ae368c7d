package slackinteract_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/sim"
)

// abroad answers for Slack as its simulator does, but says of everybody that they are at home in
// another workspace. It does not call them strangers: in a grid of workspaces nobody is one.
type abroad struct{ next http.Handler }

func (a abroad) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := httptest.NewRecorder()
	a.next.ServeHTTP(answer, r)
	body := answer.Body.Bytes()
	if strings.HasSuffix(r.URL.Path, "users.info") {
		var said map[string]any
		if err := json.Unmarshal(body, &said); err == nil {
			said["user"].(map[string]any)["team_id"] = "T0000000002"
			body, _ = json.Marshal(said)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(answer.Code)
	_, _ = w.Write(body)
}

// Only our own workspace's people count: an owner's address at another workspace of the same grid may
// be anybody's.
func TestSomebodyOfAnotherWorkspaceOfTheGrid(t *testing.T) {
	rig := cloudfntest.New(t)
	o := openOffice(t, rig)
	rig.Outbound = sim.Transport{"slack.test": abroad{o.slack}}
	rig.Env() // from now on
	c := o.ask(t, 1, rule)
	if status := o.Do(o.handler, o.signed(t, o.payload("ken@example.com", "approve", c.ID+" 1", nil))); status != http.StatusOK {
		t.Fatalf("status %d, want 200", status)
	}
	o.Work(o.handler, event.QueuePresses)
	if got := o.state(t, c).State; got != change.Proposed {
		t.Errorf("the change is %s: somebody of another workspace has decided it", got)
	}
	if audit := strings.Join(o.Audit(), "\n"); !strings.Contains(audit, "no full member of the workspace") {
		t.Errorf("the audit has no such refusal:\n%s", audit)
	}
}
