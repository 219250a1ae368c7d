package cloudfn

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// attempts is a function that can be built from the n-th attempt on.
type attempts struct {
	from            int32
	builds, answers atomic.Int32
	contexts        []context.Context
}

func (a *attempts) function() Function {
	return Function{Name: "Counted", Build: func(ctx context.Context, _ *Env) (http.Handler, error) {
		a.contexts = append(a.contexts, ctx)
		if a.builds.Add(1) < a.from {
			return nil, errors.New("not yet")
		}
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { a.answers.Add(1) }), nil
	}}
}

func somewhere(context.Context, string) (*Env, error) { return &Env{}, nil }

func get(h http.Handler) int {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	return w.Code
}

func TestSetUpIsTriedUntilItSucceedsAndThenNeverAgain(t *testing.T) {
	a := &attempts{from: 4}
	platforms := 0
	h := Lazy(a.function(), func(context.Context, string) (*Env, error) { platforms++; return &Env{}, nil }).(*lazy)
	h.log = NewLog(&bytes.Buffer{})
	for i, want := range []int{503, 503, 503, 200, 200, 200} {
		if got := get(h); got != want {
			t.Errorf("request %d: status %d, want %d", i, got, want)
		}
	}
	if got := a.builds.Load(); got != 4 {
		t.Errorf("built %d times, want 4", got)
	}
	if platforms != 1 {
		t.Errorf("%d platforms made, want 1: each has clients that nobody closes", platforms)
	}
}

// What a function logs while it starts names it, as all its lines do: an alert finds them by that.
func TestSetUpNamesTheFunctionInItsLog(t *testing.T) {
	var out bytes.Buffer
	log := NewLog(&out)
	h := Lazy(Function{Name: "Counted", Build: func(ctx context.Context, _ *Env) (http.Handler, error) {
		log.WarnContext(ctx, "set-up")
		return http.NotFoundHandler(), nil
	}}, somewhere)
	get(h)
	if !strings.Contains(out.String(), `"function":"counted"`) {
		t.Errorf("logged %s", &out)
	}
}

func TestSetUpHasNoPlatformYet(t *testing.T) {
	a, ready := &attempts{}, false
	h := Lazy(a.function(), func(_ context.Context, name string) (*Env, error) {
		if name != "Counted" {
			t.Errorf("platform of %q", name)
		}
		if !ready {
			return nil, errors.New("no database")
		}
		return &Env{}, nil
	}).(*lazy)
	h.log = NewLog(&bytes.Buffer{})
	if got := get(h); got != http.StatusServiceUnavailable || a.builds.Load() != 0 {
		t.Errorf("status %d after %d builds, want 503 after none", got, a.builds.Load())
	}
	ready = true
	if got := get(h); got != http.StatusOK {
		t.Errorf("status %d, want 200", got)
	}
}

func TestConcurrentFirstRequestsBuildOnce(t *testing.T) {
	a := &attempts{}
	h := Lazy(a.function(), somewhere)
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			if got := get(h); got != http.StatusOK {
				t.Errorf("status %d, want 200", got)
			}
		})
	}
	all.Wait()
	if builds, answers := a.builds.Load(), a.answers.Load(); builds != 1 || answers != 64 {
		t.Errorf("%d builds and %d answers, want 1 and 64", builds, answers)
	}
}

// What is made at the first request outlives it.
func TestSetUpDoesNotEndWithTheFirstRequest(t *testing.T) {
	a := &attempts{}
	h := Lazy(a.function(), somewhere)
	ctx, cancel := context.WithCancel(context.Background())
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx))
	cancel()
	if err := a.contexts[0].Err(); err != nil {
		t.Errorf("the context of the set-up has ended: %v", err)
	}
}

func TestASetUpThatPanicsLocksNothing(t *testing.T) {
	first := true
	h := Lazy(Function{Name: "Panics", Build: func(context.Context, *Env) (http.Handler, error) {
		if first {
			first = false
			panic("a defect")
		}
		return http.NotFoundHandler(), nil
	}}, somewhere)
	func() {
		defer func() { _ = recover() }() // as the functions framework does
		get(h)
	}()
	if got := get(h); got != http.StatusNotFound {
		t.Errorf("status %d, want that of the handler", got)
	}
}

func TestASetUpThatFailsIsLoggedAsEverythingElse(t *testing.T) {
	var out bytes.Buffer
	a := &attempts{from: 2}
	h := Lazy(a.function(), somewhere).(*lazy)
	h.log = NewLog(&out)
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
	for key, want := range map[string]string{
		"severity": "ERROR", "message": "set-up", "function": "counted", "error": "build Counted: not yet",
		"logging.googleapis.com/trace": "4bf92f3577b34da6a3ce929d0e0e4736",
	} {
		if line[key] != want {
			t.Errorf("%s is %v, want %s", key, line[key], want)
		}
	}
	if got := w.Body.String(); got != "not ready\n" {
		t.Errorf("a stranger is told %q", got)
	}
}

// Cloud Logging links lines to traces by the project's name, those of a set-up that fails and those of
// the function.
func TestLinesInProductionNameTheProject(t *testing.T) {
	dir := t.TempDir()
	lines, err := os.Create(filepath.Join(dir, "lines"))
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stderr
	os.Stderr = lines
	t.Cleanup(func() {
		os.Stderr = before
		lines.Close()
	})
	// Clients are made of it; nothing is asked with it.
	credentials := filepath.Join(dir, "credentials.json")
	if err := os.WriteFile(credentials, []byte(`{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"GOOGLE_CLOUD_PROJECT": "p-1", "GOOGLE_APPLICATION_CREDENTIALS": credentials, "AUDIENCE": "https://a.example.com", "CALLERS": "caller@p-1.example.com",
	} {
		t.Setenv(name, value)
	}
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	a := &attempts{from: 2}
	Lazy(a.function(), somewhere).ServeHTTP(httptest.NewRecorder(), r)
	env, err := Production(t.Context(), "Any")
	if err != nil {
		t.Fatal(err)
	}
	env.Log.InfoContext(WithTrace(r), "line")
	text, err := os.ReadFile(lines.Name())
	if err != nil {
		t.Fatal(err)
	}
	const trace = `"logging.googleapis.com/trace":"projects/p-1/traces/4bf92f3577b34da6a3ce929d0e0e4736"`
	if got := strings.Count(string(text), trace); got != 2 {
		t.Errorf("%d lines of two name their trace:\n%s", got, text)
	}
}
