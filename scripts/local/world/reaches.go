package world

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/ports/queue"
)

// Reach is one way from a function to others: a queue in which it put work, a topic on which it
// published, or a collection that it read or wrote.
type Reach struct {
	// Function is the name of its folder.
	Function string `json:"function"`
	// One of these says what is at the other end.
	Queue  string `json:"queue,omitempty"`
	Topic  string `json:"topic,omitempty"`
	Reads  string `json:"reads,omitempty"`
	Writes string `json:"writes,omitempty"`
}

// reach remembers a way that a function took.
func (u *Usage) reach(r Reach) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.reaches == nil {
		u.reaches = map[Reach]bool{}
	}
	u.reaches[r] = true
}

// Reaches returns the ways that the functions took so far, sorted. In production each of them
// needs a permission, which nothing here asks for.
func (u *Usage) Reaches() []Reach {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.SortedFunc(maps.Keys(u.reaches), func(a, b Reach) int {
		return cmp.Or(strings.Compare(a.Function, b.Function), strings.Compare(a.Queue, b.Queue),
			strings.Compare(a.Topic, b.Topic), strings.Compare(a.Reads, b.Reads), strings.Compare(a.Writes, b.Writes))
	})
}

// seenQueue is a function's way to the queues.
type seenQueue struct {
	queue.Queue
	function string
	usage    *Usage
}

// Enqueue implements [queue.Queue].
func (s seenQueue) Enqueue(ctx context.Context, t queue.Task) error {
	s.usage.reach(Reach{Function: s.function, Queue: t.Queue})
	return s.Queue.Enqueue(ctx, t)
}

// seenBus is a function's way to the bus.
type seenBus struct {
	bus.Publisher
	function string
	usage    *Usage
}

// Publish implements [bus.Publisher].
func (s seenBus) Publish(ctx context.Context, topic string, m bus.Message) (string, error) {
	s.usage.reach(Reach{Function: s.function, Topic: topic})
	return s.Publisher.Publish(ctx, topic, m)
}
