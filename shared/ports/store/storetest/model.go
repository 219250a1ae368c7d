package storetest

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// model is what a store should be, as plainly as it can be said: a map.
type model map[string]store.Record

// live returns the record with this ID as it is at now.
func (m model) live(id string, now time.Time) (store.Record, bool) {
	r, ok := m[id]
	return r, ok && !r.Expired(now)
}

// query returns all records that match, in their order.
func (m model) query(q store.Query, now time.Time) []store.Record {
	var found []store.Record
	for _, id := range slices.Sorted(maps.Keys(m)) {
		r, ok := m.live(id, now)
		for _, c := range q.Where {
			ok = ok && holds(c, r.Fields[c.Field])
		}
		if q.OrderBy != "" {
			_, ordered := rank(r.Fields[q.OrderBy])
			ok = ok && ordered
		}
		if ok {
			found = append(found, r)
		}
	}
	slices.SortStableFunc(found, func(a, b store.Record) int {
		if q.OrderBy == "" {
			return 0
		}
		return compare(a.Fields[q.OrderBy], b.Fields[q.OrderBy])
	})
	if q.Desc {
		slices.Reverse(found)
	}
	return found
}

func holds(c store.Cond, v any) bool {
	if c.Op == store.Contains {
		list, _ := v.([]string)
		return slices.Contains(list, c.Value.(string))
	}
	have, _ := rank(v)
	want, _ := rank(c.Value)
	if have != want {
		return false
	}
	switch n := compare(v, c.Value); c.Op {
	case store.Equal:
		return n == 0
	case store.Less:
		return n < 0
	case store.AtMost:
		return n <= 0
	case store.AtLeast:
		return n >= 0
	default:
		return n > 0
	}
}

// rank returns the place of a value's type in the order; false where it has none.
func rank(v any) (int, bool) {
	switch v.(type) {
	case bool:
		return 1, true
	case int64:
		return 2, true
	case time.Time:
		return 3, true
	case string:
		return 4, true
	}
	return 0, false
}

func compare(a, b any) int {
	rankA, _ := rank(a)
	rankB, _ := rank(b)
	if rankA != rankB {
		return cmp.Compare(rankA, rankB)
	}
	switch a := a.(type) {
	case bool:
		if a == b.(bool) {
			return 0
		} else if a {
			return 1
		}
		return -1
	case int64:
		return cmp.Compare(a, b.(int64))
	case time.Time:
		return a.Compare(b.(time.Time))
	case string:
		return bytes.Compare([]byte(a), []byte(b.(string)))
	}
	return 0
}

// Few different values, so that they meet often.
var (
	drawID    = rapid.SampledFrom([]string{"a", "b", "c", "ada@example.com", "関所", "😀"})
	drawText  = rapid.SampledFrom([]string{"", "x", "y", "関", "😀"})
	drawField = rapid.SampledFrom([]string{"f", "g", "h"})
	drawTime  = rapid.Custom(func(t *rapid.T) time.Time {
		return start.Add(time.Duration(rapid.IntRange(-3, 3).Draw(t, "offset")) * time.Microsecond)
	})
	drawValue = rapid.Custom(func(t *rapid.T) any {
		switch rapid.IntRange(0, 3).Draw(t, "type") {
		case 0:
			return rapid.Bool().Draw(t, "bool")
		case 1:
			return rapid.Int64Range(-2, 2).Draw(t, "int")
		case 2:
			return drawTime.Draw(t, "time")
		default:
			return drawText.Draw(t, "text")
		}
	})
	drawQuery = rapid.Custom(func(t *rapid.T) store.Query {
		q := store.Query{Limit: rapid.IntRange(1, 4).Draw(t, "limit")}
		if rapid.Bool().Draw(t, "ordered") {
			q.OrderBy = drawField.Draw(t, "order by")
			q.Desc = rapid.Bool().Draw(t, "desc")
			for range rapid.IntRange(0, 2).Draw(t, "ranges") {
				op := rapid.SampledFrom([]store.Op{store.Less, store.AtMost, store.AtLeast, store.Greater}).Draw(t, "range")
				q.Where = append(q.Where, store.Cond{Field: q.OrderBy, Op: op, Value: drawValue.Draw(t, "bound")})
			}
		}
		for range rapid.IntRange(0, 2).Draw(t, "equals") {
			q.Where = append(q.Where, store.Cond{Field: drawField.Draw(t, "field"), Op: store.Equal, Value: drawValue.Draw(t, "value")})
		}
		if field := drawField.Draw(t, "list"); field != q.OrderBy && rapid.Bool().Draw(t, "contains") {
			q.Where = append(q.Where, store.Cond{Field: field, Op: store.Contains, Value: drawText.Draw(t, "entry")})
		}
		return q
	})
)

// drawRecord returns a record that is already as a store gives it back.
func drawRecord(t *rapid.T, collection string, now time.Time) store.Record {
	r := store.Record{
		Key:    store.Key{Collection: collection, ID: drawID.Draw(t, "id")},
		Data:   fmt.Appendf(nil, `{"n":%d}`, rapid.IntRange(0, 999).Draw(t, "data")),
		Fields: map[string]any{},
	}
	for range rapid.IntRange(0, 3).Draw(t, "fields") {
		name := drawField.Draw(t, "name")
		if rapid.IntRange(0, 3).Draw(t, "list") == 0 {
			r.Fields[name] = rapid.SliceOfN(drawText, 0, 3).Draw(t, "entries")
		} else {
			r.Fields[name] = drawValue.Draw(t, "value")
		}
	}
	if rapid.IntRange(0, 2).Draw(t, "expires") == 0 {
		r.Expires = now.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "seconds")) * time.Second)
	}
	return r
}
