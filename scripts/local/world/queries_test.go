package world

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/ports/store"
)

func TestTheIndexThatAQueryNeeds(t *testing.T) {
	equal := func(field string) store.Cond { return store.Cond{Field: field, Op: store.Equal, Value: "x"} }
	var u Usage
	for _, q := range []store.Query{
		{Collection: "a"},
		{Collection: "a", OrderBy: "at", Desc: true},
		{Collection: "a", Where: []store.Cond{equal("x"), equal("y")}},
		{Collection: "a", Where: []store.Cond{{Field: "ids", Op: store.Contains, Value: "x"}}},
		{Collection: "a", Where: []store.Cond{{Field: "at", Op: store.AtMost, Value: int64(1)}}, OrderBy: "at"},
	} {
		if u.ask(q); len(u.Indexes()) > 0 {
			t.Errorf("%+v needs %q, want none", q, u.Indexes())
		}
	}
	u.ask(store.Query{Collection: "a", Where: []store.Cond{equal("y"), equal("x"), {Field: "at", Op: store.Less, Value: int64(1)}}, OrderBy: "at"})
	u.ask(store.Query{Collection: "a", Where: []store.Cond{equal("x"), equal("y")}, OrderBy: "at"})
	u.ask(store.Query{Collection: "a", Where: []store.Cond{equal("x")}, OrderBy: "n", Desc: true})
	u.ask(store.Query{Collection: "b", Where: []store.Cond{{Field: "ids", Op: store.Contains, Value: "x"}}, OrderBy: "n"})
	want := []string{"a: x, n desc", "a: x, y, at", "b: ids contains, n"}
	if diff := cmp.Diff(want, u.Indexes()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
