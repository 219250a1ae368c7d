// Package embedded is the store, the bus and the queues in one process, on one SQLite file or
// in memory. It is the default everywhere but in production: it needs nothing but Go.
//
// What it acknowledged is on disk and survives the end of the process at any instant. Time
// comes from the caller, so that a world on a controlled clock can run through it.
package embedded

import (
	"database/sql"
	"fmt"
	"net/url"
	"time"

	_ "modernc.org/sqlite" // the SQLite driver, in Go
)

// DB is one embedded database. It is safe for concurrent use.
type DB struct {
	sql      *sql.DB
	now      func() time.Time
	store    *storeStatements     // of the store
	prepared map[string]*sql.Stmt // of the bus and the queues
	bell     bell                 // rings when there may be something to deliver
}

// Open opens the database in the file at path, or a new one in memory where path is empty.
// All expiry and delays follow now.
func Open(path string, now func() time.Time) (*DB, error) {
	return open(path, now, pragmas("FULL", 64<<10))
}

// OpenThrowaway opens a database that is measured and thrown away: it does not wait for the
// disk, so that what it acknowledged may be lost with the machine, and it keeps little of the
// file in memory.
func OpenThrowaway(path string, now func() time.Time) (*DB, error) {
	p := pragmas("OFF", 16<<10)
	// One process, one connection: no locks to take and give back, few checkpoints.
	p["_pragma"] = append([]string{"locking_mode(EXCLUSIVE)"}, append(p["_pragma"], "wal_autocheckpoint(8000)")...)
	return open(path, now, p)
}

func open(path string, now func() time.Time, pragmas url.Values) (*DB, error) {
	dsn := "file::memory:?" + pragmas.Encode()
	if path != "" {
		dsn = "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + pragmas.Encode()
	}
	handle, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	// One connection: SQLite has one writer anyway, and a database in memory belongs to its
	// connection.
	handle.SetMaxOpenConns(1)
	db := &DB{sql: handle, now: now}
	for _, schema := range []string{storeSchema, busSchema, queueSchema} {
		if _, err := handle.Exec(schema); err != nil {
			handle.Close()
			return nil, fmt.Errorf("prepare %s: %w", path, err)
		}
	}
	if db.store, err = prepareStore(handle); err == nil {
		err = db.prepare()
	}
	if err != nil {
		handle.Close()
		return nil, fmt.Errorf("prepare %s: %w", path, err)
	}
	return db, nil
}

// Close closes the database.
func (db *DB) Close() error { return db.sql.Close() }

// pragmas are set on every connection: a write-ahead log, with FULL synced before a commit
// returns so that nothing acknowledged is lost, and a cache of so many KiB, so that a bulk does
// not write the pages of an index over and over.
func pragmas(synchronous string, cacheKiB int) url.Values {
	return url.Values{
		"_pragma": {
			"journal_mode(WAL)", "synchronous(" + synchronous + ")", "busy_timeout(10000)", "foreign_keys(ON)",
			fmt.Sprintf("cache_size(-%d)", cacheKiB),
		},
		"_txlock": {"immediate"},
	}
}
