package groupapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// The description names every path, and every answer is as the description says.
func TestTheDescriptionIsTrue(t *testing.T) {
	d := open(t)
	d.company(t)
	w := d.ask("", "/v1/openapi.json") // it holds nothing of the company
	var document struct {
		OpenAPI    string
		Paths      map[string]map[string]operation
		Components struct{ Schemas map[string]schema }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &document); err != nil || w.Code != http.StatusOK {
		t.Fatalf("status %d: %v", w.Code, err)
	}
	if document.OpenAPI != "3.1.0" || len(document.Paths) != 8 {
		t.Errorf("OpenAPI %q with %d paths", document.OpenAPI, len(document.Paths))
	}
	ids := map[string]bool{}
	for path, methods := range document.Paths {
		op, ok := methods["get"]
		if !ok || op.Summary == "" || ids[op.OperationID] {
			t.Errorf("%s: %+v", path, op)
		}
		ids[op.OperationID] = true
		for _, p := range op.Parameters {
			if p.Description == "" || p.Schema.Type == nil || p.In == "path" != strings.Contains(path, "{"+p.Name+"}") {
				t.Errorf("%s: parameter %+v", path, p)
			}
		}
		url := strings.NewReplacer("{group}", "g1", "{person}", "ken").Replace(path)
		answer := d.ask(all, url)
		content, ok := op.Responses[fmt.Sprint(answer.Code)]
		if !ok {
			t.Errorf("%s answers %d, which is not described", path, answer.Code)
			continue
		}
		for kind, media := range content.Content {
			if got := answer.Header().Get("Content-Type"); got != kind {
				t.Errorf("%s answers %q, described is %q", path, got, kind)
			}
			if media.Schema.Ref != "" {
				media.Schema = document.Components.Schemas[strings.TrimPrefix(media.Schema.Ref, "#/components/schemas/")]
			}
			for line := range strings.Lines(strings.TrimSpace(answer.Body.String())) {
				var value any
				if err := json.Unmarshal([]byte(line), &value); err != nil {
					t.Fatalf("%s: %v", path, err)
				}
				for _, problem := range media.Schema.check("", value) {
					t.Errorf("%s: %s", path, problem)
				}
			}
		}
	}
}

type operation struct {
	OperationID string
	Summary     string
	Parameters  []struct {
		Name, In, Description string
		Schema                schema
	}
	Responses map[string]struct {
		Content map[string]struct{ Schema schema }
	}
}

// schema is as much of a JSON schema as the description uses.
type schema struct {
	Ref        string `json:"$ref"`
	Type       any
	Properties map[string]schema
	Required   []string
	Items      *schema
	Additional *schema `json:"additionalProperties"`
}

// check returns where a value is not as the schema says.
func (s schema) check(at string, value any) []string {
	var problems []string
	switch v := value.(type) {
	case map[string]any:
		if s.Type != "object" {
			return []string{fmt.Sprintf("%s is an object, not %v", at, s.Type)}
		}
		for name, inner := range v {
			if p, ok := s.Properties[name]; ok {
				problems = append(problems, p.check(at+"."+name, inner)...)
			} else if s.Additional == nil {
				problems = append(problems, fmt.Sprintf("%s.%s is not described", at, name))
			}
		}
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				problems = append(problems, fmt.Sprintf("%s lacks %s", at, name))
			}
		}
	case []any:
		if s.Type != "array" || s.Items == nil {
			return []string{fmt.Sprintf("%s is a list, not %v", at, s.Type)}
		}
		for i, inner := range v {
			problems = append(problems, s.Items.check(fmt.Sprintf("%s[%d]", at, i), inner)...)
		}
	case string:
		if s.Type != "string" {
			problems = append(problems, fmt.Sprintf("%s is a text, not %v", at, s.Type))
		}
	case float64:
		if s.Type != "integer" {
			problems = append(problems, fmt.Sprintf("%s is a number, not %v", at, s.Type))
		}
	case bool:
		if s.Type != "boolean" {
			problems = append(problems, fmt.Sprintf("%s is true or false, not %v", at, s.Type))
		}
	}
	slices.Sort(problems)
	return problems
}
