package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/ports/queue"
)

var limits = queue.Limits{Rate: 10, Concurrency: 2, MaxAttempts: 3, MinBackoff: time.Second, MaxBackoff: time.Minute}

func mustOpen(t testing.TB, db *embedded.DB, endpoint string) *embedded.Queue {
	t.Helper()
	q, err := db.Queue(map[string]embedded.Destination{"work": {Limits: limits, Endpoint: endpoint}})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func mustEnqueue(t testing.TB, q *embedded.Queue, name string) {
	t.Helper()
	if err := q.Enqueue(t.Context(), queue.Task{Queue: "work", Name: name, Body: []byte("body of " + name)}); err != nil {
		t.Fatal(err)
	}
}

// driveQueue runs tasks until none waits.
func driveQueue(t testing.TB, c *clock, q *embedded.Queue, client *http.Client) (tries int) {
	t.Helper()
	horizon := c.now().Add(24 * time.Hour)
	for {
		due, ok := q.Next(t.Context())
		if !ok {
			return tries
		}
		if due.After(horizon) {
			t.Fatal("the queue is not quiet after 24 hours")
		}
		c.reach(due)
		if ran, err := q.RunNext(t.Context(), client); err != nil || !ran {
			t.Fatalf("a task could start at %s, and RunNext returned %v, %v", due, ran, err)
		}
		tries++
	}
}

func TestQueueForgetsANameAfterExactlyAnHour(t *testing.T) {
	c := newClock()
	q := mustOpen(t, open(t, "", c), endpoint(t, func(http.ResponseWriter, *http.Request) {}))
	mustEnqueue(t, q, "group-1")
	driveQueue(t, c, q, http.DefaultClient)
	done := c.now()
	c.reach(done.Add(time.Hour - time.Nanosecond))
	if err := q.Enqueue(t.Context(), queue.Task{Queue: "work", Name: "group-1"}); !errors.Is(err, queue.ErrExists) {
		t.Errorf("got error %v, want %v", err, queue.ErrExists)
	}
	c.reach(done.Add(time.Hour))
	mustEnqueue(t, q, "group-1")
}

func TestQueueKeepsTheTasksItGaveUp(t *testing.T) {
	c := newClock()
	path := filepath.Join(t.TempDir(), "world.db")
	db := open(t, path, c)
	q := mustOpen(t, db, endpoint(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }))
	mustEnqueue(t, q, "one")
	mustEnqueue(t, q, "")
	begin := c.now()
	driveQueue(t, c, q, http.DefaultClient)
	db.Close()
	q = mustOpen(t, open(t, path, c), "http://unused.example/")
	got, err := q.GivenUp(t.Context(), "work")
	if err != nil {
		t.Fatal(err)
	}
	want := []embedded.GivenUp{
		{Task: queue.Task{Queue: "work", Name: "one", Body: []byte("body of one")}, Attempts: 3, At: begin.Add(3 * time.Second), Reason: "status 503"},
		{Task: queue.Task{Queue: "work", Body: []byte("body of ")}, Attempts: 3, At: begin.Add(3100 * time.Millisecond), Reason: "status 503"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("given up (-want +got):\n%s", diff)
	}
	if n, _, err := q.Waiting(t.Context(), "work"); n != 0 || err != nil {
		t.Errorf("%d tasks wait, %v; want none", n, err)
	}
}

func TestQueueCountsWhatWaits(t *testing.T) {
	c := newClock()
	q := mustOpen(t, open(t, "", c), endpoint(t, func(http.ResponseWriter, *http.Request) {}))
	first := c.now()
	mustEnqueue(t, q, "one")
	c.reach(first.Add(time.Minute))
	mustEnqueue(t, q, "two")
	check := func(wantN int, wantOldest time.Time) {
		t.Helper()
		n, oldest, err := q.Waiting(t.Context(), "work")
		if n != wantN || !oldest.Equal(wantOldest) || err != nil {
			t.Errorf("got %d, %s, %v; want %d, %s", n, oldest, err, wantN, wantOldest)
		}
	}
	check(2, first)
	if _, err := q.RunNext(t.Context(), http.DefaultClient); err != nil {
		t.Fatal(err)
	}
	check(1, first.Add(time.Minute))
	driveQueue(t, c, q, http.DefaultClient)
	check(0, time.Time{})
}

func TestQueueTryInFlightAtACrashIsMadeAgain(t *testing.T) {
	c := newClock()
	path := filepath.Join(t.TempDir(), "world.db")
	db := open(t, path, c)
	var retries []string
	url := endpoint(t, func(_ http.ResponseWriter, r *http.Request) {
		retries = append(retries, r.Header.Get(queue.HeaderAttempts))
		db.Close()
	})
	mustEnqueue(t, mustOpen(t, db, url), "poison")
	q := mustOpen(t, db, url)
	for range limits.MaxAttempts {
		due, _ := q.Next(t.Context())
		c.reach(due)
		if ran, err := q.RunNext(t.Context(), http.DefaultClient); err == nil || !ran {
			t.Errorf("RunNext on a database that was closed returned %v, %v", ran, err)
		}
		db = open(t, path, c)
		q = mustOpen(t, db, url)
	}
	driveQueue(t, c, q, http.DefaultClient)
	if diff := cmp.Diff([]string{"0", "1", "2"}, retries); diff != "" {
		t.Errorf("tries (-want +got):\n%s", diff)
	}
	if got, err := q.GivenUp(t.Context(), "work"); len(got) != 1 || err != nil {
		t.Errorf("a task that ends the process three times: given up %v, %v", got, err)
	}
}

func TestQueueThatIsNotOpenedKeepsItsTasks(t *testing.T) {
	c := newClock()
	path := filepath.Join(t.TempDir(), "world.db")
	db := open(t, path, c)
	url := endpoint(t, func(http.ResponseWriter, *http.Request) {})
	mustEnqueue(t, mustOpen(t, db, url), "one")
	db.Close()
	db = open(t, path, c)
	other, err := db.Queue(map[string]embedded.Destination{"other": {Limits: limits, Endpoint: url}})
	if err != nil {
		t.Fatal(err)
	}
	if due, ok := other.Next(t.Context()); ok {
		t.Errorf("a task of a queue that is not open may start at %s", due)
	}
	if err := other.Enqueue(t.Context(), queue.Task{Queue: "work"}); !errors.Is(err, queue.ErrNoQueue) {
		t.Errorf("got error %v, want %v", err, queue.ErrNoQueue)
	}
	mustOpen(t, db, url)
	if tries := driveQueue(t, c, other, http.DefaultClient); tries != 1 {
		t.Errorf("opened again, %d tries, want 1", tries)
	}
}

func TestQueueRefusesBadLimits(t *testing.T) {
	db := open(t, "", newClock())
	for name, d := range map[string]embedded.Destination{
		"no limits":   {Endpoint: "http://work.example/"},
		"no endpoint": {Limits: limits},
		"no host":     {Limits: limits, Endpoint: "/work"},
	} {
		if _, err := db.Queue(map[string]embedded.Destination{"work": d}); !errors.Is(err, queue.ErrInvalid) {
			t.Errorf("%s: got error %v, want %v", name, err, queue.ErrInvalid)
		}
	}
}

func TestQueueServes(t *testing.T) {
	db, err := embedded.Open("", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan string)
	url := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		if name := r.Header.Get(queue.HeaderTask); r.Header.Get(queue.HeaderAttempts) == "0" && name == "task-0" {
			w.WriteHeader(500)
			return
		}
		done <- r.Header.Get(queue.HeaderTask)
	})
	fast := limits
	fast.Rate = 500
	q, err := db.Queue(map[string]embedded.Destination{"work": {Limits: fast, Endpoint: url}})
	if err != nil {
		t.Fatal(err)
	}
	serve(t, db, q.Serve)
	want, got := map[string]bool{}, map[string]bool{}
	for i := range 20 {
		name := fmt.Sprint("task-", i)
		want[name] = true
		mustEnqueue(t, q, name)
	}
	for range want {
		select {
		case name := <-done:
			got[name] = true
		case <-time.After(30 * time.Second):
			t.Fatalf("after 30 s only %v are done", got)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

// A task an hour ahead runs at once when the clock is moved and the database is told.
func TestWakeFollowsAClockMovedByHand(t *testing.T) {
	c := newClock()
	db, err := embedded.Open("", c.now)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	q := mustOpen(t, db, endpoint(t, func(http.ResponseWriter, *http.Request) { close(done) }))
	serve(t, db, q.Serve)
	if err := q.Enqueue(t.Context(), queue.Task{Queue: "work", NotBefore: c.now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	c.reach(c.now().Add(time.Hour))
	db.Wake()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("the task did not run within 30 s")
	}
}

// inProcess answers every request with 200.
type inProcess struct{}

func (inProcess) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(""))}, nil
}

// One operation is one named task enqueued and run, in memory and in process.
func BenchmarkQueue(b *testing.B) {
	c := newClock()
	db := open(b, "", c)
	q := mustOpen(b, db, "http://work.example/")
	client := &http.Client{Transport: inProcess{}}
	for i := 0; b.Loop(); i++ {
		mustEnqueue(b, q, fmt.Sprint("task-", i))
		driveQueue(b, c, q, client)
	}
}

// One operation is one message published and delivered, in memory and in process.
func BenchmarkBus(b *testing.B) {
	c := newClock()
	bus := open(b, "", c).Bus()
	if err := bus.Subscribe(subscription("all", "http://work.example/")); err != nil {
		b.Fatal(err)
	}
	client := &http.Client{Transport: inProcess{}}
	for b.Loop() {
		if _, err := bus.Publish(context.Background(), "news", message); err != nil {
			b.Fatal(err)
		}
		driveBus(b, c, bus, client)
	}
}
