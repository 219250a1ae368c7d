package webapi

import (
	"reflect"
	"strings"
	"time"
)

// Object is a piece of a description: an object of JSON.
type Object = map[string]any

// Schematic is a type that says itself how it looks in JSON, because it writes or reads itself.
type Schematic interface{ Schema() Object }

// SchemaOf returns the JSON schema of a type as encoding/json writes it.
func SchemaOf(t reflect.Type) Object {
	if s, ok := reflect.Zero(t).Interface().(Schematic); ok {
		return s.Schema()
	}
	switch {
	case t == reflect.TypeFor[time.Time]():
		return Object{"type": "string", "format": "date-time"}
	case t.Kind() == reflect.Pointer:
		return SchemaOf(t.Elem())
	}
	switch t.Kind() {
	case reflect.String:
		return Object{"type": "string"}
	case reflect.Bool:
		return Object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return Object{"type": "integer"}
	case reflect.Slice:
		return Object{"type": "array", "items": SchemaOf(t.Elem())}
	case reflect.Map:
		return Object{"type": "object", "additionalProperties": SchemaOf(t.Elem())}
	case reflect.Struct:
	default:
		return Object{}
	}
	properties, required := Object{}, []string{}
	for f := range fields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		properties[name] = SchemaOf(f.Type)
		if !strings.Contains(options, "omit") {
			required = append(required, name)
		}
	}
	return Object{"type": "object", "properties": properties, "required": required}
}

// fields visits the exported fields of a struct.
func fields(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && !yield(f) {
				return
			}
		}
	}
}
