package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/ports/bus"
)

// endpoint serves handle until the test ends and returns its URL.
func endpoint(t *testing.T, handle http.HandlerFunc) string {
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.URL
}

// decode reads a push delivery.
func decode(t *testing.T, r *http.Request) bus.Message {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	m, _, err := bus.DecodePush(body)
	if err != nil {
		t.Error(err)
	}
	return m
}

func subscription(name, endpoint string) bus.Subscription {
	return bus.Subscription{Name: name, Topic: "news", Endpoint: endpoint, MinBackoff: time.Second, MaxBackoff: 4 * time.Second}
}

func mustSubscribe(t *testing.T, b *embedded.Bus, subscriptions ...bus.Subscription) {
	t.Helper()
	for _, s := range subscriptions {
		if err := b.Subscribe(s); err != nil {
			t.Fatal(err)
		}
	}
}

func mustPublish(t *testing.T, b *embedded.Bus, data string) {
	t.Helper()
	if _, err := b.Publish(t.Context(), "news", bus.Message{Data: []byte(data)}); err != nil {
		t.Fatal(err)
	}
}

func TestBusDeliversInOrderOfDueTimeThenInsertion(t *testing.T) {
	c := newClock()
	begin := c.now()
	b := open(t, "", c).Bus()
	var got []string
	record := func(name string) string {
		return endpoint(t, func(w http.ResponseWriter, r *http.Request) {
			m := decode(t, r)
			got = append(got, fmt.Sprintf("%s %s %d at %s", name, m.Data, m.Attempt, c.now().Sub(begin)))
			if name == "slow" && m.Attempt <= 3 {
				w.WriteHeader(500)
			}
		})
	}
	mustSubscribe(t, b, subscription("slow", record("slow")), subscription("other", record("other")))
	mustPublish(t, b, "1")
	mustPublish(t, b, "2")
	driveBus(t, c, b, http.DefaultClient)
	want := []string{
		"slow 1 1 at 0s", "other 1 1 at 0s", "slow 2 1 at 0s", "other 2 1 at 0s",
		"slow 1 2 at 1s", "slow 2 2 at 1s", "slow 1 3 at 3s", "slow 2 3 at 3s", "slow 1 4 at 7s", "slow 2 4 at 7s",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("deliveries (-want +got):\n%s", diff)
	}
}

func TestBusDoesNotFollowARedirect(t *testing.T) {
	c := newClock()
	b := open(t, "", c).Bus()
	var got []string
	mustSubscribe(t, b, subscription("all", endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method+" "+r.URL.Path)
		if len(got) == 1 {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}
	})+"/push"))
	mustPublish(t, b, "1")
	driveBus(t, c, b, http.DefaultClient)
	if diff := cmp.Diff([]string{"POST /push", "POST /push"}, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestBusCountsWhatWaits(t *testing.T) {
	c := newClock()
	b := open(t, "", c).Bus()
	mustSubscribe(t, b, subscription("all", endpoint(t, func(http.ResponseWriter, *http.Request) {})))
	first := c.now()
	mustPublish(t, b, "1")
	c.reach(first.Add(time.Minute))
	mustPublish(t, b, "2")
	check := func(wantN int, wantOldest time.Time) {
		t.Helper()
		n, oldest, err := b.Waiting(t.Context(), "all")
		if n != wantN || !oldest.Equal(wantOldest) || err != nil {
			t.Errorf("got %d, %s, %v; want %d, %s", n, oldest, err, wantN, wantOldest)
		}
	}
	check(2, first)
	if _, err := b.RunNext(t.Context(), http.DefaultClient); err != nil {
		t.Fatal(err)
	}
	check(1, first.Add(time.Minute))
	driveBus(t, c, b, http.DefaultClient)
	check(0, time.Time{})
}

func TestBusSendsTheTokenOfTheEndpoint(t *testing.T) {
	c := newClock()
	calls := 0
	b := open(t, "", c).Bus(embedded.Bearer(func(_ context.Context, endpoint string) (string, error) {
		if calls++; calls == 1 {
			return "", errors.New("no token yet")
		}
		return "token for " + endpoint, nil
	}))
	var got []string
	url := endpoint(t, func(_ http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("Authorization"))
	})
	mustSubscribe(t, b, subscription("all", url))
	mustPublish(t, b, "1")
	driveBus(t, c, b, http.DefaultClient)
	if diff := cmp.Diff([]string{"Bearer token for " + url}, got); diff != "" {
		t.Errorf("authorization (-want +got):\n%s", diff)
	}
}

func TestBusDeliveryThatTheCallerEndsIsDueAtOnce(t *testing.T) {
	c := newClock()
	b := open(t, "", c).Bus()
	ctx, end := context.WithCancel(t.Context())
	deliveries := 0
	mustSubscribe(t, b, subscription("all", endpoint(t, func(_ http.ResponseWriter, r *http.Request) {
		if deliveries++; deliveries == 1 {
			decode(t, r)
			end()
			<-r.Context().Done()
		}
	})))
	mustPublish(t, b, "1")
	if ran, err := b.RunNext(ctx, http.DefaultClient); err != nil || !ran {
		t.Errorf("RunNext returned %v, %v", ran, err)
	}
	if ran, err := b.RunNext(ctx, http.DefaultClient); err != nil || ran {
		t.Errorf("after the end of its context RunNext returned %v, %v", ran, err)
	}
	if due, ok := b.Next(t.Context()); !ok || !due.Equal(c.now()) {
		t.Errorf("due %s, %v; want %s", due, ok, c.now())
	}
	driveBus(t, c, b, http.DefaultClient)
	if deliveries != 2 {
		t.Errorf("got %d deliveries, want 2", deliveries)
	}
}

// The process ends while the endpoint works: the database is closed under the delivery.
func TestBusDeliveryInFlightAtACrashIsDeliveredAgain(t *testing.T) {
	c := newClock()
	path := filepath.Join(t.TempDir(), "world.db")
	db := open(t, path, c)
	var attempts []int
	var dead []string
	poison := subscription("poison", endpoint(t, func(_ http.ResponseWriter, r *http.Request) {
		attempts = append(attempts, decode(t, r).Attempt)
		db.Close()
	}))
	poison.MaxAttempts, poison.DeadLetter = 5, "dead-letter"
	buried := subscription("buried", endpoint(t, func(_ http.ResponseWriter, r *http.Request) {
		dead = append(dead, decode(t, r).Attributes[bus.AttrDeadLetterAttempts])
	}))
	buried.Topic = "dead-letter"
	mustSubscribe(t, db.Bus(), poison, buried)
	mustPublish(t, db.Bus(), "1")
	for range poison.MaxAttempts {
		if ran, err := db.Bus().RunNext(t.Context(), http.DefaultClient); err == nil || !ran {
			t.Errorf("RunNext on a database that was closed returned %v, %v", ran, err)
		}
		db = open(t, path, c)
	}
	driveBus(t, c, db.Bus(), http.DefaultClient)
	if diff := cmp.Diff([]int{1, 2, 3, 4, 5}, attempts); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"5"}, dead); diff != "" {
		t.Errorf("a message that ends the process five times is a dead letter (-want +got):\n%s", diff)
	}
}

func TestBusInMemorySurvivesEndedContexts(t *testing.T) {
	c := newClock()
	b := open(t, "", c).Bus()
	got := 0
	mustSubscribe(t, b, subscription("all", endpoint(t, func(http.ResponseWriter, *http.Request) { got++ })))
	acknowledged := 0
	for range 200 {
		ctx, end := context.WithCancel(t.Context())
		go end() // somewhere during the call
		if _, err := b.Publish(ctx, "news", bus.Message{Data: []byte("x")}); err == nil {
			acknowledged++
		} else if !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v, want %v", err, context.Canceled)
		}
		end()
	}
	driveBus(t, c, b, http.DefaultClient)
	if got < acknowledged {
		t.Errorf("got %d deliveries of %d messages", got, acknowledged)
	}
}

func TestBusReportsAClosedDatabase(t *testing.T) {
	c := newClock()
	db := open(t, "", c)
	b := db.Bus()
	db.Close()
	due, ok := b.Next(t.Context())
	if !ok || !due.Equal(c.now()) {
		t.Errorf("Next returned %s, %v; want the present", due, ok)
	}
	if _, err := b.RunNext(t.Context(), http.DefaultClient); err == nil {
		t.Error("RunNext returned no error")
	}
	if err := b.Serve(t.Context(), http.DefaultClient); err == nil {
		t.Error("Serve returned no error")
	}
	if _, err := b.Publish(t.Context(), "news", bus.Message{Data: []byte("x")}); err == nil {
		t.Error("Publish returned no error")
	}
}
