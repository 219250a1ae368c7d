package cloudtasks_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/option"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/sekisho/sekisho/shared/adapters/cloudtasks"
	"github.com/sekisho/sekisho/shared/ports/queue"
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

func TestTasksCarryWhatTheConfigurationSays(t *testing.T) {
	c := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	now := func() time.Time { return c }
	q, server := open(t, now, map[string]cloudtasks.Destination{
		"directory": {URL: "https://grouprefresh.example/", ServiceAccount: "tasks@sekisho.example", Audience: "grouprefresh"},
		"public":    {URL: "http://public.example/"},
	})
	limits := queue.Limits{Rate: 1, Concurrency: 1, MinBackoff: time.Second, MaxBackoff: time.Second}
	for _, name := range []string{"directory", "public", "public"} { // to create again changes nothing
		if err := q.Create(t.Context(), name, limits); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.Enqueue(t.Context(), queue.Task{Queue: "directory", Name: "C01-1", Body: []byte("{}"), NotBefore: c.Add(time.Minute + 1)}); err != nil {
		t.Fatal(err)
	}
	if err := q.Enqueue(t.Context(), queue.Task{Queue: "public"}); err != nil {
		t.Fatal(err)
	}
	got := list(t, server, "directory")
	want := &cloudtaskspb.Task{
		Name: "projects/test-project/locations/asia-northeast1/queues/directory/tasks/C01-1",
		MessageType: &cloudtaskspb.Task_HttpRequest{HttpRequest: &cloudtaskspb.HttpRequest{
			Url: "https://grouprefresh.example/", HttpMethod: cloudtaskspb.HttpMethod_POST,
			Headers: map[string]string{"Content-Type": "application/json"}, Body: []byte("{}"),
			AuthorizationHeader: &cloudtaskspb.HttpRequest_OidcToken{OidcToken: &cloudtaskspb.OidcToken{
				ServiceAccountEmail: "tasks@sekisho.example", Audience: "grouprefresh",
			}},
		}},
		// Rounded up: Cloud Tasks knows microseconds, and the task must not run before its time.
		ScheduleTime:     timestamppb.New(c.Add(time.Minute + time.Microsecond)),
		CreateTime:       timestamppb.New(c),
		DispatchDeadline: durationpb.New(30 * time.Minute),
		View:             cloudtaskspb.Task_FULL,
	}
	if diff := cmp.Diff([]*cloudtaskspb.Task{want}, got, protocmp.Transform()); diff != "" {
		t.Errorf("task (-want +got):\n%s", diff)
	}
	if token := list(t, server, "public")[0].GetHttpRequest().GetAuthorizationHeader(); token != nil {
		t.Errorf("a queue without a service account sends %v", token)
	}
	made, err := server.GetQueue(t.Context(), &cloudtaskspb.GetQueueRequest{Name: "projects/test-project/locations/asia-northeast1/queues/public"})
	if err != nil {
		t.Fatal(err)
	}
	if got := made.GetRetryConfig().GetMaxAttempts(); got != -1 {
		t.Errorf("a queue that never gives up has max_attempts %d, want -1", got)
	}
}

func list(t *testing.T, server *simulated.Server, name string) []*cloudtaskspb.Task {
	t.Helper()
	got, err := server.ListTasks(t.Context(), &cloudtaskspb.ListTasksRequest{
		Parent: "projects/test-project/locations/asia-northeast1/queues/" + name, ResponseView: cloudtaskspb.Task_FULL,
	})
	if err != nil {
		t.Fatal(err)
	}
	return got.GetTasks()
}

func TestEnqueueReportsWhatIsMissing(t *testing.T) {
	q, _ := open(t, time.Now, map[string]cloudtasks.Destination{"configured": {URL: "https://work.example/"}})
	for _, name := range []string{"configured", "unheard-of"} { // neither was created
		if err := q.Enqueue(t.Context(), queue.Task{Queue: name}); !errors.Is(err, queue.ErrNoQueue) {
			t.Errorf("queue %s: got error %v, want %v", name, err, queue.ErrNoQueue)
		}
	}
	if err := q.Create(t.Context(), "configured", queue.Limits{}); !errors.Is(err, queue.ErrInvalid) {
		t.Errorf("no limits: got error %v, want %v", err, queue.ErrInvalid)
	}
}
