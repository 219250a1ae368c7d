package firestore_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/firestore"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/ports/store/storetest"
	"github.com/sekisho/sekisho/shared/sim/emulator"
)

func TestMain(m *testing.M) {
	// The emulator takes milliseconds for what the embedded store does in microseconds. What
	// the command line says is stronger.
	if err := errors.Join(flag.Set("rapid.checks", "10"), flag.Set("rapid.steps", "20")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	flag.Parse()
	os.Exit(emulator.Main(m))
}

func TestStore(t *testing.T) {
	t.Setenv("FIRESTORE_EMULATOR_HOST", emulator.Firestore(t))
	storetest.Run(t, func(t *testing.T, now func() time.Time) store.Store {
		return open(t, now)
	})
}

// open returns the store of a project that no other test has used. Where it is FIRESTORE_EMULATOR_HOST says.
func open(t *testing.T, now func() time.Time) *firestore.Store {
	t.Helper()
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
