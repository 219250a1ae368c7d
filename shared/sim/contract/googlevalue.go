package contract

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// visit walks a JSON value beside its schema.
type visit struct {
	*problems
	document *discovery
	method   *method
	request  bool // the value is sent, not answered
}

// value checks one value. The mask is what was asked for of it; nil asks for everything.
func (v *visit) value(at string, s *schema, value any, asked mask) {
	s = v.document.resolve(s)
	if value == nil {
		// A patch clears a field with null; elsewhere null is a value of no type.
		if s.Type != "any" && !(v.request && v.method.HTTPMethod == "PATCH") {
			v.add(at, "it is null")
		}
		return
	}
	switch s.Type {
	case "any":
	case "object":
		object, ok := value.(map[string]any)
		if !ok {
			v.add(at, "it is %s, not an object", kindOf(value))
			return
		}
		v.object(at, s, object, asked)
	case "array":
		array, ok := value.([]any)
		if !ok {
			v.add(at, "it is %s, not an array", kindOf(value))
			return
		}
		for _, item := range array {
			v.value(at+"[]", s.Items, item, asked)
		}
	case "boolean":
		if _, ok := value.(bool); !ok {
			v.add(at, "it is %s, not a boolean", kindOf(value))
		}
	case "integer", "number":
		n, ok := value.(json.Number)
		if !ok {
			v.add(at, "it is %s, not a number", kindOf(value))
			return
		}
		s.checkText(v.problems, at, n.String())
	case "string":
		text, ok := value.(string)
		if !ok {
			v.add(at, "it is %s, not a string", kindOf(value))
			return
		}
		s.checkText(v.problems, at, text)
	default:
		v.add(at, "the description gives it the type %q, which is unknown here", s.Type)
	}
}

func (v *visit) object(at string, s *schema, object map[string]any, asked mask) {
	for _, name := range sortedKeys(object) {
		inner := at + "." + name
		property := s.Properties[name]
		if property == nil {
			property = s.AdditionalProperties
		}
		if property == nil {
			// An object without any declared property may have any.
			if s.Properties != nil {
				v.add(inner, "there is no such field")
			}
			continue
		}
		if v.request && property.ReadOnly {
			v.add(inner, "it is only for reading")
		}
		within, wanted := asked.inside(name)
		if !wanted {
			v.add(inner, "it was not asked for")
		}
		if text, ok := object[name].(string); name == "kind" && property.Default != "" && ok && text != property.Default {
			v.add(inner, "it is %q, not %q", text, property.Default)
		}
		v.value(inner, property, object[name], within)
	}
	if !v.request {
		return
	}
	for _, name := range sortedKeys(s.Properties) {
		needed := s.Properties[name].Required || slices.Contains(s.Properties[name].Annotations.Required, v.method.ID)
		if _, there := object[name]; needed && !there {
			v.add(at+"."+name, "it is required and not there")
		}
	}
}

// checkText checks a scalar in its textual form, in which parameters have all of theirs.
func (s *schema) checkText(p *problems, at, text string) {
	switch s.Type {
	case "boolean":
		if text != "true" && text != "false" {
			p.add(at, "%q is neither true nor false", text)
		}
	case "integer":
		s.checkInteger(p, at, text)
	case "number":
		if n, err := strconv.ParseFloat(text, 64); err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
			p.add(at, "%q is no number", text)
		}
	default:
		s.checkFormat(p, at, text)
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, text) {
		p.add(at, "%q is none of %s", text, strings.Join(s.Enum, ", "))
	}
	if s.pattern != nil && !s.pattern.MatchString(text) {
		p.add(at, "%q does not have the form %s", text, s.Pattern)
	}
}

func (s *schema) checkInteger(p *problems, at, text string) {
	low, high := int64(math.MinInt64), int64(math.MaxInt64)
	switch s.Format {
	case "int32":
		low, high = math.MinInt32, math.MaxInt32
	case "uint32":
		low, high = 0, math.MaxUint32
	}
	if n, err := strconv.ParseInt(s.Minimum, 10, 64); err == nil {
		low = max(low, n)
	}
	if n, err := strconv.ParseInt(s.Maximum, 10, 64); err == nil {
		high = min(high, n)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		p.add(at, "%q is no integer", text)
	case n < low || n > high:
		p.add(at, "%d is not between %d and %d", n, low, high)
	}
}

var (
	durationForm  = regexp.MustCompile(`^-?\d+(\.\d{1,9})?s$`)
	fieldMaskForm = regexp.MustCompile(`^[A-Za-z0-9_.*/,]*$`)
)

// checkFormat checks the formats that texts have.
// https://developers.google.com/discovery/v1/type-format
func (s *schema) checkFormat(p *problems, at, text string) {
	var err error
	ok := true
	switch s.Format {
	case "":
		return
	case "int64":
		_, err = strconv.ParseInt(text, 10, 64)
	case "uint64":
		_, err = strconv.ParseUint(text, 10, 64)
	case "date-time", "google-datetime":
		_, err = time.Parse(time.RFC3339Nano, text)
	case "date":
		_, err = time.Parse(time.DateOnly, text)
	case "byte":
		if _, err = base64.StdEncoding.DecodeString(text); err != nil {
			_, err = base64.URLEncoding.DecodeString(text)
		}
	case "google-duration":
		ok = durationForm.MatchString(text)
	case "google-fieldmask":
		ok = fieldMaskForm.MatchString(text)
	default:
		p.add(at, "the description gives it the format %q, which is unknown here", s.Format)
	}
	if err != nil || !ok {
		p.add(at, "%q does not have the format %s", text, s.Format)
	}
}

// kindOf names the JSON type of a value.
func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case string:
		return "a string"
	case []any:
		return "an array"
	default:
		return "an object"
	}
}
