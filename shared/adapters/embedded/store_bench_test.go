package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// memberships returns n small records, each in eight of 5,000 groups.
func memberships(n int) []store.Write {
	writes := make([]store.Write, n)
	for i := range writes {
		groups := make([]string, 8)
		for j := range groups {
			groups[j] = fmt.Sprintf("group%04d", (i*7+j*613)%5_000)
		}
		writes[i].Put = &store.Record{
			Key:    store.Key{Collection: "memberships", ID: fmt.Sprintf("person%06d", (i*7919)%n)},
			Data:   fmt.Appendf(nil, `{"role":"MEMBER","n":%d}`, i),
			Fields: map[string]any{"groups": groups},
		}
	}
	return writes
}

// A company with 44,512 groups and 373,211 memberships: a record for each group, which is how
// the mirror keeps them, and a record for each membership.
func BenchmarkStoreBulk(b *testing.B) {
	for _, records := range []int{44_512, 373_211} {
		b.Run(fmt.Sprintf("%d records", records), func(b *testing.B) {
			writes := memberships(records)
			for b.Loop() {
				db := openDB(b, filepath.Join(b.TempDir(), "bulk.db"), time.Now)
				if err := db.Store().Bulk(b.Context(), writes); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkStoreContains(b *testing.B) {
	db := openDB(b, "", time.Now)
	if err := db.Store().Bulk(b.Context(), memberships(50_000)); err != nil {
		b.Fatal(err)
	}
	i := 0
	for b.Loop() {
		i++
		page, err := db.Store().Query(b.Context(), store.Query{
			Collection: "memberships", Limit: 100,
			Where: []store.Cond{{Field: "groups", Op: store.Contains, Value: fmt.Sprintf("group%04d", i%5_000)}},
		})
		if err != nil || len(page.Records) != 80 {
			b.Fatal(len(page.Records), err)
		}
	}
}

func BenchmarkStoreTransaction(b *testing.B) {
	for _, place := range []struct{ name, path string }{{"memory", ""}, {"file", filepath.Join(b.TempDir(), "tx.db")}} {
		b.Run(place.name, func(b *testing.B) {
			s := openDB(b, place.path, time.Now).Store()
			for b.Loop() {
				err := s.Update(b.Context(), func(ctx context.Context, tx store.Tx) error {
					key := store.Key{Collection: "changes", ID: "one"}
					if _, err := tx.Get(ctx, key); err != nil && !errors.Is(err, store.ErrNotFound) {
						return err
					}
					return tx.Put(store.Record{Key: key, Data: []byte(`{"state":"approved"}`), Fields: map[string]any{"state": "approved", "kind": "settings"}})
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
