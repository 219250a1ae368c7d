package cloudtasks

import (
	"container/heap"
	"math"
	"slices"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// task is one task with what the dispatcher knows of it.
type task struct {
	*cloudtaskspb.Task
	seq       int64     // order of creation
	due       time.Time // the next try
	tries     int       // begun
	responses int       // tries that were answered
	previous  int       // status of the last answer
	first     time.Time // the first try
	running   bool
	index     int // place in the heap, while the task waits
}

// state returns the task as the service shows it.
func (t *task) state() *cloudtaskspb.Task {
	out := proto.CloneOf(t.Task)
	out.ScheduleTime = timestamppb.New(t.due)
	out.DispatchCount, out.ResponseCount = int32(t.tries), int32(t.responses)
	return out
}

// queue is one queue. The server's lock guards it.
type queue struct {
	settings *cloudtaskspb.Queue
	waiting  taskHeap
	names    map[string]*task // all that are taken; nil for a task that is gone
	running  int
	// arrival stands for the token bucket: it is when the bucket will be full again. With each
	// token taken it moves one interval on.
	arrival time.Time
	ended   []ending // of names, in order
}

// ending is when the name of a task that is gone is free again.
type ending struct {
	name string
	at   time.Time
}

// newQueue fills in what the settings leave open, with the service's defaults
// (https://cloud.google.com/tasks/docs/configuring-queues).
func newQueue(given *cloudtaskspb.Queue) (*queue, error) {
	settings := proto.CloneOf(given)
	settings.State = cloudtaskspb.Queue_RUNNING
	if settings.RateLimits == nil {
		settings.RateLimits = &cloudtaskspb.RateLimits{}
	}
	if settings.RetryConfig == nil {
		settings.RetryConfig = &cloudtaskspb.RetryConfig{}
	}
	rate, retry := settings.RateLimits, settings.RetryConfig
	fill(&rate.MaxDispatchesPerSecond, 500)
	fill(&rate.MaxConcurrentDispatches, 1000)
	fill(&retry.MaxAttempts, 100)
	fill(&retry.MaxDoublings, 16)
	if retry.MinBackoff == nil {
		retry.MinBackoff = durationpb.New(100 * time.Millisecond)
	} else {
		retry.MinBackoff = durationpb.New(retry.MinBackoff.AsDuration().Truncate(time.Second))
	}
	if retry.MaxBackoff == nil {
		retry.MaxBackoff = durationpb.New(time.Hour)
	} else {
		retry.MaxBackoff = durationpb.New(retry.MaxBackoff.AsDuration().Truncate(time.Second))
	}
	switch {
	case rate.MaxDispatchesPerSecond < 0 || rate.MaxDispatchesPerSecond > 500:
		return nil, status.Errorf(codes.InvalidArgument, "max_dispatches_per_second is %v, at most 500", rate.MaxDispatchesPerSecond)
	case rate.MaxConcurrentDispatches < 0 || rate.MaxConcurrentDispatches > 5000:
		return nil, status.Errorf(codes.InvalidArgument, "max_concurrent_dispatches is %d, at most 5000", rate.MaxConcurrentDispatches)
	case retry.MaxAttempts < -1:
		return nil, status.Errorf(codes.InvalidArgument, "max_attempts is %d, at least -1", retry.MaxAttempts)
	case retry.MinBackoff.AsDuration() < 0 || retry.MinBackoff.AsDuration() > retry.MaxBackoff.AsDuration():
		return nil, status.Error(codes.InvalidArgument, "min_backoff must not be longer than max_backoff")
	}
	// The reference says that the size is at least the rate, and may be more.
	rate.MaxBurstSize = int32(math.Ceil(rate.MaxDispatchesPerSecond))
	return &queue{settings: settings, names: map[string]*task{}}, nil
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// add puts a new task into the queue.
func (q *queue) add(t *task) {
	q.names[t.Name] = t
	heap.Push(&q.waiting, t)
}

// remove takes a task out of the queue; its name stays taken for a while.
func (q *queue) remove(t *task, now time.Time) {
	if !t.running {
		heap.Remove(&q.waiting, t.index)
	}
	q.names[t.Name] = nil
	q.ended = append(q.ended, ending{t.Name, now.Add(nameMemory)})
}

// forget frees names that were remembered long enough.
func (q *queue) forget(now time.Time) {
	for len(q.ended) > 0 && !q.ended[0].at.After(now) {
		delete(q.names, q.ended[0].name)
		q.ended = q.ended[1:]
	}
}

// interval is the time in which the token bucket gains one token.
func (q *queue) interval() time.Duration {
	return time.Duration(math.Ceil(float64(time.Second) / q.settings.RateLimits.MaxDispatchesPerSecond))
}

// next returns the task that may start first and when it may.
func (q *queue) next() (t *task, start time.Time) {
	if len(q.waiting) == 0 || q.running >= int(q.settings.RateLimits.MaxConcurrentDispatches) {
		return nil, time.Time{}
	}
	t, start = q.waiting[0], q.waiting[0].due
	burst := time.Duration(q.settings.RateLimits.MaxBurstSize-1) * q.interval()
	if allowed := q.arrival.Add(-burst); allowed.After(start) {
		start = allowed
	}
	return t, start
}

// begin takes the first task out of the heap and a token out of the bucket.
func (q *queue) begin(now time.Time) *task {
	t := heap.Pop(&q.waiting).(*task)
	if q.arrival.Before(now) {
		q.arrival = now
	}
	q.arrival = q.arrival.Add(q.interval())
	q.running++
	t.running = true
	if t.tries++; t.tries == 1 {
		t.first = now
	}
	return t
}

// end takes note of the answer to a try, with status 0 for none: the task is done, planned
// again or, its tries exhausted, deleted.
func (q *queue) end(t *task, httpStatus int, now time.Time) {
	q.running--
	if httpStatus != 0 {
		t.responses++
	}
	t.previous = httpStatus
	switch {
	case q.names[t.Name] != t:
		// It was deleted meanwhile.
	case httpStatus >= 200 && httpStatus < 300, q.exhausted(t, now):
		q.remove(t, now)
	default:
		t.due = now.Add(q.backoff(t.tries))
		heap.Push(&q.waiting, t)
	}
	t.running = false
}

func (q *queue) exhausted(t *task, now time.Time) bool {
	retry := q.settings.RetryConfig
	return retry.MaxAttempts >= 0 && t.tries >= int(retry.MaxAttempts) &&
		now.Sub(t.first) >= retry.GetMaxRetryDuration().AsDuration()
}

// backoff returns the wait after a number of tries: it doubles max_doublings times, then grows
// by the same step, up to max_backoff.
func (q *queue) backoff(tries int) time.Duration {
	retry := q.settings.RetryConfig
	wait, longest := retry.MinBackoff.AsDuration(), retry.MaxBackoff.AsDuration()
	step := wait
	for i := range tries - 1 {
		if wait >= longest {
			break
		}
		if i < int(retry.MaxDoublings) {
			step = wait * 2
			wait = step
		} else {
			wait += step
		}
	}
	return min(wait, longest)
}

// sorted returns the tasks that wait in the order in which they are due, then those that run.
func (q *queue) sorted() []*task {
	var out []*task
	for _, t := range q.names {
		if t != nil {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b *task) int {
		switch {
		case a.running != b.running && b.running, a.running == b.running && before(a, b):
			return -1
		}
		return 1
	})
	return out
}

func before(a, b *task) bool {
	if !a.due.Equal(b.due) {
		return a.due.Before(b.due)
	}
	return a.seq < b.seq
}

// taskHeap has the task first that is due first, and of several the one made first.
type taskHeap []*task

func (h taskHeap) Len() int           { return len(h) }
func (h taskHeap) Less(i, j int) bool { return before(h[i], h[j]) }
func (h taskHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *taskHeap) Push(x any) {
	t := x.(*task)
	t.index = len(*h)
	*h = append(*h, t)
}

func (h *taskHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return last
}
