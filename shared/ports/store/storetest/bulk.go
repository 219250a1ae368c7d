package storetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/ports/store"
)

func testBulk(t *testing.T, open Open) {
	put := func(id, data string, fields map[string]any) store.Write {
		return store.Write{Put: &store.Record{Key: thingKey(id), Data: []byte(data), Fields: fields}}
	}
	remove := func(id string) store.Write {
		key := thingKey(id)
		return store.Write{Delete: &key}
	}

	t.Run("nothing", func(t *testing.T) {
		f := newFixture(t, open)
		if err := f.store.Bulk(f.ctx, nil); err != nil {
			t.Errorf("Bulk: %v", err)
		}
	})

	t.Run("more than a transaction holds", func(t *testing.T) {
		const n = 2*store.MaxTx + 7
		f := newFixture(t, open)
		var writes []store.Write
		for i := range n {
			writes = append(writes, put(fmt.Sprintf("%04d", i), fmt.Sprint(i), map[string]any{"list": []string{"x", fmt.Sprint(i % 10)}}))
		}
		if err := f.store.Bulk(f.ctx, writes); err != nil {
			t.Fatalf("Bulk: %v", err)
		}
		if got := len(f.all(store.Query{Collection: "things", Limit: store.MaxPage})); got != n {
			t.Errorf("%d records; want %d", got, n)
		}
		q := where("list", store.Contains, "3")
		q.Collection, q.Limit = "things", 50
		if got := len(f.all(q)); got != (n+6)/10 {
			t.Errorf("%d records with 3; want %d", got, (n+6)/10)
		}
		f.wantData(thingKey("0806"), "806")
	})

	t.Run("large records", func(t *testing.T) {
		const n = 14 // more than Firestore takes in one request
		f := newFixture(t, open)
		var writes []store.Write
		for i := range n {
			writes = append(writes, put(fmt.Sprint(i), `"`+strings.Repeat("x", store.MaxData-2)+`"`, nil))
		}
		if err := f.store.Bulk(f.ctx, writes); err != nil {
			t.Fatalf("Bulk: %v", err)
		}
		for i := range n {
			if got := len(f.get(thingKey(fmt.Sprint(i))).Data); got != store.MaxData {
				t.Errorf("record %d has %d bytes; want %d", i, got, store.MaxData)
			}
		}
	})

	t.Run("replaces and deletes", func(t *testing.T) {
		f := newFixture(t, open)
		f.put(thing("one", map[string]any{"a": "x"}), thing("two", map[string]any{"a": "x"}))
		if err := f.store.Bulk(f.ctx, []store.Write{put("one", "1", map[string]any{"a": "y"}), remove("two"), remove("three")}); err != nil {
			t.Fatalf("Bulk: %v", err)
		}
		f.wantIDs(where("a", store.Equal, "x"))
		f.wantIDs(where("a", store.Equal, "y"), "one")
		f.wantIDs(store.Query{}, "one")
	})

	t.Run("writes one key in order", func(t *testing.T) {
		f := newFixture(t, open)
		if err := f.store.Bulk(f.ctx, []store.Write{
			put("one", "1", map[string]any{"a": "x"}), put("one", "2", nil),
			put("two", "1", nil), remove("two"),
			remove("three"), put("three", "3", nil),
		}); err != nil {
			t.Fatalf("Bulk: %v", err)
		}
		f.wantData(thingKey("one"), "2")
		f.wantData(thingKey("two"), "")
		f.wantData(thingKey("three"), "3")
		f.wantIDs(where("a", store.Equal, "x"))
	})

	t.Run("names what is bad and does the rest", func(t *testing.T) {
		f := newFixture(t, open)
		key := thingKey("both")
		both := put("both", "1", nil)
		both.Delete = &key
		err := f.store.Bulk(f.ctx, []store.Write{
			put("good", "1", nil),
			put("bad data", "{", nil),
			put("bad field", "1", map[string]any{"a": 1}),
			put("also good", "2", nil),
			both,
			{},
			remove("not/an id"),
			put("good", "3", nil),
		})
		wantInvalid(t, "Bulk", err)
		for _, name := range []string{"things/bad data", "things/bad field", "things/both", `"not/an id"`} {
			if err != nil && !strings.Contains(err.Error(), name) {
				t.Errorf("Bulk: %v; want %s named", err, name)
			}
		}
		if joined, ok := err.(interface{ Unwrap() []error }); !ok || len(joined.Unwrap()) != 5 { //nolint:errorlint // the join itself
			t.Errorf("Bulk: %v; want five joined errors", err)
		}
		f.wantData(thingKey("good"), "3")
		f.wantIDs(store.Query{}, "also good", "good")
	})
}
