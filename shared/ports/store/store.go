// Package store is the port to the database: records that transactions read and write, that
// queries find by a few named fields, and that expire.
//
// A record's content is JSON in one piece; the fields by which queries find it are stored
// beside it. So both implementations behave alike to the byte, and only what is asked for is
// indexed. Implementations must pass the suite in storetest.
package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Errors that every implementation returns, wrapped.
var (
	// ErrNotFound says that there is no such record, or that it has expired.
	ErrNotFound = errors.New("no such record")
	// ErrExists says that a record to be created exists already.
	ErrExists = errors.New("record exists already")
	// ErrContention says that a transaction lost against others too often. Trying again later
	// is right.
	ErrContention = errors.New("too many transactions on the same records")
	// ErrReadAfterWrite says that a transaction read after its first write. Firestore cannot
	// do that, so nobody may.
	ErrReadAfterWrite = errors.New("transaction reads after it wrote")
	// ErrInvalid says that a key, record or query breaks a rule of this package.
	ErrInvalid = errors.New("invalid")
)

// Limits that hold in every implementation. They stay below Firestore's own
// (https://firebase.google.com/docs/firestore/quotas), which counts names and field entries too.
const (
	MaxData   = 900 << 10 // bytes of a record's JSON
	MaxValues = 10_000    // entries of all fields of one record
	MaxPage   = 1_000     // records of one page
	MaxTx     = 400       // writes of one transaction
)

// Key names a record. Collection is a plain name, ID any text without a slash.
type Key struct {
	Collection string
	ID         string
}

// String returns the key as collection/id.
func (k Key) String() string { return k.Collection + "/" + k.ID }

// Validate reports a key that some implementation could not store.
func (k Key) Validate() error {
	if k.Collection == "" || strings.Contains(k.Collection, "/") {
		return fmt.Errorf("collection %q: %w name", k.Collection, ErrInvalid)
	}
	if k.ID == "" || len(k.ID) > 700 || strings.ContainsAny(k.ID, "/\x00") || k.ID == "." || k.ID == ".." ||
		(strings.HasPrefix(k.ID, "__") && strings.HasSuffix(k.ID, "__")) {
		return fmt.Errorf("%s id %q: %w", k.Collection, k.ID, ErrInvalid)
	}
	return nil
}

// Record is one document.
type Record struct {
	Key Key
	// Data is the content, JSON.
	Data []byte
	// Fields are what queries may ask for. A value is a string, an int64, a bool, a
	// time.Time (kept in UTC to the microsecond) or a []string. A nil value is left out.
	Fields map[string]any
	// Expires is when readers stop seeing the record; zero means never. The implementation may
	// remove it any time after that.
	Expires time.Time
}

// Validate reports a record that some implementation could not store.
func (r Record) Validate() error {
	if err := r.Key.Validate(); err != nil {
		return err
	}
	if len(r.Data) > MaxData {
		return fmt.Errorf("%s: %w: %d bytes, at most %d", r.Key, ErrInvalid, len(r.Data), MaxData)
	}
	entries := 0
	for name, v := range r.Fields {
		if name == "" || strings.ContainsAny(name, ".`/") {
			return fmt.Errorf("%s: field name %q: %w", r.Key, name, ErrInvalid)
		}
		switch v := v.(type) {
		case nil, string, int64, bool, time.Time:
			entries++
		case []string:
			entries += len(v)
		default:
			return fmt.Errorf("%s: field %s: %w type %T", r.Key, name, ErrInvalid, v)
		}
	}
	if entries > MaxValues {
		return fmt.Errorf("%s: %w: %d field entries, at most %d", r.Key, ErrInvalid, entries, MaxValues)
	}
	return nil
}

// Reader reads records. Both a [Store] and a [Tx] are readers.
type Reader interface {
	// Get returns one record, or [ErrNotFound].
	Get(ctx context.Context, key Key) (Record, error)
	// Query returns one page of the records that match.
	Query(ctx context.Context, q Query) (Page, error)
}

// Tx is a transaction: it sees the database as it was when the transaction began, and its
// writes happen together or not at all. All reads come before the first write.
type Tx interface {
	Reader
	// Create writes a record that must not exist yet; the transaction fails with [ErrExists]
	// where it does. An expired record does not exist.
	Create(r Record) error
	// Put writes a record whether it exists or not.
	Put(r Record) error
	// Delete removes a record if it exists.
	Delete(key Key) error
}

// Store is the database.
type Store interface {
	Reader
	// Update runs decide in a transaction and commits what it wrote. Where others were faster
	// decide is run again from the start, so it must be a pure function of what it reads: it
	// decides, it never acts. An error of decide rolls back and is returned as it is.
	Update(ctx context.Context, decide func(ctx context.Context, tx Tx) error) error
	// Bulk writes many records, each on its own. It goes on after an error and returns all of
	// them, joined.
	Bulk(ctx context.Context, writes []Write) error
}

// Write is one write of a [Store.Bulk]: a record to put, or a key to delete.
type Write struct {
	Put    *Record
	Delete *Key
}
