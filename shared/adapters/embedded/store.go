package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// storeSchema holds each record once, with its fields as text so that they can be given back,
// and one row for each value of a field: the index that queries read. A row begins with its
// slot, a small number that stands for collection, field and type of the value, so that the
// index stays small. It ends in the ID, so that a query finds its page in order.
const storeSchema = `
CREATE TABLE IF NOT EXISTS records (
	collection TEXT NOT NULL,
	id         TEXT NOT NULL,
	data       BLOB NOT NULL,
	fields     TEXT NOT NULL,
	expires    INTEGER, -- microseconds since 1970; NULL is never
	PRIMARY KEY (collection, id)
);
CREATE INDEX IF NOT EXISTS records_by_expiry ON records (expires) WHERE expires IS NOT NULL;
CREATE TABLE IF NOT EXISTS record_columns (
	number     INTEGER PRIMARY KEY,
	collection TEXT NOT NULL,
	name       TEXT NOT NULL, -- of a field
	UNIQUE (collection, name)
);
CREATE TABLE IF NOT EXISTS record_index (
	slot  INTEGER NOT NULL, -- 8 * number of the column + kind of the value
	value NOT NULL,         -- INTEGER or TEXT, by the kind
	id    TEXT NOT NULL,
	PRIMARY KEY (slot, value, id)
) WITHOUT ROWID;
`

// bulkSize is how many records of a bulk are committed together: one wait for the disk for
// all of them, and others get their turn in between.
const bulkSize = 50_000

// Store is the store in an embedded database. Transactions run one at a time and never
// conflict. It is safe for concurrent use.
type Store struct {
	db        *DB
	rehearsed bool
}

var _ store.Store = (*Store)(nil)

// Store returns the store in this database.
func (db *DB) Store() *Store { return &Store{db: db} }

// ErrImpure says that a rehearsed transaction decided otherwise the second time.
var ErrImpure = errors.New("transaction is not a pure function of what it reads")

// Rehearsed returns the same store, but each of its transactions runs twice on the same
// records: once as a rehearsal that is thrown away, then for good. A transaction that does not
// decide the same both times is rolled back with [ErrImpure].
//
// In production a transaction runs again only when others were faster, which is rare. With a
// rehearsed store every test of a caller shows that its transactions may be run again.
func (s *Store) Rehearsed() *Store { return &Store{db: s.db, rehearsed: true} }

// Get returns one record, or [store.ErrNotFound].
func (s *Store) Get(ctx context.Context, key store.Key) (store.Record, error) {
	if err := store.Outside(ctx); err != nil {
		return store.Record{}, fmt.Errorf("read %s: %w", key, err)
	}
	return readRecord(ctx, s.db.store.get, key, s.db.now())
}

// Query returns one page of the records that match.
func (s *Store) Query(ctx context.Context, q store.Query) (store.Page, error) {
	if err := store.Outside(ctx); err != nil {
		return store.Page{}, fmt.Errorf("query %s: %w", q.Collection, err)
	}
	return readPage(q, s.db.now(), func(text string, arguments []any) (*sql.Rows, error) {
		return s.db.store.query(ctx, s.db.sql, text, arguments)
	})
}

// Update runs decide in a transaction and commits what it wrote. It waits for its turn until
// the context ends.
func (s *Store) Update(ctx context.Context, decide func(context.Context, store.Tx) error) error {
	if err := store.Outside(ctx); err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	return s.inTransaction(ctx, func(tx *sql.Tx, now time.Time) ([]store.Write, error) {
		run := func() ([]store.Write, error) {
			t := &transaction{tx: tx, statements: s.db.store, now: now}
			if err := decide(store.Inside(ctx), t); err != nil {
				return nil, err
			}
			return t.settle(ctx)
		}
		if s.rehearsed {
			return rehearse(run)
		}
		return run()
	})
}

// Bulk writes many records, each on its own: a record that cannot be written does not keep
// the others from being written.
func (s *Store) Bulk(ctx context.Context, writes []store.Write) error {
	if err := store.Outside(ctx); err != nil {
		return fmt.Errorf("bulk: %w", err)
	}
	settled, errs := store.Settle(writes)
	for chunk := range slices.Chunk(settled, bulkSize) {
		err := s.inTransaction(ctx, func(*sql.Tx, time.Time) ([]store.Write, error) { return chunk, nil })
		if err == nil {
			continue
		}
		for _, w := range chunk {
			errs = append(errs, fmt.Errorf("write %s: %w", w.Key(), err))
		}
	}
	return errors.Join(errs...)
}

// inTransaction does the writes that decide returns, together or not at all. All of it sees
// the records as they are at one instant.
func (s *Store) inTransaction(ctx context.Context, decide func(*sql.Tx, time.Time) ([]store.Write, error)) error {
	tx, err := s.db.sql.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after a commit
	now := s.db.now()
	writes, err := decide(tx, now)
	if err != nil {
		return err
	}
	if err := s.db.store.apply(ctx, tx, writes, now); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// transaction is one run of the function that decides.
type transaction struct {
	tx         *sql.Tx
	statements *storeStatements
	now        time.Time
	pending    store.Pending
}

func (t *transaction) Get(ctx context.Context, key store.Key) (store.Record, error) {
	if err := t.pending.Read(); err != nil {
		return store.Record{}, fmt.Errorf("read %s: %w", key, err)
	}
	return readRecord(ctx, t.tx.StmtContext(ctx, t.statements.get), key, t.now)
}

func (t *transaction) Query(ctx context.Context, q store.Query) (store.Page, error) {
	if err := t.pending.Read(); err != nil {
		return store.Page{}, fmt.Errorf("query %s: %w", q.Collection, err)
	}
	return readPage(q, t.now, func(text string, arguments []any) (*sql.Rows, error) {
		return t.statements.queryIn(ctx, t.tx, text, arguments)
	})
}

func (t *transaction) Create(r store.Record) error { return t.pending.Create(r) }

func (t *transaction) Put(r store.Record) error { return t.pending.Put(r) }

func (t *transaction) Delete(key store.Key) error { return t.pending.Delete(key) }

// settle returns what the run writes in the end.
func (t *transaction) settle(ctx context.Context) ([]store.Write, error) {
	exists := map[store.Key]bool{}
	for _, key := range t.pending.Created() {
		_, err := readRecord(ctx, t.tx.StmtContext(ctx, t.statements.get), key, t.now)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		exists[key] = err == nil
	}
	return t.pending.Settle(t.now, func(key store.Key) bool { return exists[key] })
}

// rehearse runs twice and returns the second outcome, or [ErrImpure] where the first was
// another one.
func rehearse(run func() ([]store.Write, error)) ([]store.Write, error) {
	first, firstErr := run()
	second, secondErr := run()
	if (firstErr == nil) != (secondErr == nil) || !reflect.DeepEqual(first, second) {
		return nil, fmt.Errorf("%w: first %s, then %s", ErrImpure, outcome(first, firstErr), outcome(second, secondErr))
	}
	return second, secondErr
}

// outcome describes what a run decided, for an error.
func outcome(writes []store.Write, err error) string {
	if err != nil {
		return fmt.Sprintf("error %q", err)
	}
	var parts []string
	for _, w := range writes {
		if w.Delete != nil {
			parts = append(parts, "delete "+w.Key().String())
		} else {
			parts = append(parts, fmt.Sprintf("put %s %s", w.Key(), w.Put.Data))
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
