package cloudtasks_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"google.golang.org/api/option"

	"github.com/sekisho/sekisho/shared/adapters/cloudtasks"
	"github.com/sekisho/sekisho/shared/ports/queue/queuetest"
	simulated "github.com/sekisho/sekisho/shared/sim/cloudtasks"
)

// open connects the vendor's client to a simulated Cloud Tasks.
func open(t *testing.T, now func() time.Time, queues map[string]cloudtasks.Destination) (*cloudtasks.Queue, *simulated.Server) {
	t.Helper()
	server := simulated.New(now)
	conn, stop, err := server.Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	q, err := cloudtasks.Open(t.Context(), "test-project", "asia-northeast1", queues, now, option.WithGRPCConn(conn))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	})
	return q, server
}

func TestQueueOnSimulatedCloudTasks(t *testing.T) {
	queuetest.Run(t, func(t *testing.T, now func() time.Time, queues map[string]queuetest.Destination) queuetest.Harness {
		destinations := map[string]cloudtasks.Destination{}
		for name, d := range queues {
			destinations[name] = cloudtasks.Destination{URL: d.Endpoint, ServiceAccount: "tasks@sekisho.example"}
		}
		q, server := open(t, now, destinations)
		for name, d := range queues {
			if err := q.Create(t.Context(), name, d.Limits); err != nil {
				t.Fatal(err)
			}
		}
		return queuetest.Harness{
			Queue: q, Next: server.Next, Bursts: true,
			RunNext: func(ctx context.Context) (bool, error) { return server.RunNext(ctx, http.DefaultClient) },
		}
	})
}
