package queuetest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/ports/queue"
)

// dropConnection is an answer that is none.
const dropConnection = -1

// run is one try of one task, as its function saw it.
type run struct {
	queue, name string
	at          time.Time
	header      http.Header
	body        []byte
}

// world is one test: the clock, the functions behind the queues, and the queues.
type world struct {
	Harness
	server *httptest.Server
	// answer returns the status for the n-th try, from 1, of one task; nil means 200. It is
	// called without a lock and set only while nothing runs.
	answer func(r run, n int) int

	mu   sync.Mutex
	time time.Time
	got  []run
}

func newWorld(t *testing.T) *world {
	w := &world{time: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil || req.Method != http.MethodPost {
			t.Errorf("%s %s: %v", req.Method, req.URL, err)
			rw.WriteHeader(http.StatusBadRequest)
			return
		}
		status := w.receive(run{
			queue: path.Base(req.URL.Path), name: req.Header.Get(queue.HeaderTask),
			at: w.now(), header: req.Header.Clone(), body: body,
		})
		if status == dropConnection {
			panic(http.ErrAbortHandler)
		}
		rw.WriteHeader(status)
	}))
	t.Cleanup(func() {
		w.server.CloseClientConnections()
		w.server.Close()
	})
	return w
}

func (w *world) url(name string) string { return w.server.URL + "/" + name }

func (w *world) receive(r run) (status int) {
	w.mu.Lock()
	n := 1
	for _, earlier := range w.got {
		if earlier.queue == r.queue && earlier.name == r.name {
			n++
		}
	}
	w.got = append(w.got, r)
	w.mu.Unlock()
	if w.answer == nil {
		return http.StatusOK
	}
	return w.answer(r, n)
}

// now is the clock of the world.
func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.time
}

// reach moves the clock forward to t.
func (w *world) reach(t time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.After(w.time) {
		w.time = t
	}
}

// drive runs tasks until none waits, moving the clock to when the next may start.
func (w *world) drive(t *testing.T) {
	t.Helper()
	horizon := w.now().Add(2 * queue.MaxDelay)
	for {
		due, ok := w.Next(t.Context())
		if !ok {
			return
		}
		if due.After(horizon) {
			t.Fatalf("the queues are not quiet after %s", 2*queue.MaxDelay)
		}
		w.reach(due)
		if ran, err := w.RunNext(t.Context()); err != nil || !ran {
			t.Fatalf("a task could start at %s, and RunNext returned %v, %v", due, ran, err)
		}
	}
}

func (w *world) enqueue(t *testing.T, task queue.Task) {
	t.Helper()
	if err := w.Queue.Enqueue(t.Context(), task); err != nil {
		t.Fatal(err)
	}
}

// runs returns the tries of one queue's tasks in the order in which they started.
func (w *world) runs(name string) []run {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []run
	for _, r := range w.got {
		if r.queue == name {
			out = append(out, r)
		}
	}
	return out
}

func names(runs []run) []string {
	var out []string
	for _, r := range runs {
		out = append(out, r.name)
	}
	return out
}

// checkRate checks that no window of time, between any two starts, holds more starts than the
// rate allows.
func (w *world) checkRate(t *testing.T, name string, limits queue.Limits) {
	t.Helper()
	runs := w.runs(name)
	if !slices.IsSortedFunc(runs, func(a, b run) int { return a.at.Compare(b.at) }) {
		t.Fatal("starts are not in order")
	}
	burst := 1.0
	if w.Bursts {
		burst = max(1, limits.Rate)
	}
	for i := range runs {
		for j := i + 1; j < len(runs); j++ {
			window := runs[j].at.Sub(runs[i].at)
			if starts := j - i + 1; float64(starts) > burst+window.Seconds()*limits.Rate+1e-6 {
				t.Fatalf("%d starts within %s, at %v a second", starts, window, limits.Rate)
			}
		}
	}
}
