package catalogsync_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sekisho/sekisho/functions/catalogsync"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/openmetadata"
	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// without is a catalogue whose list of policies lacks one, and says that this is all. It counts writes.
type without struct {
	http.RoundTripper
	policy string
	writes int
}

// RoundTrip implements [http.RoundTripper].
func (w *without) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet {
		w.writes++
	}
	resp, err := w.RoundTripper.RoundTrip(r)
	if err != nil || r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/policies") {
		return resp, err
	}
	defer resp.Body.Close()
	var list struct {
		Data   []map[string]any `json:"data"`
		Paging map[string]any   `json:"paging"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		return nil, err
	}
	list.Data = slices.DeleteFunc(list.Data, func(p map[string]any) bool { return p["name"] == w.policy })
	list.Paging["total"] = len(list.Data)
	text, err := json.Marshal(list)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return resp, err
}

// A reading of the catalogue in which something is missing that the rest refers to is compared with nothing:
// what is missing would be made anew, or taken off.
func TestAReadingThatIsNotWholeChangesNothing(t *testing.T) {
	for missing, status := range map[string]int{"": http.StatusOK, "DataConsumerPolicy": http.StatusServiceUnavailable} {
		r := rig(t)
		r.Policy = fstest.MapFS{"policy.yaml": {Data: []byte("catalog: {mode: auto}\nteams: [{name: all, type: Division, policies: [p]}]\npolicies: [{name: p, rules: [{name: r, effect: allow, operations: [ViewAll], resources: [table]}]}]\n")}}
		server, err := openmetadata.New(openmetadata.Options{
			Company: &org.Company{Domain: "example.com"}, Now: r.Clock.Now, Seed: 1,
			Tokens: map[string]openmetadata.Bot{r.Variables["OPENMETADATA_TOKEN"]: {Name: "sekisho-bot", Admin: true}},
		})
		if err != nil {
			t.Fatal(err)
		}
		catalog := &without{RoundTripper: sim.Transport{"catalog.test": server}, policy: missing}
		r.Outbound = catalog
		if err := mirror.New(r.Store).PutCensus(t.Context(), mirror.Census{At: r.Clock.Now()}); err != nil {
			t.Fatal(err)
		}
		h := r.Build(catalogsync.Function)
		if got := r.Do(h, r.Envelope(event.Tick{Job: catalogsync.JobSync})); got != status {
			t.Errorf("without %q: status %d, want %d\n%s", missing, got, status, r.Log)
		}
		if proposed := len(r.Bus.Published()) > 0; proposed != (missing == "") || catalog.writes > 0 {
			t.Errorf("without %q: something is proposed: %t, %d writes", missing, proposed, catalog.writes)
		}
	}
}
