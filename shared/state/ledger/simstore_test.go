package ledger_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// memory is a store for the simulation: records in a map, and transactions that see whether
// others were faster, like Firestore's. Between any two of its steps it lets others in. It
// knows as much of queries as the ledger asks.
type memory struct {
	now     func() time.Time
	records map[store.Key]store.Record
	version map[store.Key]int
	// pause lets others in.
	pause func(what string)
	// reading sees what is read outside of transactions, committing sees what is about to be written.
	reading    func(key store.Key)
	committing func(writes []store.Write)
	reruns     int
}

func newMemory(now func() time.Time) *memory {
	return &memory{
		now: now, records: map[store.Key]store.Record{}, version: map[store.Key]int{},
		pause: func(string) {}, reading: func(store.Key) {}, committing: func([]store.Write) {},
	}
}

func (m *memory) get(key store.Key) (store.Record, error) {
	r, ok := m.records[key]
	if !ok || r.Expired(m.now()) {
		return store.Record{}, fmt.Errorf("read %s: %w", key, store.ErrNotFound)
	}
	return r, nil
}

func (m *memory) query(q store.Query) (store.Page, error) {
	if err := q.Validate(); err != nil {
		return store.Page{}, err
	}
	var found []store.Record
	for key, r := range m.records {
		_, ordered := r.Fields[q.OrderBy]
		if key.Collection == q.Collection && !r.Expired(m.now()) && (q.OrderBy == "" || ordered) &&
			!slices.ContainsFunc(q.Where, func(c store.Cond) bool { return !holds(r.Fields[c.Field], c) }) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b store.Record) int {
		c := cmp.Or(order(a.Fields[q.OrderBy], b.Fields[q.OrderBy]), cmp.Compare(a.Key.ID, b.Key.ID))
		if q.Desc {
			return -c
		}
		return c
	})
	return store.Page{Records: found[:min(len(found), q.Limit)]}, nil // nobody here makes more pages than one
}

func holds(value any, c store.Cond) bool {
	if value == nil {
		return false
	}
	switch n := order(value, c.Value); c.Op {
	case store.Equal:
		return n == 0
	case store.AtMost:
		return n <= 0
	case store.AtLeast:
		return n >= 0
	default:
		panic("the ledger does not ask for " + string(c.Op))
	}
}

// order compares two values of one type.
func order(a, b any) int {
	switch a := a.(type) {
	case nil:
		return 0
	case string:
		return cmp.Compare(a, b.(string))
	case int64:
		return cmp.Compare(a, b.(int64))
	case time.Time:
		return a.Compare(b.(time.Time))
	case bool:
		if a == b.(bool) {
			return 0
		}
		return 1
	}
	panic(fmt.Sprintf("a field of type %T", a))
}

func (m *memory) Get(ctx context.Context, key store.Key) (store.Record, error) {
	if err := outside(ctx); err != nil {
		return store.Record{}, err
	}
	m.pause("read")
	m.reading(key)
	return m.get(key)
}

func (m *memory) Query(ctx context.Context, q store.Query) (store.Page, error) {
	if err := outside(ctx); err != nil {
		return store.Page{}, err
	}
	m.pause("query")
	return m.query(q)
}

func outside(ctx context.Context) error {
	if err := store.Outside(ctx); err != nil {
		return err
	}
	return ctx.Err()
}

// Update runs decide again where another transaction wrote what it read.
func (m *memory) Update(ctx context.Context, decide func(context.Context, store.Tx) error) error {
	if err := outside(ctx); err != nil {
		return err
	}
	for range 20 {
		m.pause("begin")
		tx := &attempt{memory: m, seen: map[store.Key]int{}}
		if err := decide(store.Inside(ctx), tx); err != nil {
			return err
		}
		m.pause("commit")
		if !tx.fresh() {
			m.reruns++
			continue
		}
		writes, err := tx.pending.Settle(m.now(), func(key store.Key) bool { _, err := m.get(key); return err == nil })
		if err != nil {
			return err
		}
		m.committing(writes)
		for _, w := range writes {
			m.version[w.Key()]++
			if w.Delete != nil {
				delete(m.records, w.Key())
			} else {
				m.records[w.Key()] = *w.Put
			}
		}
		m.pause("committed")
		return nil
	}
	return store.ErrContention
}

// Bulk implements [store.Store]; the ledger has no use for it.
func (m *memory) Bulk(context.Context, []store.Write) error { panic("the ledger writes no bulk") }

// attempt is one run of a transaction.
type attempt struct {
	*memory
	pending store.Pending
	seen    map[store.Key]int
	queries []store.Query
	answers [][]store.Key
}

func (a *attempt) Get(_ context.Context, key store.Key) (store.Record, error) {
	if err := a.pending.Read(); err != nil {
		return store.Record{}, err
	}
	a.seen[key] = a.version[key]
	return a.get(key)
}

func (a *attempt) Query(_ context.Context, q store.Query) (store.Page, error) {
	if err := a.pending.Read(); err != nil {
		return store.Page{}, err
	}
	page, err := a.query(q)
	a.queries, a.answers = append(a.queries, q), append(a.answers, keys(page))
	for _, r := range page.Records {
		a.seen[r.Key] = a.version[r.Key]
	}
	return page, err
}

func keys(p store.Page) []store.Key {
	var out []store.Key
	for _, r := range p.Records {
		out = append(out, r.Key)
	}
	return out
}

func (a *attempt) Create(r store.Record) error { return a.pending.Create(r) }
func (a *attempt) Put(r store.Record) error    { return a.pending.Put(r) }
func (a *attempt) Delete(key store.Key) error  { return a.pending.Delete(key) }

// fresh reports whether all that was read is still so.
func (a *attempt) fresh() bool {
	for key, version := range a.seen {
		if a.version[key] != version {
			return false
		}
	}
	for i, q := range a.queries {
		if page, err := a.query(q); err != nil || !slices.Equal(keys(page), a.answers[i]) {
			return false
		}
	}
	return true
}
