package store

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Cursor is the place in a query's order behind which a page begins. It names the last record
// of the page before by its values, so that it stays right where that record is changed or
// removed. Only implementations use it; to everybody else a cursor is an opaque text.
type Cursor struct {
	// Value is the record's value in the field of the order; nil where the order is by ID.
	Value any
	ID    string
}

// cursorForm is how a cursor is written: JSON in URL-safe base64. Exactly one of the values is
// set where the query has an order.
type cursorForm struct {
	ID     string  `json:"id"`
	Bool   *bool   `json:"b,omitempty"`
	Int    *int64  `json:"i,omitempty"`
	Micros *int64  `json:"t,omitempty"`
	Text   *string `json:"s,omitempty"`
}

// String returns the text that [Query.Cursor] reads.
func (c Cursor) String() string {
	form := cursorForm{ID: c.ID}
	switch v := c.Value.(type) {
	case bool:
		form.Bool = &v
	case int64:
		form.Int = &v
	case time.Time:
		micros := v.UnixMicro()
		form.Micros = &micros
	case string:
		form.Text = &v
	}
	text, err := json.Marshal(form)
	if err != nil {
		return "" // booleans, numbers and texts always have a JSON form
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// Cursor returns where the query's page begins, nil where it is the first one. A text that is
// not the cursor of such a query is [ErrInvalid].
func (q Query) Cursor() (*Cursor, error) {
	if q.After == "" {
		return nil, nil
	}
	c, err := parseCursor(q.After)
	if err != nil {
		return nil, fmt.Errorf("query %s: cursor: %w: %w", q.Collection, ErrInvalid, err)
	}
	if (c.Value != nil) != (q.OrderBy != "") {
		return nil, fmt.Errorf("query %s: cursor: %w: of a query in another order", q.Collection, ErrInvalid)
	}
	return c, nil
}

func parseCursor(after string) (*Cursor, error) {
	text, err := base64.RawURLEncoding.DecodeString(after)
	if err != nil {
		return nil, err
	}
	var form cursorForm
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&form); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one cursor")
	}
	c := &Cursor{ID: form.ID}
	values := 0
	if form.Bool != nil {
		c.Value, values = *form.Bool, values+1
	}
	if form.Int != nil {
		c.Value, values = *form.Int, values+1
	}
	if form.Micros != nil {
		c.Value, values = time.UnixMicro(*form.Micros).UTC(), values+1
	}
	if form.Text != nil {
		c.Value, values = *form.Text, values+1
	}
	if values > 1 {
		return nil, fmt.Errorf("%d values", values)
	}
	if c.Value != nil {
		if err := validateValue(c.Value); err != nil {
			return nil, err
		}
	}
	if !validSegment(c.ID, MaxID) {
		return nil, fmt.Errorf("id %q", c.ID)
	}
	return c, nil
}
