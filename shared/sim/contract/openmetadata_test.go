package contract

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/openmetadata"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// catalogWorld is a simulated catalogue behind a recorder, asked without any client of ours.
type catalogWorld struct {
	*openmetadata.Server
	t      *testing.T
	spec   *OpenAPI3
	client *http.Client
	faults *sim.Faults
}

func newCatalogWorld(t *testing.T, recorder *Recorder, provoking bool) *catalogWorld {
	t.Helper()
	spec, err := LoadOpenMetadata(Specs(t))
	check(t, err)
	w := &catalogWorld{t: t, spec: spec, faults: sim.NewFaults(1)}
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	w.Server, err = openmetadata.New(openmetadata.Options{
		Company: org.Demo(), Now: func() time.Time { now = now.Add(time.Hour); return now }, Faults: w.faults, Seed: 1,
		Tokens: map[string]openmetadata.Bot{"token": {Name: "sekisho", Admin: true}},
	})
	check(t, err)
	w.client = &http.Client{Transport: sim.Transport{"catalog.example.com": recorder.Handler(Tap{Specs: []Spec{spec}, Provoking: provoking}, w.Server)}}
	return w
}

// ask makes one request and returns the answer.
func (w *catalogWorld) ask(method, path, body string, change ...func(*http.Request)) (int, map[string]any) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, "https://catalog.example.com/api/v1/"+path, strings.NewReader(body))
	check(w.t, err)
	r.Header.Set("Authorization", "Bearer token")
	switch {
	case body == "":
		r.Body = nil
	case method == http.MethodPatch:
		r.Header.Set("Content-Type", "application/json-patch+json")
	default:
		r.Header.Set("Content-Type", "application/json")
	}
	for _, c := range change {
		c(r)
	}
	resp, err := w.client.Do(r)
	check(w.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	check(w.t, err)
	var answer map[string]any
	check(w.t, json.Unmarshal(raw, &answer))
	return resp.StatusCode, answer
}

// good makes a request that has to succeed, and returns the id of what it is about.
func (w *catalogWorld) good(method, path, body string, a ...any) string {
	w.t.Helper()
	status, answer := w.ask(method, path, fmt.Sprintf(body, a...))
	if status < 200 || status > 299 {
		w.t.Errorf("%s %s: %d %v", method, path, status, answer)
	}
	id, _ := answer["id"].(string)
	return id
}

const allowAll = `[{"name": "r", "effect": "allow", "operations": ["ViewAll"], "resources": ["all"], "condition": "isOwner()"}]`

// Every operation of the simulator.
func TestOpenMetadataConforms(t *testing.T) {
	recorder := NewRecorder(OpenMetadataExceptions...)
	w := newCatalogWorld(t, recorder, false)
	user := w.good("POST", "users", `{"name": "new.one", "email": "new.one@example.com", "description": "d"}`)
	policy := w.good("POST", "policies", `{"name": "p", "description": "d", "rules": %s}`, allowAll)
	w.good("PUT", "policies", `{"name": "p", "rules": [{"name": "r", "effect": "deny", "operations": ["EditTask"], "resources": ["task"]}]}`)
	role := w.good("POST", "roles", `{"name": "r", "policies": ["p"]}`)
	team := w.good("POST", "teams", `{"name": "t.1", "teamType": "Department", "isJoinable": false, "policies": [%q], "defaultRoles": [%q], "users": [%q]}`, policy, role, user)
	table := w.good("GET", "tables/name/sample.fact_table?fields=owners,tags", "")
	one := map[string]string{"users": user, "policies": policy, "roles": role, "teams": team, "tables": table}
	fields := map[string]string{"users": "roles,teams", "policies": "owners,teams,roles", "roles": "policies,teams,users", "teams": "users,defaultRoles,parents,children,policies,owners,userCount,childrenCount", "tables": "owners,tags"}
	for kind, id := range one {
		w.good("PATCH", kind+"/"+id, `[{"op": "test", "path": "/id", "value": %q}, {"op": "add", "path": "/description", "value": "changed"}]`, id)
		for _, path := range []string{"?limit=2&fields=" + fields[kind], "?limit=1000&include=all", "/" + id + "?fields=" + fields[kind], "/" + id, "/" + id + "/versions", "/" + id + "/versions/0.1"} {
			w.good("GET", kind+path, "")
		}
	}
	w.good("PATCH", "users/"+user, `[{"op": "add", "path": "/roles/-", "value": {"id": %q, "type": "role"}}]`, role)
	w.good("PUT", "teams/"+team+"/users", `[{"id": %q, "type": "user"}]`, user)
	w.good("DELETE", "teams/"+team+"/users/"+user, "")
	for kind, name := range map[string]string{"users": "new.one", "policies": "p", "roles": "r", "teams": `"t.1"`} {
		w.good("GET", kind+"/name/"+url.PathEscape(name), "")
	}
	for _, body := range []string{`users {"name": "other", "email": "other@example.com"}`, `roles {"name": "r", "policies": ["p"]}`, `teams {"name": "t.1", "teamType": "Department"}`} {
		kind, body, _ := strings.Cut(body, " ")
		w.good("PUT", kind, "%s", body)
	}
	for _, kind := range []string{"teams", "roles", "policies", "users"} {
		w.good("DELETE", kind+"/"+one[kind]+"?hardDelete=false&recursive=false", "")
		w.good("PUT", kind+"/restore", `{"id": %q}`, one[kind])
	}
	for _, kind := range []sim.FaultKind{sim.FaultDown, sim.Fault429, sim.Fault500, sim.FaultConflict} {
		w.faults.Add(sim.Fault{API: openmetadata.API, Kind: kind, Rate: 1, Left: 1})
		w.ask("PUT", "roles/restore", fmt.Sprintf(`{"id": %q}`, role))
	}
	w.ask("GET", "teams/name/nothing", "")
	w.ask("DELETE", "teams/"+team+"/users/"+user, "")

	report := recorder.Report()
	report.Verify(t)
	var names []string
	for _, op := range w.Operations() {
		names = append(names, "openmetadata."+op)
	}
	if missing := report.Missing(names); len(missing) > 0 {
		t.Errorf("never asked for: %v", missing)
	}
	known := w.spec.Operations()
	for _, name := range names {
		if !slices.Contains(known, name) {
			t.Errorf("OpenMetadata has no %s", name)
		}
	}
	for _, c := range report.Operations {
		if line := (Report{Operations: []Coverage{c}}).Coverage(); !strings.Contains(line, " 20") {
			t.Errorf("it never succeeded: %s", line)
		}
	}
	if len(report.Unused) > 0 {
		t.Errorf("these exceptions are not needed: %+v", report.Unused)
	}
}

// What breaks the schemas is refused.
func TestOpenMetadataRefusesWhatItsSchemasDo(t *testing.T) {
	recorder := NewRecorder(OpenMetadataExceptions...)
	w := newCatalogWorld(t, recorder, true)
	for name, tt := range map[string]struct {
		method, path, body string
		change             func(*http.Request)
		want               int
	}{
		"no token":                       {"GET", "teams", "", func(r *http.Request) { r.Header.Del("Authorization") }, 401},
		"another token":                  {"GET", "teams", "", func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, 401},
		"a key and a secret":             {"GET", "teams", "", func(r *http.Request) { r.SetBasicAuth("a", "b") }, 401},
		"an unknown parameter":           {"GET", "teams?colour=red", "", nil, 400},
		"a limit that is a word":         {"GET", "teams?limit=many", "", nil, 400},
		"a team without a name":          {"POST", "teams", `{"teamType": "Group"}`, nil, 400},
		"a team without a type":          {"POST", "teams", `{"name": "x"}`, nil, 400},
		"a team of another type":         {"POST", "teams", `{"name": "x", "teamType": "Squad"}`, nil, 400},
		"a team with an unknown field":   {"POST", "teams", `{"name": "x", "teamType": "Group", "colour": "red"}`, nil, 400},
		"a team with names for ids":      {"POST", "teams", `{"name": "x", "teamType": "Group", "users": ["aiko"]}`, nil, 404},
		"a user without an address":      {"POST", "users", `{"name": "x"}`, nil, 400},
		"a user with a bad address":      {"POST", "users", `{"name": "x", "email": "x"}`, nil, 400},
		"a role without policies":        {"POST", "roles", `{"name": "x"}`, nil, 400},
		"a policy without rules":         {"POST", "policies", `{"name": "x"}`, nil, 400},
		"a rule without an effect":       {"POST", "policies", `{"name": "x", "rules": [{"name": "r", "operations": ["All"], "resources": ["all"]}]}`, nil, 400},
		"an effect there is not":         {"POST", "policies", `{"name": "x", "rules": [{"name": "r", "effect": "maybe", "operations": ["All"], "resources": ["all"]}]}`, nil, 400},
		"an operation there is not":      {"POST", "policies", `{"name": "x", "rules": [{"name": "r", "effect": "deny", "operations": ["Fly"], "resources": ["all"]}]}`, nil, 400},
		"a reference that is a name":     {"PUT", "teams/x/users", `["aiko"]`, nil, 400},
		"a restoration of nothing":       {"PUT", "teams/restore", `{"id": 1}`, nil, 400},
		"a new team as a patch":          {"POST", "teams", `{"name": "x", "teamType": "Group"}`, func(r *http.Request) { r.Header.Set("Content-Type", "application/json-patch+json") }, 415},
		"a patch as a JSON object":       {"PATCH", "teams/x", `{}`, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, 415},
		"a policy with a broken body":    {"POST", "policies", "{", nil, 400},
		"another page both ways at once": {"GET", "teams?before=YQ&after=YQ", "", nil, 400},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			var changes []func(*http.Request)
			if tt.change != nil {
				changes = append(changes, tt.change)
			}
			if status, answer := w.ask(tt.method, tt.path, tt.body, changes...); status != tt.want {
				t.Errorf("got %d %v, want %d", status, answer, tt.want)
			}
		})
	}
	recorder.Report().Verify(t)
}

func TestSchemasThatCannotBeRead(t *testing.T) {
	for name, files := range map[string]fstest.MapFS{
		"none":    {},
		"no JSON": {"openmetadata/entity/teams/team.json": {Data: []byte("{")}},
	} {
		if _, err := LoadOpenMetadata(files); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// What one file says of a definition in another is found there, and what no file says is anything.
func TestReferencesBetweenSchemas(t *testing.T) {
	files := fstest.MapFS{
		"openmetadata/entity/teams/team.json": {Data: []byte(`{"type": "object", "required": ["id"], "properties": {
			"id": {"$ref": "../../type/basic.json#/definitions/uuid"}, "size": {"$ref": "#/definitions/size"}, "other": {"$ref": "../nowhere.json"}},
			"definitions": {"size": {"type": "integer"}}, "additionalProperties": false}`)},
		"openmetadata/type/basic.json":     {Data: []byte(`{"definitions": {"uuid": {"type": "string"}}}`)},
		"openmetadata/defaults/x.json":     {Data: []byte(`not read`)},
		"openmetadata/type/LICENSE":        {Data: []byte(`not read`)},
		"openmetadata/another/ignored.txt": {Data: []byte(`not read`)},
	}
	if _, err := LoadOpenMetadata(files); err == nil {
		t.Error("what a path speaks of is not there, and no error")
	}
	for _, name := range []string{"entity/teams/user", "entity/teams/role", "entity/policies/policy", "api/teams/createTeam", "api/teams/createUser", "api/teams/createRole", "api/policies/createPolicy", "type/entityHistory", "type/entityReferenceList"} {
		files["openmetadata/"+name+".json"] = &fstest.MapFile{Data: []byte("{}")}
	}
	s, err := LoadOpenMetadata(files)
	check(t, err)
	for body, want := range map[string][]string{
		`{"id": "a", "size": 1, "other": [true]}`: nil,
		`{"id": 1, "size": "x", "colour": "red"}`: {"answer answer.colour: " + noSuchField, "answer answer.id: it is a number, not a string", "answer answer.size: it is a string, not a number"},
		`{}`: {"answer answer.id: it is required and not there"},
	} {
		x := exchange("GET", "https://catalog.example.com/api/v1/teams/1", "", 200, body, "Authorization", "Bearer x")
		got := judgement(t, s, x)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
}
