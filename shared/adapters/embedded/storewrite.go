package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// sweepSize is how many expired records a transaction removes on its way.
const sweepSize = 16

// rowsAtOnce is how many rows of the index one statement adds: SQLite works off one statement
// of many rows much faster than many statements.
const rowsAtOnce = 256

// storeStatements are the statements of the store. They are prepared once: preparing takes
// longer than most of them take to run.
type storeStatements struct {
	mu      sync.Mutex // guards queries, and is never held while waiting
	queries map[string]*sql.Stmt

	// These never change.

	get, fieldsOf, expired               *sql.Stmt
	addRecord, putRecord, deleteRecord   *sql.Stmt
	findColumn, addColumn                *sql.Stmt
	addIndexRow, addIndexRows, deleteRow *sql.Stmt
}

func prepareStore(db *sql.DB) (*storeStatements, error) {
	s := &storeStatements{queries: map[string]*sql.Stmt{}}
	addRows := func(n int) string { // the entries of a list need not be different
		return `INSERT OR IGNORE INTO record_index (slot, value, id) VALUES ` +
			strings.TrimSuffix(strings.Repeat("(?, ?, ?), ", n), ", ")
	}
	for _, p := range []struct {
		statement **sql.Stmt
		text      string
	}{
		{&s.get, `SELECT data, fields, expires FROM records WHERE collection = ? AND id = ?`},
		{&s.fieldsOf, `SELECT fields FROM records WHERE collection = ? AND id = ?`},
		{&s.expired, fmt.Sprintf("SELECT collection, id FROM records WHERE expires <= ? ORDER BY expires LIMIT %d", sweepSize)},
		{&s.addRecord, `INSERT INTO records (data, fields, expires, collection, id) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`},
		{&s.putRecord, `UPDATE records SET data = ?, fields = ?, expires = ? WHERE collection = ? AND id = ?`},
		{&s.deleteRecord, `DELETE FROM records WHERE collection = ? AND id = ?`},
		{&s.findColumn, `SELECT number FROM record_columns WHERE collection = ? AND name = ?`},
		{&s.addColumn, `INSERT INTO record_columns (collection, name) VALUES (?, ?)`},
		{&s.addIndexRow, addRows(1)},
		{&s.addIndexRows, addRows(rowsAtOnce)},
		{&s.deleteRow, `DELETE FROM record_index WHERE slot = ? AND value = ? AND id = ?`},
	} {
		statement, err := db.Prepare(p.text) // closed with the database
		if err != nil {
			return nil, fmt.Errorf("prepare the store: %w", err)
		}
		*p.statement = statement
	}
	return s, nil
}

// column is a field of a collection.
type column struct{ collection, name string }

// writer writes records in a transaction.
type writer struct {
	tx         *sql.Tx
	statements *storeStatements
	columns    map[column]int64 // numbers of the columns met so far
	added      []indexRow       // rows of the index to be added in the end
}

// apply does the writes, at most one for each key, and removes some records that expired
// before now.
func (s *storeStatements) apply(ctx context.Context, tx *sql.Tx, writes []store.Write, now time.Time) error {
	if len(writes) == 0 {
		return nil
	}
	w := &writer{tx: tx, statements: s, columns: map[column]int64{}}
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

func (w *writer) exec(ctx context.Context, statement *sql.Stmt, arguments ...any) (sql.Result, error) {
	return w.tx.StmtContext(ctx, statement).ExecContext(ctx, arguments...)
}

// put writes a record, removes the rows that the index no longer needs, and remembers those
// that it lacks.
func (w *writer) put(ctx context.Context, r store.Record) error {
	after, err := w.rows(ctx, r.Key, r.Fields)
	if err != nil {
		return err
	}
	fields, err := encodeFields(r.Fields)
	if err != nil {
		return err
	}
	expires := sql.NullInt64{Int64: r.Expires.UnixMicro(), Valid: !r.Expires.IsZero()}
	arguments := []any{r.Data, fields, expires, r.Key.Collection, r.Key.ID}
	result, err := w.exec(ctx, w.statements.addRecord, arguments...)
	if err != nil {
		return err
	}
	if added, err := result.RowsAffected(); err != nil || added == 1 {
		w.added = append(w.added, after...)
		return err
	}
	before, err := w.rowsOf(ctx, r.Key)
	if err != nil {
		return err
	}
	for _, row := range after {
		if before[row] {
			delete(before, row) // it stays
		} else {
			w.added = append(w.added, row)
		}
	}
	for row := range before {
		if err := w.deleteRow(ctx, row); err != nil {
			return err
		}
	}
	_, err = w.exec(ctx, w.statements.putRecord, arguments...)
	return err
}

// remove removes a record and its rows, if it is there.
func (w *writer) remove(ctx context.Context, key store.Key) error {
	rows, err := w.rowsOf(ctx, key)
	if err != nil {
		return err
	}
	for row := range rows {
		if err := w.deleteRow(ctx, row); err != nil {
			return err
		}
	}
	_, err = w.exec(ctx, w.statements.deleteRecord, key.Collection, key.ID)
	return err
}

// rowsOf returns the rows that the index has of a record.
func (w *writer) rowsOf(ctx context.Context, key store.Key) (map[indexRow]bool, error) {
	var text string
	switch err := w.tx.StmtContext(ctx, w.statements.fieldsOf).QueryRowContext(ctx, key.Collection, key.ID).Scan(&text); {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	}
	fields, err := decodeFields(text)
	if err != nil {
		return nil, err
	}
	rows, err := w.rows(ctx, key, fields)
	set := make(map[indexRow]bool, len(rows))
	for _, row := range rows {
		set[row] = true
	}
	return set, err
}

// rows returns the rows of a record's fields. A row can be there more than once.
func (w *writer) rows(ctx context.Context, key store.Key, fields map[string]any) ([]indexRow, error) {
	rows := make([]indexRow, 0, len(fields))
	for name, v := range fields {
		number, err := w.column(ctx, column{key.Collection, name})
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", name, err)
		}
		list, isList := v.([]string)
		if !isList {
			rows = append(rows, newIndexRow(number, v, key.ID))
		}
		for _, entry := range list {
			rows = append(rows, indexRow{slot: slot(number, kindEntry), text: entry, id: key.ID})
		}
	}
	return rows, nil
}

// column returns the number of a column, a new one where it has none.
func (w *writer) column(ctx context.Context, c column) (int64, error) {
	if number, ok := w.columns[c]; ok {
		return number, nil
	}
	var number int64
	err := w.tx.StmtContext(ctx, w.statements.findColumn).QueryRowContext(ctx, c.collection, c.name).Scan(&number)
	if errors.Is(err, sql.ErrNoRows) {
		var result sql.Result
		if result, err = w.exec(ctx, w.statements.addColumn, c.collection, c.name); err == nil {
			number, err = result.LastInsertId()
		}
	}
	if err != nil {
		return 0, err
	}
	w.columns[c] = number
	return number, nil
}

func (w *writer) deleteRow(ctx context.Context, r indexRow) error {
	_, err := w.exec(ctx, w.statements.deleteRow, r.slot, r.value(), r.id)
	return err
}

// addRows adds the remembered rows in the order of the index, so that each of its pages is
// touched once.
func (w *writer) addRows(ctx context.Context) error {
	slices.SortFunc(w.added, indexRow.compare)
	for chunk := range slices.Chunk(w.added, rowsAtOnce) {
		statement, size := w.statements.addIndexRows, rowsAtOnce
		if len(chunk) < rowsAtOnce {
			statement, size = w.statements.addIndexRow, 1
		}
		for rows := range slices.Chunk(chunk, size) {
			arguments := make([]any, 0, 3*size)
			for _, r := range rows {
				arguments = append(arguments, r.slot, r.value(), r.id)
			}
			if _, err := w.exec(ctx, statement, arguments...); err != nil {
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
