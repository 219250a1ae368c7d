package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// readRecord reads one record as it is at now, by the statement for that.
func readRecord(ctx context.Context, get *sql.Stmt, key store.Key, now time.Time) (store.Record, error) {
	if err := key.Validate(); err != nil {
		return store.Record{}, err
	}
	rec, err := scanRecord(key, get.QueryRowContext(ctx, key.Collection, key.ID).Scan)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && rec.Expired(now):
		return store.Record{}, fmt.Errorf("read %s: %w", key, store.ErrNotFound)
	case err != nil:
		return store.Record{}, fmt.Errorf("read %s: %w", key, err)
	}
	return rec, nil
}

// querier is what a database and a transaction have in common.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// readPage reads one page of records as they are at now.
func readPage(ctx context.Context, r querier, q store.Query, now time.Time) (store.Page, error) {
	if err := q.Validate(); err != nil {
		return store.Page{}, err
	}
	q = q.Normalize()
	cursor, err := q.Cursor()
	if err != nil {
		return store.Page{}, err
	}
	text, arguments := statement(q, cursor, now)
	rows, err := r.QueryContext(ctx, text, arguments...)
	if err != nil {
		return store.Page{}, fmt.Errorf("query %s: %w", q.Collection, err)
	}
	defer rows.Close()
	var page store.Page
	var last store.Cursor
	for rows.Next() {
		if len(page.Records) == q.Limit { // the one record more that the statement asks for
			page.Next = last.String()
			break
		}
		var id string
		var orderKind kind
		var orderValue any
		rec, err := scanRecord(store.Key{}, func(into ...any) error {
			return rows.Scan(append([]any{&id, &orderKind, &orderValue}, into...)...)
		})
		if err != nil {
			return store.Page{}, fmt.Errorf("query %s: %w", q.Collection, err)
		}
		rec.Key = store.Key{Collection: q.Collection, ID: id}
		last = store.Cursor{ID: id}
		if q.OrderBy != "" {
			if last.Value, err = restored(orderKind, orderValue); err != nil {
				return store.Page{}, fmt.Errorf("query %s: %s: %w", q.Collection, id, err)
			}
		}
		page.Records = append(page.Records, rec)
	}
	if err := rows.Err(); err != nil {
		return store.Page{}, fmt.Errorf("query %s: %w", q.Collection, err)
	}
	return page, nil
}

// scanRecord reads the columns data, fields and expires.
func scanRecord(key store.Key, scan func(into ...any) error) (store.Record, error) {
	rec := store.Record{Key: key}
	var fields string
	var expires sql.NullInt64
	if err := scan(&rec.Data, &fields, &expires); err != nil {
		return store.Record{}, err
	}
	var err error
	if rec.Fields, err = decodeFields(fields); err != nil {
		return store.Record{}, err
	}
	if expires.Valid {
		rec.Expires = time.UnixMicro(expires.Int64).UTC()
	}
	return rec, nil
}
