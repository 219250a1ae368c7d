package embedded_test

import (
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/ports/bus/bustest"
)

// clock is a clock that only the test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

// reach moves the clock forward to t.
func (c *clock) reach(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.t) {
		c.t = t
	}
}

// open opens a database that the test closes.
func open(t testing.TB, path string, c *clock) *embedded.DB {
	t.Helper()
	db, err := embedded.Open(path, c.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// driveBus delivers until nothing waits.
func driveBus(t testing.TB, c *clock, b *embedded.Bus, client *http.Client) {
	t.Helper()
	horizon := c.now().Add(24 * time.Hour)
	for {
		due, ok := b.Next(t.Context())
		if !ok {
			return
		}
		if due.After(horizon) {
			t.Fatalf("the bus is not quiet after 24 hours")
		}
		c.reach(due)
		if ran, err := b.RunNext(t.Context(), client); err != nil || !ran {
			t.Fatalf("something was due at %s, and RunNext returned %v, %v", due, ran, err)
		}
	}
}

func TestBusInMemory(t *testing.T) {
	bustest.Run(t, func(t *testing.T) bustest.Harness {
		c := newClock()
		b := open(t, "", c).Bus()
		return bustest.Harness{
			Publisher: b, CreateTopic: b.CreateTopic, Subscribe: b.Subscribe, Now: c.now,
			Drive: func(t testing.TB) { driveBus(t, c, b, http.DefaultClient) },
		}
	})
}

func TestBusOnFile(t *testing.T) {
	bustest.Run(t, func(t *testing.T) bustest.Harness {
		c := newClock()
		path := filepath.Join(t.TempDir(), "world.db")
		db := open(t, path, c)
		// The bus that is open now, for a harness that is asked for it after a restart.
		current := &restartable{Bus: db.Bus()}
		return bustest.Harness{
			Publisher: current, Now: c.now,
			CreateTopic: func(name string) error { return current.CreateTopic(name) },
			Subscribe:   func(s bus.Subscription) error { return current.Subscribe(s) },
			Drive:       func(t testing.TB) { driveBus(t, c, current.Bus, http.DefaultClient) },
			Restart: func(t testing.TB) {
				db.Close()
				db = open(t, path, c)
				current.Bus = db.Bus()
			},
		}
	})
}

type restartable struct{ *embedded.Bus }

// TestBusServes runs the suite in real time: Serve takes the same steps as RunNext.
func TestBusServes(t *testing.T) {
	bustest.Run(t, func(t *testing.T) bustest.Harness {
		db, err := embedded.Open("", time.Now)
		if err != nil {
			t.Fatal(err)
		}
		b := db.Bus()
		serve(t, db, b.Serve)
		return bustest.Harness{Publisher: b, CreateTopic: b.CreateTopic, Subscribe: b.Subscribe, Now: time.Now}
	})
}
