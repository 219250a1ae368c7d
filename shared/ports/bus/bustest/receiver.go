package bustest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/ports/bus"
)

func (h Harness) subscribe(t *testing.T, subscriptions ...bus.Subscription) {
	t.Helper()
	for _, s := range subscriptions {
		for _, name := range []string{s.Topic, s.DeadLetter} {
			if name == "" {
				continue
			}
			if err := h.CreateTopic(name); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // to subscribe again changes nothing
			if err := h.Subscribe(s); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func (h Harness) publish(t *testing.T, topic string, m bus.Message) (id string) {
	t.Helper()
	id, err := h.Publisher.Publish(t.Context(), topic, m)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// patience is how long the suite waits for a bus that delivers by itself.
const patience = 30 * time.Second

// dropConnection is an answer that is none.
const dropConnection = -1

// delivery is one push that arrived, and what it was answered with.
type delivery struct {
	bus.Message
	subscription string
	at           time.Time
	answered     int
}

// receiver is a push endpoint.
type receiver struct {
	h      Harness
	server *httptest.Server
	// answer returns the status for the n-th delivery, from 1, of one message. It is called by
	// one goroutine at a time and must be set before anything arrives.
	answer func(d delivery, n int) int

	mu      sync.Mutex
	got     []delivery
	arrived chan struct{} // holds one token when something has arrived since the last look
}

func newReceiver(t *testing.T, h Harness) *receiver {
	r := &receiver{h: h, arrived: make(chan struct{}, 1), answer: func(delivery, int) int { return http.StatusNoContent }}
	r.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		status := r.receive(t, req)
		if status == dropConnection {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(func() {
		// Closing waits for requests under way only.
		r.server.CloseClientConnections()
		r.server.Close()
	})
	return r
}

func (r *receiver) url() string { return r.server.URL + "/push" }

func (r *receiver) receive(t *testing.T, req *http.Request) (status int) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return http.StatusBadRequest // the sender went away
	}
	m, subscription, err := bus.DecodePush(body)
	if err != nil || req.Method != http.MethodPost || req.URL.Path != "/push" || req.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got %s %s of %s: %v\n%s", req.Method, req.URL, req.Header.Get("Content-Type"), err, body)
		return http.StatusBadRequest
	}
	d := delivery{Message: m, subscription: subscription, at: r.h.Now()}
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 1
	for _, earlier := range r.got {
		if earlier.ID == d.ID {
			n++
		}
	}
	d.answered = r.answer(d, n)
	r.got = append(r.got, d)
	select {
	case r.arrived <- struct{}{}:
	default:
	}
	return d.answered
}

func (r *receiver) deliveries() []delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// wait drives the bus until it is quiet, or waits for it, until done.
func (r *receiver) wait(t *testing.T, done func([]delivery) bool) {
	t.Helper()
	if r.h.Drive != nil {
		r.h.Drive(t)
		if got := r.deliveries(); !done(got) {
			t.Fatalf("not all has arrived: %v", got)
		}
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !done(r.deliveries()) {
		select {
		case <-r.arrived:
		case <-ctx.Done():
			t.Fatalf("not all has arrived after %s: %v", patience, r.deliveries())
		}
	}
}

// ids returns the messages that arrived, each once.
func ids(deliveries []delivery) map[string]bool {
	out := map[string]bool{}
	for _, d := range deliveries {
		out[d.ID] = true
	}
	return out
}

// data returns the data of the messages that arrived, each once and sorted.
func data(deliveries []delivery) []string {
	var out []string
	for _, d := range deliveries {
		out = append(out, string(d.Data))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
