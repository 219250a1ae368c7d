package firestore_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// silent returns the address of a server that accepts connections and never answers.
func silent(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, conn)
			mu.Unlock()
		}
	})
	t.Cleanup(func() {
		listener.Close()
		wg.Wait()
		for _, conn := range conns {
			conn.Close()
		}
	})
	return listener.Addr().String()
}

func TestCallsEndWithTheirContextWhereFirestoreIsSilent(t *testing.T) {
	key := store.Key{Collection: "things", ID: "one"}
	for name, call := range map[string]func(context.Context, store.Store) error{
		"Get": func(ctx context.Context, s store.Store) error {
			_, err := s.Get(ctx, key)
			return err
		},
		"Query": func(ctx context.Context, s store.Store) error {
			_, err := s.Query(ctx, store.Query{Collection: "things", Limit: 1})
			return err
		},
		"Update": func(ctx context.Context, s store.Store) error {
			return s.Update(ctx, func(_ context.Context, tx store.Tx) error { return tx.Delete(key) })
		},
		"Bulk": func(ctx context.Context, s store.Store) error {
			err := s.Bulk(ctx, []store.Write{{Delete: &key}})
			if err != nil && !strings.Contains(err.Error(), key.String()) {
				t.Errorf("Bulk: %v; want %s named", err, key)
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("FIRESTORE_EMULATOR_HOST", silent(t))
			s := open(t, time.Now)
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if err := call(ctx, s); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v; want context.DeadlineExceeded", name, err)
			}
		})
	}
}
