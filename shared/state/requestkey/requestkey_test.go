package requestkey_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/requestkey"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func open(t *testing.T, now func() time.Time) store.Store {
	t.Helper()
	db, err := embedded.Open("", now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db.Store().Rehearsed()
}

func TestAKeyStandsForOneRequest(t *testing.T) {
	now := start
	s := open(t, func() time.Time { return now })
	look := func(request string, want error) {
		t.Helper()
		if err := requestkey.Look(t.Context(), s, "k1", request); !errors.Is(err, want) {
			t.Errorf("Look(%s): %v, want %v", request, err, want)
		}
	}
	claim := func(request string, want error) {
		t.Helper()
		if err := requestkey.Claim(t.Context(), s, "k1", request, now); !errors.Is(err, want) {
			t.Errorf("Claim(%s): %v, want %v", request, err, want)
		}
	}
	look("a", nil)
	look("b", nil) // looking claims nothing
	claim("a", nil)
	claim("a", nil)
	claim("b", requestkey.ErrOther)
	look("a", nil)
	look("b", requestkey.ErrOther)
	if err := requestkey.Claim(t.Context(), s, "k2", "b", now); err != nil {
		t.Errorf("another key: %v", err)
	}
	// As long as the ledger knows what the key stood for, it stands for nothing else.
	now = start.Add(ledger.RememberedFor + time.Hour)
	claim("b", requestkey.ErrOther)
	now = start.Add(ledger.RememberedFor + 25*time.Hour)
	claim("b", nil)
}

func TestOfTwoAtOnceOneHasTheKey(t *testing.T) {
	s := open(t, func() time.Time { return start })
	var had atomic.Int32
	var wg sync.WaitGroup
	for _, request := range []string{"a", "b", "c", "d"} {
		wg.Go(func() {
			switch err := requestkey.Claim(t.Context(), s, "k", request, start); {
			case err == nil:
				had.Add(1)
			case !errors.Is(err, requestkey.ErrOther):
				t.Errorf("Claim: %v", err)
			}
		})
	}
	wg.Wait()
	if had.Load() != 1 {
		t.Errorf("%d requests have the key, want 1", had.Load())
	}
}
