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
	// ErrNested says that the store itself was used inside a transaction, where only the [Tx]
	// may be.
	ErrNested = errors.New("store used inside a transaction")
	// ErrInvalid says that a key, record or query breaks a rule of this package.
	ErrInvalid = errors.New("invalid")
)

// Reader reads records. Both a [Store] and a [Tx] are readers. What they return belongs to the
// caller.
type Reader interface {
	// Get returns one record, or [ErrNotFound].
	Get(ctx context.Context, key Key) (Record, error)
	// Query returns one page of the records that match.
	Query(ctx context.Context, q Query) (Page, error)
}

// Tx is a transaction: it sees the database as it was when the transaction began, and its
// writes happen together or not at all. All reads come before the first write.
//
// A write reports at once only what is wrong with it by itself; that transaction cannot commit
// any more, whatever becomes of the error. Several writes of one key happen in their order. A
// Tx belongs to one goroutine and ends with the function that received it.
type Tx interface {
	Reader
	// Create writes a record that must not exist yet. Where it does, [Store.Update] returns
	// [ErrExists] and nothing is written. An expired record does not exist.
	Create(r Record) error
	// Put writes a record whether it exists or not.
	Put(r Record) error
	// Delete removes a record if it exists.
	Delete(key Key) error
}

// Store is the database. It is safe for concurrent use.
type Store interface {
	Reader
	// Update runs decide in a transaction and commits what it wrote. Where others were faster
	// decide is run again from the start, so it must be a pure function of what it reads: it
	// decides, it never acts. An error of decide rolls back and is returned as it is. Inside
	// decide only tx may be used: the store itself answers [ErrNested] to the context that
	// decide receives.
	Update(ctx context.Context, decide func(ctx context.Context, tx Tx) error) error
	// Bulk writes many records, each on its own; writes of one key happen in their order. It
	// goes on after an error and returns all of them, joined, each naming its key.
	Bulk(ctx context.Context, writes []Write) error
}

// Write is one write of a [Store.Bulk]: a record to put, or a key to delete.
type Write struct {
	Put    *Record
	Delete *Key
}
