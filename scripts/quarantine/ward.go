package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/sekisho/sekisho/scripts/local/world"
	"github.com/sekisho/sekisho/shared/adapters/cloudtasks"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// mostListed is how many messages are listed at once.
const mostListed = 100

// deployment is where functions are.
type deployment struct {
	project, number, region string
}

// destination is a function, and the account that may call it, as terraform/modules/function makes
// them.
func (d deployment) destination(function string) cloudtasks.Destination {
	url := fmt.Sprintf("https://%s-%s.%s.run.app", function, d.number, d.region)
	return cloudtasks.Destination{URL: url, Audience: url, ServiceAccount: fmt.Sprintf("%s-invoker@%s.iam.gserviceaccount.com", function, d.project)}
}

// ward is the quarantine of one deployment.
type ward struct {
	store store.Store
	deployment
	// open opens a queue of the deployment for tasks to one function.
	open func(ctx context.Context, name string, to cloudtasks.Destination) (queue.Queue, func() error, error)
	now  func() time.Time
	out  io.Writer
}

func (w ward) list(ctx context.Context) error {
	found, next, err := cloudfn.Quarantines.Query(ctx, w.store, store.Query{OrderBy: "at", Desc: true, Limit: mostListed})
	if err != nil {
		return fmt.Errorf("read the quarantine: %w", err)
	}
	if len(found) == 0 {
		fmt.Fprintln(w.out, "Nothing is in quarantine.")
		return nil
	}
	table := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tSince\tFunction\tFrom\tType\tDelivered again\tReason")
	for _, q := range found {
		again := "no"
		if !q.Redelivered.IsZero() {
			again = clock(q.Redelivered)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", q.ID, clock(q.At), line(q.Function), line(q.Source), line(q.Type), again, line(q.Reason))
	}
	if next != "" {
		fmt.Fprintf(table, "Only the newest %d are listed.\n", mostListed)
	}
	return table.Flush()
}

// clock writes a time, in UTC.
func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

// line makes a text of unknown origin safe for a line of a terminal, and says where there is none.
func line(text string) string {
	if text == "" {
		return "-"
	}
	quoted := fmt.Sprintf("%q", text)
	return quoted[1 : len(quoted)-1]
}

func (w ward) get(ctx context.Context, id string) (cloudfn.Quarantined, error) {
	q, err := cloudfn.Quarantines.Get(ctx, w.store, id)
	if errors.Is(err, store.ErrNotFound) {
		return q, fmt.Errorf("no message %s is in quarantine: they are kept for 30 days", id)
	}
	if err != nil {
		return q, fmt.Errorf("read message %s: %w", id, err)
	}
	return q, nil
}

func (w ward) show(ctx context.Context, id string) error {
	q, err := w.get(ctx, id)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.out, "Function  %s\nFrom      %s\nMessage   %s\nType      %s\nSince     %s\nReason    %s\n",
		line(q.Function), line(q.Source), line(q.Message), line(q.Type), clock(q.At), line(q.Reason))
	if q.Partial {
		fmt.Fprintln(w.out, "What follows is not the whole message.")
	}
	_, err = fmt.Fprintf(w.out, "\n%s\n", q.Body)
	return err
}

// redeliver has messages delivered again, each by itself: what is wrong with one holds no other up.
func (w ward) redeliver(ctx context.Context, ids []string, again bool) error {
	var problems []error
	for _, id := range ids {
		problems = append(problems, w.deliver(ctx, id, again))
	}
	return errors.Join(problems...)
}

// deliver puts a message into a queue as a task for its function, and then notes that it did. Where
// it ends in between, and is run again, the task's name makes both one.
func (w ward) deliver(ctx context.Context, id string, again bool) error {
	q, err := w.get(ctx, id)
	if err != nil {
		return err
	}
	switch {
	case q.Partial:
		return fmt.Errorf("message %s was too long to be kept as a whole, or no text: docs/runbooks/dead-letter.md says what does its work", id)
	case !slices.Contains(functions(), q.Function):
		return fmt.Errorf("message %s is for %q, which is no function", id, q.Function)
	case !q.Redelivered.IsZero() && !again:
		fmt.Fprintf(w.out, "%s was delivered again on %s and has not come back: -again before the word redeliver delivers it once more\n", id, clock(q.Redelivered))
		return nil
	}
	name := queueOf(q.Function)
	queues, closeQueues, err := w.open(ctx, name, w.destination(q.Function))
	if err != nil {
		return fmt.Errorf("deliver message %s: %w", id, err)
	}
	defer closeQueues()
	t := queue.Task{Queue: name, Name: taskName(q), Body: []byte(q.Body)}
	if err := queue.Ensure(ctx, queues, t); err != nil {
		return fmt.Errorf("deliver message %s: %w", id, err)
	}
	if err := w.note(ctx, q); err != nil {
		return fmt.Errorf("message %s is in the queue %s; note that: %w", id, name, err)
	}
	fmt.Fprintf(w.out, "%s is in the queue %s, for %s\n", id, name, q.Function)
	return nil
}

// taskName names one delivery of a message: one that came back, or is delivered once more on
// purpose, is another.
func taskName(q cloudfn.Quarantined) string {
	name := fmt.Sprintf("redeliver-%s-%d", q.ID, q.At.UnixMicro())
	if !q.Redelivered.IsZero() {
		name += fmt.Sprintf("-%d", q.Redelivered.UnixMicro())
	}
	return name
}

// note records that a message was delivered again, unless it has come back since.
func (w ward) note(ctx context.Context, delivered cloudfn.Quarantined) error {
	return w.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		q, err := cloudfn.Quarantines.Get(ctx, tx, delivered.ID)
		if errors.Is(err, store.ErrNotFound) || err == nil && !q.At.Equal(delivered.At) {
			return nil
		}
		if err != nil {
			return err
		}
		q.Redelivered = w.now()
		return cloudfn.Quarantines.Put(tx, q.ID, q)
	})
}

// functions are the names of all functions, as they are deployed.
func functions() []string {
	var out []string
	for _, f := range world.Functions {
		out = append(out, strings.ToLower(f.Name))
	}
	return out
}

// queueOf is the queue through which a function gets messages again: its own, so that its vendor's
// rate is kept. What has none is held to no rate in daily life either, and gets them through a queue
// that stands before no vendor.
func queueOf(function string) string {
	for name, q := range world.Queues {
		if strings.ToLower(q.Function) == function {
			return name
		}
	}
	return event.QueuePresses
}
