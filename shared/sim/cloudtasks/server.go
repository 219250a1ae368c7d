// Package cloudtasks imitates Google Cloud Tasks: the gRPC service with which tasks are made,
// and the dispatcher that sends them to their targets, on a controlled clock.
//
// It keeps to the service's reference
// (https://cloud.google.com/tasks/docs/reference/rpc/google.cloud.tasks.v2): names are
// remembered after a task is gone, a token bucket limits the rate, tries are counted and
// spaced by the retry configuration, and a task whose tries are exhausted is deleted. It holds
// everything in memory. What it does not imitate answers Unimplemented.
package cloudtasks

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Limits of the service (https://cloud.google.com/tasks/docs/quotas).
const (
	maxBody       = 100 << 10           // bytes
	maxURL        = 2083                // characters
	maxAhead      = 30 * 24 * time.Hour // schedule_time
	nameMemory    = 24 * time.Hour      // the longest that the reference names
	maxPageOfList = 1000
)

// Server is an imitation of Cloud Tasks. It is safe for concurrent use.
type Server struct {
	cloudtaskspb.UnimplementedCloudTasksServer

	// Token returns the OpenID Connect token of a service account for an audience, which
	// requests of tasks with an oidc_token carry. Where it is nil they carry none. It is set
	// before the first task runs.
	Token func(serviceAccount, audience string) string

	now func() time.Time

	mu     sync.Mutex
	queues map[string]*queue
	seq    int64 // counts tasks
}

// New returns a server without queues whose clock is now.
func New(now func() time.Time) *Server {
	return &Server{now: now, queues: map[string]*queue{}}
}

var (
	locationName = regexp.MustCompile(`^projects/[A-Za-z0-9:.-]+/locations/[a-z0-9-]+$`)
	queueName    = regexp.MustCompile(`^projects/[A-Za-z0-9:.-]+/locations/[a-z0-9-]+/queues/[A-Za-z0-9-]{1,100}$`)
	taskName     = regexp.MustCompile(`^(projects/[A-Za-z0-9:.-]+/locations/[a-z0-9-]+/queues/[A-Za-z0-9-]{1,100})/tasks/([A-Za-z0-9_-]{1,500})$`)
)

// CreateQueue implements the method of that name.
func (s *Server) CreateQueue(_ context.Context, r *cloudtaskspb.CreateQueueRequest) (*cloudtaskspb.Queue, error) {
	name := r.GetQueue().GetName()
	if !locationName.MatchString(r.GetParent()) || !queueName.MatchString(name) ||
		name[:len(name)-len(shortName(name))] != r.GetParent()+"/queues/" {
		return nil, status.Errorf(codes.InvalidArgument, "queue %q is not a queue of %q", name, r.GetParent())
	}
	made, err := newQueue(r.GetQueue())
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queues[name] != nil {
		return nil, status.Errorf(codes.AlreadyExists, "queue %s exists", name)
	}
	s.queues[name] = made
	return proto.CloneOf(made.settings), nil
}

// GetQueue implements the method of that name.
func (s *Server) GetQueue(_ context.Context, r *cloudtaskspb.GetQueueRequest) (*cloudtaskspb.Queue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queue(r.GetName())
	if err != nil {
		return nil, err
	}
	return proto.CloneOf(q.settings), nil
}

// UpdateQueue implements the method of that name for the rate: the update mask names
// rate_limits.max_dispatches_per_second and nothing else. A queue that does not exist is not
// made.
func (s *Server) UpdateQueue(_ context.Context, r *cloudtaskspb.UpdateQueueRequest) (*cloudtaskspb.Queue, error) {
	if paths := r.GetUpdateMask().GetPaths(); !slices.Equal(paths, []string{"rate_limits.max_dispatches_per_second"}) {
		return nil, status.Errorf(codes.Unimplemented, "update of %v is not imitated", paths)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queue(r.GetQueue().GetName())
	if err != nil {
		return nil, err
	}
	settings := proto.CloneOf(q.settings)
	settings.RateLimits.MaxDispatchesPerSecond = r.GetQueue().GetRateLimits().GetMaxDispatchesPerSecond()
	made, err := newQueue(settings)
	if err != nil {
		return nil, err
	}
	q.settings = made.settings
	return proto.CloneOf(q.settings), nil
}

// CreateTask implements the method of that name for tasks with an HTTP target.
func (s *Server) CreateTask(_ context.Context, r *cloudtaskspb.CreateTaskRequest) (*cloudtaskspb.Task, error) {
	now := s.now()
	made, err := checkTask(r, now)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queue(r.GetParent())
	if err != nil {
		return nil, err
	}
	q.forget(now)
	s.seq++
	if made.Name == "" {
		// The service draws random numbers; these can be told from names that people give.
		made.Name = r.GetParent() + "/tasks/" + fmt.Sprintf("%019d", s.seq)
	}
	if _, taken := q.names[made.Name]; taken {
		return nil, status.Errorf(codes.AlreadyExists, "task %s exists, or existed lately", made.Name)
	}
	made.CreateTime = timestamppb.New(now.Truncate(time.Second))
	due := now
	if at := made.GetScheduleTime().AsTime().Truncate(time.Microsecond); made.ScheduleTime != nil && at.After(now) {
		due = at
	}
	q.add(&task{Task: made, seq: s.seq, due: due})
	return view(made, r.GetResponseView()), nil
}

// checkTask returns the task to be made, or why it cannot be.
func checkTask(r *cloudtaskspb.CreateTaskRequest, now time.Time) (*cloudtaskspb.Task, error) {
	t := r.GetTask()
	target := t.GetHttpRequest()
	parts := taskName.FindStringSubmatch(t.GetName())
	u, err := url.Parse(target.GetUrl())
	method := target.GetHttpMethod()
	switch {
	case !queueName.MatchString(r.GetParent()):
		return nil, status.Errorf(codes.InvalidArgument, "parent %q is not the name of a queue", r.GetParent())
	case t.GetName() != "" && (parts == nil || parts[1] != r.GetParent()):
		return nil, status.Errorf(codes.InvalidArgument, "task %q is not a name of a task of %s", t.GetName(), r.GetParent())
	case target == nil:
		return nil, status.Error(codes.InvalidArgument, "the task has no HTTP request")
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || len(target.GetUrl()) > maxURL:
		return nil, status.Errorf(codes.InvalidArgument, "url %q must begin with http:// or https://", target.GetUrl())
	case len(target.GetBody()) > maxBody:
		return nil, status.Errorf(codes.InvalidArgument, "task size too large: %d bytes of body", len(target.GetBody()))
	case len(target.GetBody()) > 0 && !slices.Contains(methodsWithBody, method):
		return nil, status.Errorf(codes.InvalidArgument, "a body is not allowed with method %s", method)
	case t.GetScheduleTime().AsTime().Sub(now) > maxAhead:
		return nil, status.Errorf(codes.InvalidArgument, "schedule_time must be no more than %s ahead", maxAhead)
	case target.GetOidcToken() != nil && target.GetOidcToken().GetServiceAccountEmail() == "":
		return nil, status.Error(codes.InvalidArgument, "oidc_token needs a service_account_email")
	case t.GetDispatchDeadline() != nil &&
		(t.GetDispatchDeadline().AsDuration() < 15*time.Second || t.GetDispatchDeadline().AsDuration() > 30*time.Minute):
		return nil, status.Error(codes.InvalidArgument, "dispatch_deadline must be between 15s and 30m")
	}
	return proto.CloneOf(t), nil
}

var methodsWithBody = []cloudtaskspb.HttpMethod{
	cloudtaskspb.HttpMethod_HTTP_METHOD_UNSPECIFIED, cloudtaskspb.HttpMethod_POST,
	cloudtaskspb.HttpMethod_PUT, cloudtaskspb.HttpMethod_PATCH,
}

// ListTasks implements the method of that name. Tasks come in the order in which they are due.
func (s *Server) ListTasks(_ context.Context, r *cloudtaskspb.ListTasksRequest) (*cloudtaskspb.ListTasksResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queue(r.GetParent())
	if err != nil {
		return nil, err
	}
	from := 0
	if r.GetPageToken() != "" {
		if from, err = strconv.Atoi(r.GetPageToken()); err != nil || from < 0 {
			return nil, status.Errorf(codes.InvalidArgument, "page_token %q", r.GetPageToken())
		}
	}
	size := int(r.GetPageSize())
	if size <= 0 || size > maxPageOfList {
		size = maxPageOfList
	}
	tasks := q.sorted()
	out := &cloudtaskspb.ListTasksResponse{}
	for i := from; i < len(tasks) && i < from+size; i++ {
		out.Tasks = append(out.Tasks, view(tasks[i].state(), r.GetResponseView()))
	}
	if from+size < len(tasks) {
		out.NextPageToken = strconv.Itoa(from + size)
	}
	return out, nil
}

// DeleteTask implements the method of that name. A task that is being sent is not stopped, and
// not sent again.
func (s *Server) DeleteTask(_ context.Context, r *cloudtaskspb.DeleteTaskRequest) (*emptypb.Empty, error) {
	parts := taskName.FindStringSubmatch(r.GetName())
	if parts == nil {
		return nil, status.Errorf(codes.InvalidArgument, "%q is not the name of a task", r.GetName())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queue(parts[1])
	if err != nil {
		return nil, err
	}
	t := q.names[r.GetName()]
	if t == nil {
		return nil, status.Errorf(codes.NotFound, "task %s does not exist", r.GetName())
	}
	q.remove(t, s.now())
	return &emptypb.Empty{}, nil
}

// queue returns a queue by its full name. It is called with the lock held.
func (s *Server) queue(name string) (*queue, error) {
	if q := s.queues[name]; q != nil {
		return q, nil
	}
	return nil, status.Errorf(codes.NotFound, "queue %s does not exist", name)
}

// view returns a copy of a task as one of the two views shows it: the body is in the full
// view only.
func view(t *cloudtaskspb.Task, v cloudtaskspb.Task_View) *cloudtaskspb.Task {
	out := proto.CloneOf(t)
	out.View = cloudtaskspb.Task_FULL
	if v != cloudtaskspb.Task_FULL {
		out.View = cloudtaskspb.Task_BASIC
		out.GetHttpRequest().Body = nil
	}
	return out
}

// shortName returns what comes after the last slash.
func shortName(name string) string {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '/' {
			return name[i+1:]
		}
	}
	return name
}
