package embedded_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/ports/store/storetest"
)

func TestStore(t *testing.T) {
	for _, test := range []struct {
		name string
		path func(t *testing.T) string
		of   func(*embedded.DB) store.Store
	}{
		{"in memory, rehearsed", inMemory, func(db *embedded.DB) store.Store { return db.Store().Rehearsed() }},
		{"in a file", inFile, func(db *embedded.DB) store.Store { return db.Store() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T, now func() time.Time) store.Store {
				return test.of(openDB(t, test.path(t), now))
			})
		})
	}
}

func inMemory(*testing.T) string { return "" }

func inFile(t *testing.T) string { return filepath.Join(t.TempDir(), "a ?#% 関所.db") }

// openDB opens a database that ends with the test.
func openDB(t testing.TB, path string, now func() time.Time) *embedded.DB {
	t.Helper()
	db, err := embedded.Open(path, now)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return db
}
