package fivetran_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/fivetran"
	"github.com/sekisho/sekisho/shared/sim/org"
)

var begin = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

const companyFile = `
domain: example.com
fivetran:
  groups: [{id: thicket_confronted, name: Snowflake_prod}, {id: lantern_quietly, name: BigQuery_dev}]
  connections:
    - {name: legacy_crm, service: postgres, group: thicket_confronted, setup: broken, created: 2025-03-01T00:00:00Z}
    - {name: finance.budget, service: google_sheets, group: lantern_quietly}
    - {name: parked, service: klaviyo, group: lantern_quietly, paused: true}
`

// world is a Fivetran account, a clock, and somebody who receives webhooks.
type world struct {
	t      *testing.T
	now    time.Time
	vendor *fivetran.Server
	calls  *sim.Calls
	faults *sim.Faults
	client *http.Client
	got    []webhook
	status func() int // the receiver's answer; nil means 200
}

type webhook struct {
	at     time.Time
	header http.Header
	body   []byte
}

func newWorld(t *testing.T, change ...func(*fivetran.Options)) *world {
	t.Helper()
	company, err := org.Parse("company.yaml", []byte(companyFile))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, now: begin, calls: &sim.Calls{}, faults: sim.NewFaults(1)}
	hosts := sim.Transport{}
	w.client = &http.Client{Transport: hosts, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	options := fivetran.Options{
		Company: company, Now: func() time.Time { return w.now }, Key: "key", Secret: "secret", Push: w.client,
		Calls: w.calls, Faults: w.faults, Seed: 1,
	}
	for _, c := range change {
		c(&options)
	}
	vendor, err := fivetran.New(options)
	if err != nil {
		t.Fatal(err)
	}
	w.vendor = vendor
	hosts["api.fivetran.com"], hosts["fivetran.com"] = judged(t, vendor), vendor
	hosts["hook.example.com"] = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.got = append(w.got, webhook{w.now, r.Header, body})
		if w.status != nil {
			rw.WriteHeader(w.status())
		}
	})
	return w
}

// advance moves the clock and runs what becomes due, in order.
func (w *world) advance(d time.Duration) {
	end := w.now.Add(d)
	for {
		due, ok := w.vendor.Agenda().Next()
		if !ok || due.After(end) {
			break
		}
		if due.After(w.now) {
			w.now = due
		}
		w.vendor.RunNext(w.t.Context())
	}
	w.now = end
}

// reply is an answer of the API, decoded.
type reply struct {
	status  int
	header  http.Header
	Code    string
	Message string
	Data    map[string]any
	raw     string
}

// send makes one request as an API client does. A body that is no text is sent as JSON.
func (w *world) send(method, path string, body any, change ...func(*http.Request)) (reply, error) {
	w.t.Helper()
	var payload []byte
	switch b := body.(type) {
	case nil:
	case string:
		payload = []byte(b)
	default:
		var err error
		if payload, err = json.Marshal(b); err != nil {
			w.t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, "https://api.fivetran.com"+path, bytes.NewReader(payload))
	if err != nil {
		w.t.Fatal(err)
	}
	r.SetBasicAuth("key", "secret")
	r.Header.Set("Accept", "application/json;version=2")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, c := range change {
		c(r)
	}
	resp, err := w.client.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return reply{}, err
	}
	out := reply{status: resp.StatusCode, header: resp.Header, raw: string(raw)}
	if err := json.Unmarshal(raw, &out); err != nil {
		w.t.Fatalf("%s %s: the answer is no JSON: %s", method, path, raw)
	}
	return out, nil
}

// want makes a request and checks the status and the code of the answer.
func (w *world) want(status int, code, method, path string, body any, change ...func(*http.Request)) reply {
	w.t.Helper()
	got, err := w.send(method, path, body, change...)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	if got.status != status || got.Code != code {
		w.t.Fatalf("%s %s: got %d %s, want %d %s", method, path, got.status, got.raw, status, code)
	}
	return got
}

func (w *world) ok(method, path string, body any) reply {
	w.t.Helper()
	return w.want(http.StatusOK, "Success", method, path, body)
}

// object is a JSON object.
type object map[string]any

// asked is a request for a connection, as the documentation advises for connect cards.
func asked(change ...func(object)) object {
	o := object{
		"group_id": "thicket_confronted", "service": "sql_server_rds", "paused": true, "run_setup_tests": false,
		"trust_certificates": true, "trust_fingerprints": true, "sync_frequency": 360, "destination_schema_names": "FIVETRAN_NAMING",
		"connect_card_config": object{"redirect_uri": "https://console.example.com/connected?state=s1", "hide_setup_guide": true},
		"config":              object{"schema_prefix": "sales", "host": "db.example.com", "port": 1433, "database": "Sales", "update_method": "TELEPORT"},
	}
	for _, c := range change {
		c(o)
	}
	return o
}

func set(name string, value any) func(object) {
	return func(o object) {
		if inner, ok := strings.CutPrefix(name, "config."); ok {
			o["config"].(object)[inner] = value
			return
		}
		o[name] = value
	}
}

func without(name string) func(object) { return func(o object) { delete(o, name) } }

// create makes the connection sales, and returns its id and the address of its card.
func (w *world) create(change ...func(object)) (id, card string) {
	w.t.Helper()
	got := w.want(http.StatusCreated, "Success", "POST", "/v1/connections", asked(change...))
	if c, ok := got.Data["connect_card"].(map[string]any); ok {
		card = c["uri"].(string)
	}
	return got.Data["id"].(string), card
}

// status returns the setup state and the sync state that the API shows.
func (w *world) state(id string) (setup, sync string) {
	w.t.Helper()
	s := w.ok("GET", "/v1/connections/"+id, nil).Data["status"].(map[string]any)
	return s["setup_state"].(string), s["sync_state"].(string)
}

// browser gets a page, or sends a form.
func (w *world) browser(method, address, form string) (*httptest.ResponseRecorder, string) {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, address, strings.NewReader(form))
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	rec := httptest.NewRecorder()
	w.vendor.ServeHTTP(rec, r)
	return rec, rec.Body.String()
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
