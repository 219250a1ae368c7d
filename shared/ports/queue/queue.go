// Package queue is the port to the task queues: work for one function, done later, at a
// bounded rate, and tried again until it is done.
//
// A queue stands in front of every outside API, so that the API's quota is kept by the queue's
// rate alone. Tasks with the same name are one task: that is how a storm of notifications on
// one group becomes one call. Implementations must pass the suite in queuetest.
package queue

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// ErrExists says that a task of this name is waiting, or was done not long ago. For a caller
// that coalesces, that is success.
var ErrExists = errors.New("task exists already")

// ErrInvalid says that a task breaks a rule of this package.
var ErrInvalid = errors.New("invalid task")

// MaxBody is the largest body of a task, in bytes
// (https://cloud.google.com/tasks/docs/quotas).
const MaxBody = 100 << 10

// MaxDelay is how far ahead a task may be planned
// (https://cloud.google.com/tasks/docs/quotas).
const MaxDelay = 30 * 24 * time.Hour

// Task is one piece of work.
type Task struct {
	// Queue names the queue; the queue knows the function that does its work.
	Queue string
	// Name makes tasks with the same name one. It is remembered for at least an hour after the
	// task is done, and at most 24 hours, so a name must carry its window of time. Empty means
	// that the task is not coalesced. Letters, digits, - and _, at most 500.
	Name string
	// Body is posted to the function as application/json.
	Body []byte
	// NotBefore is the earliest time at which the work is done; zero means now.
	NotBefore time.Time
}

var namePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{0,500}$`)

// Validate reports a task that some implementation could not hold.
func (t Task) Validate() error {
	switch {
	case t.Queue == "":
		return fmt.Errorf("%w: no queue", ErrInvalid)
	case !namePattern.MatchString(t.Name):
		return fmt.Errorf("%w: name %q", ErrInvalid, t.Name)
	case len(t.Body) > MaxBody:
		return fmt.Errorf("%w: body of %d bytes, at most %d", ErrInvalid, len(t.Body), MaxBody)
	}
	return nil
}

// Queue accepts work. When Enqueue returns without an error, the task is on disk. Enqueue
// returns [ErrExists] where a task of the same name exists or was done lately.
type Queue interface {
	Enqueue(ctx context.Context, t Task) error
}

// Limits are the properties of one queue. In production Terraform sets them
// (https://cloud.google.com/tasks/docs/configuring-queues).
type Limits struct {
	// Rate is how many tasks start in a second, at most 500.
	Rate float64
	// Concurrency is how many run at once.
	Concurrency int
	// MaxAttempts is how often a task is tried before it is given up; zero means for ever.
	MaxAttempts int
	// MinBackoff and MaxBackoff bound the wait before the next try; it doubles in between.
	MinBackoff, MaxBackoff time.Duration
}

// Header names that a task's request carries, as Cloud Tasks sends them
// (https://cloud.google.com/tasks/docs/creating-http-target-tasks#handler).
const (
	HeaderQueue    = "X-CloudTasks-QueueName"
	HeaderTask     = "X-CloudTasks-TaskName"
	HeaderAttempts = "X-CloudTasks-TaskRetryCount"
	HeaderETA      = "X-CloudTasks-TaskETA"
)

// Succeeds reports whether an HTTP status says that a task is done.
func Succeeds(status int) bool { return status >= 200 && status < 300 }
