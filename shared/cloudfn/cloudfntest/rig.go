// Package cloudfntest runs one function's handler as a platform would, so that its tests see all
// that it does: the store, bus and queues are the embedded ones and record what is written,
// published and queued, time is a controlled clock, and whatever leaves for a vendor passes
// through a transport that the test chooses.
//
// A [Rig] reads the function's log when the test ends. Every line must have the form that Cloud
// Logging reads, and none may hold [Canary], which the tests put into every secret, token and
// body: a path on which something leaks fails the test that takes it.
package cloudfntest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// Canary is part of every text in a test that must not be logged.
const Canary = "canary"

// Secrets of a rig.
const (
	CallerToken = "caller-" + Canary
	GoogleToken = "google-" + Canary
)

// Begin is when the clock of every rig begins.
var Begin = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// Rig is the platform of one function. Its fields may be changed before [Rig.Build].
type Rig struct {
	TB    testing.TB
	Clock *Clock
	Store *Store
	Bus   *Bus
	Queue *Queue
	// Variables are the function's configuration.
	Variables map[string]string
	// Outbound answers for the vendors. Without it every request to one fails the test.
	Outbound http.RoundTripper
	Policy   fs.FS
	// Visitors tells who is signed in; nil means nobody.
	Visitors cloudfn.Visitors
	// Person tells whose a token is; nil means nobody's.
	Person func(ctx context.Context, token string, audiences []string) (string, error)
	// Calls are the requests to vendors so far.
	Calls *Calls
	Log   *Log
}

// New returns a rig on an empty store, on which every transaction is rehearsed.
func New(tb testing.TB) *Rig { return newRig(tb, "", (*embedded.Store).Rehearsed) }

// NewPlain returns a rig on which transactions run once, as in production, and whose database
// is in the file at path, or in memory where path is empty.
func NewPlain(tb testing.TB, path string) *Rig {
	return newRig(tb, path, func(s *embedded.Store) *embedded.Store { return s })
}

func newRig(tb testing.TB, path string, of func(*embedded.Store) *embedded.Store) *Rig {
	tb.Helper()
	r := &Rig{TB: tb, Clock: &Clock{now: Begin}, Variables: map[string]string{}, Log: &Log{}, Calls: &Calls{}}
	db, err := embedded.Open(path, r.Clock.Now)
	if err != nil {
		tb.Fatal(err)
	}
	b := db.Bus()
	for _, topic := range []string{event.TopicGroupChanged, event.TopicChangeEvents, event.TopicDeadLetter} {
		if err := b.CreateTopic(topic); err != nil {
			tb.Fatal(err)
		}
	}
	destinations := map[string]embedded.Destination{}
	for _, name := range event.Queues() {
		destinations[name] = embedded.Destination{Endpoint: "http://nowhere.test/", Limits: queue.Limits{
			Rate: 100, Concurrency: 10, MinBackoff: time.Second, MaxBackoff: time.Minute,
		}}
	}
	q, err := db.Queue(destinations)
	if err != nil {
		tb.Fatal(err)
	}
	r.Store, r.Bus, r.Queue = &Store{Store: of(db.Store())}, &Bus{next: b}, &Queue{next: q}
	tb.Cleanup(func() {
		r.Log.check(tb)
		if err := db.Close(); err != nil {
			tb.Errorf("close the database: %v", err)
		}
	})
	return r
}

// Env returns what the rig gives to a function.
func (r *Rig) Env() *cloudfn.Env {
	r.Calls.tb, r.Calls.next = r.TB, r.Outbound
	visitors := r.Visitors
	if visitors == nil {
		visitors = cloudfn.IAP{} // without an audience nobody is signed in
	}
	person := r.Person
	if person == nil {
		person = func(context.Context, string, []string) (string, error) { return "", cloudfn.ErrNoPerson }
	}
	return &cloudfn.Env{
		Lookup:   func(name string) (string, bool) { v, ok := r.Variables[name]; return v, ok },
		Now:      r.Clock.Now,
		Sleep:    func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		Random:   func() float64 { return 0.5 },
		Store:    r.Store,
		Bus:      r.Bus,
		Queue:    r.Queue,
		Outbound: r.Calls,
		Tokens: func(context.Context, ...string) (oauth2.TokenSource, error) {
			return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: GoogleToken}), nil
		},
		Policy:  r.Policy,
		Log:     cloudfn.NewLog(r.Log),
		Callers: cloudfn.Shared(CallerToken),
		// A token is the account's address behind a word that nobody may log.
		Identify: func(_ context.Context, token, audience string) (string, error) {
			account, ok := strings.CutPrefix(token, Canary+":")
			if !ok || audience == "" {
				return "", errors.New("nobody signed this token")
			}
			return account, nil
		},
		Person:   person,
		Visitors: visitors,
	}
}

// Build makes the function's handler.
func (r *Rig) Build(f cloudfn.Function) http.Handler {
	r.TB.Helper()
	// As cloudfn does: what is logged while a function starts names it.
	ctx := cloudfn.WithLog(context.Background(), slog.String("function", strings.ToLower(f.Name)))
	h, err := f.Build(ctx, r.Env())
	if err != nil {
		r.TB.Fatalf("build %s: %v", f.Name, err)
	}
	return h
}

// Envelope returns a request as the scheduler sends it.
func (r *Rig) Envelope(p event.Payload) *http.Request {
	body, err := event.Seal(p)
	if err != nil {
		r.TB.Fatal(err)
	}
	return r.Post(body)
}

// Post returns a request of one of Google's own callers with any body.
func (r *Rig) Post(body []byte) *http.Request {
	q := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Authorization", "Bearer "+CallerToken)
	q.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	return q
}

// Task returns a request as a queue sends it.
func (r *Rig) Task(t queue.Task) *http.Request {
	q := r.Post(t.Body)
	q.Header.Set(queue.HeaderQueue, t.Queue)
	q.Header.Set(queue.HeaderTask, t.Name)
	q.Header.Set(queue.HeaderAttempts, "0")
	return q
}

// Do sends a request to a handler and returns the status of the answer.
func (r *Rig) Do(h http.Handler, q *http.Request) int {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, q)
	return w.Code
}

// Work gives a handler the tasks that a queue has, one after the other, in the order in which they are
// due, and moves the clock on where one is planned for later. It fails the test when a task is not done.
func (r *Rig) Work(h http.Handler, name string) {
	r.TB.Helper()
	tasks := r.Queue.Take(name)
	slices.SortStableFunc(tasks, func(a, b queue.Task) int { return a.NotBefore.Compare(b.NotBefore) })
	for _, t := range tasks {
		if t.NotBefore.After(r.Clock.Now()) {
			r.Clock.Advance(t.NotBefore.Sub(r.Clock.Now()))
		}
		if status := r.Do(h, r.Task(t)); !queue.Succeeds(status) {
			r.TB.Fatalf("task %s of %s was answered with %d\n%s", t.Name, name, status, r.Log)
		}
	}
}

// Audit returns the audit entries, oldest first, as lines.
func (r *Rig) Audit() []string {
	r.TB.Helper()
	var out []string
	err := trail.Entries.Each(context.Background(), r.Store, store.Query{OrderBy: "at"}, func(e audit.Entry) error {
		out = append(out, e.String())
		return nil
	})
	if err != nil {
		r.TB.Fatal(err)
	}
	return out
}

// Quarantined returns the messages in quarantine, oldest first.
func (r *Rig) Quarantined() []cloudfn.Quarantined {
	r.TB.Helper()
	var out []cloudfn.Quarantined
	err := cloudfn.Quarantines.Each(context.Background(), r.Store, store.Query{OrderBy: "at"}, func(q cloudfn.Quarantined) error {
		out = append(out, q)
		return nil
	})
	if err != nil {
		r.TB.Fatal(err)
	}
	return out
}

// Clock is a controlled clock. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock on.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Log holds what a function logged.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements [io.Writer].
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// String returns all lines.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// check holds every line against what logs must be.
func (l *Log) check(tb testing.TB) {
	for line := range strings.Lines(l.String()) {
		if strings.Contains(strings.ToLower(line), Canary) {
			tb.Errorf("a secret or a part of a body was logged: %s", line)
		}
		if problem := CheckLine(line); problem != "" {
			tb.Errorf("%s: %s", problem, line)
		}
	}
}

// CheckLine returns what is wrong with one line of a log; empty when nothing is.
func CheckLine(line string) string {
	d := json.NewDecoder(strings.NewReader(line))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return "the line is no JSON object"
	}
	seen := map[string]any{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return "the line is no JSON object"
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return "the line is no JSON object"
		}
		name := fmt.Sprint(key)
		if _, twice := seen[name]; twice {
			return fmt.Sprintf("%s stands there twice", name)
		}
		seen[name] = value
	}
	if _, err := d.Token(); err != nil {
		return "the line does not end"
	}
	if _, err := d.Token(); err != io.EOF {
		return "something follows the object"
	}
	switch seen["severity"] {
	case "DEBUG", "INFO", "WARNING", "ERROR":
	default:
		return fmt.Sprintf("severity is %v", seen["severity"])
	}
	for _, name := range []string{"time", "message", "function"} {
		if text, _ := seen[name].(string); text == "" {
			return name + " is missing"
		}
	}
	return ""
}
