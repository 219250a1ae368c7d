package embedded_test

import (
	"context"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/ports/queue/queuetest"
)

// openQueue opens the queues that the suite asks for.
func openQueue(t testing.TB, db *embedded.DB, queues map[string]queuetest.Destination) *embedded.Queue {
	t.Helper()
	destinations := map[string]embedded.Destination{}
	for name, d := range queues {
		destinations[name] = embedded.Destination(d)
	}
	q, err := db.Queue(destinations)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestQueueInMemory(t *testing.T) {
	queuetest.Run(t, func(t *testing.T, now func() time.Time, queues map[string]queuetest.Destination) queuetest.Harness {
		db, err := embedded.Open("", now)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		q := openQueue(t, db, queues)
		return queuetest.Harness{
			Queue: q, Next: q.Next,
			RunNext: func(ctx context.Context) (bool, error) { return q.RunNext(ctx, http.DefaultClient) },
		}
	})
}

func TestQueueOnFile(t *testing.T) {
	queuetest.Run(t, func(t *testing.T, now func() time.Time, queues map[string]queuetest.Destination) queuetest.Harness {
		path := filepath.Join(t.TempDir(), "world.db")
		var db *embedded.DB
		current := &struct{ *embedded.Queue }{} // the queues that are open now
		start := func(t testing.TB) {
			if db != nil {
				db.Close()
			}
			var err error
			if db, err = embedded.Open(path, now); err != nil {
				t.Fatal(err)
			}
			current.Queue = openQueue(t, db, queues)
		}
		start(t)
		t.Cleanup(func() { db.Close() })
		return queuetest.Harness{
			Queue: current, Restart: start,
			Next:    func(ctx context.Context) (time.Time, bool) { return current.Next(ctx) },
			RunNext: func(ctx context.Context) (bool, error) { return current.RunNext(ctx, http.DefaultClient) },
		}
	})
}
