package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Collection reads and writes values of one type as records of one collection.
type Collection[T any] struct {
	Name string
	// Fields returns what queries may ask for of a value; nil means nothing.
	Fields func(T) map[string]any
	// Expires returns when readers stop seeing a value; nil means never.
	Expires func(T) time.Time
}

// Key returns the key of the record with this ID.
func (c Collection[T]) Key(id string) Key { return Key{Collection: c.Name, ID: id} }

// Record returns v as a record.
func (c Collection[T]) Record(id string, v T) (Record, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return Record{}, fmt.Errorf("encode %s: %w", c.Key(id), err)
	}
	r := Record{Key: c.Key(id), Data: data}
	if c.Fields != nil {
		r.Fields = c.Fields(v)
	}
	if c.Expires != nil {
		r.Expires = c.Expires(v)
	}
	return r, nil
}

// Get returns the value with this ID, or [ErrNotFound].
func (c Collection[T]) Get(ctx context.Context, r Reader, id string) (T, error) {
	rec, err := r.Get(ctx, c.Key(id))
	if err != nil {
		var zero T
		return zero, err
	}
	return c.decode(rec)
}

// Create writes a value that must not exist yet.
func (c Collection[T]) Create(tx Tx, id string, v T) error {
	rec, err := c.Record(id, v)
	if err != nil {
		return err
	}
	return tx.Create(rec)
}

// Put writes a value whether it exists or not.
func (c Collection[T]) Put(tx Tx, id string, v T) error {
	rec, err := c.Record(id, v)
	if err != nil {
		return err
	}
	return tx.Put(rec)
}

// Delete removes a value if it exists.
func (c Collection[T]) Delete(tx Tx, id string) error { return tx.Delete(c.Key(id)) }

// Query returns one page of the values that match, and where the next page begins. The
// query's collection is filled in.
func (c Collection[T]) Query(ctx context.Context, r Reader, q Query) (values []T, next string, err error) {
	q.Collection = c.Name
	page, err := r.Query(ctx, q)
	if err != nil {
		return nil, "", err
	}
	values = make([]T, 0, len(page.Records))
	for _, rec := range page.Records {
		v, err := c.decode(rec)
		if err != nil {
			return nil, "", err
		}
		values = append(values, v)
	}
	return values, page.Next, nil
}

// Each calls visit with every value that matches, page by page, until visit returns an error.
// The query's collection is filled in, and its limit where there is none.
func (c Collection[T]) Each(ctx context.Context, r Reader, q Query, visit func(T) error) error {
	if q.Limit == 0 {
		q.Limit = MaxPage
	}
	for {
		values, next, err := c.Query(ctx, r, q)
		if err != nil {
			return err
		}
		for _, v := range values {
			if err := visit(v); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		q.After = next
	}
}

// EachReadable calls visit as [Collection.Each] does, and unreadable for every record that is no
// value of the type, so that one of those does not hide the others.
func (c Collection[T]) EachReadable(ctx context.Context, r Reader, q Query, visit func(T) error, unreadable func(Key, error) error) error {
	q.Collection = c.Name
	if q.Limit == 0 {
		q.Limit = MaxPage
	}
	for {
		page, err := r.Query(ctx, q)
		if err != nil {
			return err
		}
		for _, rec := range page.Records {
			v, err := c.decode(rec)
			if err != nil {
				err = unreadable(rec.Key, err)
			} else {
				err = visit(v)
			}
			if err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		q.After = page.Next
	}
}

func (c Collection[T]) decode(rec Record) (T, error) {
	var v T
	if err := json.Unmarshal(rec.Data, &v); err != nil {
		return v, fmt.Errorf("decode %s: %w", rec.Key, err)
	}
	return v, nil
}
