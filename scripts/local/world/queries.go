package world

import (
	"maps"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// ask remembers the index that a query needs, if it needs one.
func (u *Usage) ask(q store.Query) {
	index := indexFor(q)
	if index == "" {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.indexes == nil {
		u.indexes = map[string]bool{}
	}
	u.indexes[index] = true
}

// Indexes returns the composite indexes without which Firestore would have refused queries of
// the functions so far, sorted: "changes: kind, target, proposed desc". Neither the embedded
// store nor Google's emulator needs them, so nothing else here would tell.
func (u *Usage) Indexes() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Sorted(maps.Keys(u.indexes))
}

// indexFor returns the composite index that a query needs: the fields that must be equal, then
// the field of the order. It is empty where Firestore can do with the indexes of single fields:
// for an order by one field whose bounds are on that field, and for nothing but equalities
// (https://firebase.google.com/docs/firestore/query-data/index-overview).
func indexFor(q store.Query) string {
	var fields []string
	for _, c := range q.Where {
		switch {
		case c.Field == q.OrderBy:
		case c.Op == store.Contains:
			fields = append(fields, c.Field+" contains")
		default:
			fields = append(fields, c.Field)
		}
	}
	if q.OrderBy == "" || len(fields) == 0 {
		return ""
	}
	slices.Sort(fields)
	order := q.OrderBy
	if q.Desc {
		order += " desc"
	}
	return q.Collection + ": " + strings.Join(append(slices.Compact(fields), order), ", ")
}
