package world

import (
	"context"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// seenStore is a function's way to the store: what it reads and writes is counted, and after a
// commit the function may die.
type seenStore struct {
	store.Store
	function string
	instance *instance
	usage    *Usage
}

// Get implements [store.Reader].
func (s seenStore) Get(ctx context.Context, key store.Key) (store.Record, error) {
	s.usage.got(s.function, key)
	return s.Store.Get(ctx, key)
}

// Query implements [store.Reader].
func (s seenStore) Query(ctx context.Context, q store.Query) (store.Page, error) {
	p, err := s.Store.Query(ctx, q)
	s.usage.queried(s.function, q, p)
	return p, err
}

// Update implements [store.Store].
func (s seenStore) Update(ctx context.Context, decide func(context.Context, store.Tx) error) error {
	var wrote []store.Key
	err := s.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		wrote = wrote[:0]
		return decide(ctx, seenTx{tx, s.function, s.usage, &wrote})
	})
	if err == nil && len(wrote) > 0 {
		s.usage.wrote(s.function, wrote...)
		s.instance.reach(ctx, AfterCommit)
	}
	return err
}

// Bulk implements [store.Store].
func (s seenStore) Bulk(ctx context.Context, writes []store.Write) error {
	err := s.Store.Bulk(ctx, writes)
	for _, w := range writes {
		if w.Put != nil {
			s.usage.wrote(s.function, w.Put.Key)
		} else {
			s.usage.wrote(s.function, *w.Delete)
		}
	}
	if err == nil {
		s.instance.reach(ctx, AfterCommit)
	}
	return err
}

// seenTx is a function's way through one transaction. What it wrote counts once it has been
// committed.
type seenTx struct {
	store.Tx
	function string
	usage    *Usage
	wrote    *[]store.Key
}

// Get implements [store.Reader].
func (s seenTx) Get(ctx context.Context, key store.Key) (store.Record, error) {
	s.usage.got(s.function, key)
	return s.Tx.Get(ctx, key)
}

// Query implements [store.Reader].
func (s seenTx) Query(ctx context.Context, q store.Query) (store.Page, error) {
	p, err := s.Tx.Query(ctx, q)
	s.usage.queried(s.function, q, p)
	return p, err
}

// Create implements [store.Tx].
func (s seenTx) Create(r store.Record) error { return s.writes(r.Key, s.Tx.Create(r)) }

// Put implements [store.Tx].
func (s seenTx) Put(r store.Record) error { return s.writes(r.Key, s.Tx.Put(r)) }

// Delete implements [store.Tx].
func (s seenTx) Delete(k store.Key) error { return s.writes(k, s.Tx.Delete(k)) }

func (s seenTx) writes(k store.Key, err error) error {
	*s.wrote = append(*s.wrote, k)
	return err
}

// got counts one document that a function read.
func (u *Usage) got(function string, key store.Key) {
	u.read(1)
	u.reach(Reach{Function: function, Reads: key.Collection})
}

// queried counts the documents of an answer: at least one, as Firestore does.
func (u *Usage) queried(function string, q store.Query, p store.Page) {
	u.ask(q)
	u.read(max(1, len(p.Records)))
	u.reach(Reach{Function: function, Reads: q.Collection})
}

// wrote counts the documents that a function wrote.
func (u *Usage) wrote(function string, keys ...store.Key) {
	u.write(len(keys))
	for _, k := range keys {
		u.reach(Reach{Function: function, Writes: k.Collection})
	}
}
