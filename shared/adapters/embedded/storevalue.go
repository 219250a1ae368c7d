package embedded

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// kind is the type of an indexed value. The numbers are stored, and they are the order of the
// types: booleans before numbers before times before texts. The entries of lists come last;
// no order and no equality ever finds them.
type kind int

const (
	kindBool kind = iota + 1
	kindInt
	kindTime
	kindText
	kindEntry
)

// indexed returns a single value as the index holds it.
func indexed(v any) (kind, any) {
	switch v := v.(type) {
	case bool:
		if v {
			return kindBool, int64(1)
		}
		return kindBool, int64(0)
	case int64:
		return kindInt, v
	case time.Time:
		return kindTime, v.UnixMicro()
	default:
		return kindText, v
	}
}

// restored returns the value that the index holds.
func restored(k kind, v any) (any, error) {
	switch v := v.(type) {
	case int64:
		switch k {
		case kindBool:
			return v != 0, nil
		case kindInt:
			return v, nil
		case kindTime:
			return time.UnixMicro(v).UTC(), nil
		}
	case string:
		if k == kindText {
			return v, nil
		}
	}
	return nil, fmt.Errorf("index holds %T as kind %d", v, k)
}

// slotsOfColumn is how many slots of the index belong to one column, one for each kind.
const slotsOfColumn = 8

// slot returns the first part of an index row's key: a column and a kind in one small number.
func slot(column int64, k kind) int64 { return slotsOfColumn*column + int64(k) }

// indexRow is one row of the table record_index. Rows can be compared with ==.
type indexRow struct {
	slot   int64
	number int64  // the value, where it is a number in SQLite
	text   string // else
	id     string
}

// newIndexRow returns the row of a single value.
func newIndexRow(column int64, v any, id string) indexRow {
	k, value := indexed(v)
	row := indexRow{slot: slot(column, k), id: id}
	switch value := value.(type) {
	case int64:
		row.number = value
	case string:
		row.text = value
	}
	return row
}

// value returns what the column value holds.
func (r indexRow) value() any {
	if k := kind(r.slot % slotsOfColumn); k == kindText || k == kindEntry {
		return r.text
	}
	return r.number
}

// compare orders rows as the index does.
func (r indexRow) compare(other indexRow) int {
	if c := cmp.Compare(r.slot, other.slot); c != 0 {
		return c
	}
	if c := cmp.Compare(r.number, other.number); c != 0 {
		return c
	}
	if c := strings.Compare(r.text, other.text); c != 0 {
		return c
	}
	return strings.Compare(r.id, other.id)
}

// storedValue is a field's value in the column fields. Exactly one of its parts is set.
type storedValue struct {
	Bool   *bool    `json:"b,omitempty"`
	Int    *int64   `json:"i,omitempty"`
	Micros *int64   `json:"t,omitempty"`
	Text   *string  `json:"s,omitempty"`
	List   []string `json:"l,omitempty"`
}

// encodeFields returns the fields of a normalized record as text.
func encodeFields(fields map[string]any) (string, error) {
	stored := make(map[string]storedValue, len(fields))
	for name, v := range fields {
		switch v := v.(type) {
		case bool:
			stored[name] = storedValue{Bool: &v}
		case int64:
			stored[name] = storedValue{Int: &v}
		case time.Time:
			micros := v.UnixMicro()
			stored[name] = storedValue{Micros: &micros}
		case string:
			stored[name] = storedValue{Text: &v}
		case []string:
			stored[name] = storedValue{List: v} // an empty list is a value without parts
		}
	}
	text, err := json.Marshal(stored)
	return string(text), err
}

// decodeFields returns what encodeFields was given.
func decodeFields(text string) (map[string]any, error) {
	var stored map[string]storedValue
	if err := json.Unmarshal([]byte(text), &stored); err != nil {
		return nil, fmt.Errorf("decode fields: %w", err)
	}
	fields := make(map[string]any, len(stored))
	for name, v := range stored {
		switch {
		case v.Bool != nil:
			fields[name] = *v.Bool
		case v.Int != nil:
			fields[name] = *v.Int
		case v.Micros != nil:
			fields[name] = time.UnixMicro(*v.Micros).UTC()
		case v.Text != nil:
			fields[name] = *v.Text
		default:
			fields[name] = append([]string{}, v.List...)
		}
	}
	return fields, nil
}
