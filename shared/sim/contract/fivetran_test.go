package contract

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/fivetran"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// fivetranWorld is a simulated account behind a recorder, asked without any client of ours.
type fivetranWorld struct {
	*fivetran.Server
	spec   *OpenAPI3
	client *http.Client
	faults *sim.Faults
	now    time.Time
}

func newFivetranWorld(t *testing.T, recorder *Recorder, provoking bool) *fivetranWorld {
	t.Helper()
	spec, err := LoadFivetran(Specs(t))
	check(t, err)
	w := &fivetranWorld{spec: spec, now: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), faults: sim.NewFaults(1)}
	hosts := sim.Transport{"hook.example.com": http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
	w.client = &http.Client{Transport: hosts}
	w.Server, err = fivetran.New(fivetran.Options{
		Company: org.Demo(), Now: func() time.Time { return w.now }, Key: "key", Secret: "secret", Push: w.client, Faults: w.faults, Seed: 1,
	})
	check(t, err)
	hosts["api.fivetran.com"] = recorder.Handler(Tap{Specs: []Spec{spec}, Provoking: provoking}, w.Server)
	return w
}

// ask makes one request and returns the data of the answer.
func (w *fivetranWorld) ask(t *testing.T, method, path, body string, change ...func(*http.Request)) (int, map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "https://api.fivetran.com"+path, strings.NewReader(body))
	check(t, err)
	r.SetBasicAuth("key", "secret")
	r.Header.Set("Accept", "application/json;version=2")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	} else {
		r.Body = nil
	}
	for _, c := range change {
		c(r)
	}
	resp, err := w.client.Do(r)
	check(t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	check(t, err)
	var envelope struct {
		Data map[string]any `json:"data"`
	}
	check(t, json.Unmarshal(raw, &envelope))
	return resp.StatusCode, envelope.Data
}

const newSource = `{"group_id": "thicket_confronted", "service": "sql_server_rds", "paused": true, "run_setup_tests": false,
	"trust_certificates": true, "trust_fingerprints": true, "sync_frequency": 360, "destination_schema_names": "FIVETRAN_NAMING",
	"connect_card_config": {"redirect_uri": "https://console.example.com/", "hide_setup_guide": true, "all_fields": false},
	"config": {"schema_prefix": "sales", "host": "db.example.com", "port": 1433, "database": "Sales", "update_method": "TELEPORT"}}`

// Every operation of the simulator, in the life of a connection.
func TestFivetranConforms(t *testing.T) {
	recorder := NewRecorder(FivetranExceptions...)
	w := newFivetranWorld(t, recorder, false)
	good := func(method, path, body string) map[string]any {
		t.Helper()
		status, data := w.ask(t, method, path, body)
		if status < 200 || status > 299 {
			t.Errorf("%s %s: %d", method, path, status)
		}
		return data
	}
	for _, path := range []string{"/v1/account/info", "/v1/groups?limit=1", "/v1/groups/thicket_confronted", "/v1/metadata/connector-types?limit=2", "/v1/metadata/connector-types/postgres"} {
		good("GET", path, "")
	}
	id := good("POST", "/v1/connections", newSource)["id"].(string)
	for service, naming := range map[string]string{
		"google_sheets": `"schema": "a", "table": "b"`, "klaviyo": `"schema": "c"`, "mysql": `"schema_prefix": "d"`, "postgres": `"schema_prefix": "e"`,
		"s3": `"schema": "f", "table_group_name": "g"`, "salesforce": `"schema": "h"`,
	} {
		good("POST", "/v1/connections", fmt.Sprintf(`{"group_id": "thicket_confronted", "service": %q, "destination_schema_names": "SOURCE_NAMING", "config": {%s}}`, service, naming))
	}
	card := good("POST", "/v1/connections/"+id+"/connect-card", `{"connect_card_config": {"redirect_uri": "https://console.example.com/", "hide_setup_guide": true}}`)
	_, err := w.SubmitCard(card["connect_card"].(map[string]any)["uri"].(string), nil)
	check(t, err)
	good("POST", "/v1/connections/"+id+"/test", `{"trust_certificates": true, "trust_fingerprints": true}`)
	good("PATCH", "/v1/connections/"+id, `{"paused": false, "run_setup_tests": false, "sync_frequency": 60}`)
	good("POST", "/v1/connections/"+id+"/sync", `{"force": true}`)
	for range 4 {
		w.now = w.now.Add(time.Hour)
		for w.RunNext(t.Context()) {
		}
	}
	check(t, w.Break("sales"))
	for _, path := range []string{"/v1/connections/" + id, "/v1/connections?group_id=thicket_confronted&schema=sales&limit=1000", "/v1/connections?limit=2", "/v1/groups/thicket_confronted/connections?schema=sales"} {
		good("GET", path, "")
	}
	hook := good("POST", "/v1/webhooks/account", `{"url": "https://hook.example.com/", "events": ["sync_end"], "active": true, "secret": "s"}`)["id"].(string)
	good("POST", "/v1/webhooks/group/thicket_confronted", `{"url": "https://hook.example.com/", "events": ["sync_end"]}`)
	good("GET", "/v1/webhooks?limit=1", "")
	good("GET", "/v1/webhooks/"+hook, "")
	good("PATCH", "/v1/webhooks/"+hook, `{"events": ["sync_start"]}`)
	good("POST", "/v1/webhooks/"+hook+"/test", `{"event": "sync_end"}`)
	good("DELETE", "/v1/webhooks/"+hook, "")
	good("DELETE", "/v1/connections/"+id, "")

	for _, kind := range []sim.FaultKind{sim.FaultDown, sim.Fault429, sim.Fault500} {
		w.faults.Add(sim.Fault{API: fivetran.API, Kind: kind, Rate: 1, Left: 1})
		w.ask(t, "GET", "/v1/groups", "")
	}
	w.ask(t, "GET", "/v1/groups/nowhere", "")
	w.ask(t, "PATCH", "/v1/connections/"+id, `{"paused": true}`)
	w.ask(t, "POST", "/v1/connections", newSource, func(r *http.Request) { r.Header.Set("Accept", "text/xml") })

	report := recorder.Report()
	report.Verify(t)
	var names []string
	for _, op := range w.Operations() {
		names = append(names, "fivetran."+op)
	}
	if missing := report.Missing(names); len(missing) > 0 {
		t.Errorf("never asked for: %v", missing)
	}
	known := w.spec.Operations()
	for _, name := range names {
		if !slices.Contains(known, name) {
			t.Errorf("Fivetran has no %s", name)
		}
	}
	for _, c := range report.Operations {
		if line := (Report{Operations: []Coverage{c}}).Coverage(); !strings.Contains(line, " 20") {
			t.Errorf("it never succeeded: %s", line)
		}
	}
	for _, e := range report.Unused {
		if !strings.HasPrefix(e.Text, "415") {
			t.Errorf("this exception is not needed: %+v", e)
		}
	}
}

// What breaks the rules is refused.
func TestFivetranRefusesWhatFivetranRefuses(t *testing.T) {
	recorder := NewRecorder(FivetranExceptions...)
	w := newFivetranWorld(t, recorder, true)
	_, data := w.ask(t, "POST", "/v1/connections", newSource)
	id := data["id"].(string)
	change := func(from, to string) string { return strings.Replace(newSource, from, to, 1) }
	for name, tt := range map[string]struct {
		method, path, body string
		change             func(*http.Request)
		want               int
	}{
		"no key":                    {"GET", "/v1/groups", "", func(r *http.Request) { r.Header.Del("Authorization") }, 401},
		"another key":               {"GET", "/v1/groups", "", func(r *http.Request) { r.SetBasicAuth("a", "b") }, 401},
		"an unknown parameter":      {"GET", "/v1/groups?colour=red", "", nil, 400},
		"a limit that is a word":    {"GET", "/v1/groups?limit=many", "", nil, 400},
		"no service":                {"POST", "/v1/connections", change(`"service": "sql_server_rds", `, ""), nil, 400},
		"an unknown service":        {"POST", "/v1/connections", change("sql_server_rds", "teapot"), nil, 400},
		"an unknown field":          {"POST", "/v1/connections", change(`"paused"`, `"pawsed"`), nil, 400},
		"an unknown setting":        {"POST", "/v1/connections", change(`"host"`, `"hots"`), nil, 400},
		"a setting of another type": {"POST", "/v1/connections", change("1433", `"1433"`), nil, 400},
		"a frequency there is not":  {"POST", "/v1/connections", change("360", "7"), nil, 400},
		"a naming there is not":     {"POST", "/v1/connections", change("FIVETRAN_NAMING", "MY_NAMING"), nil, 400},
		"a card without a way back": {"POST", "/v1/connections/" + id + "/connect-card", `{"connect_card_config": {}}`, nil, 400},
		"no card":                   {"POST", "/v1/connections/" + id + "/connect-card", `{}`, nil, 400},
		"a test of something":       {"POST", "/v1/connections/" + id + "/test", `{"trust": true}`, nil, 400},
		"a change of something":     {"PATCH", "/v1/connections/" + id, `{"pawsed": true}`, nil, 400},
		"a sync of something":       {"POST", "/v1/connections/" + id + "/sync", `{"forced": true}`, nil, 400},
		"a webhook of nothing":      {"POST", "/v1/webhooks/account", `{"url": "https://hook.example.com/"}`, nil, 400},
		"no JSON":                   {"POST", "/v1/connections", "x", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 415},
		"a broken body":             {"POST", "/v1/connections", "{", nil, 400},
	} {
		t.Run(name, func(t *testing.T) {
			var changes []func(*http.Request)
			if tt.change != nil {
				changes = append(changes, tt.change)
			}
			if status, _ := w.ask(t, tt.method, tt.path, tt.body, changes...); status != tt.want {
				t.Errorf("got %d, want %d", status, tt.want)
			}
		})
	}
	recorder.Report().Verify(t)
}

// A property that two parts of a schema describe has what both describe.
func TestPartsOfASchemaAreJoined(t *testing.T) {
	const document = `{"servers": [{"url": "https://quay.example"}], "paths": {"/crates": {"post": {"operationId": "load", "responses": {"200": {}},
		"requestBody": {"content": {"application/json": {"schema": {"allOf": [
			{"properties": {"config": {"type": "object", "required": ["net"], "properties": {"net": {"type": "integer"}}}, "mark": {"type": "string", "enum": ["a"]}}},
			{"properties": {"config": {"type": "object", "properties": {"gross": {"type": "integer"}}}, "mark": {"type": "string", "enum": ["b"]}}}
		]}}}}}}}}`
	s, err := LoadOpenAPI3(fstest.MapFS{"quay.json": {Data: []byte(document)}}, OpenAPI3Options{Name: "quay", File: "quay.json"})
	check(t, err)
	for body, want := range map[string][]string{
		`{"config": {"net": 1, "gross": 2}, "mark": "b"}`:  nil,
		`{"config": {"gross": "2"}}`:                       {"request body.config.gross: it is a string, not a number", "request body.config.net: it is required and not there"},
		`{"config": {"net": 1, "weight": 2}, "mark": "a"}`: {"request body.config.weight: " + noSuchField, `request body.mark: "a" is none of b`},
	} {
		x := exchange("POST", "https://quay.example/crates", body, 0, "", "Content-Type", "application/json")
		if diff := cmp.Diff(want, judgement(t, s, x)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
}
