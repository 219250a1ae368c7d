package embedded

import (
	"fmt"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/ports/store"
)

// selection is a SELECT statement that is being put together.
type selection struct {
	from, where []string
	arguments   []any
	first       string // the first table's alias; every other table is joined to its ID
}

// columnSlots is an expression for what the slots of a column begin with. Its arguments are the
// collection and the field. It is NULL, and so finds nothing, where nobody has the field.
var columnSlots = fmt.Sprintf("(SELECT %d * number FROM record_columns WHERE collection = ? AND name = ?)", slotsOfColumn)

// statement returns the SQL for a query and its arguments. Each condition is one look into
// the index; the IDs that all of them find lead to the records. SQLite is asked for one record
// more than the page holds, to know whether there are more.
func statement(q store.Query, cursor *store.Cursor, now time.Time) (string, []any) {
	s := &selection{}
	if q.OrderBy != "" {
		s.join("record_index", "o")
		s.along(q, cursor)
	}
	for i, c := range q.Where {
		if c.Op != store.Equal && c.Op != store.Contains {
			continue // a range, which stands on the field of the order
		}
		k, value := indexed(c.Value)
		if c.Op == store.Contains {
			k = kindEntry
		}
		alias := fmt.Sprintf("c%d", i)
		s.join("record_index", alias)
		s.and(alias+".slot = "+columnSlots+" + ? AND "+alias+".value = ?", q.Collection, c.Field, k, value)
	}
	s.join("records", "r")
	s.and("r.collection = ? AND (r.expires IS NULL OR r.expires > ?)", q.Collection, now.UnixMicro())

	place, order := "0, NULL", s.first+".id"
	switch {
	case q.OrderBy == "" && cursor != nil:
		s.and(s.first+".id > ?", cursor.ID)
	case q.OrderBy != "":
		place, order = fmt.Sprintf("o.slot %% %d, o.value", slotsOfColumn), "o.slot, o.value, o.id"
		if q.Desc {
			order = "o.slot DESC, o.value DESC, o.id DESC"
		}
	}
	// The limit stands in the text: SQLite plans a statement anew whenever a bound one is set.
	return "SELECT r.id, " + place + ", r.data, r.fields, r.expires FROM " + strings.Join(s.from, ", ") +
		" WHERE " + strings.Join(s.where, " AND ") + " ORDER BY " + order +
		fmt.Sprintf(" LIMIT %d", q.Limit+1), s.arguments
}

// along restricts the table o to the part of the index through which the query goes: the single
// values of the field of the order, within the query's ranges, from behind the cursor on.
//
// SQLite goes straight to where that part begins, but chooses among two conditions that say so
// by their order. Hence a cursor takes the place of the bound at which the first page begins; a
// range that is this bound is only checked, which the plus sign says.
func (s *selection) along(q store.Query, cursor *store.Cursor) {
	behind := ">"
	if q.Desc {
		behind = "<"
	}
	ranged := false
	for _, c := range q.Where {
		if c.Op == store.Equal || c.Op == store.Contains {
			continue
		}
		ranged = true
		bounded := "o.value"
		if lower := c.Op == store.Greater || c.Op == store.AtLeast; cursor != nil && lower != q.Desc {
			bounded = "+o.value"
		}
		k, value := indexed(c.Value)
		s.and("o.slot = "+columnSlots+" + ? AND "+bounded+" "+string(c.Op)+" ?", q.Collection, q.OrderBy, k, value)
	}
	var k kind
	var value any
	if cursor != nil {
		k, value = indexed(cursor.Value)
	}
	switch {
	case ranged && cursor != nil: // all values are of one kind
		s.and("(o.value, o.id) "+behind+" (?, ?)", value, cursor.ID)
	case ranged:
	default:
		if cursor != nil {
			s.and("(o.slot, o.value, o.id) "+behind+" ("+columnSlots+" + ?, ?, ?)", q.Collection, q.OrderBy, k, value, cursor.ID)
		}
		if cursor == nil || q.Desc {
			s.and("o.slot > "+columnSlots, q.Collection, q.OrderBy)
		}
		if cursor == nil || !q.Desc {
			s.and("o.slot < "+columnSlots+" + ?", q.Collection, q.OrderBy, kindEntry)
		}
	}
}

// and adds a condition.
func (s *selection) and(condition string, arguments ...any) {
	s.where = append(s.where, condition)
	s.arguments = append(s.arguments, arguments...)
}

// join adds a table.
func (s *selection) join(table, alias string) {
	s.from = append(s.from, table+" "+alias)
	if s.first == "" {
		s.first = alias
		return
	}
	s.and(alias + ".id = " + s.first + ".id")
}
