package ledger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/retry"
)

// Carrier is what a function that carries changes out is made of: it hears that a change was
// approved, puts it into the function's own queue, and carries it out from there.
type Carrier struct {
	Ledger *Ledger
	Queue  queue.Queue
	// Name is the name of the function's own queue.
	Name string
	// By is the function.
	By        change.Actor
	Authority Authority
	// Asking is asked before the effect of what a person has asked for; nil asks nobody.
	Asking Asking
	// Appliers has an entry for every kind of change that the function carries out.
	Appliers map[change.Kind]Applier
	Log      *slog.Logger
}

// Moved queues the carrying out of a change that was approved. Changes of other kinds, and
// other news of them, are none of the function's.
func (c *Carrier) Moved(ctx context.Context, e event.ChangeMoved) error {
	if _, ours := c.Appliers[change.Kind(e.Kind)]; !ours || e.State != string(change.Approved) {
		return nil
	}
	return c.enqueue(ctx, event.ApplyChange{Change: e.Change}, fmt.Sprintf("apply-%s-%d", e.Change, e.Seq), time.Time{})
}

// Apply carries out one change, or queues it for later. It returns the change as it is then. The
// error is permanent where a message names a change that is not there or not the function's.
func (c *Carrier) Apply(ctx context.Context, e event.ApplyChange) (change.Change, error) {
	wanted, err := c.Ledger.Get(ctx, e.Change)
	if errors.Is(err, ErrNotFound) {
		return change.Change{}, retry.Permanent(err)
	}
	if err != nil {
		return change.Change{}, err
	}
	applier, ours := c.Appliers[wanted.Kind]
	if !ours {
		return change.Change{}, retry.Permanent(fmt.Errorf("change %s is %s, which %s does not carry out", wanted.ID, wanted.Kind, c.By.ID))
	}
	if c.Asking != nil {
		applier = stillAsked{applier, c.Ledger, c.Asking}
	}
	if wanted.Plan != "" {
		applier = stillLet{applier, c.Ledger, c.Authority}
	}
	err = c.Ledger.Carry(ctx, wanted.ID, c.By, c.Authority, applier)
	var later *Later
	if errors.As(err, &later) {
		c.Log.InfoContext(ctx, "later", "change_id", wanted.ID, "at", later.At, "cause", later.Cause.Error())
		err = c.enqueue(ctx, e, fmt.Sprintf("apply-%s-at-%d", wanted.ID, later.At.UnixMilli()), later.At)
	}
	if err != nil {
		return change.Change{}, err
	}
	now, err := c.Ledger.Get(ctx, wanted.ID)
	if err == nil && now.State != wanted.State {
		c.tell(ctx, now)
	}
	return now, err
}

// tell logs what became of a change. An alert counts those that failed.
func (c *Carrier) tell(ctx context.Context, now change.Change) {
	if now.State == change.Failed {
		c.Log.ErrorContext(ctx, "change failed", "change_id", now.ID, "kind", string(now.Kind))
		return
	}
	c.Log.InfoContext(ctx, "change carried", "change_id", now.ID, "kind", string(now.Kind), "state", string(now.State))
}

func (c *Carrier) enqueue(ctx context.Context, e event.ApplyChange, name string, at time.Time) error {
	err := queue.Order(ctx, c.Queue, queue.Task{Queue: c.Name, Name: name, NotBefore: at}, e)
	if err != nil {
		return fmt.Errorf("queue change %s: %w", e.Change, err)
	}
	return nil
}
