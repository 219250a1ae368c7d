// Package firestore is the store on Google Cloud's Firestore in native mode.
//
// A record is a document in a collection of the same name. Its field data holds the JSON as a
// string, the map f holds the fields that queries ask for, and the timestamp expires is where a
// TTL policy may remove it. Firestore removes late or never, so that all reads here look at the
// expiry themselves.
//
// Queries need indexes that somebody must create: f.x alone is indexed by itself, but every
// combination of a condition with an order needs a composite index. Where one is missing in
// production the error names it; the emulator does not care.
// The field data should be exempt from indexing.
package firestore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cloud.google.com/go/firestore"
	"google.golang.org/api/option"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// How long each kind of call may take. Firestore answers in well under a second, except to
// transactions that wait for one another; and a call without a limit can hang for ever.
const (
	readLimit   = 30 * time.Second
	updateLimit = time.Minute
	bulkLimit   = 2 * time.Minute // for bulkSize records
	bulkSize    = 10_000
)

// updateAttempts is how often a transaction runs before it gives up with
// [store.ErrContention].
const updateAttempts = 10

// Store is the store in one Firestore database. It is safe for concurrent use.
type Store struct {
	client *firestore.Client
	now    func() time.Time
}

var _ store.Store = (*Store)(nil)

// Open connects to a database of a project; the default one is called "(default)". Expiry
// follows now. Where FIRESTORE_EMULATOR_HOST is set the connection goes there.
func Open(ctx context.Context, project, database string, now func() time.Time, options ...option.ClientOption) (*Store, error) {
	client, err := firestore.NewClientWithDatabase(ctx, project, database, options...)
	if err != nil {
		return nil, fmt.Errorf("open Firestore database %s of %s: %w", database, project, err)
	}
	return &Store{client: client, now: now}, nil
}

// Close ends the connection.
func (s *Store) Close() error { return s.client.Close() }

// Get returns one record, or [store.ErrNotFound].
func (s *Store) Get(ctx context.Context, key store.Key) (store.Record, error) {
	if err := store.Outside(ctx); err != nil {
		return store.Record{}, fmt.Errorf("read %s: %w", key, err)
	}
	if err := key.Validate(); err != nil {
		return store.Record{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	doc, err := s.document(key).Get(ctx)
	return record(key, doc, err, s.now())
}

// Query returns one page of the records that match.
func (s *Store) Query(ctx context.Context, q store.Query) (store.Page, error) {
	if err := store.Outside(ctx); err != nil {
		return store.Page{}, fmt.Errorf("query %s: %w", q.Collection, err)
	}
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	return s.page(q, s.now(), func(query firestore.Query) *firestore.DocumentIterator { return query.Documents(ctx) })
}

// Update runs decide in a transaction and commits what it wrote. Transactions on the same
// records wait for one another and run again where Firestore says so, at most ten times.
func (s *Store) Update(ctx context.Context, decide func(context.Context, store.Tx) error) error {
	if err := store.Outside(ctx); err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, updateLimit)
	defer cancel()
	refused := false // the error of the last run is that of decide
	err := s.client.RunTransaction(ctx, func(ctx context.Context, tx *firestore.Transaction) error {
		t := &transaction{store: s, tx: tx, now: s.now(), seen: map[store.Key]bool{}}
		err := decide(store.Inside(ctx), t)
		if refused = err != nil; refused {
			return err
		}
		return t.write()
	}, firestore.MaxAttempts(updateAttempts))
	if err != nil && !refused {
		return fmt.Errorf("transaction: %w", translated(err))
	}
	return err
}

// Bulk writes many records, each on its own.
func (s *Store) Bulk(ctx context.Context, writes []store.Write) error {
	if err := store.Outside(ctx); err != nil {
		return fmt.Errorf("bulk: %w", err)
	}
	settled, errs := store.Settle(writes)
	for chunk := range slices.Chunk(settled, bulkSize) {
		errs = append(errs, s.bulk(ctx, chunk)...)
	}
	return errors.Join(errs...)
}

// bulk does writes of different keys and returns an error for each that was not done.
func (s *Store) bulk(ctx context.Context, writes []store.Write) (errs []error) {
	ctx, cancel := context.WithTimeout(ctx, bulkLimit)
	defer cancel()
	bulk := s.client.BulkWriter(ctx)
	jobs := make([]*firestore.BulkWriterJob, len(writes))
	for i, w := range writes {
		var err error
		if w.Put != nil {
			jobs[i], err = bulk.Set(s.document(w.Key()), encode(*w.Put))
		} else {
			jobs[i], err = bulk.Delete(s.document(w.Key()))
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("write %s: %w", w.Key(), translated(err)))
		}
	}
	bulk.End()
	for i, job := range jobs {
		if job == nil {
			continue
		}
		if _, err := job.Results(); err != nil {
			errs = append(errs, fmt.Errorf("write %s: %w", writes[i].Key(), translated(err)))
		}
	}
	return errs
}

func (s *Store) document(key store.Key) *firestore.DocumentRef {
	return s.client.Collection(key.Collection).Doc(key.ID)
}

// transaction is one run of the function that decides.
type transaction struct {
	store   *Store
	tx      *firestore.Transaction
	now     time.Time
	pending store.Pending
	seen    map[store.Key]bool // whether the records that were read one by one exist
}

func (t *transaction) Get(_ context.Context, key store.Key) (store.Record, error) {
	if err := t.pending.Read(); err != nil {
		return store.Record{}, fmt.Errorf("read %s: %w", key, err)
	}
	if err := key.Validate(); err != nil {
		return store.Record{}, err
	}
	doc, err := t.tx.Get(t.store.document(key))
	rec, err := record(key, doc, err, t.now)
	if err == nil || errors.Is(err, store.ErrNotFound) {
		t.seen[key] = err == nil
	}
	return rec, err
}

func (t *transaction) Query(_ context.Context, q store.Query) (store.Page, error) {
	if err := t.pending.Read(); err != nil {
		return store.Page{}, fmt.Errorf("query %s: %w", q.Collection, err)
	}
	return t.store.page(q, t.now, func(query firestore.Query) *firestore.DocumentIterator { return t.tx.Documents(query) })
}

func (t *transaction) Create(r store.Record) error { return t.pending.Create(r) }

func (t *transaction) Put(r store.Record) error { return t.pending.Put(r) }

func (t *transaction) Delete(key store.Key) error { return t.pending.Delete(key) }

// write hands the writes of the run to Firestore, to be committed. Firestore's own create does
// not know of expiry, so that the records to be created are read instead: the transaction
// commits only if they are still as they were then.
func (t *transaction) write() error {
	var documents []*firestore.DocumentRef
	var keys []store.Key
	for _, key := range t.pending.Created() {
		if _, read := t.seen[key]; !read {
			keys = append(keys, key)
			documents = append(documents, t.store.document(key))
		}
	}
	if len(documents) > 0 {
		found, err := t.tx.GetAll(documents)
		if err != nil {
			return err
		}
		for i, doc := range found {
			_, err := record(keys[i], doc, nil, t.now)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			t.seen[keys[i]] = err == nil
		}
	}
	settled, err := t.pending.Settle(t.now, func(key store.Key) bool { return t.seen[key] })
	if err != nil {
		return err
	}
	for _, w := range settled {
		if w.Put != nil {
			err = t.tx.Set(t.store.document(w.Key()), encode(*w.Put))
		} else {
			err = t.tx.Delete(t.store.document(w.Key()))
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", w.Key(), err)
		}
	}
	return nil
}
