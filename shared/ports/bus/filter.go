package bus

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Filter lists, for each attribute that matters, the values that pass. The empty filter
// passes everything.
type Filter map[string][]string

// MaxFilter is the longest filter in bytes of its [Filter.String]
// (https://cloud.google.com/pubsub/docs/subscription-message-filter).
const MaxFilter = 256

// Match reports whether attributes pass.
func (f Filter) Match(attributes map[string]string) bool {
	for name, values := range f {
		got, ok := attributes[name]
		if !ok || !slices.Contains(values, got) {
			return false
		}
	}
	return true
}

// String returns the filter in Pub/Sub's filter language, as Terraform states it; the same
// filter always gives the same text, and the empty filter the empty text.
func (f Filter) String() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		var alternatives []string
		for _, value := range f[name] {
			alternatives = append(alternatives, fmt.Sprintf(`attributes.%s = "%s"`, name, escape.Replace(value)))
		}
		either := strings.Join(alternatives, " OR ")
		if len(alternatives) > 1 && len(f) > 1 {
			either = "(" + either + ")"
		}
		all = append(all, either)
	}
	return strings.Join(all, " AND ")
}

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// filterName is what an attribute is called that a filter can name without quotes.
var filterName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// validate reports a filter that Pub/Sub's language cannot state, or not briefly enough.
func (f Filter) validate() error {
	for name, values := range f {
		if !filterName.MatchString(name) {
			return fmt.Errorf("%w filter: attribute name %.40q, letters, digits and _", ErrInvalid, name)
		}
		if len(values) == 0 {
			return fmt.Errorf("%w filter: nothing passes on attribute %s", ErrInvalid, name)
		}
		for _, value := range values {
			if !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
				return fmt.Errorf("%w filter: attribute %s is %.40q, which is no plain text", ErrInvalid, name, value)
			}
		}
	}
	if text := f.String(); len(text) > MaxFilter {
		return fmt.Errorf("%w filter: %d bytes, at most %d: %s", ErrInvalid, len(text), MaxFilter, text)
	}
	return nil
}
