package slack

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// A check examines a decoded JSON value and reports what is wrong with it, in the words that
// Slack uses, with the JSON pointer of the place.
type check func(f *report, at string, v any)

// report collects what is wrong.
type report struct{ reasons []string }

func (f *report) add(at, format string, args ...any) {
	f.reasons = append(f.reasons, fmt.Sprintf(format, args...)+" [json-pointer:"+at+"]")
}

// property is one property that an object may have.
type property struct {
	check    check
	required bool
}

func must(c check) property { return property{c, true} }
func may(c check) property  { return property{c, false} }

// object accepts an object with these properties and no others.
func object(properties map[string]property) check {
	return func(f *report, at string, v any) {
		o, ok := v.(map[string]any)
		if !ok {
			f.add(at, "must provide an object")
			return
		}
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			p := properties[name]
			if v, given := o[name]; given {
				p.check(f, at+"/"+name, v)
			} else if p.required {
				f.add(at, "missing required field: %s", name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(o)) {
			if _, known := properties[name]; !known {
				f.add(at, "invalid additional property: %s", name)
			}
		}
	}
}

// also runs several checks on the same value.
func also(checks ...check) check {
	return func(f *report, at string, v any) {
		for _, c := range checks {
			c(f, at, v)
		}
	}
}

// oneOf accepts an object whose type is one of these.
func oneOf(types map[string]check) check {
	return func(f *report, at string, v any) {
		o, ok := v.(map[string]any)
		if !ok {
			f.add(at, "must provide an object")
			return
		}
		kind, ok := o["type"].(string)
		if !ok {
			f.add(at, "missing required field: type")
			return
		}
		c, known := types[kind]
		if !known {
			f.add(at+"/type", "unsupported type: %s", kind)
			return
		}
		c(f, at, v)
	}
}

// only returns a check for one of some types of a larger table.
func only(types map[string]check, names ...string) check {
	some := map[string]check{}
	for _, name := range names {
		some[name] = types[name]
	}
	return oneOf(some)
}

// list accepts an array of at least least and at most most items.
func list(least, most int, item check) check {
	return func(f *report, at string, v any) {
		items, ok := v.([]any)
		if !ok {
			f.add(at, "must provide an array")
			return
		}
		if len(items) < least {
			f.add(at, "no less than %d items required", least)
		}
		if len(items) > most {
			f.add(at, "no more than %d items allowed", most)
		}
		for i, v := range items {
			item(f, at+"/"+strconv.Itoa(i), v)
		}
	}
}

// str accepts a string of at least least and at most most characters.
func str(least, most int) check {
	return func(f *report, at string, v any) {
		s, ok := v.(string)
		if !ok {
			f.add(at, "must provide a string")
			return
		}
		n := utf8.RuneCountInString(s)
		if n < least {
			f.add(at, "must be more than %d characters", least-1)
		}
		if n > most {
			f.add(at, "must be less than %d characters", most+1)
		}
	}
}

// word accepts one of these strings.
func word(words ...string) check {
	return func(f *report, at string, v any) {
		if s, ok := v.(string); !ok || !slices.Contains(words, s) {
			f.add(at, "must be a valid enum value")
		}
	}
}

func boolean(f *report, at string, v any) {
	if _, ok := v.(bool); !ok {
		f.add(at, "must provide a boolean")
	}
}

// integer accepts a whole number from least to most.
func integer(least, most int64) check {
	return func(f *report, at string, v any) {
		number, ok := v.(json.Number)
		if !ok {
			f.add(at, "must provide a number")
			return
		}
		n, err := number.Int64()
		if err != nil || n < least || n > most {
			f.add(at, "must be a whole number from %d to %d", least, most)
		}
	}
}

// anything accepts every value.
func anything(*report, string, any) {}

// atLeastOne and exactlyOne demand some of the properties.
func atLeastOne(names ...string) check { return someOf(1, len(names), names) }
func exactlyOne(names ...string) check { return someOf(1, 1, names) }

func someOf(least, most int, names []string) check {
	return func(f *report, at string, v any) {
		o, _ := v.(map[string]any)
		n := 0
		for _, name := range names {
			if _, given := o[name]; given {
				n++
			}
		}
		switch {
		case n < least:
			f.add(at, "must define one of the fields: %v", names)
		case n > most:
			f.add(at, "must define only one of the fields: %v", names)
		}
	}
}

// nullable accepts null in place of the value.
func nullable(c check) check {
	return func(f *report, at string, v any) {
		if v != nil {
			c(f, at, v)
		}
	}
}
