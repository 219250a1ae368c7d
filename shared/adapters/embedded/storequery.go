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

// mostQueries is how many statements for queries are kept prepared. Queries that differ only
// in their values share one, so that a program has few.
const mostQueries = 256

// query runs the statement of a query outside a transaction and keeps it prepared.
func (s *storeStatements) query(ctx context.Context, db *sql.DB, text string, arguments []any) (*sql.Rows, error) {
	prepared := s.prepared(text)
	if prepared == nil {
		// Not under the lock: this waits for the connection, and who has it may ask prepared.
		var err error
		if prepared, err = db.PrepareContext(ctx, text); err != nil {
			return nil, err
		}
		if !s.keep(text, prepared) {
			defer prepared.Close()
		}
	}
	return prepared.QueryContext(ctx, arguments...)
}

// queryIn runs the statement of a query in a transaction.
func (s *storeStatements) queryIn(ctx context.Context, tx *sql.Tx, text string, arguments []any) (*sql.Rows, error) {
	if prepared := s.prepared(text); prepared != nil {
		return tx.StmtContext(ctx, prepared).QueryContext(ctx, arguments...)
	}
	return tx.QueryContext(ctx, text, arguments...)
}

// prepared returns the statement with this text, nil where none is kept.
func (s *storeStatements) prepared(text string) *sql.Stmt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queries[text]
}

// keep keeps a statement unless there are enough or somebody was faster.
func (s *storeStatements) keep(text string, prepared *sql.Stmt) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queries[text] != nil || len(s.queries) >= mostQueries {
		return false
	}
	s.queries[text] = prepared
	return true
}

// readPage reads one page of records as they are at now. The function run runs the statement.
func readPage(q store.Query, now time.Time, run func(text string, arguments []any) (*sql.Rows, error)) (store.Page, error) {
	if err := q.Validate(); err != nil {
		return store.Page{}, err
	}
	q = q.Normalize()
	cursor, err := q.Cursor()
	if err != nil {
		return store.Page{}, err
	}
	rows, err := run(statement(q, cursor, now))
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
