package embedded

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/ports/queue"
)

// nameMemory is how long the name of a task is remembered after the task was done or given up.
const nameMemory = time.Hour

// never is the time at which the name of a task is forgotten that is not done.
const never = math.MaxInt64

// Destination is one queue: its limits, and the URL of the function that does its work.
type Destination struct {
	queue.Limits
	Endpoint string
}

// Queue is the task queues of a [DB]. It is safe for concurrent use.
//
// Tasks are run either by calls of [Queue.RunNext], one at a time in an order that the database
// alone decides, which suits a controlled clock, or by [Queue.Serve] in real time; both take
// the same steps. When a queue last started a task is in the database too, so that a program
// that starts again does not exceed the rate.
//
// The name of a task is taken from the moment at which Enqueue returns until one hour after
// the task was done or given up, and free again at the end of that hour. A try that has begun
// counts even when the process ends before the answer.
type Queue struct{ deliverer }

var _ queue.Queue = (*Queue)(nil)

// Queue opens these queues, by name, with these limits, which replace earlier ones, and
// returns all queues of the database that are open. Tasks of a queue that no program opens
// wait until one does.
func (db *DB) Queue(queues map[string]Destination, options ...Option) (*Queue, error) {
	q := &Queue{newDeliverer(db, options)}
	names := make([]string, 0, len(queues))
	for name, d := range queues {
		endpoint, err := url.Parse(d.Endpoint)
		if name == "" || err != nil || endpoint.Host == "" {
			return nil, fmt.Errorf("open queue %q: %w: endpoint %q", name, queue.ErrInvalid, d.Endpoint)
		}
		if err := d.Validate(); err != nil {
			return nil, fmt.Errorf("open queue %s: %w", name, err)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		definition, err := json.Marshal(queues[name])
		if err != nil {
			return nil, fmt.Errorf("open queue %s: %w", name, err)
		}
		_, err = db.stmt(nil, queueOpen).Exec(name, string(definition), queues[name].Concurrency)
		if err != nil {
			return nil, fmt.Errorf("open queue %s: %w", name, err)
		}
	}
	db.bell.ring()
	return q, nil
}

// Enqueue implements [queue.Queue].
func (q *Queue) Enqueue(ctx context.Context, t queue.Task) error {
	now := q.db.now()
	if err := errors.Join(t.Validate(now), ctx.Err()); err != nil {
		return fmt.Errorf("enqueue in %s: %w", t.Queue, err)
	}
	err := q.inTx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var open bool
		err := q.db.stmt(tx, queueIsOpen).QueryRowContext(ctx, t.Queue).Scan(&open)
		if errors.Is(err, sql.ErrNoRows) || (err == nil && !open) {
			return queue.ErrNoQueue
		}
		if err != nil {
			return err
		}
		if t.Name != "" {
			taken, err := q.db.stmt(tx, queueTakeName).ExecContext(ctx, t.Queue, t.Name, int64(never), now.UnixNano())
			if err != nil {
				return err
			}
			if n, err := taken.RowsAffected(); err != nil || n == 0 {
				return errors.Join(err, queue.ErrExists)
			}
		}
		due := now
		if t.NotBefore.After(now) {
			due = t.NotBefore
		}
		_, err = q.db.stmt(tx, queueAdd).ExecContext(ctx, t.Queue, t.Name, t.Body, now.UnixNano(), due.UnixNano())
		return err
	})
	if err != nil {
		return fmt.Errorf("enqueue task %s in %s: %w", t.Name, t.Queue, err)
	}
	q.db.bell.ring()
	return nil
}

// Next reports when the earliest start of a task is allowed by its due time and its queue's
// rate, which may be in the past. The boolean is false when no task waits, or none can start
// before one that runs has ended. When the database cannot be read it returns the present,
// and [Queue.RunNext] returns the error.
func (q *Queue) Next(ctx context.Context) (time.Time, bool) {
	_, start, err := q.first(ctx, nil)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return time.Time{}, false
	case err != nil:
		return q.db.now(), true
	}
	return start, true
}

// Waiting reports how many tasks of a queue are not done, and when the oldest of them was
// enqueued; the zero time when there is none.
func (q *Queue) Waiting(ctx context.Context, name string) (n int, oldest time.Time, err error) {
	var added sql.NullInt64
	row := q.db.stmt(nil, queueCount).QueryRowContext(ctx, name)
	if err := row.Scan(&n, &added); err != nil {
		return 0, time.Time{}, fmt.Errorf("count what waits in %s: %w", name, err)
	}
	if added.Valid {
		oldest = time.Unix(0, added.Int64).UTC()
	}
	return n, oldest, nil
}

// GivenUp is a task whose attempts are exhausted.
type GivenUp struct {
	Task     queue.Task
	Attempts int
	At       time.Time // when it was given up
	Reason   string    // the outcome of the last attempt
}

// GivenUp lists the tasks of a queue that were given up, in the order in which they were. They
// stay in the database: Cloud Tasks would have deleted them.
func (q *Queue) GivenUp(ctx context.Context, name string) ([]GivenUp, error) {
	rows, err := q.db.stmt(nil, queueGivenUp).QueryContext(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("list what %s gave up: %w", name, err)
	}
	defer rows.Close()
	var out []GivenUp
	for rows.Next() {
		g := GivenUp{Task: queue.Task{Queue: name}}
		var at int64
		if err := rows.Scan(&g.Task.Name, &g.Task.Body, &g.Attempts, &at, &g.Reason); err != nil {
			return nil, fmt.Errorf("list what %s gave up: %w", name, err)
		}
		g.At = time.Unix(0, at).UTC()
		out = append(out, g)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list what %s gave up: %w", name, err)
	}
	return out, nil
}

// Serve runs tasks in real time, several at once, until ctx ends; then it waits for the tasks
// under way, which ctx ends too, and returns nil. It returns an error only when the database
// fails. The client's Timeout bounds one try.
func (q *Queue) Serve(ctx context.Context, client *http.Client) error {
	return q.serve(ctx, q.Next, func(ctx context.Context) (bool, error) { return q.RunNext(ctx, client) })
}
