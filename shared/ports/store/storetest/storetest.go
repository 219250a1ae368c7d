// Package storetest is the suite that every implementation of the store must pass. It uses
// the port and nothing else, so that what holds for one implementation holds for all.
//
// The last part compares a store with a naive model, in random sequences of operations;
// the flags -rapid.checks and -rapid.steps say how many and how long.
package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// Open opens an empty store on whose clock expiry depends, and ends it with the test.
type Open func(t *testing.T, now func() time.Time) store.Store

// Run runs the whole suite. The suite counts on it that transactions with at most five
// workers on the same record all come through.
func Run(t *testing.T, open func(t *testing.T, now func() time.Time) store.Store) {
	for _, part := range []struct {
		name string
		run  func(*testing.T, Open)
	}{
		{"records", testRecords},
		{"expiry", testExpiry},
		{"transactions", testTransactions},
		{"races", testRaces},
		{"queries", testQueries},
		{"pages", testPages},
		{"bulk", testBulk},
		{"collections", testCollections},
		{"limits", testLimits},
		{"contexts", testContexts},
		{"model", testModel},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, open) })
	}
}

// start is where the clocks of the suite begin.
var start = time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)

// clock is a clock that moves only when it is told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// fixture is an empty store with its clock. Its methods end the test where the store returns
// an error.
type fixture struct {
	t     *testing.T
	store store.Store
	clock *clock
	ctx   context.Context
}

func newFixture(t *testing.T, open Open) *fixture {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	c := &clock{now: start}
	return &fixture{t: t, store: open(t, c.Now), clock: c, ctx: ctx}
}

// update runs a transaction.
func (f *fixture) update(decide func(ctx context.Context, tx store.Tx) error) {
	f.t.Helper()
	if err := f.store.Update(f.ctx, decide); err != nil {
		f.t.Fatalf("Update: %v", err)
	}
}

// put writes records, each as a transaction of its own.
func (f *fixture) put(records ...store.Record) {
	f.t.Helper()
	for _, r := range records {
		f.update(func(_ context.Context, tx store.Tx) error { return tx.Put(r) })
	}
}

// remove removes a record.
func (f *fixture) remove(key store.Key) {
	f.t.Helper()
	f.update(func(_ context.Context, tx store.Tx) error { return tx.Delete(key) })
}

// get reads a record.
func (f *fixture) get(key store.Key) store.Record {
	f.t.Helper()
	r, err := f.store.Get(f.ctx, key)
	if err != nil {
		f.t.Fatalf("Get %s: %v", key, err)
	}
	return r
}

// wantData checks the content of a record; an empty content says that there is none.
func (f *fixture) wantData(key store.Key, want string) {
	f.t.Helper()
	r, err := f.store.Get(f.ctx, key)
	if want == "" {
		if !errors.Is(err, store.ErrNotFound) {
			f.t.Errorf("Get %s = %s, %v; want ErrNotFound", key, r.Data, err)
		}
		return
	}
	if err != nil || string(r.Data) != want {
		f.t.Errorf("Get %s = %s, %v; want %s", key, r.Data, err, want)
	}
}

// all reads every page of a query.
func (f *fixture) all(q store.Query) []store.Record {
	f.t.Helper()
	var records []store.Record
	for {
		page, err := f.store.Query(f.ctx, q)
		if err != nil {
			f.t.Fatalf("Query %+v: %v", q, err)
		}
		if len(page.Records) > q.Limit {
			f.t.Fatalf("Query %+v: %d records on a page", q, len(page.Records))
		}
		records = append(records, page.Records...)
		if page.Next == "" {
			return records
		}
		q.After = page.Next
	}
}

// wantIDs checks which records a query finds, in their order. The collection and the limit
// may be left out.
func (f *fixture) wantIDs(q store.Query, want ...string) {
	f.t.Helper()
	if q.Collection == "" {
		q.Collection = "things"
	}
	if q.Limit == 0 {
		q.Limit = 100
	}
	if diff := cmp.Diff(want, ids(f.all(q))); diff != "" {
		f.t.Errorf("Query %+v (-want +got):\n%s", q, diff)
	}
}

func ids(records []store.Record) []string {
	var out []string
	for _, r := range records {
		out = append(out, r.Key.ID)
	}
	return out
}

// thing returns a record of the collection that most tests use.
func thing(id string, fields map[string]any) store.Record {
	return store.Record{Key: thingKey(id), Data: []byte(`{}`), Fields: fields}
}

func thingKey(id string) store.Key { return store.Key{Collection: "things", ID: id} }

// together runs work n times at once and returns what each returned.
func together(n int, work func(i int) error) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = work(i) })
	}
	wg.Wait()
	return errs
}

// count returns how many errors are target; a nil target counts the successes.
func count(errs []error, target error) int {
	return len(slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return !errors.Is(err, target) }))
}
