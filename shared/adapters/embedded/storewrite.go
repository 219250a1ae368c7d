package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// indexRow is one row of record_fields.
type indexRow struct {
	name  string
	kind  kind
	value any // a SQLite integer or text
}

// indexRowsAtOnce is how many rows one statement writes. SQLite works off a statement of many
// rows faster than many statements.
const indexRowsAtOnce = 64

// sweepSize is how many expired records a transaction removes on its way.
const sweepSize = 16

// apply does the writes, and removes some records that expired before now.
func apply(ctx context.Context, tx *sql.Tx, writes []store.Write, now time.Time) error {
	if len(writes) == 0 {
		return nil
	}
	w, err := newWriter(ctx, tx)
	if err != nil {
		return err
	}
	for _, write := range writes {
		if err := w.remove(ctx, write.Key()); err != nil {
			return fmt.Errorf("replace %s: %w", write.Key(), err)
		}
		if write.Put == nil {
			continue
		}
		if err := w.insert(ctx, *write.Put); err != nil {
			return fmt.Errorf("write %s: %w", write.Key(), err)
		}
	}
	return w.sweep(ctx, now)
}

// writer writes records with statements that are prepared once for a transaction.
type writer struct {
	tx                                  *sql.Tx
	find, deleteRecord, deleteRow       *sql.Stmt
	insertRecord, insertRow, insertRows *sql.Stmt
}

func newWriter(ctx context.Context, tx *sql.Tx) (*writer, error) {
	w := &writer{tx: tx}
	for _, s := range []struct {
		statement **sql.Stmt
		text      string
	}{
		{&w.find, `SELECT fields FROM records WHERE collection = ? AND id = ?`},
		{&w.deleteRecord, `DELETE FROM records WHERE collection = ? AND id = ?`},
		{&w.deleteRow, `DELETE FROM record_fields
			WHERE collection = ? AND name = ? AND kind = ? AND value = ? AND id = ?`},
		{&w.insertRecord, `INSERT INTO records (collection, id, data, fields, expires) VALUES (?, ?, ?, ?, ?)`},
		{&w.insertRow, insertRowsText(1)},
		{&w.insertRows, insertRowsText(indexRowsAtOnce)},
	} {
		statement, err := tx.PrepareContext(ctx, s.text) // closed with the transaction
		if err != nil {
			return nil, fmt.Errorf("prepare to write: %w", err)
		}
		*s.statement = statement
	}
	return w, nil
}

func insertRowsText(rows int) string {
	return `INSERT INTO record_fields (collection, name, kind, value, id) VALUES ` +
		strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?, ?), ", rows), ", ")
}

// remove removes a record and its index, if it is there.
func (w *writer) remove(ctx context.Context, key store.Key) error {
	var text string
	switch err := w.find.QueryRowContext(ctx, key.Collection, key.ID).Scan(&text); {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	fields, err := decodeFields(text)
	if err != nil {
		return err
	}
	for _, row := range indexRows(fields) {
		if _, err := w.deleteRow.ExecContext(ctx, key.Collection, row.name, row.kind, row.value, key.ID); err != nil {
			return err
		}
	}
	_, err = w.deleteRecord.ExecContext(ctx, key.Collection, key.ID)
	return err
}

// insert adds a record that is not there, and its index.
func (w *writer) insert(ctx context.Context, r store.Record) error {
	fields, err := encodeFields(r.Fields)
	if err != nil {
		return err
	}
	expires := sql.NullInt64{Int64: r.Expires.UnixMicro(), Valid: !r.Expires.IsZero()}
	if _, err := w.insertRecord.ExecContext(ctx, r.Key.Collection, r.Key.ID, r.Data, fields, expires); err != nil {
		return err
	}
	rows := indexRows(r.Fields)
	for chunk := range slices.Chunk(rows, indexRowsAtOnce) {
		if len(chunk) == indexRowsAtOnce {
			if _, err := w.insertRows.ExecContext(ctx, rowArguments(r.Key, chunk)...); err != nil {
				return err
			}
			continue
		}
		for i := range chunk {
			if _, err := w.insertRow.ExecContext(ctx, rowArguments(r.Key, chunk[i:i+1])...); err != nil {
				return err
			}
		}
	}
	return nil
}

func rowArguments(key store.Key, rows []indexRow) []any {
	arguments := make([]any, 0, 5*len(rows))
	for _, row := range rows {
		arguments = append(arguments, key.Collection, row.name, row.kind, row.value, key.ID)
	}
	return arguments
}

// sweep removes a few expired records, so that the file does not grow for ever although
// nobody waits for the removal.
func (w *writer) sweep(ctx context.Context, now time.Time) error {
	rows, err := w.tx.QueryContext(ctx, `SELECT collection, id FROM records WHERE expires <= ? LIMIT ?`, now.UnixMicro(), sweepSize)
	if err != nil {
		return fmt.Errorf("find expired records: %w", err)
	}
	defer rows.Close()
	var expired []store.Key
	for rows.Next() {
		var key store.Key
		if err := rows.Scan(&key.Collection, &key.ID); err != nil {
			return fmt.Errorf("find expired records: %w", err)
		}
		expired = append(expired, key)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("find expired records: %w", err)
	}
	for _, key := range expired {
		if err := w.remove(ctx, key); err != nil {
			return fmt.Errorf("remove expired %s: %w", key, err)
		}
	}
	return nil
}

// indexRows returns the rows of the index for a record's fields, each once.
func indexRows(fields map[string]any) []indexRow {
	var rows []indexRow
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		list, isList := fields[name].([]string)
		if !isList {
			kind, value := indexed(fields[name])
			rows = append(rows, indexRow{name, kind, value})
			continue
		}
		for _, entry := range slices.Compact(slices.Sorted(slices.Values(list))) {
			rows = append(rows, indexRow{name, kindEntry, entry})
		}
	}
	return rows
}
