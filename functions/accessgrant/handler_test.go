package accessgrant_test

import (
	"net/http"
	"testing"
	"testing/fstest"

	"github.com/sekisho/sekisho/functions/accessgrant"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/event"
)

func rig(tb testing.TB) *cloudfntest.Rig {
	r := cloudfntest.New(tb)
	r.Policy = fstest.MapFS{}
	r.Variables["GRANTER"], r.Variables["SLACK_CHANNEL"] = "granter@sekisho.example.com", "#sekisho"
	r.Variables["LOOKER_URL"], r.Variables["LOOKER_CLIENT_ID"], r.Variables["LOOKER_CLIENT_SECRET"] = "http://looker.test", "id", "secret-"+cloudfntest.Canary
	return r
}

func TestBadMessages(t *testing.T) {
	cloudfntest.RefuseBadMessages(t, accessgrant.Function, rig,
		func(*cloudfntest.Rig) event.Payload {
			return event.ChangeMoved{Change: "x-1", Seq: 1, Kind: "group.settings", State: "approved"}
		},
		event.ChangeMoved{}, event.ApplyChange{})
}

// A change that is not there, and one of another kind, are no work of this function's.
func TestChangesThatAreNotOurs(t *testing.T) {
	r := rig(t)
	h := r.Build(accessgrant.Function)
	mark := r.Mark()
	for _, id := range []string{"x-1", "no id", "../audit/x"} {
		if status := r.Do(h, r.Envelope(event.ApplyChange{Change: id})); status != http.StatusOK {
			t.Errorf("%s: status %d, want 200", id, status)
		}
	}
	if got := len(r.Quarantined()); got != 3 {
		t.Errorf("%d in quarantine, want 3", got)
	}
	mark.Nothing(t, "quarantine/")
}
