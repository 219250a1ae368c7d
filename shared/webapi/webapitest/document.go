// Package webapitest holds what an API answers against its own description.
package webapitest

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// Document is the description of an API, as far as [webapi.Describe] writes one.
type Document struct {
	OpenAPI string
	// Paths has the operations by path and method, in small letters.
	Paths      map[string]map[string]Operation
	Components struct{ Schemas map[string]Schema }
}

// Operation is one method of one path.
type Operation struct {
	OperationID string
	Summary     string
	Parameters  []struct {
		Name, In, Description string
		Required              bool
		Schema                Schema
	}
	RequestBody struct{ Content map[string]Media }
	Responses   map[string]struct{ Content map[string]Media }
}

// Media is what is sent or answered in one content type.
type Media struct{ Schema Schema }

// Schema is as much of a JSON schema as descriptions use.
type Schema struct {
	Ref        string `json:"$ref"`
	Type       any
	Properties map[string]Schema
	Required   []string
	Items      *Schema
	OneOf      []Schema
	// Additional is a schema, or false.
	Additional json.RawMessage `json:"additionalProperties"`
}

// Read reads a description. It fails the test where an operation has no summary or no name of its
// own, or a parameter is not described.
func Read(tb testing.TB, text []byte) *Document {
	tb.Helper()
	var d Document
	if err := json.Unmarshal(text, &d); err != nil {
		tb.Fatalf("read the description: %v", err)
	}
	ids := map[string]bool{}
	for path, methods := range d.Paths {
		for method, op := range methods {
			if op.Summary == "" || op.OperationID == "" || ids[op.OperationID] {
				tb.Errorf("%s %s: %+v", method, path, op)
			}
			ids[op.OperationID] = true
			for _, p := range op.Parameters {
				if p.Description == "" || p.Schema.Type == nil || p.In == "path" != strings.Contains(path, "{"+p.Name+"}") {
					tb.Errorf("%s %s: parameter %+v", method, path, p)
				}
			}
		}
	}
	return &d
}

// Answer fails the test where an answer of an operation is not as the description says: its status,
// its content type, and each of its lines, or where it is not a stream the whole of it.
func (d *Document) Answer(tb testing.TB, method, path string, w *httptest.ResponseRecorder) {
	tb.Helper()
	response, ok := d.Paths[path][strings.ToLower(method)].Responses[fmt.Sprint(w.Code)]
	media, typed := response.Content[w.Header().Get("Content-Type")]
	if !ok || !typed {
		tb.Errorf("%s %s answers %d as %q, which is not described", method, path, w.Code, w.Header().Get("Content-Type"))
		return
	}
	for line := range strings.Lines(strings.TrimSpace(w.Body.String())) {
		for _, problem := range d.Check(tb, media.Schema, line) {
			tb.Errorf("%s %s, %d: %s", method, path, w.Code, problem)
		}
	}
}

// Check returns where a text of JSON is not as a schema says.
func (d *Document) Check(tb testing.TB, s Schema, text string) []string {
	tb.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		tb.Fatalf("%v: %s", err, text)
	}
	return d.check(s, "", value)
}

func (d *Document) check(s Schema, at string, value any) []string {
	if s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	if len(s.OneOf) > 0 {
		fitting := 0
		for _, one := range s.OneOf {
			if len(d.check(one, at, value)) == 0 {
				fitting++
			}
		}
		if fitting != 1 {
			return []string{fmt.Sprintf("%s fits %d of %d forms", at, fitting, len(s.OneOf))}
		}
		return nil
	}
	var problems []string
	is := "null"
	switch v := value.(type) {
	case map[string]any:
		is = "object"
		problems = d.object(s, at, v)
	case []any:
		is = "array"
		for i, inner := range v {
			if s.Items != nil {
				problems = append(problems, d.check(*s.Items, fmt.Sprintf("%s[%d]", at, i), inner)...)
			}
		}
	case string:
		is = "string"
	case float64:
		is = "integer"
	case bool:
		is = "boolean"
	}
	if s.Type != is {
		return []string{fmt.Sprintf("%s is of type %s, not %v", at, is, s.Type)}
	}
	slices.Sort(problems)
	return problems
}

func (d *Document) object(s Schema, at string, v map[string]any) []string {
	var problems []string
	for name, inner := range v {
		if p, ok := s.Properties[name]; ok {
			problems = append(problems, d.check(p, at+"."+name, inner)...)
			continue
		}
		var further Schema
		if len(s.Additional) == 0 || json.Unmarshal(s.Additional, &further) != nil {
			problems = append(problems, fmt.Sprintf("%s.%s is not described", at, name))
			continue
		}
		problems = append(problems, d.check(further, at+"."+name, inner)...)
	}
	for _, name := range s.Required {
		if _, ok := v[name]; !ok {
			problems = append(problems, fmt.Sprintf("%s lacks %s", at, name))
		}
	}
	return problems
}
