package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/ports/store"
)

func testRecords(t *testing.T, open Open) {
	t.Run("come back as they were written", func(t *testing.T) {
		f := newFixture(t, open)
		tokyo := time.FixedZone("Asia/Tokyo", 9*60*60)
		written := store.Record{
			Key:  thingKey("one"),
			Data: []byte("{\"b\": 1.50, \"a\":\"関所 \\u0000 <&> 😀\"}\n"),
			Fields: map[string]any{
				"text":     "関所 😀 é",
				"empty":    "",
				"number":   int64(-1 << 63),
				"big":      int64(1<<63 - 1),
				"yes":      true,
				"no":       false,
				"time":     time.Date(2026, 4, 1, 8, 30, 0, 123456789, tokyo),
				"zero":     time.Time{},
				"old":      time.Date(1912, 7, 30, 0, 0, 0, 1999, time.UTC),
				"list":     []string{"b", "a", "b", ""},
				"nothing":  []string{},
				"left out": nil,
			},
			Expires: time.Date(2026, 4, 1, 8, 30, 0, 999, tokyo),
		}
		want := written
		want.Fields = map[string]any{
			"text":    "関所 😀 é",
			"empty":   "",
			"number":  int64(-1 << 63),
			"big":     int64(1<<63 - 1),
			"yes":     true,
			"no":      false,
			"time":    time.Date(2026, 3, 31, 23, 30, 0, 123456000, time.UTC),
			"zero":    time.Time{},
			"old":     time.Date(1912, 7, 30, 0, 0, 0, 1000, time.UTC),
			"list":    []string{"b", "a", "b", ""},
			"nothing": []string{},
		}
		want.Expires = time.Date(2026, 3, 31, 23, 30, 0, 0, time.UTC)
		f.put(written)

		same := func(how string, got store.Record) {
			t.Helper()
			// time.Time.Equal ignores the zone, so that it is compared as text too.
			if diff := cmp.Diff(want, got); diff != "" || got.Expires.String() != want.Expires.String() ||
				fmt.Sprint(got.Fields["time"]) != fmt.Sprint(want.Fields["time"]) {
				t.Errorf("%s (-want +got):\n%s\nexpires %s", how, diff, got.Expires)
			}
		}
		same("Get", f.get(written.Key))
		for _, r := range f.all(store.Query{Collection: "things", Limit: 1}) {
			same("Query", r)
		}
		f.update(func(ctx context.Context, tx store.Tx) error {
			r, err := tx.Get(ctx, written.Key)
			same("Get in a transaction", r)
			return err
		})
		f.update(func(ctx context.Context, tx store.Tx) error {
			page, err := tx.Query(ctx, store.Query{Collection: "things", Limit: 10})
			if len(page.Records) == 1 {
				same("Query in a transaction", page.Records[0])
			}
			return err
		})
	})

	t.Run("without fields and expiry have neither", func(t *testing.T) {
		f := newFixture(t, open)
		f.put(store.Record{Key: thingKey("one"), Data: []byte("null")})
		want := store.Record{Key: thingKey("one"), Data: []byte("null"), Fields: map[string]any{}}
		if diff := cmp.Diff(want, f.get(want.Key)); diff != "" {
			t.Errorf("Get (-want +got):\n%s", diff)
		}
	})

	t.Run("that do not exist are not found", func(t *testing.T) {
		f := newFixture(t, open)
		f.put(thing("one", nil))
		for _, key := range []store.Key{thingKey("two"), {Collection: "others", ID: "one"}} {
			f.wantData(key, "")
			err := f.store.Update(f.ctx, func(ctx context.Context, tx store.Tx) error {
				_, err := tx.Get(ctx, key)
				return err
			})
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("Get %s in a transaction: %v; want ErrNotFound", key, err)
			}
		}
		f.wantIDs(store.Query{Collection: "others"})
	})

	t.Run("are replaced whole", func(t *testing.T) {
		f := newFixture(t, open)
		f.put(
			store.Record{
				Key: thingKey("one"), Data: []byte(`{"n":1}`), Expires: start.Add(time.Hour),
				Fields: map[string]any{"a": "x", "b": "x", "list": []string{"x", "y"}},
			},
			store.Record{
				Key: thingKey("one"), Data: []byte(`{"n":2}`),
				Fields: map[string]any{"b": "y", "c": int64(1), "list": []string{"y", "z"}},
			},
		)
		f.wantData(thingKey("one"), `{"n":2}`)
		f.wantIDs(where("a", store.Equal, "x"))
		f.wantIDs(where("b", store.Equal, "x"))
		f.wantIDs(where("list", store.Contains, "x"))
		f.wantIDs(where("b", store.Equal, "y"), "one")
		f.wantIDs(where("c", store.Equal, int64(1)), "one")
		f.wantIDs(where("list", store.Contains, "y"), "one")
		f.wantIDs(where("list", store.Contains, "z"), "one")
		f.clock.Advance(2 * time.Hour)
		f.wantData(thingKey("one"), `{"n":2}`)
	})

	t.Run("are deleted, also twice", func(t *testing.T) {
		f := newFixture(t, open)
		f.put(thing("one", map[string]any{"a": "x"}), thing("two", map[string]any{"a": "x"}))
		f.remove(thingKey("one"))
		f.remove(thingKey("one"))
		f.wantData(thingKey("one"), "")
		f.wantIDs(where("a", store.Equal, "x"), "two")
	})

	t.Run("are created only once", func(t *testing.T) {
		f := newFixture(t, open)
		create := func(data string) error {
			return f.store.Update(f.ctx, func(_ context.Context, tx store.Tx) error {
				if err := tx.Put(thing("beside "+data, nil)); err != nil {
					return err
				}
				return tx.Create(store.Record{Key: thingKey("one"), Data: []byte(data)})
			})
		}
		if err := create("1"); err != nil {
			t.Fatalf("first Create: %v", err)
		}
		if err := create("2"); !errors.Is(err, store.ErrExists) {
			t.Errorf("second Create: %v; want ErrExists", err)
		}
		f.wantData(thingKey("one"), "1")
		f.wantData(thingKey("beside 2"), "")
	})

	t.Run("may have any ID without a slash", func(t *testing.T) {
		f := newFixture(t, open)
		for _, id := range oddIDs {
			key := thingKey(id)
			f.put(store.Record{Key: key, Data: []byte("1"), Fields: map[string]any{"a": id}})
			f.wantData(key, "1")
			f.wantIDs(where("a", store.Equal, id), id)
		}
	})

	t.Run("may have any field name without a dot", func(t *testing.T) {
		f := newFixture(t, open)
		names := []string{"a b", "a-b", "1", "'", `"`, `\`, "*", "?", "名前", "😀", "_", "__", "select", "a:b", "$a", "%41"}
		fields := map[string]any{}
		for i, name := range names {
			fields[name] = int64(i)
		}
		f.put(thing("one", fields))
		if diff := cmp.Diff(fields, f.get(thingKey("one")).Fields); diff != "" {
			t.Errorf("Fields (-want +got):\n%s", diff)
		}
		for i, name := range names {
			q := where(name, store.Equal, int64(i))
			f.wantIDs(q, "one")
			q.OrderBy = name
			f.wantIDs(q, "one")
		}
	})
}

// oddIDs are IDs that are allowed and easily mistreated.
var oddIDs = []string{
	" ", "a b", "ada@example.com", "looker:1234", "a.b", "...", "_", "__", "___", "__a", "a__", "%2F", "%", "?", "#", "*",
	"'", `"`, `\`, "`", ";--", "$", "{}", "[0]", "~", "|", "\t", "\n", "\x7f", "é", "関所", "😀", "\u200b", "\u2028", "\ufffd", "\u202e",
}

func where(field string, op store.Op, value any) store.Query {
	return store.Query{Where: []store.Cond{{Field: field, Op: op, Value: value}}}
}

func testExpiry(t *testing.T, open Open) {
	expiring := store.Record{
		Key: thingKey("one"), Data: []byte("1"), Expires: start.Add(time.Minute),
		Fields: map[string]any{"a": "x", "list": []string{"x"}},
	}
	everywhere := func(f *fixture, want ...string) {
		f.t.Helper()
		f.wantIDs(store.Query{}, want...)
		f.wantIDs(where("a", store.Equal, "x"), want...)
		f.wantIDs(where("list", store.Contains, "x"), want...)
		f.wantIDs(store.Query{OrderBy: "a", Desc: true, Limit: 1}, want...)
	}

	t.Run("hides a record from its instant on", func(t *testing.T) {
		f := newFixture(t, open)
		f.put(expiring)
		f.clock.Advance(time.Minute - time.Microsecond)
		f.wantData(expiring.Key, "1")
		everywhere(f, "one")
		f.clock.Advance(time.Microsecond)
		f.wantData(expiring.Key, "")
		everywhere(f)
		f.update(func(ctx context.Context, tx store.Tx) error {
			if _, err := tx.Get(ctx, expiring.Key); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("Get in a transaction: %v; want ErrNotFound", err)
			}
			page, err := tx.Query(ctx, store.Query{Collection: "things", Limit: 10})
			if len(page.Records) != 0 {
				t.Errorf("Query in a transaction = %v; want none", ids(page.Records))
			}
			return err
		})
	})

	t.Run("hides a record that was written expired", func(t *testing.T) {
		f := newFixture(t, open)
		r := expiring
		r.Expires = start
		f.put(r)
		f.wantData(r.Key, "")
		everywhere(f)
	})

	for _, read := range []bool{false, true} {
		t.Run(fmt.Sprintf("lets a record be created again, read before %t", read), func(t *testing.T) {
			f := newFixture(t, open)
			f.put(expiring)
			create := func(data string) error {
				return f.store.Update(f.ctx, func(ctx context.Context, tx store.Tx) error {
					if read {
						if _, err := tx.Get(ctx, expiring.Key); err != nil && !errors.Is(err, store.ErrNotFound) {
							return err
						}
					}
					return tx.Create(store.Record{Key: expiring.Key, Data: []byte(data)})
				})
			}
			if err := create("2"); !errors.Is(err, store.ErrExists) {
				t.Errorf("Create before expiry: %v; want ErrExists", err)
			}
			f.clock.Advance(time.Minute)
			if err := create("3"); err != nil {
				t.Errorf("Create after expiry: %v", err)
			}
			f.wantData(expiring.Key, "3")
			f.wantIDs(store.Query{}, "one")
			f.wantIDs(where("a", store.Equal, "x"))
			if err := create("4"); !errors.Is(err, store.ErrExists) {
				t.Errorf("Create again: %v; want ErrExists", err)
			}
		})
	}

	t.Run("lets a record be put, deleted and bulk written", func(t *testing.T) {
		f := newFixture(t, open)
		other := store.Record{Key: thingKey("two"), Data: []byte("2"), Expires: start.Add(time.Second)}
		third := store.Record{Key: thingKey("three"), Data: []byte("3"), Expires: start.Add(time.Second)}
		f.put(expiring, other, third)
		f.clock.Advance(time.Hour)
		again := expiring
		again.Expires = time.Time{}
		f.put(again)
		f.remove(other.Key)
		third.Expires = start.Add(2 * time.Hour)
		if err := f.store.Bulk(f.ctx, []store.Write{{Put: &third}}); err != nil {
			t.Fatalf("Bulk: %v", err)
		}
		f.wantIDs(store.Query{}, "one", "three")
	})
}
