// Package queuetest is the suite that every implementation of the queue port must pass.
//
// The suite owns the clock and runs the tasks itself, one by one or several at once, so that
// rates and delays are checked exactly.
package queuetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/ports/queue"
)

// Destination is one queue that the suite asks for.
type Destination struct {
	queue.Limits
	Endpoint string
}

// Harness is a set of queues, for one test.
type Harness struct {
	Queue queue.Queue
	// Next reports when a task may start first.
	Next func(context.Context) (time.Time, bool)
	// RunNext runs one task that may start now and reports whether there was one.
	RunNext func(context.Context) (bool, error)
	// Bursts says that a queue saves up at most one second's worth of starts while it is idle, as
	// the token bucket of Cloud Tasks does.
	Bursts bool
	// Restart ends the queues as if their process had been killed, and starts them again on
	// the same data. It is nil where the suite cannot do that.
	Restart func(t testing.TB)
}

// Run runs the suite. It calls open for each test, with the clock that the queues must follow
// and the queues that they are.
func Run(t *testing.T, open func(t *testing.T, now func() time.Time, queues map[string]Destination) Harness) {
	cases := []struct {
		name string
		run  func(t *testing.T, w *world)
	}{
		{"body and headers arrive as they are", bodyAndHeaders},
		{"a task does not run before its time", delayed},
		{"tasks due at once run in the order of enqueueing", inOrder},
		{"a name is one task while it waits", coalescedBefore},
		{"a name is one task while it runs", coalescedDuring},
		{"a name is remembered for an hour and free after a day", coalescedAfter},
		{"names of two queues are apart", coalescedPerQueue},
		{"many at once make one task of a name", coalescedAtOnce},
		{"the rate is never exceeded", rate},
		{"the rate counts every try", rateOfRetries},
		{"the concurrency is never exceeded", concurrency},
		{"a refused task is tried again with backoff", retried},
		{"a task refused too often is given up", givenUp},
		{"one queue does not hold up another", independent},
		{"an unknown queue and an invalid task are errors", refused},
		{"a restart loses nothing and keeps the rate", restarted},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.Harness = open(t, w.now, map[string]Destination{
				directory: {Limits: directoryLimits, Endpoint: w.url(directory)},
				settings:  {Limits: settingsLimits, Endpoint: w.url(settings)},
			})
			c.run(t, w)
		})
	}
}

const directory, settings = "directory", "groups-settings"

var (
	directoryLimits = queue.Limits{Rate: 40, Concurrency: 3, MinBackoff: time.Second, MaxBackoff: 10 * time.Second}
	settingsLimits  = queue.Limits{Rate: 0.5, Concurrency: 1, MaxAttempts: 4, MinBackoff: 5 * time.Second, MaxBackoff: time.Minute}
)

func bodyAndHeaders(t *testing.T, w *world) {
	bodies := [][]byte{nil, []byte(`{"group":"eng@example.com"}`), {0, 0xff, '\n'}, bytes.Repeat([]byte("x"), queue.MaxBody)}
	for i, body := range bodies {
		w.enqueue(t, queue.Task{Queue: directory, Name: fmt.Sprint("task-", i), Body: body})
	}
	begin := w.now()
	w.drive(t)
	got := w.runs(directory)
	if len(got) != len(bodies) {
		t.Fatalf("got %d tries, want %d", len(got), len(bodies))
	}
	for i, r := range got {
		if !bytes.Equal(r.body, bodies[i]) {
			t.Errorf("body %d: got %d bytes, want %d", i, len(r.body), len(bodies[i]))
		}
		for name, want := range map[string]string{
			"Content-Type":       "application/json",
			queue.HeaderQueue:    directory,
			queue.HeaderTask:     fmt.Sprint("task-", i),
			queue.HeaderAttempts: "0",
		} {
			if got := r.header.Get(name); got != want {
				t.Errorf("header %s of task %d is %q, want %q", name, i, got, want)
			}
		}
		eta, err := strconv.ParseFloat(r.header.Get(queue.HeaderETA), 64)
		if err != nil || eta < float64(begin.Unix()) || eta > float64(w.now().Unix()+1) {
			t.Errorf("header %s of task %d is %q, want about %d", queue.HeaderETA, i, r.header.Get(queue.HeaderETA), begin.Unix())
		}
	}
	w.enqueue(t, queue.Task{Queue: directory})
	w.enqueue(t, queue.Task{Queue: directory})
	w.drive(t)
	got = w.runs(directory)[len(bodies):]
	if len(got) != 2 || got[0].name == "" || got[0].name == got[1].name {
		t.Errorf("two tasks without names ran as %+v, want two with names of their own", got)
	}
}

func delayed(t *testing.T, w *world) {
	begin := w.now()
	for name, delay := range map[string]time.Duration{
		"past": -time.Hour, "soon": time.Second, "later": 90 * time.Second, "latest": queue.MaxDelay,
	} {
		w.enqueue(t, queue.Task{Queue: directory, Name: name, NotBefore: begin.Add(delay)})
	}
	w.drive(t)
	got := map[string]time.Duration{}
	for _, r := range w.runs(directory) {
		got[r.name] = r.at.Sub(begin)
	}
	want := map[string]time.Duration{"past": 0, "soon": time.Second, "later": 90 * time.Second, "latest": queue.MaxDelay}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("starts after the beginning (-want +got):\n%s", diff)
	}
}

func inOrder(t *testing.T, w *world) {
	var want []string
	for i := range 20 {
		want = append(want, fmt.Sprintf("task-%02d", i))
		w.enqueue(t, queue.Task{Queue: directory, Name: want[i], NotBefore: w.now().Add(time.Minute)})
	}
	w.drive(t)
	if diff := cmp.Diff(want, names(w.runs(directory))); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func coalescedBefore(t *testing.T, w *world) {
	task := queue.Task{Queue: directory, Name: "eng-0001", NotBefore: w.now().Add(time.Minute), Body: []byte("first")}
	w.enqueue(t, task)
	task.Body = []byte("second")
	task.NotBefore = w.now()
	if err := w.Queue.Enqueue(t.Context(), task); !errors.Is(err, queue.ErrExists) {
		t.Errorf("got error %v, want %v", err, queue.ErrExists)
	}
	w.drive(t)
	if got := w.runs(directory); len(got) != 1 || string(got[0].body) != "first" {
		t.Errorf("got tries %+v, want one of the first body", got)
	}
}

func coalescedDuring(t *testing.T, w *world) {
	task := queue.Task{Queue: directory, Name: "eng-0001"}
	var during error
	w.answer = func(run, int) int {
		during = w.Queue.Enqueue(context.WithoutCancel(t.Context()), task)
		return 200
	}
	w.enqueue(t, task)
	w.drive(t)
	if !errors.Is(during, queue.ErrExists) {
		t.Errorf("got error %v, want %v", during, queue.ErrExists)
	}
	if got := w.runs(directory); len(got) != 1 {
		t.Errorf("got %d tries, want 1", len(got))
	}
}

func coalescedAfter(t *testing.T, w *world) {
	done := queue.Task{Queue: directory, Name: "eng-0001"}
	refused := queue.Task{Queue: settings, Name: "eng-0001"}
	w.answer = func(r run, _ int) int {
		if r.queue == settings {
			return 500
		}
		return 200
	}
	w.enqueue(t, done)
	w.enqueue(t, refused)
	w.drive(t)
	ended := w.now() // of the task given up, which is later
	for _, wait := range []time.Duration{0, 30 * time.Minute} {
		w.reach(ended.Add(wait))
		for _, task := range []queue.Task{done, refused} {
			if err := w.Queue.Enqueue(t.Context(), task); !errors.Is(err, queue.ErrExists) {
				t.Errorf("%s after its end in %s: got error %v, want %v", wait, task.Queue, err, queue.ErrExists)
			}
		}
	}
	w.reach(ended.Add(24 * time.Hour))
	before := len(w.runs(directory))
	w.enqueue(t, done)
	w.enqueue(t, refused)
	w.drive(t)
	if got := len(w.runs(directory)) - before; got != 1 {
		t.Errorf("a day later: got %d tries, want 1", got)
	}
}

func coalescedPerQueue(t *testing.T, w *world) {
	w.enqueue(t, queue.Task{Queue: directory, Name: "same"})
	w.enqueue(t, queue.Task{Queue: settings, Name: "same"})
	w.drive(t)
	if a, b := len(w.runs(directory)), len(w.runs(settings)); a != 1 || b != 1 {
		t.Errorf("got %d and %d tries, want 1 and 1", a, b)
	}
}

func coalescedAtOnce(t *testing.T, w *world) {
	results := make(chan error)
	const callers = 16
	for range callers {
		go func() { results <- w.Queue.Enqueue(t.Context(), queue.Task{Queue: directory, Name: "storm"}) }()
	}
	made := 0
	for range callers {
		switch err := <-results; {
		case err == nil:
			made++
		case !errors.Is(err, queue.ErrExists):
			t.Error(err)
		}
	}
	if made != 1 {
		t.Errorf("%d of %d callers made the task, want 1", made, callers)
	}
	w.drive(t)
	if got := len(w.runs(directory)); got != 1 {
		t.Errorf("got %d tries, want 1", got)
	}
}

func rate(t *testing.T, w *world) {
	for range 200 {
		w.enqueue(t, queue.Task{Queue: directory})
	}
	w.drive(t)
	w.reach(w.now().Add(time.Hour)) // an idle hour saves little up
	for range 100 {
		w.enqueue(t, queue.Task{Queue: directory})
	}
	w.drive(t)
	starts := w.runs(directory)
	if len(starts) != 300 {
		t.Fatalf("got %d tries, want 300", len(starts))
	}
	w.checkRate(t, directory, directoryLimits)
	// Nor is the rate left unused.
	if took := starts[199].at.Sub(starts[0].at); took > 199*directoryLimits.Interval() {
		t.Errorf("200 tasks started within %s, want %s", took, 199*directoryLimits.Interval())
	}
}

func rateOfRetries(t *testing.T, w *world) {
	w.answer = func(_ run, n int) int {
		if n <= 2 {
			return 500
		}
		return 200
	}
	for range 20 {
		w.enqueue(t, queue.Task{Queue: settings})
	}
	w.drive(t)
	if got := len(w.runs(settings)); got != 60 {
		t.Errorf("got %d tries, want 60", got)
	}
	w.checkRate(t, settings, settingsLimits)
}

func concurrency(t *testing.T, w *world) {
	entered, leave := make(chan struct{}), make(chan struct{})
	w.answer = func(run, int) int {
		entered <- struct{}{}
		<-leave
		return 200
	}
	for range 5 {
		w.enqueue(t, queue.Task{Queue: directory})
	}
	var running sync.WaitGroup
	start := func() {
		running.Go(func() {
			if ran, err := w.RunNext(t.Context()); err != nil || !ran {
				t.Errorf("RunNext returned %v, %v", ran, err)
			}
		})
		<-entered
	}
	for range directoryLimits.Concurrency {
		due, ok := w.Next(t.Context())
		if !ok {
			t.Fatal("nothing may start below the concurrency")
		}
		w.reach(due)
		start()
	}
	w.reach(w.now().Add(time.Hour))
	if due, ok := w.Next(t.Context()); ok {
		t.Errorf("with all places taken, the next start is allowed at %s", due)
	}
	refused := make(chan struct{})
	running.Go(func() {
		defer close(refused)
		if ran, err := w.RunNext(t.Context()); ran || err != nil {
			t.Errorf("with all places taken, RunNext returned %v, %v", ran, err)
		}
	})
	select {
	case <-refused:
	case <-entered: // it ends with the others
	}
	// Another queue has places of its own.
	w.enqueue(t, queue.Task{Queue: settings})
	start()
	close(leave)
	running.Wait()
	w.answer = nil
	w.drive(t)
	if got := len(w.runs(directory)); got != 5 {
		t.Errorf("got %d tries, want 5", got)
	}
}

func retried(t *testing.T, w *world) {
	answers := []int{500, 404, 409, 429, dropConnection, 503, 204}
	w.answer = func(_ run, n int) int { return answers[n-1] }
	w.enqueue(t, queue.Task{Queue: directory, Name: "stubborn", Body: []byte("b")})
	w.drive(t)
	got := w.runs(directory)
	if len(got) != len(answers) {
		t.Fatalf("got %d tries, want %d", len(got), len(answers))
	}
	for i, r := range got {
		if want := strconv.Itoa(i); r.header.Get(queue.HeaderAttempts) != want || string(r.body) != "b" || r.name != "stubborn" {
			t.Errorf("try %d: header says %s, want %s; name %q, body %q", i+1, r.header.Get(queue.HeaderAttempts), want, r.name, r.body)
		}
		if i == 0 {
			continue
		}
		if pause, want := r.at.Sub(got[i-1].at), directoryLimits.Backoff(i); pause != want {
			t.Errorf("try %d came %s after the one before, want %s", i+1, pause, want)
		}
	}
}

func givenUp(t *testing.T, w *world) {
	w.answer = func(r run, _ int) int {
		if r.name == "poison" {
			return 500
		}
		return 200
	}
	w.enqueue(t, queue.Task{Queue: settings, Name: "poison"})
	w.enqueue(t, queue.Task{Queue: settings, Name: "healthy"})
	w.drive(t)
	count := map[string]int{}
	for _, r := range w.runs(settings) {
		count[r.name]++
	}
	if diff := cmp.Diff(map[string]int{"poison": settingsLimits.MaxAttempts, "healthy": 1}, count); diff != "" {
		t.Errorf("tries (-want +got):\n%s", diff)
	}
}

func independent(t *testing.T, w *world) {
	begin := w.now()
	for range 10 {
		w.enqueue(t, queue.Task{Queue: settings}) // 20 s at this queue's rate
	}
	for range 40 {
		w.enqueue(t, queue.Task{Queue: directory}) // 1 s
	}
	w.drive(t)
	got := w.runs(directory)
	if len(got) != 40 || len(w.runs(settings)) != 10 {
		t.Fatalf("got %d and %d tries, want 40 and 10", len(got), len(w.runs(settings)))
	}
	if took := got[39].at.Sub(begin); took > time.Second {
		t.Errorf("the fast queue took %s beside the slow one, want at most 1s", took)
	}
}

func refused(t *testing.T, w *world) {
	for name, c := range map[string]struct {
		task queue.Task
		want error
	}{
		"unknown queue":     {queue.Task{Queue: "no-such-queue"}, queue.ErrNoQueue},
		"no queue":          {queue.Task{}, queue.ErrInvalid},
		"name with a slash": {queue.Task{Queue: directory, Name: "a/b"}, queue.ErrInvalid},
		"name too long":     {queue.Task{Queue: directory, Name: strings.Repeat("n", 501)}, queue.ErrInvalid},
		"body too large":    {queue.Task{Queue: directory, Body: make([]byte, queue.MaxBody+1)}, queue.ErrInvalid},
		"too far ahead":     {queue.Task{Queue: directory, NotBefore: w.now().Add(queue.MaxDelay + time.Second)}, queue.ErrInvalid},
	} {
		if err := w.Queue.Enqueue(t.Context(), c.task); !errors.Is(err, c.want) {
			t.Errorf("%s: got error %v, want %v", name, err, c.want)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := w.Queue.Enqueue(ended, queue.Task{Queue: directory}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: got error %v, want %v", err, context.Canceled)
	}
	w.enqueue(t, queue.Task{Queue: directory, Name: strings.Repeat("n", 500)})
	w.drive(t)
	if got := len(w.runs(directory)); got != 1 {
		t.Errorf("got %d tries, want 1", got)
	}
}

func restarted(t *testing.T, w *world) {
	if w.Restart == nil {
		t.Skip("these queues cannot be restarted from here")
	}
	for i := range 20 {
		w.enqueue(t, queue.Task{Queue: directory, Name: fmt.Sprint("task-", i)})
	}
	w.Restart(t)
	for range 10 {
		due, _ := w.Next(t.Context())
		w.reach(due)
		if ran, err := w.RunNext(t.Context()); err != nil || !ran {
			t.Fatalf("RunNext returned %v, %v", ran, err)
		}
		w.Restart(t)
	}
	if err := w.Queue.Enqueue(t.Context(), queue.Task{Queue: directory, Name: "task-0"}); !errors.Is(err, queue.ErrExists) {
		t.Errorf("a name is forgotten over a restart: got error %v, want %v", err, queue.ErrExists)
	}
	w.drive(t)
	if got := len(w.runs(directory)); got != 20 {
		t.Errorf("got %d tries, want 20", got)
	}
	w.checkRate(t, directory, directoryLimits)
}
