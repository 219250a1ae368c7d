package queue_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/queue"
)

// answering is a queue that answers with an error and keeps what it was asked for.
type answering struct {
	err  error
	task queue.Task
}

func (a *answering) Enqueue(_ context.Context, t queue.Task) error { a.task = t; return a.err }

func TestWhatIsOrderedTwiceIsOrdered(t *testing.T) {
	down := errors.New("down")
	task := queue.Task{Queue: event.QueueSlack, Name: "notify-c1", NotBefore: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	for name, test := range map[string]struct{ answer, want error }{
		"new": {}, "there already": {errors.Join(errors.New("409"), queue.ErrExists), nil}, "the queue is down": {down, down},
	} {
		q := &answering{err: test.answer}
		err := queue.Order(t.Context(), q, task, event.Notify{Subject: "c1"})
		if !errors.Is(err, test.want) || err != nil && !strings.Contains(err.Error(), "queue "+event.Notify{}.Type()+" on "+event.QueueSlack) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
		if q.task.Queue != task.Queue || q.task.Name != task.Name || !q.task.NotBefore.Equal(task.NotBefore) || !strings.Contains(string(q.task.Body), `"c1"`) {
			t.Errorf("%s: queued %+v with %s", name, q.task, q.task.Body)
		}
	}
}
