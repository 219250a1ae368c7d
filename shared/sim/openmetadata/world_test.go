package openmetadata_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/openmetadata"
	"github.com/sekisho/sekisho/shared/sim/org"
)

var begin = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

const companyFile = `
domain: example.com
people:
  - {email: aiko@example.com, name: 佐藤 愛子}
  - {email: ken@example.com}
  - {email: gone@example.com, suspended: true}
openmetadata:
  tables:
    - {name: sample.fact_table, owners: [aiko@example.com, gone@example.com], tags: [Tier.Tier1, PersonalData.Personal]}
    - {name: scratch.trial}
  teams:
    - {name: data, type: Division, users: []}
    - {name: loaders, parent: data, users: [ken@example.com]}
`

// world is a catalogue, asked by a bot.
type world struct {
	t       *testing.T
	now     time.Time
	catalog *openmetadata.Server
	calls   *sim.Calls
	faults  *sim.Faults
	hosts   sim.Transport
}

func newWorld(t *testing.T, change ...func(*openmetadata.Options)) *world {
	t.Helper()
	company, err := org.Parse("company.yaml", []byte(companyFile))
	check(t, err)
	w := &world{t: t, now: begin, calls: &sim.Calls{}, faults: sim.NewFaults(1)}
	options := openmetadata.Options{
		Company: company, Now: func() time.Time { return w.now }, Calls: w.calls, Faults: w.faults, Seed: 1,
		Tokens: map[string]openmetadata.Bot{"token": {Name: "sekisho", Admin: true}, "reader": {Name: "reader"}},
	}
	for _, c := range change {
		c(&options)
	}
	w.catalog, err = openmetadata.New(options)
	check(t, err)
	w.hosts = sim.Transport{"catalog.example.com": judged(t, w.catalog)}
	return w
}

type object = map[string]any

// reply is an answer of the API.
type reply struct {
	status int
	header http.Header
	body   object
	raw    string
}

// send makes one request. A body is sent as JSON, or as a patch for PATCH.
func (w *world) send(method, path string, body any, change ...func(*http.Request)) (reply, error) {
	w.t.Helper()
	var payload []byte
	switch b := body.(type) {
	case nil:
	case string:
		payload = []byte(b)
	default:
		var err error
		payload, err = json.Marshal(b)
		check(w.t, err)
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, "https://catalog.example.com/api/v1/"+path, bytes.NewReader(payload))
	check(w.t, err)
	r.Header.Set("Authorization", "Bearer token")
	switch {
	case method == "PATCH":
		r.Header.Set("Content-Type", "application/json-patch+json")
	case body != nil:
		r.Header.Set("Content-Type", "application/json")
	default:
		r.Body = nil
	}
	for _, c := range change {
		c(r)
	}
	resp, err := w.hosts.RoundTrip(r)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	check(w.t, err)
	out := reply{status: resp.StatusCode, header: resp.Header, raw: string(raw)}
	if resp.Header.Get("Content-Type") == "application/json" {
		check(w.t, json.Unmarshal(raw, &out.body))
	}
	return out, nil
}

// want makes a request and checks the status of the answer.
func (w *world) want(status int, method, path string, body any, change ...func(*http.Request)) object {
	w.t.Helper()
	got, err := w.send(method, path, body, change...)
	check(w.t, err)
	if got.status != status {
		w.t.Fatalf("%s %s: got %d %s, want %d", method, path, got.status, got.raw, status)
	}
	return got.body
}

func (w *world) ok(method, path string, body any) object {
	w.t.Helper()
	return w.want(http.StatusOK, method, path, body)
}

// byName reads an entity with all fields that matter here.
func (w *world) byName(plural, name string) object {
	w.t.Helper()
	fields := map[string]string{"teams": "users,defaultRoles,parents,children,policies,owners,userCount,childrenCount", "users": "teams,roles", "roles": "policies,teams,users", "policies": "owners,teams,roles", "tables": "owners,tags"}[plural]
	return w.ok("GET", plural+"/name/"+url.PathEscape(name)+"?fields="+fields, nil)
}

func (w *world) id(plural, name string) string {
	w.t.Helper()
	return w.byName(plural, name)["id"].(string)
}

// patch is one operation of a patch.
func patch(op, path string, value any) object {
	o := object{"op": op, "path": path}
	if value != nil {
		o["value"] = value
	}
	return o
}

func ref(kind, id string) object { return object{"id": id, "type": kind} }

// names are the names in a list of references.
func names(list any) (out []string) {
	refs, _ := list.([]any)
	for _, r := range refs {
		out = append(out, r.(object)["name"].(string))
	}
	return out
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}
