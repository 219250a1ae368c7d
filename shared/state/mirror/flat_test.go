package mirror_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// flat is a store that cannot be queried: a map that keeps the rules of transactions and
// records. It is there for groups so large that an index of their members takes seconds.
type flat map[store.Key]store.Record

// newFlatWorld returns a mirror in a flat store, which rehearses and counts like any other.
func newFlatWorld(t testing.TB) *world {
	t.Helper()
	w := &world{now: start, store: &counted{Store: flat{}}}
	w.Mirror = mirror.New(w.store)
	return w
}

func (f flat) Get(_ context.Context, key store.Key) (store.Record, error) {
	r, ok := f[key]
	if !ok {
		return store.Record{}, fmt.Errorf("read %s: %w", key, store.ErrNotFound)
	}
	return r, nil
}

func (f flat) Query(context.Context, store.Query) (store.Page, error) {
	return store.Page{}, errors.New("a flat store cannot be queried")
}

func (f flat) Bulk(context.Context, []store.Write) error {
	return errors.New("a flat store takes no bulk")
}

func (f flat) Update(ctx context.Context, decide func(context.Context, store.Tx) error) error {
	var settled []store.Write
	for range 2 { // once as a rehearsal
		tx := &flatTx{flat: f}
		if err := decide(store.Inside(ctx), tx); err != nil {
			return err
		}
		var err error
		settled, err = tx.Settle(time.Time{}, func(key store.Key) bool { _, there := f[key]; return there })
		if err != nil {
			return err
		}
	}
	for _, w := range settled {
		if w.Put != nil {
			f[w.Key()] = *w.Put
		} else {
			delete(f, w.Key())
		}
	}
	return nil
}

type flatTx struct {
	flat
	store.Pending
}

func (t *flatTx) Get(ctx context.Context, key store.Key) (store.Record, error) {
	if err := t.Read(); err != nil {
		return store.Record{}, err
	}
	return t.flat.Get(ctx, key)
}
