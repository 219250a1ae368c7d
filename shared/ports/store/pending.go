package store

import (
	"context"
	"fmt"
	"time"
)

// Pending collects what a transaction writes until it commits. It keeps the rules of [Tx], so
// that they are the same in every implementation. The zero value is ready; it is not safe for
// concurrent use.
type Pending struct {
	writes []pendingWrite
	err    error // the first write that was refused: the transaction cannot commit
}

type pendingWrite struct {
	Write
	create bool
}

// Read must be asked before each read. It returns [ErrReadAfterWrite] after a write.
func (p *Pending) Read() error {
	if p.err == nil && len(p.writes) > 0 {
		p.err = ErrReadAfterWrite
	}
	return p.err
}

// Create adds a record that must not exist.
func (p *Pending) Create(r Record) error { return p.add(pendingWrite{Write{Put: &r}, true}) }

// Put adds a record.
func (p *Pending) Put(r Record) error { return p.add(pendingWrite{Write{Put: &r}, false}) }

// Delete adds the removal of a record.
func (p *Pending) Delete(key Key) error { return p.add(pendingWrite{Write{Delete: &key}, false}) }

func (p *Pending) add(w pendingWrite) error {
	if p.err != nil {
		return p.err
	}
	clean, err := w.Normalize()
	if err != nil {
		p.err = err
		return err
	}
	if len(p.writes) == MaxTx {
		p.err = fmt.Errorf("write %s: %w: more than %d writes in a transaction", clean.Key(), ErrInvalid, MaxTx)
		return p.err
	}
	p.writes = append(p.writes, pendingWrite{clean, w.create})
	return nil
}

// Created returns the keys of which [Pending.Settle] must be told whether they exist, each
// once.
func (p *Pending) Created() []Key {
	var keys []Key
	known := map[Key]bool{}
	for _, w := range p.writes {
		if w.create && !known[w.Key()] {
			keys = append(keys, w.Key())
		}
		known[w.Key()] = true
	}
	return keys
}

// Settle returns what must be written in the end, at most one write for each key, in the order
// in which the keys were first written. The function exists is asked for the keys of
// [Pending.Created] only and says which records the transaction found that had not expired at
// now. Settle returns [ErrExists] where a record to be created does, and what was refused
// before.
func (p *Pending) Settle(now time.Time, exists func(Key) bool) ([]Write, error) {
	if p.err != nil {
		return nil, p.err
	}
	last := map[Key]int{} // where in settled the last write of a key is
	var settled []Write
	for _, w := range p.writes {
		at, written := last[w.Key()]
		if w.create {
			there := !written && exists(w.Key())
			if written && settled[at].Put != nil {
				there = !settled[at].Put.Expired(now)
			}
			if there {
				return nil, fmt.Errorf("create %s: %w", w.Key(), ErrExists)
			}
		}
		if written {
			settled[at] = w.Write
			continue
		}
		last[w.Key()] = len(settled)
		settled = append(settled, w.Write)
	}
	return settled, nil
}

// Key returns the key of the record that is written.
func (w Write) Key() Key {
	switch {
	case w.Put != nil:
		return w.Put.Key
	case w.Delete != nil:
		return *w.Delete
	}
	return Key{}
}

// Normalize returns the write as it is done: validated, and with the record as it is stored.
func (w Write) Normalize() (Write, error) {
	switch {
	case w.Put != nil && w.Delete == nil:
		if err := w.Put.Validate(); err != nil {
			return Write{}, err
		}
		clean := w.Put.Normalize()
		return Write{Put: &clean}, nil
	case w.Delete != nil && w.Put == nil:
		key := *w.Delete
		return Write{Delete: &key}, key.Validate()
	}
	return Write{}, fmt.Errorf("write %s: %w: it must either put or delete", w.Key(), ErrInvalid)
}

// Settle returns what a [Store.Bulk] must write in the end, at most one write for each key, and
// an error for each write that is not valid.
func Settle(writes []Write) (settled []Write, errs []error) {
	last := make(map[Key]int, len(writes)) // where in settled the last write of a key is
	settled = make([]Write, 0, len(writes))
	for _, w := range writes {
		clean, err := w.Normalize()
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if at, written := last[clean.Key()]; written {
			settled[at] = clean
			continue
		}
		last[clean.Key()] = len(settled)
		settled = append(settled, clean)
	}
	return settled, errs
}

type insideKey struct{}

// Inside returns the context that an implementation passes to the function of a transaction.
func Inside(ctx context.Context) context.Context {
	return context.WithValue(ctx, insideKey{}, true)
}

// Outside returns [ErrNested] where ctx comes from [Inside]. An implementation asks it before
// everything that is done outside a transaction, so that a mistake is found at once and does
// not wait for the very transaction in which it is made.
func Outside(ctx context.Context) error {
	if ctx.Value(insideKey{}) != nil {
		return ErrNested
	}
	return nil
}
