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
	"math"
	"regexp"
	"time"

	"github.com/sekisho/sekisho/shared/domain/event"
)

// ErrExists says that a task of this name is waiting, or was done not long ago. For a caller
// that coalesces, that is success.
var ErrExists = errors.New("task exists already")

// ErrInvalid says that a task or a limit breaks a rule of this package.
var ErrInvalid = errors.New("invalid")

// ErrNoQueue says that there is no queue of this name.
var ErrNoQueue = errors.New("no such queue")

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
	// task is done or given up, and at most 24 hours, so a name must carry its window of time.
	// Empty means that the task is not coalesced. Letters, digits, - and _, at most 500.
	Name string
	// Body is posted to the function as application/json.
	Body []byte
	// NotBefore is the earliest time at which the work is done; zero means now.
	NotBefore time.Time
}

// longestName is not in the pattern: a counted repetition is compiled when the process starts,
// at a cost of milliseconds.
const longestName = 500

var namePattern = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)

// Validate reports a task that some implementation could not hold at now, as an error that is
// [ErrInvalid].
func (t Task) Validate(now time.Time) error {
	switch {
	case t.Queue == "":
		return fmt.Errorf("%w task: no queue", ErrInvalid)
	case len(t.Name) > longestName || !namePattern.MatchString(t.Name):
		return fmt.Errorf("%w task: name %.40q", ErrInvalid, t.Name)
	case len(t.Body) > MaxBody:
		return fmt.Errorf("%w task: body of %d bytes, at most %d", ErrInvalid, len(t.Body), MaxBody)
	case t.NotBefore.Sub(now) > MaxDelay:
		return fmt.Errorf("%w task: planned for %s, more than %s ahead", ErrInvalid, t.NotBefore.Format(time.RFC3339), MaxDelay)
	}
	return nil
}

// Queue accepts work. When Enqueue returns without an error, the task is on disk. Enqueue
// returns [ErrExists] where a task of the same name in the same queue exists or was done
// lately, [ErrNoQueue] or [ErrInvalid]. It is safe for concurrent use.
//
// A task is posted to its queue's function until it answers with a status that [Succeeds].
// That happens at least once: a function that was cut off while it worked is asked again.
type Queue interface {
	Enqueue(ctx context.Context, t Task) error
}

// Ensure enqueues a task and takes [ErrExists] for success: what is planned already need not
// be planned again.
func Ensure(ctx context.Context, q Queue, t Task) error {
	if err := q.Enqueue(ctx, t); err != nil && !errors.Is(err, ErrExists) {
		return err
	}
	return nil
}

// Order seals a payload into a task and ensures it. It is how one function has another one, or
// itself, do something: t says in which queue, under which name and when.
func Order(ctx context.Context, q Queue, t Task, p event.Payload) error {
	body, err := event.Seal(p)
	if err != nil {
		return err
	}
	t.Body = body
	if err := Ensure(ctx, q, t); err != nil {
		return fmt.Errorf("queue %s on %s: %w", p.Type(), t.Queue, err)
	}
	return nil
}

// Bounds of what [Limits] can say (https://cloud.google.com/tasks/docs/quotas).
const (
	LowestRate         = 1.0 / 86400 // one task a day
	HighestRate        = 500
	HighestConcurrency = 5000
)

// Limits are the properties of one queue. In production Terraform sets them
// (https://cloud.google.com/tasks/docs/configuring-queues).
type Limits struct {
	// Rate is how many tasks start in a second; every try counts. The embedded queue starts two
	// at least 1/Rate seconds apart, so that no window of time sees more. Cloud Tasks may start
	// about one second's worth at once after a pause (its max_burst_size), so that a window of
	// s seconds may see Rate times s+1: a quota per second needs half the rate there, a quota
	// per minute 60/61 of it.
	Rate float64
	// Concurrency is how many run at once.
	Concurrency int
	// MaxAttempts is how often a task is tried before it is given up; zero means for ever.
	MaxAttempts int
	// MinBackoff and MaxBackoff bound the wait before the next try, in whole seconds; it doubles
	// in between.
	MinBackoff, MaxBackoff time.Duration
}

// Validate reports limits that some implementation could not keep, as an error that is
// [ErrInvalid].
func (l Limits) Validate() error {
	switch {
	case !(l.Rate >= LowestRate && l.Rate <= HighestRate): // so written, it refuses NaN too
		return fmt.Errorf("%w limits: rate of %v a second, want one a day to %d a second", ErrInvalid, l.Rate, HighestRate)
	case l.Concurrency < 1 || l.Concurrency > HighestConcurrency:
		return fmt.Errorf("%w limits: concurrency of %d, want 1 to %d", ErrInvalid, l.Concurrency, HighestConcurrency)
	case l.MaxAttempts < 0:
		return fmt.Errorf("%w limits: %d attempts", ErrInvalid, l.MaxAttempts)
	case l.MinBackoff <= 0 || l.MinBackoff > l.MaxBackoff || l.MinBackoff%time.Second != 0 || l.MaxBackoff%time.Second != 0:
		return fmt.Errorf("%w limits: backoff from %s to %s, want whole seconds above 0, rising", ErrInvalid, l.MinBackoff, l.MaxBackoff)
	}
	return nil
}

// Interval returns the shortest time between two starts, rounded up to a nanosecond.
func (l Limits) Interval() time.Duration {
	return time.Duration(math.Ceil(float64(time.Second) / l.Rate))
}

// Backoff returns the wait after the given number of tries, at least 1, has failed:
// MinBackoff, and twice as long after each further one, up to MaxBackoff.
func (l Limits) Backoff(tries int) time.Duration {
	wait := l.MinBackoff
	for range tries - 1 {
		if wait >= l.MaxBackoff/2 {
			return l.MaxBackoff
		}
		wait *= 2
	}
	return wait
}

// Header names that a task's request carries, as Cloud Tasks sends them
// (https://cloud.google.com/tasks/docs/creating-http-target-tasks#handler). Queue and task are
// the short names; a task without a name has one that its queue made up.
const (
	HeaderQueue    = "X-CloudTasks-QueueName"
	HeaderTask     = "X-CloudTasks-TaskName"
	HeaderAttempts = "X-CloudTasks-TaskRetryCount" // tries before this one; 0 on the first
	HeaderETA      = "X-CloudTasks-TaskETA"        // seconds since 1970 with a fraction, at which this try was due
)

// Succeeds reports whether an HTTP status says that a task is done.
func Succeeds(status int) bool { return status >= 200 && status < 300 }
