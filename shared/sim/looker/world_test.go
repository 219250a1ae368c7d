package looker_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/contract"
	"github.com/sekisho/sekisho/shared/sim/looker"
	"github.com/sekisho/sekisho/shared/sim/org"
)

var begin = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// world is a company's Looker and a clock, with a program that is signed in.
type world struct {
	t      *testing.T
	now    time.Time
	looker *looker.Server
	calls  *sim.Calls
	faults *sim.Faults
	http   *http.Client
	token  string
}

// spec is Looker's description of its API, read once; nil where there is none.
var spec = sync.OnceValues(func() (*contract.OpenAPI3, error) {
	folder, ok := contract.Folder()
	if !ok {
		return nil, nil
	}
	return contract.LoadLooker(folder)
})

// judged holds what passes against Looker's own description, where that is at hand.
func judged(t *testing.T, next http.Handler) http.Handler {
	t.Helper()
	s, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	if s == nil {
		return next
	}
	r := contract.NewRecorder(contract.LookerExceptions...)
	t.Cleanup(func() {
		for _, v := range r.Report().Violations {
			t.Errorf("against Looker's description: %s: %s: %s (%s)", v.Operation, v.At, v.Text, v.Example)
		}
	})
	return r.Handler(contract.Tap{Specs: []contract.Spec{s}, Provoking: true}, next)
}

func newWorld(t *testing.T, change ...func(*looker.Options)) *world {
	t.Helper()
	w := &world{t: t, now: begin, calls: &sim.Calls{}, faults: sim.NewFaults(1)}
	o := looker.Options{
		Company: org.Demo(), Now: func() time.Time { return w.now }, Calls: w.calls, Faults: w.faults,
		ClientID: "id", ClientSecret: "secret", Seed: 1,
	}
	for _, c := range change {
		c(&o)
	}
	var err error
	if w.looker, err = looker.New(o); err != nil {
		t.Fatal(err)
	}
	w.http = &http.Client{Transport: sim.Transport{"looker.test": judged(t, w.looker)}}
	w.signIn()
	return w
}

// company seeds a world from a company file's Looker section.
func company(t *testing.T, text string) func(*looker.Options) {
	t.Helper()
	c, err := org.Parse("company.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return func(o *looker.Options) { o.Company = c }
}

func (w *world) signIn() {
	w.t.Helper()
	answer := w.do("POST", "/login", url.Values{"client_id": {"id"}, "client_secret": {"secret"}})
	if answer.status == http.StatusOK {
		w.token, _ = answer.object(w.t)["access_token"].(string)
	}
}

// reply is one answer.
type reply struct {
	status int
	header http.Header
	body   []byte
	err    error
}

// do sends one request; a body of url.Values goes as a form, any other as JSON.
func (w *world) do(method, path string, body any) reply {
	w.t.Helper()
	var reader io.Reader
	kind := ""
	switch body := body.(type) {
	case nil:
	case url.Values:
		reader, kind = strings.NewReader(body.Encode()), "application/x-www-form-urlencoded"
	case string:
		reader, kind = strings.NewReader(body), "application/json"
	default:
		text, err := json.Marshal(body)
		if err != nil {
			w.t.Fatal(err)
		}
		reader, kind = bytes.NewReader(text), "application/json"
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, "https://looker.test/api/4.0"+path, reader)
	if err != nil {
		w.t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if w.token != "" {
		r.Header.Set("Authorization", "Bearer "+w.token)
	}
	resp, err := w.http.Do(r)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return reply{status: resp.StatusCode, header: resp.Header, body: text}
}

// ok sends a request that has to succeed.
func (w *world) ok(method, path string, body any) reply {
	w.t.Helper()
	answer := w.do(method, path, body)
	if answer.err != nil || answer.status/100 != 2 {
		w.t.Fatalf("%s %s: got %d %s, %v", method, path, answer.status, answer.body, answer.err)
	}
	return answer
}

// refused sends a request that has to be refused with that status.
func (w *world) refused(status int, method, path string, body any) map[string]any {
	w.t.Helper()
	answer := w.do(method, path, body)
	if answer.status != status {
		w.t.Fatalf("%s %s: got %d %s, want %d", method, path, answer.status, answer.body, status)
	}
	out := answer.object(w.t)
	if out["message"] == "" || out["documentation_url"] == "" {
		w.t.Errorf("%s %s: the refusal says nothing: %s", method, path, answer.body)
	}
	return out
}

func (r reply) object(t *testing.T) map[string]any {
	t.Helper()
	var out map[string]any
	r.into(t, &out)
	return out
}

func (r reply) list(t *testing.T) []map[string]any {
	t.Helper()
	var out []map[string]any
	r.into(t, &out)
	if out == nil {
		t.Errorf("the list is null")
	}
	return out
}

func (r reply) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		t.Fatalf("%v: %s", err, r.body)
	}
}

// id is the id of the user with an address.
func (w *world) id(email string) string {
	w.t.Helper()
	u, ok := w.looker.User(email)
	if !ok {
		w.t.Fatalf("there is no user %s", email)
	}
	return u.ID
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// emails lists the addresses of a listing of users.
func emails(list []map[string]any) []string {
	var out []string
	for _, u := range list {
		email, _ := u["email"].(string)
		out = append(out, email)
	}
	return out
}
