package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

func wantInvalid(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, store.ErrInvalid) {
		t.Errorf("%s: %v; want ErrInvalid", what, err)
	}
}

func testLimits(t *testing.T, open Open) {
	t.Run("refuse bad records", func(t *testing.T) {
		f := newFixture(t, open)
		for _, test := range []struct {
			name string
			r    store.Record
		}{
			{"no data", store.Record{Key: thingKey("one")}},
			{"data that is not JSON", store.Record{Key: thingKey("one"), Data: []byte("{]")}},
			{"two JSON values", store.Record{Key: thingKey("one"), Data: []byte("1 2")}},
			{"data that is not UTF-8", store.Record{Key: thingKey("one"), Data: []byte("\"\xff\"")}},
			{"too much data", store.Record{Key: thingKey("one"), Data: []byte(`"` + strings.Repeat("x", store.MaxData-1) + `"`)}},
			{"too many entries", thing("one", map[string]any{"list": make([]string, store.MaxValues), "a": "x"})},
			{"too long a text", thing("one", map[string]any{"a": strings.Repeat("x", store.MaxValue+1)})},
			{"too long an entry", thing("one", map[string]any{"a": []string{strings.Repeat("x", store.MaxValue+1)}})},
			{"too much together", thing("one", map[string]any{"a": manyTexts(store.MaxRecord/store.MaxValue+1, store.MaxValue)})},
			{"text that is not UTF-8", thing("one", map[string]any{"a": "\xff"})},
			{"text with a zero byte", thing("one", map[string]any{"a": "a\x00b"})},
			{"entry that is not UTF-8", thing("one", map[string]any{"a": []string{"\xff"}})},
			{"int", thing("one", map[string]any{"a": 1})},
			{"float", thing("one", map[string]any{"a": 1.5})},
			{"map", thing("one", map[string]any{"a": map[string]any{}})},
			{"list of any", thing("one", map[string]any{"a": []any{"x"}})},
			{"time before year 1", thing("one", map[string]any{"a": time.Date(0, 12, 31, 23, 59, 59, 0, time.UTC)})},
			{"time after year 9999", thing("one", map[string]any{"a": time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)})},
			{"expiry after year 9999", store.Record{Key: thingKey("one"), Data: []byte("1"), Expires: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)}},
			{"empty field name", thing("one", map[string]any{"": "x"})},
			{"dotted field name", thing("one", map[string]any{"a.b": "x"})},
			{"field name with a slash", thing("one", map[string]any{"a/b": "x"})},
			{"field name with a backquote", thing("one", map[string]any{"a`b": "x"})},
			{"reserved field name", thing("one", map[string]any{"__a__": "x"})},
			{"too long a field name", thing("one", map[string]any{strings.Repeat("x", store.MaxName+1): "x"})},
			{"field name that is not UTF-8", thing("one", map[string]any{"\xff": "x"})},
		} {
			err := f.store.Update(f.ctx, func(_ context.Context, tx store.Tx) error { return tx.Put(test.r) })
			wantInvalid(t, "Put with "+test.name, err)
			err = f.store.Update(f.ctx, func(_ context.Context, tx store.Tx) error { return tx.Create(test.r) })
			wantInvalid(t, "Create with "+test.name, err)
		}
		f.wantIDs(store.Query{})
	})

	t.Run("refuse bad keys", func(t *testing.T) {
		f := newFixture(t, open)
		for _, key := range []store.Key{
			{},
			{Collection: "things"},
			{ID: "one"},
			{Collection: "a/b", ID: "one"},
			{Collection: "__a__", ID: "one"},
			{Collection: ".", ID: "one"},
			{Collection: "a\x00", ID: "one"},
			{Collection: "\xff", ID: "one"},
			{Collection: strings.Repeat("x", store.MaxName+1), ID: "one"},
			thingKey("a/b"),
			thingKey("/"),
			thingKey("."),
			thingKey(".."),
			thingKey("____"),
			thingKey("__id7__"),
			thingKey("a\x00b"),
			thingKey("a\xffb"),
			thingKey(strings.Repeat("x", store.MaxID+1)),
		} {
			_, err := f.store.Get(f.ctx, key)
			wantInvalid(t, fmt.Sprintf("Get %.30q", key), err)
			for name, decide := range map[string]func(context.Context, store.Tx) error{
				"Get in a transaction": func(ctx context.Context, tx store.Tx) error {
					_, err := tx.Get(ctx, key)
					return err
				},
				"Create": func(_ context.Context, tx store.Tx) error {
					return tx.Create(store.Record{Key: key, Data: []byte("1")})
				},
				"Put": func(_ context.Context, tx store.Tx) error {
					return tx.Put(store.Record{Key: key, Data: []byte("1")})
				},
				"Delete": func(_ context.Context, tx store.Tx) error { return tx.Delete(key) },
			} {
				wantInvalid(t, fmt.Sprintf("%s %.30q", name, key), f.store.Update(f.ctx, decide))
			}
		}
	})

	t.Run("refuse bad queries", func(t *testing.T) {
		f := newFixture(t, open)
		cond := func(field string, op store.Op, value any) []store.Cond {
			return []store.Cond{{Field: field, Op: op, Value: value}}
		}
		for _, test := range []struct {
			name string
			q    store.Query
		}{
			{"no collection", store.Query{Limit: 1}},
			{"collection with a slash", store.Query{Collection: "a/b", Limit: 1}},
			{"no limit", store.Query{Collection: "things"}},
			{"negative limit", store.Query{Collection: "things", Limit: -1}},
			{"too high a limit", store.Query{Collection: "things", Limit: store.MaxPage + 1}},
			{"backwards by ID", store.Query{Collection: "things", Limit: 1, Desc: true}},
			{"dotted order", store.Query{Collection: "things", Limit: 1, OrderBy: "a.b"}},
			{"no field", store.Query{Collection: "things", Limit: 1, Where: cond("", store.Equal, "x")}},
			{"dotted field", store.Query{Collection: "things", Limit: 1, Where: cond("a.b", store.Equal, "x")}},
			{"field with a quote", store.Query{Collection: "things", Limit: 1, Where: cond("a`", store.Equal, "x")}},
			{"no operator", store.Query{Collection: "things", Limit: 1, Where: cond("a", "", "x")}},
			{"unknown operator", store.Query{Collection: "things", Limit: 1, OrderBy: "a", Where: cond("a", "!=", "x")}},
			{"no value", store.Query{Collection: "things", Limit: 1, Where: cond("a", store.Equal, nil)}},
			{"int", store.Query{Collection: "things", Limit: 1, Where: cond("a", store.Equal, 1)}},
			{"list", store.Query{Collection: "things", Limit: 1, Where: cond("a", store.Equal, []string{"x"})}},
			{"text that is not UTF-8", store.Query{Collection: "things", Limit: 1, Where: cond("a", store.Equal, "\xff")}},
			{"contains a number", store.Query{Collection: "things", Limit: 1, Where: cond("a", store.Contains, int64(1))}},
			{"contains twice", store.Query{Collection: "things", Limit: 1, Where: append(cond("a", store.Contains, "x"), cond("b", store.Contains, "y")...)}},
			{"contains on the field of the order", store.Query{Collection: "things", Limit: 1, OrderBy: "a", Where: cond("a", store.Contains, "x")}},
			{"range without order", store.Query{Collection: "things", Limit: 1, Where: cond("a", store.Less, "x")}},
			{"range on another field", store.Query{Collection: "things", Limit: 1, OrderBy: "b", Where: cond("a", store.AtLeast, "x")}},
		} {
			_, err := f.store.Query(f.ctx, test.q)
			wantInvalid(t, "Query with "+test.name, err)
			err = f.store.Update(f.ctx, func(ctx context.Context, tx store.Tx) error {
				_, err := tx.Query(ctx, test.q)
				return err
			})
			wantInvalid(t, "Query in a transaction with "+test.name, err)
		}
	})

	t.Run("allow as much as they say", func(t *testing.T) {
		f := newFixture(t, open)
		longest := strings.Repeat("é", store.MaxID/2)
		name := strings.Repeat("n", store.MaxName)
		value := strings.Repeat("v", store.MaxValue)
		largest := store.Record{
			Key:  store.Key{Collection: name, ID: longest},
			Data: []byte(`"` + strings.Repeat("x", store.MaxData-2) + `"`),
			Fields: map[string]any{
				name: value, "list": manyTexts((store.MaxRecord-store.MaxData)/(store.MaxValue+1)-2, store.MaxValue),
			},
		}
		f.put(largest)
		if got := f.get(largest.Key); len(got.Data) != store.MaxData {
			t.Errorf("%d bytes came back; want %d", len(got.Data), store.MaxData)
		}
		f.wantIDs(store.Query{Collection: name, Where: []store.Cond{{Field: name, Op: store.Equal, Value: value}}, OrderBy: name, Limit: 1}, longest)

		most := thing("most", map[string]any{"list": manyTexts(store.MaxValues, 8)})
		f.put(most)
		f.wantIDs(where("list", store.Contains, most.Fields["list"].([]string)[store.MaxValues-1]), "most")
		f.put(thing("most", nil))
		f.wantIDs(where("list", store.Contains, most.Fields["list"].([]string)[0]))
	})

	t.Run("hold for transactions", func(t *testing.T) {
		f := newFixture(t, open)
		write := func(n int) error {
			return f.store.Update(f.ctx, func(_ context.Context, tx store.Tx) error {
				for i := range n {
					if err := tx.Put(thing(fmt.Sprint(i), nil)); err != nil {
						return err
					}
				}
				return nil
			})
		}
		wantInvalid(t, fmt.Sprintf("%d writes", store.MaxTx+1), write(store.MaxTx+1))
		f.wantIDs(store.Query{})
		if err := write(store.MaxTx); err != nil {
			t.Errorf("%d writes: %v", store.MaxTx, err)
		}
		if got := len(f.all(store.Query{Collection: "things", Limit: 100})); got != store.MaxTx {
			t.Errorf("%d records; want %d", got, store.MaxTx)
		}
	})
}

// manyTexts returns n different texts of so many bytes.
func manyTexts(n, bytes int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf("%0*d", bytes, i)
	}
	return texts
}
