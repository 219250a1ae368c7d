package inactivitysweep_test

import (
	"net/http"
	"testing"
	"testing/fstest"

	"github.com/sekisho/sekisho/functions/inactivitysweep"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/event"
)

func rig(tb testing.TB) *cloudfntest.Rig {
	r := cloudfntest.New(tb)
	r.Policy = fstest.MapFS{}
	r.Variables["LOOKER_URL"], r.Variables["LOOKER_CLIENT_ID"], r.Variables["LOOKER_CLIENT_SECRET"] = "http://looker.test", "id", "secret-"+cloudfntest.Canary
	return r
}

func TestBadMessages(t *testing.T) {
	cloudfntest.RefuseBadMessages(t, inactivitysweep.Function, rig,
		func(*cloudfntest.Rig) event.Payload { return event.Tick{Job: inactivitysweep.JobSweep} }, event.Tick{})
}

// Without a policy about accounts nothing is read, and no vendor is asked.
func TestWithoutAPolicyNothingIsDone(t *testing.T) {
	r := rig(t)
	h := r.Build(inactivitysweep.Function)
	mark := r.Mark()
	if status := r.Do(h, r.Envelope(event.Tick{Job: inactivitysweep.JobSweep})); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	mark.OnlyAudit(t, 0)
}
