package embedded

import (
	"path/filepath"
	"testing"
	"time"
)

// A commit waits for the disk, so that what is acknowledged outlives the machine too, which no killed
// process can show. Only a database that is thrown away does not wait.
func TestACommitWaitsForTheDisk(t *testing.T) {
	for name, test := range map[string]struct {
		open func(string, func() time.Time) (*DB, error)
		want int // https://www.sqlite.org/pragma.html#pragma_synchronous
	}{"kept": {Open, 2}, "thrown away": {OpenThrowaway, 0}} {
		db, err := test.open(filepath.Join(t.TempDir(), "world.db"), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		var synchronous int
		var journal string
		if err := db.sql.QueryRowContext(t.Context(), "SELECT synchronous, journal_mode FROM pragma_synchronous, pragma_journal_mode").Scan(&synchronous, &journal); err != nil {
			t.Error(err)
		}
		if synchronous != test.want || journal != "wal" {
			t.Errorf("%s: synchronous is %d, want %d; the journal is %s", name, synchronous, test.want, journal)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}
