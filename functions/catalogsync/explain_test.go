package catalogsync_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sekisho/sekisho/functions/catalogsync"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/state/press"
)

var question = event.ExplainRule{Request: "r1", User: "U1", Person: "aiko", Operation: "EditTags", Kind: "table", Name: "sales.orders"}

// Where nobody can say whose a table is, the answer says that nobody could.
func TestAnAnswerWithoutACatalogueSaysSo(t *testing.T) {
	for language, want := range map[string]string{
		"en": "No data catalogue is connected", "": "No data catalogue is connected", "ja": "データカタログが接続されていない",
	} {
		r := cloudfntest.New(t)
		r.Policy = fstest.MapFS{"policy.yaml": {Data: []byte("teams: [{name: data, type: Division}]\n")}}
		r.Variables["SLACK_CHANNEL"] = "#sekisho"
		q := question
		q.Language, q.At = language, r.Env().Now()
		if status := r.Do(r.Build(catalogsync.Function), r.Envelope(q)); status != http.StatusOK {
			t.Fatalf("status %d, want 200\n%s", status, r.Log)
		}
		p, err := press.Get(t.Context(), r.Store, q.Request)
		if err != nil || p.Outcome != press.Answered || p.User != "U1" || !strings.Contains(p.Text, want) {
			t.Errorf("%q: answered %+v, %v; want %q in it", language, p, err, want)
		}
		if got := r.Queue.Tasks(); len(got) != 1 || got[0].Queue != event.QueueSlack {
			t.Errorf("queued %v, want that the person is told", got)
		}
	}
}

// A catalogue that will never say it is not waited for; one that fails is.
func TestWhatTheCatalogueRefusesIsAnswered(t *testing.T) {
	for status, want := range map[int]struct {
		status int
		text   string
	}{
		http.StatusBadRequest:          {http.StatusOK, "does not say whose it is"},
		http.StatusUnauthorized:        {http.StatusOK, "does not say whose it is"},
		http.StatusServiceUnavailable:  {http.StatusServiceUnavailable, ""},
		http.StatusInternalServerError: {http.StatusServiceUnavailable, ""},
	} {
		r := rig(t)
		r.Outbound = sim.Transport{"catalog.test": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"code":1,"message":"Invalid field name domains"}`))
		})}
		q := question
		q.At = r.Env().Now()
		if got := r.Do(r.Build(catalogsync.Function), r.Envelope(q)); got != want.status {
			t.Errorf("catalogue says %d: status %d, want %d\n%s", status, got, want.status, r.Log)
		}
		p, err := press.Get(t.Context(), r.Store, q.Request)
		if answered := err == nil && strings.Contains(p.Text, want.text); answered != (want.text != "") {
			t.Errorf("catalogue says %d: answered %+v, %v; want %q", status, p, err, want.text)
		}
	}
}

// A question without one of its parts will not be whole the next time either.
func TestAQuestionThatIsNotWholeIsPermanent(t *testing.T) {
	cloudfntest.RefuseBadMessages(t, catalogsync.Function, rig,
		func(*cloudfntest.Rig) event.Payload { return event.SyncCatalog{} },
		event.ExplainRule{}, event.ExplainRule{Request: "r1", Person: "aiko", Operation: "EditTags"})
}
