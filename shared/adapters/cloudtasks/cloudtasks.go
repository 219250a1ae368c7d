// Package cloudtasks is the queue port on Google Cloud Tasks.
package cloudtasks

import (
	"context"
	"errors"
	"fmt"
	"time"

	cloudtasks "cloud.google.com/go/cloudtasks/apiv2"
	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/api/option"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/sekisho/sekisho/shared/ports/queue"
)

// patience is how long one Enqueue takes at most. A function that cannot enqueue must have
// time left to say so.
const patience = 20 * time.Second

// dispatchDeadline is how long a function may take over one task: the longest that Cloud Tasks
// waits.
const dispatchDeadline = 30 * time.Minute

// Destination is the function that does the work of one queue. Its requests carry a token of
// ServiceAccount for Audience, or for the URL where Audience is empty
// (https://cloud.google.com/tasks/docs/creating-http-target-tasks#token), and none where
// ServiceAccount is empty.
type Destination struct {
	URL            string
	ServiceAccount string
	Audience       string
}

// Queue is the queues of one project and location. A process has one: it holds the connection.
// It is safe for concurrent use.
type Queue struct {
	client *cloudtasks.Client
	parent string
	queues map[string]Destination
	now    func() time.Time
}

var _ queue.Queue = (*Queue)(nil)

// Open connects to the queues of a project in a location. A process can enqueue in those of
// queues, by name. The connection is made when it is first needed.
func Open(ctx context.Context, project, location string, queues map[string]Destination, now func() time.Time, options ...option.ClientOption) (*Queue, error) {
	client, err := cloudtasks.NewClient(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("open Cloud Tasks of project %s in %s: %w", project, location, err)
	}
	return &Queue{
		client: client, queues: queues, now: now,
		parent: fmt.Sprintf("projects/%s/locations/%s", project, location),
	}, nil
}

// Close closes the connection.
func (q *Queue) Close() error { return q.client.Close() }

// Enqueue implements [queue.Queue]: it returns after Cloud Tasks has stored the task, and at
// the latest after 20 seconds.
func (q *Queue) Enqueue(ctx context.Context, t queue.Task) error {
	if err := errors.Join(t.Validate(q.now()), ctx.Err()); err != nil {
		return fmt.Errorf("enqueue in %s: %w", t.Queue, err)
	}
	destination, ok := q.queues[t.Queue]
	if !ok {
		return fmt.Errorf("enqueue task %s in %s: %w in this process's configuration", t.Name, t.Queue, queue.ErrNoQueue)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := q.client.CreateTask(ctx, &cloudtaskspb.CreateTaskRequest{Parent: q.name(t.Queue), Task: q.task(t, destination)})
	switch status.Code(err) {
	case codes.OK:
		return nil
	case codes.AlreadyExists:
		err = fmt.Errorf("%w: %w", queue.ErrExists, err)
	case codes.NotFound:
		err = fmt.Errorf("%w: %w", queue.ErrNoQueue, err)
	}
	return fmt.Errorf("enqueue task %s in %s: %w", t.Name, t.Queue, err)
}

// task returns t as Cloud Tasks describes it.
func (q *Queue) task(t queue.Task, to Destination) *cloudtaskspb.Task {
	request := &cloudtaskspb.HttpRequest{
		Url: to.URL, HttpMethod: cloudtaskspb.HttpMethod_POST, Body: t.Body,
		Headers: map[string]string{"Content-Type": "application/json"},
	}
	if to.ServiceAccount != "" {
		request.AuthorizationHeader = &cloudtaskspb.HttpRequest_OidcToken{OidcToken: &cloudtaskspb.OidcToken{
			ServiceAccountEmail: to.ServiceAccount, Audience: to.Audience,
		}}
	}
	out := &cloudtaskspb.Task{
		MessageType:      &cloudtaskspb.Task_HttpRequest{HttpRequest: request},
		DispatchDeadline: durationpb.New(dispatchDeadline),
	}
	if t.Name != "" {
		out.Name = q.name(t.Queue) + "/tasks/" + t.Name
	}
	if !t.NotBefore.IsZero() {
		// Cloud Tasks cuts off what is below a microsecond, which would be before its time.
		at := t.NotBefore.Truncate(time.Microsecond)
		if at.Before(t.NotBefore) {
			at = at.Add(time.Microsecond)
		}
		out.ScheduleTime = timestamppb.New(at)
	}
	return out
}

// Create makes a queue unless it exists. In production Terraform does; Create is for an
// imitation of Cloud Tasks, and makes the queue in the same way.
func (q *Queue) Create(ctx context.Context, name string, limits queue.Limits) error {
	if err := limits.Validate(); err != nil {
		return fmt.Errorf("create queue %s: %w", name, err)
	}
	attempts := int32(limits.MaxAttempts)
	if attempts == 0 {
		attempts = -1 // without a limit
	}
	_, err := q.client.CreateQueue(ctx, &cloudtaskspb.CreateQueueRequest{Parent: q.parent, Queue: &cloudtaskspb.Queue{
		Name: q.name(name),
		RateLimits: &cloudtaskspb.RateLimits{
			MaxDispatchesPerSecond: limits.Rate, MaxConcurrentDispatches: int32(limits.Concurrency),
		},
		RetryConfig: &cloudtaskspb.RetryConfig{
			MaxAttempts: attempts, MaxDoublings: 16,
			MinBackoff: durationpb.New(limits.MinBackoff), MaxBackoff: durationpb.New(limits.MaxBackoff),
		},
	}})
	if err != nil && status.Code(err) != codes.AlreadyExists {
		return fmt.Errorf("create queue %s: %w", name, err)
	}
	return nil
}

func (q *Queue) name(short string) string { return q.parent + "/queues/" + short }
