// Package ledger keeps the changes. It is the only writer of their documents: every
// transition that package change decides is one transaction here, together with its audit
// entry and the notices that others must hear.
package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/domain/audit"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// changes is the collection of changes. It is not exported: nobody else writes them.
var changes = store.Collection[change.Change]{
	Name: "changes",
	Fields: func(c change.Change) map[string]any {
		slot, n, _ := change.SlotOf(c.ID)
		fields := map[string]any{
			"slot": slot, "n": int64(n), "kind": string(c.Kind), "target": c.Target.ID, "state": string(c.State),
			"proposed": c.Proposed, "updated": c.Updated, "live": !c.State.Final() && c.State != change.Reported,
		}
		if due, ok := c.Due(); ok {
			fields["due"] = due
		}
		if c.Requester.Kind == change.ByPerson {
			fields["requester"] = c.Requester.ID
		}
		if c.Batch != "" {
			fields["batch"] = c.Batch
		}
		if c.State == change.Applied && !c.Until.IsZero() {
			fields["until"] = c.Until
		}
		return fields
	},
}

// Ledger reads and moves changes. It is safe for concurrent use.
type Ledger struct {
	store store.Store
	bus   bus.Publisher
	now   func() time.Time
}

// New returns a ledger on a store, which tells of every transition on the bus.
func New(s store.Store, b bus.Publisher, now func() time.Time) *Ledger {
	return &Ledger{store: s, bus: b, now: now}
}

// ErrNotFound says that there is no such change.
var ErrNotFound = errors.New("no such change")

// Get returns one change.
func (l *Ledger) Get(ctx context.Context, id string) (change.Change, error) {
	return get(ctx, l.store, id)
}

func get(ctx context.Context, r store.Reader, id string) (change.Change, error) {
	if _, _, ok := change.SlotOf(id); !ok {
		return change.Change{}, fmt.Errorf("change %q: %w", id, ErrNotFound)
	}
	c, err := changes.Get(ctx, r, id)
	if errors.Is(err, store.ErrNotFound) {
		return change.Change{}, fmt.Errorf("change %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return change.Change{}, fmt.Errorf("read change %s: %w", id, err)
	}
	return c, nil
}

// Propose makes a change of a proposal, unless an earlier one in its slot answers it already.
// It returns the change that stands for the proposal now, and whether it is new.
//
// An earlier change that waits under another mode, because policy has changed since, is
// withdrawn in favour of the new one. One that waits is revised where the same person gives
// another reason, or policy asks for other people since: what was decided before is void.
func (l *Ledger) Propose(ctx context.Context, p change.Proposal) (stands change.Change, isNew bool, err error) {
	var touched []string
	err = l.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		stands, isNew, touched, err = l.propose(ctx, tx, p)
		return err
	})
	if err != nil {
		return change.Change{}, false, fmt.Errorf("propose %s of %s: %w", p.Kind, p.Target.Name, err)
	}
	for _, id := range touched {
		l.publish(ctx, id)
	}
	return stands, isNew, nil
}

// propose does [Ledger.Propose] in a transaction. Touched are the changes that have notices to be
// published after it.
func (l *Ledger) propose(ctx context.Context, tx store.Tx, p change.Proposal) (stands change.Change, isNew bool, touched []string, err error) {
	now := l.now()
	latest, _, err := changes.Query(ctx, tx, store.Query{
		Where:   []store.Cond{{Field: "slot", Op: store.Equal, Value: p.Slot()}},
		OrderBy: "n", Desc: true, Limit: 1,
	})
	if err != nil {
		return change.Change{}, false, nil, err
	}
	n := 1
	if len(latest) > 0 {
		old := latest[0]
		if old.Holds(p, now) {
			stands, touched, err := renew(tx, old, p, now)
			return stands, false, touched, err
		}
		_, n, _ = change.SlotOf(old.ID)
		n++
		if len(change.Next(old.State, change.VerbWithdraw)) > 0 {
			reason := "policy asks for something else now"
			if old.Requirement.Mode == p.Requirement.Mode {
				reason = "the same has come up again"
			}
			superseded, entry, err := old.Apply(change.Withdraw{By: rule(p), Reason: reason}, now)
			if err != nil {
				return change.Change{}, false, nil, err
			}
			if err := write(tx, superseded, entry); err != nil {
				return change.Change{}, false, nil, err
			}
			touched = append(touched, superseded.ID)
		}
	}
	c, entry, err := change.Propose(p, n, now)
	if err != nil {
		return change.Change{}, false, nil, err
	}
	if err := changes.Create(tx, c.ID, c); err != nil {
		return change.Change{}, false, nil, err
	}
	return c, true, append(touched, c.ID), trail.Entries.Create(tx, entry.ID, entry)
}

// renew has a change that waits say what a proposal in its slot says now.
func renew(tx store.Tx, c change.Change, p change.Proposal, now time.Time) (stands change.Change, touched []string, err error) {
	revise := c.Renewed(p, rule(p))
	if revise == nil {
		return c, nil, nil
	}
	stands, entry, err := c.Apply(revise, now)
	if err != nil {
		return change.Change{}, nil, err
	}
	return stands, []string{c.ID}, write(tx, stands, entry)
}

// Apply moves a change by one action. The error is a [change.Refusal] where the action may
// not happen; that leaves an audit entry when a person acted.
func (l *Ledger) Apply(ctx context.Context, id string, a change.Action) (change.Change, error) {
	var moved change.Change
	var refused error
	err := l.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		refused = nil
		now := l.now()
		c, err := get(ctx, tx, id)
		if err != nil {
			return err
		}
		moved = c
		next, entry, err := c.Apply(a, now)
		if r, ok := change.Refused(err); ok {
			refused = err
			if who := a.Actor(); who.Kind == change.ByPerson {
				return trailPut(tx, refusal(c, who, r, now))
			}
			return nil
		}
		if err != nil {
			return err
		}
		moved = next
		undone, hasUndone, err := l.undone(ctx, tx, next, a, now)
		if err != nil {
			return err
		}
		if err := write(tx, next, entry); err != nil {
			return err
		}
		if hasUndone {
			return write(tx, undone.change, undone.entry)
		}
		return nil
	})
	if err != nil {
		return change.Change{}, err
	}
	if refused != nil {
		return moved, refused
	}
	l.publish(ctx, id)
	if moved.State == change.Applied && moved.UndoOf != "" {
		l.publish(ctx, moved.UndoOf)
	}
	return moved, nil
}

type step struct {
	change change.Change
	entry  audit.Entry
}

// undone marks, in the same transaction, the change that a completed undo took back.
func (l *Ledger) undone(ctx context.Context, tx store.Tx, c change.Change, a change.Action, now time.Time) (step, bool, error) {
	if a.Verb() != change.VerbComplete || c.UndoOf == "" {
		return step{}, false, nil
	}
	original, err := get(ctx, tx, c.UndoOf)
	if err != nil {
		return step{}, false, err
	}
	next, entry, err := original.Apply(change.Undo{By: c.Requester, Change: c.ID}, now)
	if _, ok := change.Refused(err); ok {
		return step{}, false, nil
	}
	return step{next, entry}, err == nil, err
}

func write(tx store.Tx, c change.Change, entry audit.Entry) error {
	if err := changes.Put(tx, c.ID, c); err != nil {
		return err
	}
	return trail.Entries.Create(tx, entry.ID, entry)
}

func trailPut(tx store.Tx, e audit.Entry) error { return trail.Entries.Put(tx, e.ID, e) }

func rule(p change.Proposal) change.Actor {
	if p.Requester.Kind == change.ByPerson {
		return change.Actor{Kind: change.ByFunction, ID: "ledger"}
	}
	return p.Requester
}

func refusal(c change.Change, who change.Actor, r *change.Refusal, now time.Time) audit.Entry {
	return audit.Entry{
		ID: fmt.Sprintf("%s.refused.%s.%s.%d", c.ID, r.Verb, who.ID, now.UnixMicro()), At: now,
		Actor: who.ID, ActorName: who.Name, Verb: string(r.Verb), Change: c.ID, Kind: string(c.Kind), Target: c.Target.Name,
		From: string(c.State), To: string(c.State), Revision: c.Revision, Outcome: audit.Refused, Text: string(r.Code) + ": " + r.Text,
	}
}

// publish sends the notices that wait in a change's outbox and takes them out. What goes wrong
// here is made good by the sweep: the notices wait in the document.
func (l *Ledger) publish(ctx context.Context, id string) {
	_ = l.Publish(ctx, id)
}

// Publish sends the notices that wait in a change's outbox, then takes them out by number. A
// crash in between sends them again; receivers expect that.
func (l *Ledger) Publish(ctx context.Context, id string) error {
	c, err := l.Get(ctx, id)
	if err != nil {
		return err
	}
	if len(c.Outbox) == 0 {
		return nil
	}
	var sent []int
	for _, n := range c.Outbox {
		if err := l.tell(ctx, c, n); err != nil {
			return err
		}
		sent = append(sent, n.Seq)
	}
	return l.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		c, err := get(ctx, tx, id)
		if err != nil {
			return err
		}
		left := c.Published(sent...)
		if len(left.Outbox) == len(c.Outbox) {
			return nil // somebody else was faster
		}
		return changes.Put(tx, id, left)
	})
}

func (l *Ledger) tell(ctx context.Context, c change.Change, n change.Notice) error {
	payload := event.ChangeMoved{Change: c.ID, Seq: n.Seq, Kind: string(c.Kind), State: string(n.State)}
	data, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("encode notice of change %s: %w", c.ID, err)
	}
	_, err = l.bus.Publish(ctx, event.TopicChangeEvents, bus.Message{
		Data:        data,
		Attributes:  map[string]string{event.AttrType: payload.Type(), event.AttrKind: payload.Kind, event.AttrState: payload.State},
		OrderingKey: c.ID,
	})
	if err != nil {
		return fmt.Errorf("publish notice %d of change %s: %w", n.Seq, c.ID, err)
	}
	return nil
}
