package store

import "fmt"

// Op compares a field with a value.
type Op string

// The comparisons. Only Equal and Contains may stand on a field that the query is not
// ordered by, and Contains, which looks into a list of texts, only once in a query: Firestore
// can do no more.
const (
	Equal    Op = "=="
	Contains Op = "array-contains"
	Less     Op = "<"
	AtMost   Op = "<="
	AtLeast  Op = ">="
	Greater  Op = ">"
)

// Cond is one condition on a field. It holds only for values of its own type: no number is
// below any text.
type Cond struct {
	Field string
	Op    Op
	// Value is a string, int64, bool or time.Time; with Contains a string.
	Value any
}

// Query asks for the records of one collection for which all conditions hold.
type Query struct {
	Collection string
	Where      []Cond
	// OrderBy is a field; records without it, or with a list in it, are left out. Booleans
	// come before numbers, then times, then texts by their bytes in UTF-8. Records that are
	// equal in it come by ID. Empty means by ID.
	OrderBy string
	// Desc turns the whole order round, that of equal records by ID too. It needs OrderBy:
	// Firestore cannot go through IDs backwards.
	Desc bool
	// Limit is the size of a page, 1 to [MaxPage].
	Limit int
	// After continues where an earlier page of the same query ended: its Next.
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
	if !validSegment(q.Collection, MaxName) {
		return fmt.Errorf("query collection %q: %w name", q.Collection, ErrInvalid)
	}
	if q.Limit < 1 || q.Limit > MaxPage {
		return fmt.Errorf("query %s: %w limit %d, 1 to %d", q.Collection, ErrInvalid, q.Limit, MaxPage)
	}
	if q.OrderBy != "" {
		if err := validateField(q.OrderBy); err != nil {
			return fmt.Errorf("query %s: order by %w", q.Collection, err)
		}
	}
	if q.Desc && q.OrderBy == "" {
		return fmt.Errorf("query %s: %w: Desc needs OrderBy", q.Collection, ErrInvalid)
	}
	contains := false
	for _, c := range q.Where {
		if err := c.validate(q.OrderBy); err != nil {
			return fmt.Errorf("query %s: %w", q.Collection, err)
		}
		if c.Op == Contains && contains {
			return fmt.Errorf("query %s: field %s: %w: a second %s", q.Collection, c.Field, ErrInvalid, c.Op)
		}
		contains = contains || c.Op == Contains
	}
	_, err := q.Cursor()
	return err
}

// validate reports a condition that some implementation could not check in a query ordered by
// orderBy.
func (c Cond) validate(orderBy string) error {
	if err := validateField(c.Field); err != nil {
		return err
	}
	if err := validateValue(c.Value); err != nil {
		return fmt.Errorf("field %s: %w", c.Field, err)
	}
	switch c.Op {
	case Equal:
	case Contains:
		if _, ok := c.Value.(string); !ok {
			return fmt.Errorf("field %s: %w: %s a value of type %T", c.Field, ErrInvalid, c.Op, c.Value)
		}
		if c.Field == orderBy {
			return fmt.Errorf("field %s: %w: %s on the field of the order", c.Field, ErrInvalid, c.Op)
		}
	case Less, AtMost, AtLeast, Greater:
		if c.Field != orderBy {
			return fmt.Errorf("field %s: %w: %s needs OrderBy on the same field", c.Field, ErrInvalid, c.Op)
		}
	default:
		return fmt.Errorf("field %s: %w operator %q", c.Field, ErrInvalid, c.Op)
	}
	return nil
}

// Normalize returns a valid query with its times as they are stored.
func (q Query) Normalize() Query {
	where := make([]Cond, len(q.Where))
	for i, c := range q.Where {
		c.Value = normalizeValue(c.Value)
		where[i] = c
	}
	q.Where = where
	return q
}
