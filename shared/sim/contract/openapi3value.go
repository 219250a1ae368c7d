package contract

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// visit3 walks a JSON value beside its schema in an OpenAPI document.
type visit3 struct {
	*problems
	request bool // the value is sent, not answered
}

// value checks one value. The mask is what was asked for of it; nil asks for everything.
func (v *visit3) value(at string, s *schema3, value any, asked mask) {
	if s = s.get(); s == nil {
		return
	}
	if value == nil {
		if !nullable(s) {
			v.add(at, "it is null")
		}
		return
	}
	if alternatives := slices.Concat(s.OneOf, s.AnyOf); len(alternatives) > 0 {
		v.alternatives(at, alternatives, value, asked)
		return
	}
	switch kind := typeOf(s); kind {
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
		if n := len(array); n < s.MinItems || s.MaxItems != nil && n > *s.MaxItems {
			v.add(at, "it has %d items", n)
		}
		for _, item := range array {
			if s.Items != nil {
				v.value(at+"[]", s.Items, item, asked)
			}
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
		checkText3(v.problems, at, s, n.String())
	case "string":
		text, ok := value.(string)
		if !ok {
			v.add(at, "it is %s, not a string", kindOf(value))
			return
		}
		checkText3(v.problems, at, s, text)
	case "", "any":
	default:
		v.add(at, "the description gives it the type %q, which is unknown here", kind)
	}
}

// alternatives takes the alternative with the fewest problems.
func (v *visit3) alternatives(at string, list []*schema3, value any, asked mask) {
	var best []Problem
	for i, inner := range list {
		var p problems
		(&visit3{problems: &p, request: v.request}).value(at, inner, value, asked)
		if i == 0 || len(p.list) < len(best) {
			best = p.list
		}
	}
	v.list = append(v.list, best...)
}

func (v *visit3) object(at string, s *schema3, object map[string]any, asked mask) {
	o := gather(s, object)
	if o.unmapped != "" {
		v.add(at+"."+o.unmapped, "%q is none of the kinds that the description has", asText(object[o.unmapped]))
	}
	for _, name := range sortedKeys(object) {
		inner := at + "." + name
		property, known := o.property(name)
		if !known {
			v.add(inner, noSuchField)
			continue
		}
		within, wanted := asked.inside(name)
		if !wanted {
			v.add(inner, "it was not asked for")
		}
		if property == nil {
			continue
		}
		switch {
		case v.request && property.ReadOnly:
			v.list = append(v.list, Problem{At: inner, Text: "it is only for reading", Borne: true})
		case !v.request && property.WriteOnly:
			v.add(inner, "it is only for writing")
		}
		v.value(inner, property, object[name], within)
	}
	slices.Sort(o.required)
	for _, name := range slices.Compact(o.required) {
		property, _ := o.property(name)
		oneSided := property != nil && (v.request && property.ReadOnly || !v.request && property.WriteOnly)
		_, wanted := asked.inside(name)
		if _, there := object[name]; !there && wanted && !oneSided {
			v.add(at+"."+name, "it is required and not there")
		}
	}
}

// object3 is what a schema and all that it consists of say about an object.
type object3 struct {
	properties map[string]*schema3
	required   []string
	// open says that there may be other properties, further what they are; nil means anything.
	open    bool
	further *schema3
	// unmapped names a property that should tell which schema is meant and does not.
	unmapped string
}

// gather collects the properties of a schema. The object tells, by a discriminator, which of
// several schemas is meant; it is nil where only the names matter, and then those of all count.
func gather(s *schema3, object map[string]any) object3 {
	o := object3{properties: map[string]*schema3{}}
	o.add(s, object, map[*schema3]bool{})
	if len(o.properties) == 0 && o.further == nil {
		o.open = true // an object without any declared property may have any
	}
	return o
}

func (o *object3) add(s *schema3, object map[string]any, seen map[*schema3]bool) {
	if s = s.get(); s == nil || seen[s] {
		return
	}
	seen[s] = true
	for _, part := range s.AllOf {
		o.add(part, object, seen)
	}
	for name, property := range s.Names {
		o.properties[name] = joined(o.properties[name], property.get())
	}
	o.required = append(o.required, s.Required...)
	if s.open {
		o.open, o.further = true, s.further.get()
	}
	if object == nil {
		for _, part := range slices.Concat(s.OneOf, s.AnyOf) {
			o.add(part, nil, seen)
		}
	}
	o.follow(s, object, seen)
}

// joined is what two parts of a schema say of one property: objects have the properties of both,
// for everything else the later part counts.
func joined(first, second *schema3) *schema3 {
	if first == second || typeOf(first) != "object" || typeOf(second) != "object" {
		return second
	}
	return &schema3{AllOf: []*schema3{first, second}}
}

// follow adds the schema that a discriminator leads to.
func (o *object3) follow(s *schema3, object map[string]any, seen map[*schema3]bool) {
	if len(s.kinds) == 0 {
		return
	}
	if object == nil {
		for _, name := range sortedKeys(s.kinds) {
			o.add(s.kinds[name], nil, seen)
		}
		return
	}
	told, there := object[s.Kinds.Property]
	if !there {
		return
	}
	target := s.kinds[asText(told)]
	if target == nil {
		o.unmapped = s.Kinds.Property
		return
	}
	o.add(target, object, seen)
}

// property returns the schema of a property, nil if anything goes, and whether there is such
// a property.
func (o object3) property(name string) (*schema3, bool) {
	if s, ok := o.properties[name]; ok {
		return s, true
	}
	return o.further, o.open
}

// typeOf is the one type of a schema, empty where it has none or several.
func typeOf(s *schema3) string {
	if s = s.get(); s == nil {
		return ""
	}
	types := slices.DeleteFunc(slices.Clone(s.Type), func(t string) bool { return t == "null" })
	switch {
	case len(types) == 1:
		return types[0]
	case len(types) > 1:
		return ""
	case len(s.Names) > 0 || s.further != nil:
		return "object"
	}
	for _, part := range s.AllOf {
		if t := typeOf(part); t != "" {
			return t
		}
	}
	return ""
}

// nullable reports whether a value may be null: where the schema says so, and where it says
// nothing of the type at all.
func nullable(s *schema3) bool {
	if s = s.get(); s == nil {
		return true
	}
	if s.Nullable || slices.Contains(s.Type, "null") || slices.Contains(s.Type, "any") || slices.Contains(s.Enum, nil) {
		return true
	}
	alternatives := slices.Concat(s.OneOf, s.AnyOf)
	switch {
	case len(alternatives) > 0:
		return slices.ContainsFunc(alternatives, nullable)
	case len(s.AllOf) > 0:
		return !slices.ContainsFunc(s.AllOf, func(part *schema3) bool { return !nullable(part) })
	}
	return typeOf(s) == ""
}

// checkText3 checks a scalar in its textual form, in which parameters have all of theirs.
func checkText3(p *problems, at string, s *schema3, text string) {
	switch typeOf(s) {
	case "boolean":
		if text != "true" && text != "false" {
			p.add(at, "%q is neither true nor false", text)
		}
	case "integer", "number":
		checkNumber3(p, at, s, text)
	case "string":
		checkString3(p, at, s, text)
	}
	if len(s.Enum) == 0 {
		return
	}
	var listed []string
	for _, e := range s.Enum {
		listed = append(listed, fmt.Sprint(e))
	}
	if !slices.Contains(listed, text) {
		p.add(at, "%q is none of %s", text, strings.Join(listed, ", "))
	}
}

func checkNumber3(p *problems, at string, s *schema3, text string) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		p.add(at, "%q is no number", text)
		return
	}
	if typeOf(s) == "integer" {
		bits := 64
		if s.Format == "int32" {
			bits = 32
		}
		if _, err := strconv.ParseInt(text, 10, bits); err != nil {
			p.add(at, "%q is no integer of %d bits", text, bits)
			return
		}
	}
	if s.Minimum != nil && n < *s.Minimum || s.Maximum != nil && n > *s.Maximum {
		p.add(at, "%s is out of bounds", text)
	}
}

func checkString3(p *problems, at string, s *schema3, text string) {
	var err error
	switch s.Format {
	case "date-time":
		_, err = time.Parse(time.RFC3339Nano, text)
	case "date":
		_, err = time.Parse(time.DateOnly, text)
	case "byte":
		_, err = base64.StdEncoding.DecodeString(text)
	}
	if err != nil {
		p.add(at, "%q does not have the format %s", text, s.Format)
	}
	if n := utf8.RuneCountInString(text); n < s.MinLength || s.MaxLength != nil && n > *s.MaxLength {
		p.add(at, "it is %d characters long", n)
	}
	if s.pattern != nil && !s.pattern.MatchString(text) {
		p.add(at, "%q does not have the form %s", text, s.Pattern)
	}
}
