package openmetadata_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
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
// not. Parts come, and come with their tags, only if the fields that they are in are asked for.
func TestTheTagsOfParts(t *testing.T) {
	tags := func(name string) string { return `"tags": [{"tagFQN": "` + name + `"}]` }
	b, c, d := "{"+tags("b")+"}", "{"+tags("c")+"}", "{"+tags("d")+"}"
	three := "[" + b + ", " + c + ", " + d + "]"
	for kind, fields := range map[string]map[string]string{
		"table":              {"columns": `[{"children": [{` + tags("no") + `}], ` + tags("b") + `}]`, "dataModel": `{` + tags("c") + `, "columns": [` + d + `]}`},
		"container":          {"dataModel": `{"columns": ` + three + `}`},
		"dashboardDataModel": {"columns": three},
		"pipeline":           {"tasks": three},
		"topic":              {"messageSchema": `{"schemaFields": ` + three + `}`},
		"searchIndex":        {"fields": three},
		"mlmodel":            {"mlFeatures": `[{` + tags("b") + `, "featureSources": [` + c + `, ` + d + `]}]`},
		"apiEndpoint":        {"requestSchema": `{"schemaFields": [` + b + `]}`, "responseSchema": `{"schemaFields": [` + c + `, ` + d + `]}`},
		"dashboard":          nil,
	} {
		client := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body := `{"id": "1", "name": "x"`
			for _, asked := range strings.Split(r.URL.Query().Get("fields"), ",") {
				switch part, there := fields[asked]; {
				case asked == "tags":
					body += ", " + tags("a")
				case there:
					body += `, "` + asked + `": ` + part
				case asked != "owners" && asked != "domains":
					t.Errorf("%s: asked for %q", kind, asked)
				}
			}
			_, _ = io.WriteString(w, body+"}")
		}))
		want := []string{"a"}
		if fields != nil {
			want = []string{"a", "b", "c", "d"}
		}
		got, err := client.Describe(t.Context(), kind, "x")
		if diff := cmp.Diff(want, got.Tags); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", kind, err, diff)
		}
	}
}
