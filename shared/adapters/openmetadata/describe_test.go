package openmetadata_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/openmetadata"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/sim"
	server "github.com/sekisho/sekisho/shared/sim/openmetadata"
)

func TestATableIsDescribed(t *testing.T) {
	w := newWorld(t)
	got, err := w.client.Describe(t.Context(), "table", "sample.fact_table")
	want := policy.Resource{
		Type: "table", Name: "sample.fact_table", Tags: []string{"PersonalData.Personal", "PII.Sensitive"}, Domains: []string{"sales.emea"},
		Owners: []policy.Reference{{Type: policy.TypeUser, Name: aiko}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	got, err = w.client.Describe(t.Context(), "table", "club.members")
	if diff := cmp.Diff([]policy.Reference{{Type: policy.TypeTeam, Name: "club"}}, got.Owners); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// What is not there is told apart from what cannot be read.
func TestWhatIsNotDescribed(t *testing.T) {
	w := newProvokingWorld(t)
	for _, thing := range []struct{ kind, name string }{{"table", "no.such"}, {"glossary", "words"}, {"table", ""}, {"kite", "red"}} {
		if _, err := w.client.Describe(t.Context(), thing.kind, thing.name); !errors.Is(err, openmetadata.ErrNotDescribed) {
			t.Errorf("%s %s: %v, want ErrNotDescribed", thing.kind, thing.name, err)
		}
	}
	w.faults.Add(sim.Fault{API: server.API, Kind: sim.Fault500, Rate: 1, Left: 1})
	if _, err := w.client.Describe(t.Context(), "table", "sample.fact_table"); err == nil || errors.Is(err, openmetadata.ErrNotDescribed) {
		t.Errorf("a catalogue that fails: %v", err)
	}
}

// Whatever an asset consists of, the tags of its parts count as its own; what is inside of a column does
// not.
func TestTheTagsOfParts(t *testing.T) {
	tags := func(name string) string { return `"tags": [{"tagFQN": "` + name + `"}]` }
	for kind, body := range map[string]string{
		"table":              `"columns": [{"children": [{` + tags("no") + `}], ` + tags("b") + `}], "dataModel": {` + tags("c") + `, "columns": [{` + tags("d") + `}]}`,
		"container":          `"dataModel": {"columns": [{` + tags("b") + `}, {` + tags("c") + `}, {` + tags("d") + `}]}`,
		"dashboardDataModel": `"columns": [{` + tags("b") + `}, {` + tags("c") + `}, {` + tags("d") + `}]`,
		"pipeline":           `"tasks": [{` + tags("b") + `}, {` + tags("c") + `}, {` + tags("d") + `}]`,
		"topic":              `"messageSchema": {"schemaFields": [{` + tags("b") + `}, {` + tags("c") + `}, {` + tags("d") + `}]}`,
		"searchIndex":        `"fields": [{` + tags("b") + `}, {` + tags("c") + `}, {` + tags("d") + `}]`,
		"mlmodel":            `"mlFeatures": [{` + tags("b") + `, "featureSources": [{` + tags("c") + `}, {` + tags("d") + `}]}]`,
		"apiEndpoint":        `"requestSchema": {"schemaFields": [{` + tags("b") + `}]}, "responseSchema": {"schemaFields": [{` + tags("c") + `}, {` + tags("d") + `}]}`,
	} {
		client := serve(t, say(http.StatusOK, `{"id": "1", "name": "x", `+tags("a")+`, `+body+`}`))
		got, err := client.Describe(t.Context(), kind, "x")
		if diff := cmp.Diff([]string{"a", "b", "c", "d"}, got.Tags); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", kind, err, diff)
		}
	}
}
