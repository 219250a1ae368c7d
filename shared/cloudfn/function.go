// Package cloudfn turns the functions of this repository into Cloud Functions.
//
// It gives a function its platform — configuration, clock, store, bus, queues, a way out to
// vendors, a log — and takes from it one HTTP handler. The set-up is lazy and tried again
// until it succeeds. What the handler of messages does with an error is the same everywhere:
// a permanent one is put into quarantine and acknowledged, every other one is tried again.
package cloudfn

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"
	"golang.org/x/oauth2"

	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// Env is what the platform gives to a function. Everything that a function knows of the
// outside comes through it.
type Env struct {
	// Lookup reads one configuration variable, as [os.LookupEnv] does.
	Lookup func(name string) (string, bool)
	Now    func() time.Time
	// Sleep waits, or returns the error of a context that ends before. Random returns a number
	// from 0 up to 1. Clients of vendors need both to try again at a moment of their own.
	Sleep  func(ctx context.Context, d time.Duration) error
	Random func() float64
	Store  store.Store
	Bus    bus.Publisher
	Queue  queue.Queue
	// Outbound carries the requests to vendors.
	Outbound http.RoundTripper
	// Tokens gives access tokens for Google's APIs, limited to scopes.
	Tokens func(ctx context.Context, scopes ...string) (oauth2.TokenSource, error)
	// Policy holds the policy files; nil means that there is no policy.
	Policy fs.FS
	Log    *slog.Logger
	// Callers tells Google's own callers from strangers.
	Callers Callers
	// Identify returns the address of the service account for which Google signed a token for
	// an audience. It serves functions that other systems call.
	Identify func(ctx context.Context, token, audience string) (account string, err error)
	// Person returns the address of the person who is signed in by a token for one of some
	// audiences, or [ErrNoPerson] where the token is good and nobody's. It serves functions that
	// other systems call for people.
	Person func(ctx context.Context, token string, audiences []string) (email string, err error)
	// Visitors tells who is signed in to a function's page.
	Visitors Visitors
}

// Google returns a client for Google's APIs whose requests carry a token of these scopes.
func (e *Env) Google(ctx context.Context, scopes ...string) (*http.Client, error) {
	source, err := e.Tokens(ctx, scopes...)
	if err != nil {
		return nil, fmt.Errorf("token source: %w", err)
	}
	return &http.Client{Transport: &oauth2.Transport{Source: bounded{source}, Base: e.Outbound}}, nil
}

// Function is one deployable.
type Function struct {
	// Name is the entry point: FUNCTION_TARGET in production, /Name locally.
	Name string
	// Build makes the handler. It is called until it succeeds once; its context has no
	// deadline of a request.
	Build func(ctx context.Context, env *Env) (http.Handler, error)
}

// Register offers a function to the functions framework under its name, with the platform of
// production.
func Register(f Function) {
	functions.HTTP(f.Name, Lazy(f, Production).ServeHTTP)
}

// Lazy returns a handler that builds the function at the first request. While that fails the
// answer is 503, so that the caller tries again, and the next request builds anew.
func Lazy(f Function, platform func(ctx context.Context, name string) (*Env, error)) http.Handler {
	return &lazy{function: f, platform: platform, log: NewProjectLog(os.Stderr, os.Getenv("GOOGLE_CLOUD_PROJECT"))}
}

type lazy struct {
	function Function
	platform func(ctx context.Context, name string) (*Env, error)
	// log is for the time before there is a platform.
	log *slog.Logger

	mu      sync.Mutex
	env     *Env // kept where only the function's own set-up failed, so that its clients are made once
	handler http.Handler
}

func (l *lazy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h, err := l.get(r.Context())
	if err != nil {
		ctx := WithLog(WithTrace(r), l.called())
		l.log.ErrorContext(ctx, "set-up", "error", err.Error())
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	h.ServeHTTP(w, r)
}

// called names the function in log lines, as the handler of its messages does.
func (l *lazy) called() slog.Attr {
	return slog.String("function", strings.ToLower(l.function.Name))
}

func (l *lazy) get(ctx context.Context) (http.Handler, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.handler != nil {
		return l.handler, nil
	}
	// Clients made here outlive the request that came first.
	ctx = WithLog(context.WithoutCancel(ctx), l.called())
	if l.env == nil {
		env, err := l.platform(ctx, l.function.Name)
		if err != nil {
			return nil, fmt.Errorf("platform of %s: %w", l.function.Name, err)
		}
		l.env = env
	}
	h, err := l.function.Build(ctx, l.env)
	if err != nil {
		return nil, fmt.Errorf("build %s: %w", l.function.Name, err)
	}
	l.handler = h
	return h, nil
}
