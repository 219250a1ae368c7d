package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits that hold in every implementation. They stay below Firestore's own
// (https://firebase.google.com/docs/firestore/quotas), which counts names and field entries too.
const (
	MaxID     = 700       // bytes of an ID
	MaxName   = 200       // bytes of the name of a collection or field
	MaxData   = 900 << 10 // bytes of a record's JSON
	MaxRecord = 1_000_000 // bytes of a record's JSON and fields together
	MaxValue  = 1_000     // bytes of one string in a field; Firestore's indexes cut off after 1,500
	MaxValues = 10_000    // entries of all fields of one record
	MaxPage   = 1_000     // records of one page
	MaxTx     = 400       // writes of one transaction
)

// Key names a record. Collection is a plain name, ID any text without a slash.
type Key struct {
	Collection string
	ID         string
}

// String returns the key as collection/id.
func (k Key) String() string { return k.Collection + "/" + k.ID }

// Validate reports a key that some implementation could not store.
func (k Key) Validate() error {
	if !validSegment(k.Collection, MaxName) {
		return fmt.Errorf("collection %q: %w name", k.Collection, ErrInvalid)
	}
	if !validSegment(k.ID, MaxID) {
		return fmt.Errorf("%s id %q: %w", k.Collection, k.ID, ErrInvalid)
	}
	return nil
}

// validSegment reports whether s can be one segment of a document's path in Firestore.
func validSegment(s string, maxBytes int) bool {
	return s != "" && len(s) <= maxBytes && utf8.ValidString(s) && !strings.ContainsAny(s, "/\x00") &&
		s != "." && s != ".." && !reserved(s)
}

// reserved reports whether Firestore keeps a name for itself.
func reserved(name string) bool {
	return len(name) >= 4 && strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__")
}

// Record is one document.
type Record struct {
	Key Key
	// Data is the content, JSON in UTF-8, kept to the byte.
	Data []byte
	// Fields are what queries may ask for. A value is a string, an int64, a bool, a
	// time.Time (kept in UTC to the microsecond) or a []string. A nil value is left out.
	Fields map[string]any
	// Expires is when readers stop seeing the record, kept in UTC to the microsecond; zero
	// means never. The implementation may remove it any time after that.
	Expires time.Time
}

// Expired reports whether readers no longer see the record at now.
func (r Record) Expired(now time.Time) bool {
	return !r.Expires.IsZero() && !now.Before(r.Expires)
}

// Validate reports a record that some implementation could not store.
func (r Record) Validate() error {
	if err := r.Key.Validate(); err != nil {
		return err
	}
	if len(r.Data) > MaxData {
		return fmt.Errorf("%s: %w: %d bytes, at most %d", r.Key, ErrInvalid, len(r.Data), MaxData)
	}
	if !utf8.Valid(r.Data) || !json.Valid(r.Data) {
		return fmt.Errorf("%s: %w: data is not JSON in UTF-8", r.Key, ErrInvalid)
	}
	if !r.Expires.IsZero() && !validTime(r.Expires) {
		return fmt.Errorf("%s: %w expiry %s", r.Key, ErrInvalid, r.Expires)
	}
	entries, size := 0, len(r.Data)
	for _, name := range slices.Sorted(maps.Keys(r.Fields)) {
		if err := validateField(name); err != nil {
			return fmt.Errorf("%s: %w", r.Key, err)
		}
		n, bytes, err := measure(r.Fields[name])
		if err != nil {
			return fmt.Errorf("%s: field %s: %w", r.Key, name, err)
		}
		entries += n
		size += len(name) + bytes
	}
	if entries > MaxValues {
		return fmt.Errorf("%s: %w: %d field entries, at most %d", r.Key, ErrInvalid, entries, MaxValues)
	}
	if size > MaxRecord {
		return fmt.Errorf("%s: %w: %d bytes with its fields, at most %d", r.Key, ErrInvalid, size, MaxRecord)
	}
	return nil
}

// Normalize returns a valid record as it is stored: times in UTC to the microsecond, no nil
// fields. The copy shares nothing that the caller could change later, except Data.
func (r Record) Normalize() Record {
	fields := make(map[string]any, len(r.Fields))
	for name, v := range r.Fields {
		switch v := v.(type) {
		case nil:
		case []string:
			fields[name] = append([]string{}, v...)
		default:
			fields[name] = normalizeValue(v)
		}
	}
	r.Fields = fields
	if !r.Expires.IsZero() {
		r.Expires = normalizeTime(r.Expires)
	}
	return r
}

// validateField reports a field name that some implementation could not store.
func validateField(name string) error {
	if name == "" || len(name) > MaxName || !utf8.ValidString(name) || strings.ContainsAny(name, ".`/\x00") || reserved(name) {
		return fmt.Errorf("field name %q: %w", name, ErrInvalid)
	}
	return nil
}

// measure returns how many index entries a field's value makes and about how many bytes it
// takes in Firestore.
func measure(v any) (entries, bytes int, err error) {
	switch v := v.(type) {
	case nil:
		return 0, 0, nil
	case []string:
		for _, s := range v {
			if err := validateValue(s); err != nil {
				return 0, 0, err
			}
			bytes += len(s) + 1
		}
		return len(v), bytes, nil
	case string:
		bytes = len(v) + 1
	default:
		bytes = 8
	}
	return 1, bytes, validateValue(v)
}

// validateValue reports a single value that some implementation could not store or compare.
func validateValue(v any) error {
	switch v := v.(type) {
	case string:
		if len(v) > MaxValue {
			return fmt.Errorf("%w: %d bytes, at most %d", ErrInvalid, len(v), MaxValue)
		}
		if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
			return fmt.Errorf("%w text %q", ErrInvalid, v)
		}
	case time.Time:
		if !validTime(v) {
			return fmt.Errorf("%w time %s", ErrInvalid, v)
		}
	case int64, bool:
	default:
		return fmt.Errorf("%w type %T", ErrInvalid, v)
	}
	return nil
}

// validTime reports whether t is in the years that a protocol buffer timestamp can hold.
func validTime(t time.Time) bool {
	year := t.UTC().Year()
	return year >= 1 && year <= 9999
}

// normalizeValue returns a single value as it is stored.
func normalizeValue(v any) any {
	if t, ok := v.(time.Time); ok {
		return normalizeTime(t)
	}
	return v
}

func normalizeTime(t time.Time) time.Time { return time.UnixMicro(t.UnixMicro()).UTC() }
