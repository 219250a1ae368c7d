package workspace_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	admin "google.golang.org/api/admin/directory/v1"
	reports "google.golang.org/api/admin/reports/v1"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/groupssettings/v1"
	"google.golang.org/api/option"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/sim/workspace"
)

var begin = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

const (
	robot = "sekisho@prj.iam.gserviceaccount.com"
	token = "the-token"
)

// world is a company, a clock, Google, and somebody who receives notifications, all in one
// process.
type world struct {
	t      *testing.T
	now    time.Time
	google *workspace.Server
	calls  *sim.Calls
	faults *sim.Faults
	hook   *hook
	hosts  sim.Transport

	directory *admin.Service
	settings  *groupssettings.Service
	reports   *reports.Service
}

// hook receives notifications at https://hook.example.com/.
type hook struct {
	got    []notification
	status func(n int) int // the answer to the nth request, from 0; nil means 200
}

type notification struct {
	header http.Header
	body   []byte
}

func newWorld(t *testing.T, change ...func(*workspace.Options)) *world {
	t.Helper()
	w := &world{t: t, now: begin, calls: &sim.Calls{}, faults: sim.NewFaults(1), hook: &hook{}}
	hosts := sim.Transport{}
	w.hosts = hosts
	options := workspace.Options{
		Company: org.Demo(), Now: func() time.Time { return w.now }, Push: &http.Client{Transport: hosts},
		Calls: w.calls, Faults: w.faults, Seed: 1,
		Tokens: map[string][]string{token: {
			workspace.ScopeGroup, workspace.ScopeUserReadonly, workspace.ScopeSettings, workspace.ScopeAudit,
		}},
		Robots: map[string]string{token: robot},
	}
	for _, c := range change {
		c(&options)
	}
	google, err := workspace.New(options)
	if err != nil {
		t.Fatal(err)
	}
	w.google = google
	api, receiver := judged(t, google, w.hook)
	hosts["admin.googleapis.com"], hosts["www.googleapis.com"], hosts["hook.example.com"] = api, api, receiver
	w.directory, w.settings, w.reports = clients(t, hosts, token)
	return w
}

// clients makes Google's own clients, as a program with that token has them.
func clients(t *testing.T, hosts sim.Transport, token string) (*admin.Service, *groupssettings.Service, *reports.Service) {
	t.Helper()
	ctx := context.Background()
	http := option.WithHTTPClient(&http.Client{Transport: bearer{token, hosts}})
	directory, err := admin.NewService(ctx, http)
	if err != nil {
		t.Fatal(err)
	}
	settings, err := groupssettings.NewService(ctx, http, option.WithEndpoint("https://www.googleapis.com/groups/v1/groups/"))
	if err != nil {
		t.Fatal(err)
	}
	audit, err := reports.NewService(ctx, http)
	if err != nil {
		t.Fatal(err)
	}
	return directory, settings, audit
}

// bearer adds a token to each request.
type bearer struct {
	token string
	next  http.RoundTripper
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if b.token != "" {
		r.Header.Set("Authorization", "Bearer "+b.token)
	}
	return b.next.RoundTrip(r)
}

// advance moves the clock and runs what becomes due, in order.
func (w *world) advance(d time.Duration) {
	end := w.now.Add(d)
	for {
		due, ok := w.google.Agenda().Next()
		if !ok || due.After(end) {
			break
		}
		if due.After(w.now) {
			w.now = due
		}
		w.google.Agenda().RunNext(w.t.Context(), w.now)
	}
	w.now = end
}

// refused checks that an error is Google's refusal with that status, and returns its reason.
func refused(t *testing.T, err error, code int) string {
	t.Helper()
	var e *googleapi.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a refusal with %d", err, code)
	}
	if e.Code != code {
		t.Fatalf("got %d %s, want %d", e.Code, e.Message, code)
	}
	if len(e.Errors) == 0 {
		return ""
	}
	return e.Errors[0].Reason
}

// must fails the test on an error.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// company parses a company file.
func company(t *testing.T, text string) func(*workspace.Options) {
	t.Helper()
	c, err := org.Parse("company.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return func(o *workspace.Options) { o.Company = c }
}

// get sends a request that Google's clients would not send.
func (w *world) get(path string) *http.Response {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, "https://admin.googleapis.com"+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := (bearer{token, w.hosts}).RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp
}

// structFields lists the fields of a vendor's type, to have all of them sent.
func structFields(v any) []string {
	var out []string
	for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			out = append(out, f.Name)
		}
	}
	return out
}
