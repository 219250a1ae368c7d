package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// Due visits every change at which the sweep has to look by now. A document that is no change
// does not keep it from the others; it is in the error at the end.
func (l *Ledger) Due(ctx context.Context, now time.Time, visit func(change.Change) error) error {
	// Collected first: the visitor moves changes, and a page is not to be read under its own
	// feet.
	var due []change.Change
	var problems []error
	err := changes.EachReadable(ctx, l.store, store.Query{
		Where: []store.Cond{{Field: "due", Op: store.AtMost, Value: now}}, OrderBy: "due",
	}, func(c change.Change) error {
		due = append(due, c)
		return nil
	}, func(_ store.Key, err error) error {
		problems = append(problems, err)
		return nil
	})
	if err != nil {
		return err
	}
	for _, c := range due {
		if err := visit(c); err != nil {
			return errors.Join(append(problems, err)...)
		}
	}
	return errors.Join(problems...)
}

// NextDue returns when [Ledger.Due] will have something to visit; the boolean is false when
// time alone moves no change.
func (l *Ledger) NextDue(ctx context.Context) (time.Time, bool, error) {
	first, _, err := changes.Query(ctx, l.store, store.Query{OrderBy: "due", Limit: 1})
	if err != nil || len(first) == 0 {
		return time.Time{}, false, err
	}
	due, ok := first[0].Due()
	return due, ok, nil
}

// Newest returns the newest change in the slot of a proposal; the boolean is false where there is
// none.
func (l *Ledger) Newest(ctx context.Context, p change.Proposal) (change.Change, bool, error) {
	found, _, err := changes.Query(ctx, l.store, store.Query{
		Where:   []store.Cond{{Field: "slot", Op: store.Equal, Value: p.Slot()}},
		OrderBy: "n", Desc: true, Limit: 1,
	})
	if err != nil || len(found) == 0 {
		return change.Change{}, false, err
	}
	return found[0], true, nil
}

// Answered returns the slots in which a change answers a proposal of the kind, the requester, the mode
// and the quiet time of this one, as [change.Change.Holds] says, of the changes that were proposed
// at or after a time. It is for whoever has many proposals to make: it takes one query.
func (l *Ledger) Answered(ctx context.Context, like change.Proposal, from time.Time) (map[string]bool, error) {
	answered, now := map[string]bool{}, l.now()
	err := changes.Each(ctx, l.store, store.Query{Where: []store.Cond{
		{Field: "kind", Op: store.Equal, Value: string(like.Kind)},
		{Field: "proposed", Op: store.AtLeast, Value: from},
	}, OrderBy: "proposed"}, func(c change.Change) error {
		slot, _, _ := change.SlotOf(c.ID)
		if delete(answered, slot); c.Holds(like, now) { // the newest decides
			answered[slot] = true
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what answers changes of kind %s: %w", like.Kind, err)
	}
	return answered, nil
}

// Live returns the changes of one target that are under way.
func (l *Ledger) Live(ctx context.Context, kind change.Kind, target string) ([]change.Change, error) {
	return l.collect(ctx, store.Query{Where: []store.Cond{
		{Field: "kind", Op: store.Equal, Value: string(kind)},
		{Field: "target", Op: store.Equal, Value: target},
		{Field: "live", Op: store.Equal, Value: true},
	}})
}

// LiveOf returns the changes of one kind that are under way.
func (l *Ledger) LiveOf(ctx context.Context, kind change.Kind) ([]change.Change, error) {
	return l.collect(ctx, store.Query{Where: []store.Cond{
		{Field: "kind", Op: store.Equal, Value: string(kind)},
		{Field: "live", Op: store.Equal, Value: true},
	}})
}

// Of returns all changes of one target, oldest first.
func (l *Ledger) Of(ctx context.Context, kind change.Kind, target string) ([]change.Change, error) {
	return l.collect(ctx, store.Query{Where: []store.Cond{
		{Field: "kind", Op: store.Equal, Value: string(kind)},
		{Field: "target", Op: store.Equal, Value: target},
	}, OrderBy: "proposed"})
}

// Since returns the changes of one kind that were proposed at or after a time, oldest first.
func (l *Ledger) Since(ctx context.Context, kind change.Kind, from time.Time) ([]change.Change, error) {
	return l.collect(ctx, store.Query{Where: []store.Cond{
		{Field: "kind", Op: store.Equal, Value: string(kind)},
		{Field: "proposed", Op: store.AtLeast, Value: from},
	}, OrderBy: "proposed"})
}

// Batch returns the changes that are shown together, oldest first.
func (l *Ledger) Batch(ctx context.Context, batch string) ([]change.Change, error) {
	return l.collect(ctx, store.Query{Where: []store.Cond{
		{Field: "batch", Op: store.Equal, Value: batch},
	}, OrderBy: "proposed"})
}

// Ending returns the applied changes of one kind that end by themselves after one time and not
// after another, the first to end first.
func (l *Ledger) Ending(ctx context.Context, kind change.Kind, after, upTo time.Time) ([]change.Change, error) {
	out, err := l.collect(ctx, store.Query{Where: []store.Cond{
		{Field: "kind", Op: store.Equal, Value: string(kind)},
		{Field: "until", Op: store.AtLeast, Value: after},
		{Field: "until", Op: store.AtMost, Value: upTo},
	}, OrderBy: "until"})
	return slices.DeleteFunc(out, func(c change.Change) bool { return !c.Until.After(after) }), err
}

// NextEnd returns when the next change of one kind ends by itself, after a time; the boolean is
// false where none does.
func (l *Ledger) NextEnd(ctx context.Context, kind change.Kind, after time.Time) (time.Time, bool, error) {
	first, _, err := changes.Query(ctx, l.store, store.Query{Where: []store.Cond{
		{Field: "kind", Op: store.Equal, Value: string(kind)},
		{Field: "until", Op: store.AtLeast, Value: after},
	}, OrderBy: "until", Limit: 1})
	if err != nil || len(first) == 0 {
		return time.Time{}, false, err
	}
	return first[0].Until, true, nil
}

// Held returns the applied changes of one kind that a person asked for and that have not ended, by
// their end.
func (l *Ledger) Held(ctx context.Context, kind change.Kind, person string, now time.Time) ([]change.Change, error) {
	out, err := l.collect(ctx, store.Query{Where: []store.Cond{
		{Field: "kind", Op: store.Equal, Value: string(kind)},
		{Field: "requester", Op: store.Equal, Value: person},
		{Field: "until", Op: store.AtLeast, Value: now},
	}, OrderBy: "until"})
	return slices.DeleteFunc(out, func(c change.Change) bool { return !c.Until.After(now) }), err
}

// OpenOf returns the changes that a person asked for and that are under way, oldest first.
func (l *Ledger) OpenOf(ctx context.Context, person string) ([]change.Change, error) {
	out, err := l.collect(ctx, store.Query{Where: []store.Cond{
		{Field: "requester", Op: store.Equal, Value: person},
		{Field: "live", Op: store.Equal, Value: true},
	}})
	slices.SortStableFunc(out, func(a, b change.Change) int { return a.Proposed.Compare(b.Proposed) })
	return out, err
}

// Latest returns the changes that moved last, the newest first.
func (l *Ledger) Latest(ctx context.Context, limit int) ([]change.Change, error) {
	out, _, err := changes.Query(ctx, l.store, store.Query{OrderBy: "updated", Desc: true, Limit: limit})
	return out, err
}

func (l *Ledger) collect(ctx context.Context, q store.Query) ([]change.Change, error) {
	var out []change.Change
	err := changes.Each(ctx, l.store, q, func(c change.Change) error {
		out = append(out, c)
		return nil
	})
	return out, err
}
