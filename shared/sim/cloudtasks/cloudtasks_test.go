package cloudtasks_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	vendor "cloud.google.com/go/cloudtasks/apiv2"
	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/sekisho/sekisho/shared/sim/cloudtasks"
)

const (
	location  = "projects/p/locations/asia-northeast1"
	queueName = location + "/queues/directory"
)

// world is one simulated Cloud Tasks with the vendor's client, a clock, and a target.
type world struct {
	client *vendor.Client
	server *cloudtasks.Server
	time   time.Time
	begin  time.Time
	url    string
	// answer returns the status of one request.
	answer func(*http.Request) int
	got    []string // task, retry count and time of each request
}

func newWorld(t *testing.T, settings *cloudtaskspb.Queue) *world {
	t.Helper()
	w := &world{time: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), answer: func(*http.Request) int { return 200 }}
	w.begin = w.time
	target := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.got = append(w.got, fmt.Sprintf("%s %s %s", r.Header.Get("X-CloudTasks-TaskName"), r.Header.Get("X-CloudTasks-TaskRetryCount"), w.time.Sub(w.begin)))
		rw.WriteHeader(w.answer(r))
	}))
	t.Cleanup(target.Close)
	w.url = target.URL
	w.server = cloudtasks.New(func() time.Time { return w.time })
	conn, stop, err := w.server.Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	w.client, err = vendor.NewClient(t.Context(), option.WithGRPCConn(conn))
	if err != nil {
		t.Fatal(err)
	}
	settings.Name = queueName
	if _, err := w.client.CreateQueue(t.Context(), &cloudtaskspb.CreateQueueRequest{Parent: location, Queue: settings}); err != nil {
		t.Fatal(err)
	}
	return w
}

// task returns a request to create a task that posts to the target.
func (w *world) task(name string) *cloudtaskspb.CreateTaskRequest {
	r := &cloudtaskspb.CreateTaskRequest{Parent: queueName, Task: &cloudtaskspb.Task{
		MessageType: &cloudtaskspb.Task_HttpRequest{HttpRequest: &cloudtaskspb.HttpRequest{Url: w.url, Body: []byte("{}")}},
	}}
	if name != "" {
		r.Task.Name = queueName + "/tasks/" + name
	}
	return r
}

func (w *world) create(t *testing.T, r *cloudtaskspb.CreateTaskRequest) *cloudtaskspb.Task {
	t.Helper()
	made, err := w.client.CreateTask(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// drive sends tasks until none waits.
func (w *world) drive(t *testing.T) {
	t.Helper()
	for {
		start, ok := w.server.Next(t.Context())
		if !ok {
			return
		}
		if start.Sub(w.begin) > 365*24*time.Hour {
			t.Fatal("the queue is not quiet after a year")
		}
		if start.After(w.time) {
			w.time = start
		}
		if ran, err := w.server.RunNext(t.Context(), http.DefaultClient); err != nil || !ran {
			t.Fatalf("a task could start at %s, and RunNext returned %v, %v", start, ran, err)
		}
	}
}

func want(t *testing.T, err error, code codes.Code) {
	t.Helper()
	if got := status.Code(err); got != code {
		t.Errorf("got %s (%v), want %s", got, err, code)
	}
}

func TestNamesOutliveTheirTasksByADay(t *testing.T) {
	w := newWorld(t, &cloudtaskspb.Queue{})
	w.create(t, w.task("done"))
	w.create(t, w.task("deleted"))
	if err := w.client.DeleteTask(t.Context(), &cloudtaskspb.DeleteTaskRequest{Name: queueName + "/tasks/deleted"}); err != nil {
		t.Fatal(err)
	}
	w.drive(t)
	if diff := cmp.Diff([]string{"done 0 0s"}, w.got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	w.time = w.time.Add(24*time.Hour - 1)
	for _, name := range []string{"done", "deleted"} {
		_, err := w.client.CreateTask(t.Context(), w.task(name))
		want(t, err, codes.AlreadyExists)
	}
	w.time = w.time.Add(1)
	w.create(t, w.task("done"))
	w.create(t, w.task("deleted"))
}

func TestBackoffDoublesThenGrowsThenStays(t *testing.T) {
	w := newWorld(t, &cloudtaskspb.Queue{RetryConfig: &cloudtaskspb.RetryConfig{
		MaxAttempts: 9, MaxDoublings: 3, MinBackoff: durationpb.New(10*time.Second + 999*time.Millisecond), MaxBackoff: durationpb.New(300 * time.Second),
	}})
	w.answer = func(*http.Request) int { return 500 }
	w.create(t, w.task("stubborn"))
	w.drive(t)
	var wants []string
	at := time.Duration(0)
	for i, pause := range []int{0, 10, 20, 40, 80, 160, 240, 300, 300} {
		at += time.Duration(pause) * time.Second
		wants = append(wants, fmt.Sprintf("stubborn %d %s", i, at))
	}
	if diff := cmp.Diff(wants, w.got); diff != "" {
		t.Errorf("tries (-want +got):\n%s", diff)
	}
	err := w.client.DeleteTask(t.Context(), &cloudtaskspb.DeleteTaskRequest{Name: queueName + "/tasks/stubborn"})
	want(t, err, codes.NotFound)
}

func TestTriesEndWhenCountAndDurationAreBothSpent(t *testing.T) {
	w := newWorld(t, &cloudtaskspb.Queue{RetryConfig: &cloudtaskspb.RetryConfig{
		MaxAttempts: 2, MaxRetryDuration: durationpb.New(time.Minute), MinBackoff: durationpb.New(20 * time.Second), MaxBackoff: durationpb.New(20 * time.Second),
	}})
	w.answer = func(*http.Request) int { return 500 }
	w.create(t, w.task("a"))
	w.drive(t)
	if diff := cmp.Diff([]string{"a 0 0s", "a 1 20s", "a 2 40s", "a 3 1m0s"}, w.got); diff != "" {
		t.Errorf("tries (-want +got):\n%s", diff)
	}
}

func TestATokenBucketLimitsTheRate(t *testing.T) {
	w := newWorld(t, &cloudtaskspb.Queue{RateLimits: &cloudtaskspb.RateLimits{MaxDispatchesPerSecond: 3}})
	for i := range 6 {
		w.create(t, w.task(fmt.Sprint("t", i)))
	}
	w.drive(t)
	wants := []string{"t0 0 0s", "t1 0 0s", "t2 0 0s", "t3 0 333.333334ms", "t4 0 666.666668ms", "t5 0 1.000000002s"}
	if diff := cmp.Diff(wants, w.got); diff != "" {
		t.Errorf("a full bucket of three, then one by one (-want +got):\n%s", diff)
	}
}

func TestTheRequestIsWhatTheTaskSays(t *testing.T) {
	w := newWorld(t, &cloudtaskspb.Queue{})
	w.server.Token = func(account, audience string) string { return account + " for " + audience }
	type seen struct {
		Method, Path, Body string
		Header             map[string]string
	}
	var got []seen
	w.answer = func(r *http.Request) int {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s := seen{r.Method, r.URL.Path, string(body), map[string]string{}}
		for name := range r.Header {
			if strings.HasPrefix(name, "X-") || name == "Authorization" || name == "User-Agent" {
				s.Header[name] = r.Header.Get(name)
			}
		}
		got = append(got, s)
		return []int{409, 200}[len(got)-1]
	}
	request := w.task("a")
	request.Task.ScheduleTime = timestamppb.New(w.begin.Add(1500*time.Millisecond + 999))
	target := request.Task.GetHttpRequest()
	target.Url += "/work"
	target.HttpMethod = cloudtaskspb.HttpMethod_PUT
	target.Headers = map[string]string{"X-Mine": "kept", "User-Agent": "replaced"}
	target.AuthorizationHeader = &cloudtaskspb.HttpRequest_OidcToken{OidcToken: &cloudtaskspb.OidcToken{ServiceAccountEmail: "me", Audience: "you"}}
	w.create(t, request)
	w.drive(t)
	header := map[string]string{
		"X-Mine": "kept", "User-Agent": "Google-Cloud-Tasks", "Authorization": "Bearer me for you",
		"X-Cloudtasks-Queuename": "directory", "X-Cloudtasks-Taskname": "a", "X-Cloudtasks-Taskretrycount": "0",
		"X-Cloudtasks-Taskexecutioncount": "0", "X-Cloudtasks-Tasketa": fmt.Sprintf("%d.500000", w.begin.Unix()+1),
	}
	again := map[string]string{"X-Cloudtasks-Taskpreviousresponse": "409"}
	for name, value := range header {
		again[name] = value
	}
	again["X-Cloudtasks-Taskretrycount"], again["X-Cloudtasks-Taskexecutioncount"] = "1", "1"
	again["X-Cloudtasks-Tasketa"] = fmt.Sprintf("%d.600000", w.begin.Unix()+1)
	if diff := cmp.Diff([]seen{{"PUT", "/work", "{}", header}, {"PUT", "/work", "{}", again}}, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestCreateTaskRefuses(t *testing.T) {
	w := newWorld(t, &cloudtaskspb.Queue{})
	for name, c := range map[string]struct {
		change func(*cloudtaskspb.CreateTaskRequest)
		code   codes.Code
	}{
		"unknown queue": {func(r *cloudtaskspb.CreateTaskRequest) { r.Parent = location + "/queues/other" }, codes.NotFound},
		"no queue":      {func(r *cloudtaskspb.CreateTaskRequest) { r.Parent = location }, codes.InvalidArgument},
		"no task":       {func(r *cloudtaskspb.CreateTaskRequest) { r.Task = nil }, codes.InvalidArgument},
		"name of another queue": {func(r *cloudtaskspb.CreateTaskRequest) {
			r.Task.Name = location + "/queues/other/tasks/a"
		}, codes.InvalidArgument},
		"short name":   {func(r *cloudtaskspb.CreateTaskRequest) { r.Task.Name = "a" }, codes.InvalidArgument},
		"odd name":     {func(r *cloudtaskspb.CreateTaskRequest) { r.Task.Name = queueName + "/tasks/a.b" }, codes.InvalidArgument},
		"no target":    {func(r *cloudtaskspb.CreateTaskRequest) { r.Task.MessageType = nil }, codes.InvalidArgument},
		"relative url": {func(r *cloudtaskspb.CreateTaskRequest) { r.Task.GetHttpRequest().Url = "/work" }, codes.InvalidArgument},
		"large body":   {func(r *cloudtaskspb.CreateTaskRequest) { r.Task.GetHttpRequest().Body = make([]byte, 100<<10+1) }, codes.InvalidArgument},
		"body with GET": {func(r *cloudtaskspb.CreateTaskRequest) {
			r.Task.GetHttpRequest().HttpMethod = cloudtaskspb.HttpMethod_GET
		}, codes.InvalidArgument},
		"too far ahead": {func(r *cloudtaskspb.CreateTaskRequest) {
			r.Task.ScheduleTime = timestamppb.New(w.begin.Add(30*24*time.Hour + time.Microsecond))
		}, codes.InvalidArgument},
		"token of nobody": {func(r *cloudtaskspb.CreateTaskRequest) {
			r.Task.GetHttpRequest().AuthorizationHeader = &cloudtaskspb.HttpRequest_OidcToken{OidcToken: &cloudtaskspb.OidcToken{}}
		}, codes.InvalidArgument},
		"short deadline": {func(r *cloudtaskspb.CreateTaskRequest) {
			r.Task.DispatchDeadline = durationpb.New(time.Second)
		}, codes.InvalidArgument},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.task("")
			c.change(r)
			_, err := w.client.CreateTask(t.Context(), r)
			want(t, err, c.code)
		})
	}
	if _, ok := w.server.Next(t.Context()); ok {
		t.Error("a refused task waits")
	}
}

func TestQueuesAreMadeOnceWithTheirDefaults(t *testing.T) {
	w := newWorld(t, &cloudtaskspb.Queue{})
	got, err := w.client.GetQueue(t.Context(), &cloudtaskspb.GetQueueRequest{Name: queueName})
	if err != nil {
		t.Fatal(err)
	}
	if r := got.GetRateLimits(); r.GetMaxDispatchesPerSecond() != 500 || r.GetMaxConcurrentDispatches() != 1000 || r.GetMaxBurstSize() != 500 {
		t.Errorf("rate limits %v", r)
	}
	if r := got.GetRetryConfig(); r.GetMaxAttempts() != 100 || r.GetMaxDoublings() != 16 || r.GetMaxBackoff().AsDuration() != time.Hour {
		t.Errorf("retry config %v", r)
	}
	for name, c := range map[string]struct {
		queue *cloudtaskspb.Queue
		code  codes.Code
	}{
		"again":            {&cloudtaskspb.Queue{Name: queueName}, codes.AlreadyExists},
		"elsewhere":        {&cloudtaskspb.Queue{Name: "projects/p/locations/us-east1/queues/a"}, codes.InvalidArgument},
		"no name":          {&cloudtaskspb.Queue{}, codes.InvalidArgument},
		"rate":             {&cloudtaskspb.Queue{Name: location + "/queues/a", RateLimits: &cloudtaskspb.RateLimits{MaxDispatchesPerSecond: 501}}, codes.InvalidArgument},
		"concurrency":      {&cloudtaskspb.Queue{Name: location + "/queues/a", RateLimits: &cloudtaskspb.RateLimits{MaxConcurrentDispatches: 5001}}, codes.InvalidArgument},
		"attempts":         {&cloudtaskspb.Queue{Name: location + "/queues/a", RetryConfig: &cloudtaskspb.RetryConfig{MaxAttempts: -2}}, codes.InvalidArgument},
		"backoff backward": {&cloudtaskspb.Queue{Name: location + "/queues/a", RetryConfig: &cloudtaskspb.RetryConfig{MinBackoff: durationpb.New(2 * time.Hour)}}, codes.InvalidArgument},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.client.CreateQueue(t.Context(), &cloudtaskspb.CreateQueueRequest{Parent: location, Queue: c.queue})
			want(t, err, c.code)
		})
	}
}

func TestListTasksPagesInOrderOfDueTime(t *testing.T) {
	w := newWorld(t, &cloudtaskspb.Queue{})
	for i, delay := range []time.Duration{3, 1, 2, 1, 0} {
		r := w.task(fmt.Sprint("t", i))
		r.Task.ScheduleTime = timestamppb.New(w.begin.Add(delay * time.Minute))
		w.create(t, r)
	}
	var got []string
	it := w.client.ListTasks(t.Context(), &cloudtaskspb.ListTasksRequest{Parent: queueName, PageSize: 2, ResponseView: cloudtaskspb.Task_FULL})
	for {
		task, err := it.Next()
		if err == iterator.Done {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %s %s", strings.TrimPrefix(task.Name, queueName+"/tasks/"), task.ScheduleTime.AsTime().Sub(w.begin), task.GetHttpRequest().GetBody()))
	}
	if diff := cmp.Diff([]string{"t4 0s {}", "t1 1m0s {}", "t3 1m0s {}", "t2 2m0s {}", "t0 3m0s {}"}, got); diff != "" {
		t.Errorf("tasks (-want +got):\n%s", diff)
	}
	_, err := w.client.ListTasks(t.Context(), &cloudtaskspb.ListTasksRequest{Parent: queueName, PageToken: "x"}).Next()
	want(t, err, codes.InvalidArgument)
}

func TestATaskDeletedWhileItRunsIsNotTriedAgain(t *testing.T) {
	w := newWorld(t, &cloudtaskspb.Queue{})
	w.answer = func(*http.Request) int {
		err := w.client.DeleteTask(context.Background(), &cloudtaskspb.DeleteTaskRequest{Name: queueName + "/tasks/a"})
		if err != nil {
			t.Error(err)
		}
		return 500
	}
	w.create(t, w.task("a"))
	w.drive(t)
	if diff := cmp.Diff([]string{"a 0 0s"}, w.got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestWhatIsNotImitatedSaysSo(t *testing.T) {
	w := newWorld(t, &cloudtaskspb.Queue{})
	_, err := w.client.PurgeQueue(t.Context(), &cloudtaskspb.PurgeQueueRequest{Name: queueName})
	want(t, err, codes.Unimplemented)
}

func TestAQueueThatIsSlowedDown(t *testing.T) {
	w := newWorld(t, &cloudtaskspb.Queue{RateLimits: &cloudtaskspb.RateLimits{MaxDispatchesPerSecond: 100}})
	mask := func(path string, rate float64, queue string) *cloudtaskspb.UpdateQueueRequest {
		return &cloudtaskspb.UpdateQueueRequest{
			Queue:      &cloudtaskspb.Queue{Name: queue, RateLimits: &cloudtaskspb.RateLimits{MaxDispatchesPerSecond: rate}},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{path}},
		}
	}
	const path = "rate_limits.max_dispatches_per_second"
	q, err := w.client.UpdateQueue(t.Context(), mask(path, 5, queueName))
	if err != nil || q.RateLimits.MaxDispatchesPerSecond != 5 || q.RateLimits.MaxBurstSize != 5 {
		t.Errorf("got %v, %v, want 5 a second in bursts of 5", q, err)
	}
	for name, test := range map[string]struct {
		request *cloudtaskspb.UpdateQueueRequest
		want    codes.Code
	}{
		"another field":   {mask("retry_config", 5, queueName), codes.Unimplemented},
		"a rate too high": {mask(path, 501, queueName), codes.InvalidArgument},
		"no such queue":   {mask(path, 5, queueName+"-2"), codes.NotFound},
	} {
		if _, err := w.client.UpdateQueue(t.Context(), test.request); status.Code(err) != test.want {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}
