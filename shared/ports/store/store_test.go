package store_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/ports/store"
)

func query(orderBy, after string) store.Query {
	return store.Query{Collection: "things", OrderBy: orderBy, After: after, Limit: 1}
}

func TestCursorComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := store.Cursor{ID: rapid.StringMatching(`[^/\x00]{5,20}`).Draw(t, "id")}
		switch rapid.IntRange(0, 4).Draw(t, "type") {
		case 1:
			want.Value = rapid.Bool().Draw(t, "bool")
		case 2:
			want.Value = rapid.Int64().Draw(t, "int")
		case 3:
			want.Value = time.UnixMicro(rapid.Int64Range(-62135596800000000, 253402300799999999).Draw(t, "micros")).UTC()
		case 4:
			want.Value = rapid.StringMatching(`[^\x00]{0,20}`).Draw(t, "text")
		}
		orderBy := ""
		if want.Value != nil {
			orderBy = "field"
		}
		got, err := query(orderBy, want.String()).Cursor()
		if err != nil {
			t.Fatalf("Cursor of %+v: %v", want, err)
		}
		if diff := cmp.Diff(want, *got); diff != "" {
			t.Fatalf("Cursor (-want +got):\n%s", diff)
		}
	})
}

func FuzzCursor(f *testing.F) {
	f.Add(store.Cursor{ID: "one"}.String())
	f.Add(store.Cursor{ID: "one", Value: int64(math.MinInt64)}.String())
	f.Add(store.Cursor{ID: "one", Value: "text"}.String())
	f.Add(store.Cursor{ID: "one", Value: time.Unix(0, 0)}.String())
	f.Add("e30")
	f.Add("!")
	f.Fuzz(func(t *testing.T, after string) {
		for _, orderBy := range []string{"", "field"} {
			c, err := query(orderBy, after).Cursor()
			switch {
			case err != nil:
				if !errors.Is(err, store.ErrInvalid) {
					t.Errorf("Cursor of %q: %v; want ErrInvalid", after, err)
				}
			case after == "":
				if c != nil {
					t.Errorf("Cursor of nothing = %+v", c)
				}
			default:
				again, err := query(orderBy, c.String()).Cursor()
				if diff := cmp.Diff(c, again); err != nil || diff != "" {
					t.Errorf("Cursor of %q again: %v (-want +got):\n%s", after, err, diff)
				}
			}
		}
	})
}

func TestCreatedAsksEachKeyOnceAndOnlyWhereItMatters(t *testing.T) {
	key := func(id string) store.Key { return store.Key{Collection: "things", ID: id} }
	record := func(id string) store.Record { return store.Record{Key: key(id), Data: []byte("1")} }
	var p store.Pending
	for _, err := range []error{
		p.Create(record("new")), p.Create(record("new")),
		p.Put(record("put")), p.Create(record("put")),
		p.Delete(key("gone")), p.Create(record("gone")),
		p.Create(record("other")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]store.Key{key("new"), key("other")}, p.Created()); diff != "" {
		t.Errorf("Created (-want +got):\n%s", diff)
	}
}

func TestPendingReturnsItsFirstError(t *testing.T) {
	var p store.Pending
	bad := p.Delete(store.Key{Collection: "things", ID: ".."})
	if !errors.Is(bad, store.ErrInvalid) {
		t.Fatalf("Delete: %v; want ErrInvalid", bad)
	}
	later := p.Put(store.Record{Key: store.Key{Collection: "things", ID: "one"}, Data: []byte("1")})
	_, settled := p.Settle(time.Time{}, func(store.Key) bool { return false })
	for name, err := range map[string]error{"Put": later, "Read": p.Read(), "Settle": settled} {
		if !errors.Is(err, bad) {
			t.Errorf("%s: %v; want %v", name, err, bad)
		}
	}
}

func TestOutside(t *testing.T) {
	if err := store.Outside(context.Background()); err != nil {
		t.Errorf("Outside: %v", err)
	}
	ctx, cancel := context.WithCancel(store.Inside(context.Background()))
	defer cancel()
	if err := store.Outside(ctx); !errors.Is(err, store.ErrNested) {
		t.Errorf("Outside of a transaction's context: %v; want ErrNested", err)
	}
}
