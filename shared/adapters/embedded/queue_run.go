package embedded

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/sekisho/sekisho/shared/ports/queue"
)

// try is one attempt at one task.
type try struct {
	seq         int64
	task        queue.Task
	destination Destination
	number      int       // from 1
	due         time.Time // when the task was due, which the rate may have held up
}

// RunNext starts the task that may start first at the database's clock, and of several that
// may the one enqueued first. It returns after the task was done, planned again or given up. It
// reports whether there was one, and an error only when the database fails: a function that
// refuses is no error. When ctx ends during the try, the task is due again at once.
func (q *Queue) RunNext(ctx context.Context, client *http.Client) (ran bool, err error) {
	if ctx.Err() != nil {
		return false, nil
	}
	t, ok, err := q.claim(ctx)
	switch {
	case ctx.Err() != nil && !ok:
		return false, nil
	case err != nil:
		return false, fmt.Errorf("take a task to run: %w", err)
	case !ok:
		return false, nil
	}
	err = q.run(ctx, client, t)
	q.db.bell.ring()
	if err != nil {
		return true, fmt.Errorf("run task %s of %s: %w", t.name(), t.task.Queue, err)
	}
	return true, nil
}

// first returns the task that may start first, and when it may, or [sql.ErrNoRows].
func (q *Queue) first(ctx context.Context, tx *sql.Tx) (seq int64, start time.Time, err error) {
	var nanos int64
	err = q.db.stmt(tx, queueFirst).QueryRowContext(ctx).Scan(&seq, &nanos)
	return seq, time.Unix(0, nanos).UTC(), err
}

// claim marks the task that may start first as running, counts the try, and spends the rate.
func (q *Queue) claim(ctx context.Context) (t try, ok bool, err error) {
	err = q.inTx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		now := q.db.now()
		seq, start, err := q.first(ctx, tx)
		if errors.Is(err, sql.ErrNoRows) || (err == nil && start.After(now)) {
			return nil
		}
		if err != nil {
			return err
		}
		var due int64
		row := q.db.stmt(tx, queueClaim).QueryRowContext(ctx, seq)
		if err := row.Scan(&t.task.Queue, &t.task.Name, &t.task.Body, &due, &t.number); err != nil {
			return err
		}
		t.seq, t.due, ok = seq, time.Unix(0, due), true
		var definition string
		if err := q.db.stmt(tx, queueDefinition).QueryRowContext(ctx, t.task.Queue).Scan(&definition); err != nil {
			return fmt.Errorf("read queue %s: %w", t.task.Queue, err)
		}
		if err := json.Unmarshal([]byte(definition), &t.destination); err != nil {
			return fmt.Errorf("decode queue %s: %w", t.task.Queue, err)
		}
		_, err = q.db.stmt(tx, queueEnter).ExecContext(ctx, now.Add(t.destination.Interval()).UnixNano(), t.task.Queue)
		return err
	})
	return t, ok && err == nil, err
}

// run posts the task and writes down the outcome.
func (q *Queue) run(ctx context.Context, client *http.Client, t try) error {
	if limit := t.destination.MaxAttempts; limit > 0 && t.number > limit {
		t.number--
		return q.end(context.WithoutCancel(ctx), t, "the process ended during the last attempt")
	}
	header := http.Header{}
	header.Set(queue.HeaderQueue, t.task.Queue)
	header.Set(queue.HeaderTask, t.name())
	header.Set(queue.HeaderAttempts, strconv.Itoa(t.number-1))
	header.Set(queue.HeaderETA, fmt.Sprintf("%d.%06d", t.due.Unix(), t.due.Nanosecond()/1000))
	status, err := q.post(ctx, client, t.destination.Endpoint, header, t.task.Body)
	stopped := ctx.Err() != nil
	ctx = context.WithoutCancel(ctx) // the outcome is written down even when ctx has ended
	reason := fmt.Sprintf("status %d", status)
	if err != nil {
		reason = err.Error()
	}
	switch {
	case err == nil && queue.Succeeds(status):
		return q.end(ctx, t, "")
	case stopped:
		return q.again(ctx, t, q.db.now())
	case t.destination.MaxAttempts > 0 && t.number >= t.destination.MaxAttempts:
		return q.end(ctx, t, reason)
	default:
		return q.again(ctx, t, q.db.now().Add(t.destination.Backoff(t.number)))
	}
}

// again plans the next try.
func (q *Queue) again(ctx context.Context, t try, due time.Time) error {
	return q.inTx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := q.db.stmt(tx, queueAgain).ExecContext(ctx, due.UnixNano(), t.seq)
		if err != nil {
			return err
		}
		return q.leave(ctx, tx, t)
	})
}

// end removes the task, which is done when reason is empty and otherwise given up.
func (q *Queue) end(ctx context.Context, t try, reason string) error {
	now := q.db.now()
	return q.inTx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if reason != "" {
			_, err := q.db.stmt(tx, queueGiveUp).ExecContext(ctx,
				t.task.Queue, t.task.Name, t.task.Body, t.number, now.UnixNano(), reason)
			if err != nil {
				return err
			}
		}
		if _, err := q.db.stmt(tx, queueRemove).ExecContext(ctx, t.seq); err != nil {
			return err
		}
		if t.task.Name != "" {
			_, err := q.db.stmt(tx, queueLetName).ExecContext(ctx, now.Add(nameMemory).UnixNano(), t.task.Queue, t.task.Name)
			if err != nil {
				return err
			}
			if _, err := q.db.stmt(tx, queueForget).ExecContext(ctx, now.UnixNano()); err != nil {
				return err
			}
		}
		return q.leave(ctx, tx, t)
	})
}

// leave frees the task's place in its queue's concurrency.
func (q *Queue) leave(ctx context.Context, tx *sql.Tx, t try) error {
	_, err := q.db.stmt(tx, queueLeave).ExecContext(ctx, t.task.Queue)
	return err
}

// name returns the task's name, or one made up from its place in the database.
func (t try) name() string {
	if t.task.Name != "" {
		return t.task.Name
	}
	return "unnamed-" + strconv.FormatInt(t.seq, 10)
}
