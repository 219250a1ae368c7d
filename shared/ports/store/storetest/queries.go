package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/ports/store"
)

func testQueries(t *testing.T, open Open) {
	f := newFixture(t, open)
	noon := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)
	f.put(
		thing("a", map[string]any{"state": "open", "n": int64(3), "due": noon, "urgent": true, "who": []string{"ada", "bo"}, "mixed": int64(1)}),
		thing("b", map[string]any{"state": "open", "n": int64(1), "due": noon.Add(time.Microsecond), "urgent": false, "who": []string{"bo"}, "mixed": "1"}),
		thing("c", map[string]any{"state": "done", "n": int64(3), "due": noon.Add(-time.Hour), "urgent": true, "who": []string{}, "mixed": true}),
		thing("d", map[string]any{"state": "open", "n": int64(-7), "who": []string{"ada", "ada"}, "mixed": noon}),
		thing("e", map[string]any{"state": "", "n": int64(3), "due": noon, "mixed": []string{"1"}}),
		thing("f", nil),
		store.Record{Key: store.Key{Collection: "others", ID: "a"}, Data: []byte("{}"), Fields: map[string]any{"state": "open", "who": []string{"ada"}}},
	)
	tokyo := time.FixedZone("Asia/Tokyo", 9*60*60)
	cond := func(field string, op store.Op, value any) store.Cond {
		return store.Cond{Field: field, Op: op, Value: value}
	}
	for _, test := range []struct {
		name    string
		where   []store.Cond
		orderBy string
		desc    bool
		want    string
	}{
		{name: "everything by ID", want: "a b c d e f"},

		{name: "equal text", where: []store.Cond{cond("state", store.Equal, "open")}, want: "a b d"},
		{name: "equal empty text", where: []store.Cond{cond("state", store.Equal, "")}, want: "e"},
		{name: "equal number", where: []store.Cond{cond("n", store.Equal, int64(3))}, want: "a c e"},
		{name: "equal time in another zone, nanoseconds cut off", where: []store.Cond{cond("due", store.Equal, noon.In(tokyo).Add(999))}, want: "a e"},
		{name: "equal true", where: []store.Cond{cond("urgent", store.Equal, true)}, want: "a c"},
		{name: "equal false", where: []store.Cond{cond("urgent", store.Equal, false)}, want: "b"},
		{name: "equal nothing", where: []store.Cond{cond("state", store.Equal, "Open")}},
		{name: "equal on a field that nobody has", where: []store.Cond{cond("missing", store.Equal, "x")}},
		{name: "equal is of one type: number", where: []store.Cond{cond("mixed", store.Equal, int64(1))}, want: "a"},
		{name: "equal is of one type: text", where: []store.Cond{cond("mixed", store.Equal, "1")}, want: "b"},
		{name: "equal is of one type: boolean", where: []store.Cond{cond("mixed", store.Equal, true)}, want: "c"},
		{name: "equal does not look into lists", where: []store.Cond{cond("who", store.Equal, "bo")}},

		{name: "contains", where: []store.Cond{cond("who", store.Contains, "ada")}, want: "a d"},
		{name: "contains nothing", where: []store.Cond{cond("who", store.Contains, "eve")}},
		{name: "contains does not look at single values", where: []store.Cond{cond("mixed", store.Contains, "1")}, want: "e"},

		{name: "two equals", where: []store.Cond{cond("state", store.Equal, "open"), cond("n", store.Equal, int64(3))}, want: "a"},
		{name: "two equals on one field", where: []store.Cond{cond("n", store.Equal, int64(3)), cond("n", store.Equal, int64(1))}},
		{name: "equals and contains", where: []store.Cond{cond("who", store.Contains, "bo"), cond("urgent", store.Equal, false), cond("state", store.Equal, "open")}, want: "b"},

		{name: "ordered, equals by ID, without the field left out", orderBy: "due", want: "c a e b"},
		{name: "ordered backwards, equals backwards", orderBy: "due", desc: true, want: "b e a c"},
		{name: "ordered by number", orderBy: "n", want: "d b a c e"},
		{name: "ordered by boolean", orderBy: "urgent", want: "b a c"},
		{name: "ordered by text", orderBy: "state", want: "e c a b d"},
		{name: "ordered by type, lists left out", orderBy: "mixed", want: "c a d b"},
		{name: "ordered by type backwards, lists left out", orderBy: "mixed", desc: true, want: "b d a c"},
		{name: "ordered by a list", orderBy: "who"},
		{name: "ordered by a field that nobody has", orderBy: "missing"},
		{name: "ordered with a condition", where: []store.Cond{cond("urgent", store.Equal, true)}, orderBy: "due", want: "c a"},
		{name: "ordered with contains", where: []store.Cond{cond("who", store.Contains, "ada")}, orderBy: "n", desc: true, want: "a d"},
		{name: "ordered by the field of an equal", where: []store.Cond{cond("n", store.Equal, int64(3))}, orderBy: "n", desc: true, want: "e c a"},

		{name: "less", where: []store.Cond{cond("n", store.Less, int64(3))}, orderBy: "n", want: "d b"},
		{name: "at most", where: []store.Cond{cond("n", store.AtMost, int64(1))}, orderBy: "n", desc: true, want: "b d"},
		{name: "at least", where: []store.Cond{cond("n", store.AtLeast, int64(1))}, orderBy: "n", want: "b a c e"},
		{name: "greater", where: []store.Cond{cond("n", store.Greater, int64(-7))}, orderBy: "n", want: "b a c e"},
		{name: "between", where: []store.Cond{cond("n", store.Greater, int64(-7)), cond("n", store.Less, int64(3))}, orderBy: "n", want: "b"},
		{name: "less than a time", where: []store.Cond{cond("due", store.Less, noon)}, orderBy: "due", want: "c"},
		{name: "at most a time, nanoseconds cut off", where: []store.Cond{cond("due", store.AtMost, noon.Add(999))}, orderBy: "due", want: "c a e"},
		{name: "greater than a time", where: []store.Cond{cond("due", store.Greater, noon.In(tokyo))}, orderBy: "due", want: "b"},
		{name: "at least a text", where: []store.Cond{cond("state", store.AtLeast, "e")}, orderBy: "state", want: "a b d"},
		{name: "range of one type", where: []store.Cond{cond("mixed", store.AtLeast, int64(0))}, orderBy: "mixed", want: "a"},
		{name: "range of one type, backwards", where: []store.Cond{cond("mixed", store.AtMost, "z")}, orderBy: "mixed", desc: true, want: "b"},
		{name: "range with a condition", where: []store.Cond{cond("state", store.Equal, "open"), cond("n", store.AtLeast, int64(1))}, orderBy: "n", want: "b a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			// However small the pages are, together they are the same answer.
			for _, limit := range []int{100, 2, 1} {
				q := store.Query{Collection: "things", Where: test.where, OrderBy: test.orderBy, Desc: test.desc, Limit: limit}
				g := *f // errors belong to this test
				g.t = t
				if diff := cmp.Diff(strings.Fields(test.want), append([]string{}, ids(g.all(q))...)); diff != "" {
					t.Errorf("in pages of %d (-want +got):\n%s", limit, diff)
				}
			}
		})
	}

	t.Run("texts and IDs come by their bytes", func(t *testing.T) {
		f := newFixture(t, open)
		// U+FF61 comes before U+1F600 in UTF-8 and behind it in UTF-16.
		want := []string{" ", "0", "10", "9", "A", "Z", "a", "a b", "aa", "b", "é", "関所", "\uff61", "😀"}
		for i := range want {
			id := want[(i*5)%len(want)]
			f.put(thing(id, map[string]any{"text": id}))
		}
		f.wantIDs(store.Query{}, want...)
		f.wantIDs(store.Query{Limit: 1}, want...)
		f.wantIDs(store.Query{OrderBy: "text"}, want...)
		f.wantIDs(store.Query{OrderBy: "text", Limit: 3}, want...)
		slices.Reverse(want)
		f.wantIDs(store.Query{OrderBy: "text", Desc: true, Limit: 1}, want...)
	})

	t.Run("what the store returned belongs to the caller", func(t *testing.T) {
		r := f.get(thingKey("a"))
		r.Fields["state"] = "changed"
		r.Data[0] = 'x'
		f.wantIDs(where("state", store.Equal, "open"), "a", "b", "d")
		f.wantData(thingKey("a"), "{}")
	})
}

func testPages(t *testing.T, open Open) {
	const n = 25
	fill := func(f *fixture) (want []string) {
		var writes []store.Write
		for i := range n {
			r := thing(fmt.Sprintf("%02d", i), map[string]any{"n": int64(i / 4), "all": []string{"x"}})
			writes = append(writes, store.Write{Put: &r})
			want = append(want, r.Key.ID)
		}
		if err := f.store.Bulk(f.ctx, writes); err != nil {
			f.t.Fatalf("Bulk: %v", err)
		}
		return want
	}
	orders := []store.Query{
		{Collection: "things"},
		{Collection: "things", OrderBy: "n"},
		{Collection: "things", OrderBy: "n", Desc: true},
		{Collection: "things", OrderBy: "n", Where: []store.Cond{{Field: "all", Op: store.Contains, Value: "x"}}},
		{Collection: "things", OrderBy: "n", Where: []store.Cond{{Field: "n", Op: store.AtLeast, Value: int64(0)}}},
	}
	for _, q := range orders {
		t.Run(fmt.Sprintf("by %q, backwards %t, %d conditions", q.OrderBy, q.Desc, len(q.Where)), func(t *testing.T) {
			f := newFixture(t, open)
			want := fill(f)
			if q.Desc {
				slices.Reverse(want)
			}
			for _, limit := range []int{1, 3, 5, n - 1, n, n + 1, store.MaxPage} {
				q.Limit = limit
				f.wantIDs(q, want...)
			}

			// The records at the end of a page, and the first of the next, are removed before
			// the next page is read.
			q.Limit = 5
			var got []string
			for {
				page, err := f.store.Query(f.ctx, q)
				if err != nil {
					t.Fatalf("Query: %v", err)
				}
				got = append(got, ids(page.Records)...)
				if page.Next == "" {
					break
				}
				q.After = page.Next
				at := slices.Index(want, got[len(got)-1])
				f.remove(thingKey(want[at]))
				if at+1 < len(want) {
					f.remove(thingKey(want[at+1]))
					want = slices.Delete(want, at+1, at+2)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("with removals between the pages (-want +got):\n%s", diff)
			}
		})
	}

	t.Run("skip expired records", func(t *testing.T) {
		f := newFixture(t, open)
		var writes []store.Write
		var want []string
		for i := range 3 * n {
			r := thing(fmt.Sprintf("%02d", i), map[string]any{"n": int64(i)})
			if i%3 == 0 {
				want = append(want, r.Key.ID)
			} else {
				r.Expires = start.Add(time.Second)
			}
			writes = append(writes, store.Write{Put: &r})
		}
		if err := f.store.Bulk(f.ctx, writes); err != nil {
			t.Fatalf("Bulk: %v", err)
		}
		f.clock.Advance(time.Second)
		for _, limit := range []int{1, 4, 100} {
			f.wantIDs(store.Query{Limit: limit}, want...)
			f.wantIDs(store.Query{Limit: limit, OrderBy: "n"}, want...)
		}
	})

	t.Run("are refused with a malformed cursor", func(t *testing.T) {
		f := newFixture(t, open)
		fill(f)
		next := func(q store.Query) string {
			q.Limit = 1
			page, err := f.store.Query(f.ctx, q)
			if err != nil || page.Next == "" {
				t.Fatalf("Query: %+v, %v", page, err)
			}
			return page.Next
		}
		byID, byNumber := next(orders[0]), next(orders[1])
		for _, test := range []struct{ orderBy, after string }{
			{"", "x"},
			{"", "!!!"},
			{"", "関所"},
			{"", byID + "A"},
			{"", byID[:len(byID)-3]},
			{"", strings.Repeat("A", 100_000)},
			{"", byNumber},
			{"n", byID},
			{"n", "00"},
		} {
			q := store.Query{Collection: "things", OrderBy: test.orderBy, After: test.after, Limit: 1}
			_, err := f.store.Query(f.ctx, q)
			wantInvalid(t, fmt.Sprintf("Query by %q after %.20q", test.orderBy, test.after), err)
		}
	})
}
