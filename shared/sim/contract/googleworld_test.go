package contract

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	admin "google.golang.org/api/admin/directory/v1"
	reports "google.golang.org/api/admin/reports/v1"
	"google.golang.org/api/groupssettings/v1"
	"google.golang.org/api/option"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/sim/workspace"
)

// The bearer tokens of a googleWorld.
const (
	fullToken = "full"
	poorToken = "poor" // carries a scope that no method takes
)

// googleWorld is a simulated Workspace behind a recorder, with Google's own clients in front.
type googleWorld struct {
	t        *testing.T
	now      time.Time
	google   *workspace.Server
	faults   *sim.Faults
	spec     *Google
	recorder *Recorder
	hosts    sim.Transport
	tap      Tap
	hook     func() int // the status that the receiver of notifications answers
	made     int        // channel ids

	directory *admin.Service
	settings  *groupssettings.Service
	reports   *reports.Service
}

// newGoogleWorld records into recorder. A provoking world sends what should be refused.
func newGoogleWorld(t *testing.T, recorder *Recorder, provoking bool) *googleWorld {
	t.Helper()
	specs := Specs(t)
	spec, err := LoadGoogle(specs, "admin.directory.v1.admin", "admin.reports.v1.admin", "groupssettings.v1.groupssettings")
	if err != nil {
		t.Fatal(err)
	}
	pushes, err := LoadNotifications(specs)
	if err != nil {
		t.Fatal(err)
	}
	w := &googleWorld{
		t: t, now: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), faults: sim.NewFaults(1), spec: spec, recorder: recorder,
		hosts: sim.Transport{}, hook: func() int { return http.StatusOK },
	}
	tokens := map[string][]string{
		fullToken: {workspace.ScopeGroup, workspace.ScopeUser, workspace.ScopeSettings, workspace.ScopeAudit},
		poorToken: {"https://www.googleapis.com/auth/drive"},
	}
	for _, scope := range spec.scopes() {
		tokens[scope] = []string{scope}
	}
	w.google, err = workspace.New(workspace.Options{
		Company: org.Demo(), Now: func() time.Time { return w.now }, Push: &http.Client{Transport: w.hosts}, Faults: w.faults, Seed: 1,
		Tokens: tokens, Robots: map[string]string{fullToken: "robot@prj.iam.gserviceaccount.com"},
	})
	if err != nil {
		t.Fatal(err)
	}
	spec.Scopes = w.google.Scopes
	w.tap = Tap{Specs: []Spec{spec}, Provoking: provoking}
	w.hosts["admin.googleapis.com"], w.hosts["www.googleapis.com"] = w.google, w.google
	w.hosts["hook.example.com"] = recorder.Handler(Tap{Specs: []Spec{pushes}}, http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(w.hook())
	}))
	client := option.WithHTTPClient(&http.Client{Transport: withToken{recorder.RoundTripper(w.tap, w.hosts)}})
	ctx := context.Background()
	if w.directory, err = admin.NewService(ctx, client); err != nil {
		t.Fatal(err)
	}
	if w.settings, err = groupssettings.NewService(ctx, client); err != nil {
		t.Fatal(err)
	}
	if w.reports, err = reports.NewService(ctx, client); err != nil {
		t.Fatal(err)
	}
	return w
}

// withToken adds the full token.
type withToken struct{ next http.RoundTripper }

func (b withToken) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+fullToken)
	return b.next.RoundTrip(r)
}

// raw sends a request that Google's clients would not send, and returns the answer.
func (w *googleWorld) raw(method, url, token, body string) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := w.recorder.RoundTripper(w.tap, w.hosts).RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

// unique puts an id that was not used before into a body.
func (w *googleWorld) unique(body string) string {
	w.made++
	return strings.ReplaceAll(body, "UNIQUE", fmt.Sprintf("unique-%d", w.made))
}

// advance moves the clock and runs what becomes due, in order.
func (w *googleWorld) advance(d time.Duration) {
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

// check fails the test on an error.
func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// must returns a function that fails the test on an error.
func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		check(t, err)
		return v
	}
}
