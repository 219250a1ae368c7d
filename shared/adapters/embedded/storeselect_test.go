package embedded

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

func TestQueriesReadOnlyFromIndexes(t *testing.T) {
	db, err := Open("", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	equal := store.Cond{Field: "state", Op: store.Equal, Value: "open"}
	contains := store.Cond{Field: "who", Op: store.Contains, Value: "ada"}
	due := store.Cond{Field: "due", Op: store.AtMost, Value: time.Now()}
	byID, byDue := &store.Cursor{ID: "one"}, &store.Cursor{ID: "one", Value: time.Now()}
	for _, test := range []struct {
		where   []store.Cond
		orderBy string
		cursor  *store.Cursor
		want    string // how the plan begins
		desc    string // how it begins in descending order
	}{
		{where: nil, want: "r|collection=?"},
		{where: nil, cursor: byID, want: "r|collection=? AND id>?"},
		{where: []store.Cond{equal}, want: "c0|slot=? AND value=?"},
		{where: []store.Cond{contains}, cursor: byID, want: "c0|slot=? AND value=? AND id>?"},
		{where: []store.Cond{contains, equal}, cursor: byID, want: "c0|slot=? AND value=? AND id>?"},
		{orderBy: "due", want: "o|slot>? AND slot<?", desc: "o|slot>? AND slot<?"},
		{orderBy: "due", cursor: byDue, want: "o|(slot,value,id)>(?,?,?) AND slot<?", desc: "o|slot>? AND (slot,value,id)<(?,?,?)"},
		{where: []store.Cond{equal}, orderBy: "due", cursor: byDue, want: "o|(slot,value,id)>(?,?,?) AND slot<?", desc: "o|slot>? AND (slot,value,id)<(?,?,?)"},
		{where: []store.Cond{due}, orderBy: "due", want: "o|slot=? AND value<?", desc: "o|slot=? AND value<?"},
		{where: []store.Cond{due}, orderBy: "due", cursor: byDue, want: "o|slot=? AND (value,id)>(?,?) AND value<?", desc: "o|slot=? AND (value,id)<(?,?)"},
		{where: []store.Cond{due, equal, contains}, orderBy: "due", want: "o|slot=? AND value<?", desc: "o|slot=? AND value<?"},
	} {
		for _, desc := range []bool{false, true} {
			if desc && test.orderBy == "" {
				continue
			}
			q := store.Query{Collection: "things", Where: test.where, OrderBy: test.orderBy, Desc: desc, Limit: 10}
			t.Run(fmt.Sprintf("%d conditions, by %q, desc %t, next %t", len(q.Where), q.OrderBy, desc, test.cursor != nil), func(t *testing.T) {
				text, arguments := statement(q, test.cursor, time.Now())
				rows, err := db.sql.Query("EXPLAIN QUERY PLAN "+text, arguments...)
				if err != nil {
					t.Fatal(err)
				}
				defer rows.Close()
				var plan []string
				for rows.Next() {
					var id, parent, unused int
					var detail string
					if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
						t.Fatal(err)
					}
					plan = append(plan, detail)
				}
				if err := rows.Err(); err != nil {
					t.Fatal(err)
				}
				want := test.want
				if desc {
					want = test.desc
				}
				table, bounds, _ := strings.Cut(want, "|")
				all := strings.Join(plan, "\n")
				if !strings.HasPrefix(all, "SEARCH "+table+" ") || !strings.Contains(plan[0], "("+bounds+")") ||
					strings.Contains(all, "SCAN ") || strings.Contains(all, "TEMP B-TREE") {
					t.Errorf("%s\nis planned as\n%s\nwant first %s by %s, and neither a scan nor sorting", text, all, table, bounds)
				}
			})
		}
	}
}
