package embedded

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// sweepSize is how many expired records a transaction removes on its way.
const sweepSize = 16

// rowsAtOnce is how many rows of the index one statement adds: SQLite works off one statement
// of many rows much faster than many statements.
const rowsAtOnce = 64

// storeStatements are the statements of the store that never change. They are prepared once:
// preparing takes longer than most of them take to run.
type storeStatements struct {
	get, fieldsOf, expired     *sql.Stmt
	putRecord, deleteRecord    *sql.Stmt
	addRow, addRows, deleteRow *sql.Stmt
	queries                    *preparedQueries
}

func prepareStore(db *sql.DB) (*storeStatements, error) {
	s := &storeStatements{queries: &preparedQueries{sql: db, kept: map[string]*sql.Stmt{}}}
	addRows := func(n int) string {
		return `INSERT INTO record_fields (collection, name, kind, value, id) VALUES ` +
			strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?, ?), ", n), ", ")
	}
	for _, p := range []struct {
		statement **sql.Stmt
		text      string
	}{
		{&s.get, `SELECT data, fields, expires FROM records WHERE collection = ? AND id = ?`},
		{&s.fieldsOf, `SELECT fields FROM records WHERE collection = ? AND id = ?`},
		{&s.expired, fmt.Sprintf("SELECT collection, id FROM records WHERE expires <= ? ORDER BY expires LIMIT %d", sweepSize)},
		{&s.putRecord, `INSERT INTO records (collection, id, data, fields, expires) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET data = excluded.data, fields = excluded.fields, expires = excluded.expires`},
		{&s.deleteRecord, `DELETE FROM records WHERE collection = ? AND id = ?`},
		{&s.addRow, addRows(1)},
		{&s.addRows, addRows(rowsAtOnce)},
		{&s.deleteRow, `DELETE FROM record_fields WHERE collection = ? AND name = ? AND kind = ? AND value = ? AND id = ?`},
	} {
		statement, err := db.Prepare(p.text) // closed with the database
		if err != nil {
			return nil, fmt.Errorf("prepare the store: %w", err)
		}
		*p.statement = statement
	}
	return s, nil
}

// indexRow is one row of the table record_fields. Rows can be compared with ==.
type indexRow struct {
	key   store.Key
	name  string
	kind  kind
	value any // an integer or a text of SQLite
}

// indexRows returns the rows of a record's fields, each once.
func indexRows(key store.Key, fields map[string]any) map[indexRow]bool {
	rows := make(map[indexRow]bool, len(fields))
	for name, v := range fields {
		list, isList := v.([]string)
		if !isList {
			k, value := indexed(v)
			rows[indexRow{key, name, k, value}] = true
		}
		for _, entry := range list {
			rows[indexRow{key, name, kindEntry, entry}] = true
		}
	}
	return rows
}

// compare orders rows as the index does.
func (r indexRow) compare(other indexRow) int {
	if c := cmp.Compare(r.key.Collection, other.key.Collection); c != 0 {
		return c
	}
	if c := cmp.Compare(r.name, other.name); c != 0 {
		return c
	}
	if c := cmp.Compare(r.kind, other.kind); c != 0 {
		return c
	}
	c := 0
	if number, ok := r.value.(int64); ok {
		c = cmp.Compare(number, other.value.(int64)) // rows of one kind have values of one type
	} else {
		c = cmp.Compare(r.value.(string), other.value.(string))
	}
	return cmp.Or(c, cmp.Compare(r.key.ID, other.key.ID))
}

// writer writes records in a transaction.
type writer struct {
	tx         *sql.Tx
	statements *storeStatements
	added      []indexRow // rows that are added in the end, in order
}

// apply does the writes, at most one for each key, and removes some records that expired
// before now.
func (s *storeStatements) apply(ctx context.Context, tx *sql.Tx, writes []store.Write, now time.Time) error {
	if len(writes) == 0 {
		return nil
	}
	w := &writer{tx: tx, statements: s}
	for _, write := range writes {
		if write.Put != nil {
			if err := w.put(ctx, *write.Put); err != nil {
				return fmt.Errorf("write %s: %w", write.Key(), err)
			}
		} else if err := w.remove(ctx, write.Key()); err != nil {
			return fmt.Errorf("delete %s: %w", write.Key(), err)
		}
	}
	if err := w.addRows(ctx); err != nil {
		return fmt.Errorf("index: %w", err)
	}
	return w.sweep(ctx, now)
}

func (w *writer) exec(ctx context.Context, statement *sql.Stmt, arguments ...any) error {
	_, err := w.tx.StmtContext(ctx, statement).ExecContext(ctx, arguments...)
	return err
}

// put writes a record, removes what the index no longer needs, and remembers what it lacks.
func (w *writer) put(ctx context.Context, r store.Record) error {
	before, _, err := w.rowsOf(ctx, r.Key)
	if err != nil {
		return err
	}
	after := indexRows(r.Key, r.Fields)
	for row := range after {
		if !before[row] {
			w.added = append(w.added, row)
		}
	}
	for row := range before {
		if !after[row] {
			if err := w.deleteRow(ctx, row); err != nil {
				return err
			}
		}
	}
	fields, err := encodeFields(r.Fields)
	if err != nil {
		return err
	}
	expires := sql.NullInt64{Int64: r.Expires.UnixMicro(), Valid: !r.Expires.IsZero()}
	return w.exec(ctx, w.statements.putRecord, r.Key.Collection, r.Key.ID, r.Data, fields, expires)
}

// remove removes a record and its rows, if it is there.
func (w *writer) remove(ctx context.Context, key store.Key) error {
	rows, exists, err := w.rowsOf(ctx, key)
	if err != nil || !exists {
		return err
	}
	for row := range rows {
		if err := w.deleteRow(ctx, row); err != nil {
			return err
		}
	}
	return w.exec(ctx, w.statements.deleteRecord, key.Collection, key.ID)
}

// rowsOf returns the rows that the index has of a record, and whether the record is there.
func (w *writer) rowsOf(ctx context.Context, key store.Key) (rows map[indexRow]bool, exists bool, err error) {
	var text string
	switch err := w.tx.StmtContext(ctx, w.statements.fieldsOf).QueryRowContext(ctx, key.Collection, key.ID).Scan(&text); {
	case errors.Is(err, sql.ErrNoRows):
		return nil, false, nil
	case err != nil:
		return nil, false, err
	}
	fields, err := decodeFields(text)
	return indexRows(key, fields), true, err
}

func (w *writer) deleteRow(ctx context.Context, r indexRow) error {
	return w.exec(ctx, w.statements.deleteRow, r.key.Collection, r.name, r.kind, r.value, r.key.ID)
}

// addRows adds the remembered rows in the order of the index, so that each of its pages is
// touched once.
func (w *writer) addRows(ctx context.Context) error {
	slices.SortFunc(w.added, indexRow.compare)
	for chunk := range slices.Chunk(w.added, rowsAtOnce) {
		statement, size := w.statements.addRows, rowsAtOnce
		if len(chunk) < rowsAtOnce {
			statement, size = w.statements.addRow, 1
		}
		for rows := range slices.Chunk(chunk, size) {
			arguments := make([]any, 0, 5*rowsAtOnce)
			for _, r := range rows {
				arguments = append(arguments, r.key.Collection, r.name, r.kind, r.value, r.key.ID)
			}
			if err := w.exec(ctx, statement, arguments...); err != nil {
				return err
			}
		}
	}
	return nil
}

// sweep removes a few expired records, so that the file does not grow for ever although
// nobody waits for the removal.
func (w *writer) sweep(ctx context.Context, now time.Time) error {
	expired, err := w.expired(ctx, now)
	if err != nil {
		return fmt.Errorf("find expired records: %w", err)
	}
	for _, key := range expired {
		if err := w.remove(ctx, key); err != nil {
			return fmt.Errorf("remove expired %s: %w", key, err)
		}
	}
	return nil
}

func (w *writer) expired(ctx context.Context, now time.Time) ([]store.Key, error) {
	rows, err := w.tx.StmtContext(ctx, w.statements.expired).QueryContext(ctx, now.UnixMicro())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var keys []store.Key
	for rows.Next() {
		var key store.Key
		if err := rows.Scan(&key.Collection, &key.ID); err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, rows.Err()
}
