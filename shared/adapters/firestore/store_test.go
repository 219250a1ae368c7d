package firestore_test

import (
	"flag"
	"os"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/firestore"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/ports/store/storetest"
	"github.com/sekisho/sekisho/shared/sim/emulator"
)

func TestMain(m *testing.M) {
	// The emulator takes milliseconds for what the embedded store does in microseconds.
	for name, value := range map[string]string{"rapid.checks": "10", "rapid.steps": "20"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	flag.Parse() // what the command line says is stronger
	os.Exit(emulator.Main(m))
}

func TestStore(t *testing.T) {
	host := emulator.Firestore(t)
	storetest.Run(t, func(t *testing.T, now func() time.Time) store.Store {
		return open(t, host, now)
	})
}

// open returns the store of a project that no other test has used.
func open(t *testing.T, host string, now func() time.Time) *firestore.Store {
	t.Helper()
	t.Setenv("FIRESTORE_EMULATOR_HOST", host)
	s, err := firestore.Open(t.Context(), emulator.Project(t), "(default)", now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}
