package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/ports/store"
)

func put(id, data string) func(context.Context, store.Tx) error {
	return func(_ context.Context, tx store.Tx) error {
		return tx.Put(store.Record{Key: store.Key{Collection: "things", ID: id}, Data: []byte(data)})
	}
}

func TestRehearsedStoreRunsTransactionsTwice(t *testing.T) {
	s := openDB(t, "", time.Now).Store().Rehearsed()
	runs := 0
	if err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		runs++
		return put("one", "1")(ctx, tx)
	}); err != nil || runs != 2 {
		t.Errorf("Update: %d runs, %v; want 2", runs, err)
	}
}

func TestRehearsedStoreFindsImpureTransactions(t *testing.T) {
	for _, test := range []struct {
		name   string
		decide func(run int) func(context.Context, store.Tx) error
	}{
		{"other data", func(run int) func(context.Context, store.Tx) error { return put("one", fmt.Sprint(run)) }},
		{"another record", func(run int) func(context.Context, store.Tx) error { return put(fmt.Sprint(run), "1") }},
		{"an error only once", func(run int) func(context.Context, store.Tx) error {
			if run == 1 {
				return func(context.Context, store.Tx) error { return errors.New("refused") }
			}
			return put("one", "1")
		}},
		{"an error only the second time", func(run int) func(context.Context, store.Tx) error {
			if run == 2 {
				return func(context.Context, store.Tx) error { return errors.New("refused") }
			}
			return put("one", "1")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := openDB(t, "", time.Now).Store()
			run := 0
			err := s.Rehearsed().Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
				run++
				return test.decide(run)(ctx, tx)
			})
			if !errors.Is(err, embedded.ErrImpure) {
				t.Errorf("Update: %v; want ErrImpure", err)
			}
			page, err := s.Query(t.Context(), store.Query{Collection: "things", Limit: 1})
			if err != nil || len(page.Records) != 0 {
				t.Errorf("%d records, %v; want none", len(page.Records), err)
			}
		})
	}
}

func TestRehearsedStoreReturnsTheErrorItself(t *testing.T) {
	refusal := errors.New("refused")
	err := openDB(t, "", time.Now).Store().Rehearsed().Update(t.Context(), func(context.Context, store.Tx) error { return refusal })
	if err != refusal { //nolint:errorlint // it must be the very error
		t.Errorf("Update: %v; want the error of the transaction itself", err)
	}
}

// There is one connection. Who waits for it inside the transaction that holds it, because of
// a context that is not that of the transaction, waits until the context ends.
func TestStoreUsedInsideItsTransactionWithAnotherContextEnds(t *testing.T) {
	s := openDB(t, "", time.Now).Store()
	err := s.Update(t.Context(), func(context.Context, store.Tx) error {
		other, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		_, err := s.Get(other, store.Key{Collection: "things", ID: "one"})
		return err
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Update: %v; want context.DeadlineExceeded", err)
	}
	if err := s.Update(t.Context(), put("one", "1")); err != nil {
		t.Errorf("Update afterwards: %v", err)
	}
}

// A database in memory belongs to its connection, which must outlive every ended context.
func TestStoreInMemorySurvivesEndedContexts(t *testing.T) {
	s := openDB(t, "", time.Now).Store()
	for i := range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			if i%2 == 0 {
				cancel()
			}
		}()
		err := s.Update(ctx, put(fmt.Sprint(i), "1"))
		_, queryErr := s.Query(ctx, store.Query{Collection: "things", Limit: store.MaxPage})
		if i%2 == 1 && (err != nil || queryErr != nil) {
			t.Fatalf("Update: %v, Query: %v", err, queryErr)
		}
		<-ended
		cancel()
	}
	for i := 1; i < 200; i += 2 {
		if _, err := s.Get(t.Context(), store.Key{Collection: "things", ID: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStorePanicInTransactionRollsBack(t *testing.T) {
	s := openDB(t, "", time.Now).Store()
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic did not come through")
			}
		}()
		s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error { //nolint:errcheck // it panics
			if err := put("one", "1")(ctx, tx); err != nil {
				return err
			}
			panic("bug")
		})
	}()
	if _, err := s.Get(t.Context(), store.Key{Collection: "things", ID: "one"}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Get: %v; want ErrNotFound", err)
	}
}

func TestStoreRemovesExpiredRecordsInTheEnd(t *testing.T) {
	now := time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)
	s := openDB(t, "", func() time.Time { return now }).Store()
	key := store.Key{Collection: "things", ID: "one"}
	if err := s.Update(t.Context(), func(_ context.Context, tx store.Tx) error {
		return tx.Put(store.Record{Key: key, Data: []byte("1"), Expires: now.Add(time.Minute)})
	}); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	if err := s.Update(t.Context(), put("two", "2")); err != nil {
		t.Fatal(err)
	}
	now = now.Add(-time.Hour) // what is gone does not come back when the clock does
	if _, err := s.Get(t.Context(), key); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Get: %v; want ErrNotFound", err)
	}
}
