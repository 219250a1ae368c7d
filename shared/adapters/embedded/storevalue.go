package embedded

import (
	"encoding/json"
	"fmt"
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
