package store

import (
	"fmt"
	"time"
)

// Op compares a field with a value.
type Op string

// The comparisons. Only Equal and Contains may stand on a field that the query is not
// ordered by.
const (
	Equal    Op = "=="
	Contains Op = "array-contains"
	Less     Op = "<"
	AtMost   Op = "<="
	AtLeast  Op = ">="
	Greater  Op = ">"
)

// Cond is one condition on a field.
type Cond struct {
	Field string
	Op    Op
	// Value is a string, int64, bool or time.Time.
	Value any
}

// Query asks for the records of one collection for which all conditions hold.
type Query struct {
	Collection string
	Where      []Cond
	// OrderBy is a field; records without it are left out. Records that are equal in it come
	// by ID. Empty means by ID.
	OrderBy string
	Desc    bool
	// Limit is the size of a page, 1 to [MaxPage].
	Limit int
	// After continues where an earlier page ended: its Next.
	After string
}

// Page is one page of the answer. Records may be fewer than the limit although there are
// more: only an empty Next says that this was the last page.
type Page struct {
	Records []Record
	Next    string
}

// Validate reports a query that some implementation could not answer.
func (q Query) Validate() error {
	if q.Collection == "" {
		return fmt.Errorf("query: %w: no collection", ErrInvalid)
	}
	if q.Limit < 1 || q.Limit > MaxPage {
		return fmt.Errorf("query %s: %w limit %d, 1 to %d", q.Collection, ErrInvalid, q.Limit, MaxPage)
	}
	for _, c := range q.Where {
		switch c.Value.(type) {
		case string, int64, bool, time.Time:
		default:
			return fmt.Errorf("query %s: field %s: %w value type %T", q.Collection, c.Field, ErrInvalid, c.Value)
		}
		switch c.Op {
		case Equal, Contains:
		case Less, AtMost, AtLeast, Greater:
			if c.Field != q.OrderBy {
				return fmt.Errorf("query %s: field %s: %w: %s needs OrderBy on the same field", q.Collection, c.Field, ErrInvalid, c.Op)
			}
		default:
			return fmt.Errorf("query %s: field %s: %w operator %q", q.Collection, c.Field, ErrInvalid, c.Op)
		}
	}
	return nil
}
