package contract

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// openAPI is Slack's OpenAPI document (version 2, which was called Swagger). It writes
// alternatives in a way of its own: as a list under items, without a type.
type openAPI struct {
	Definitions map[string]*swagger                    `json:"definitions"`
	Paths       map[string]map[string]openAPIOperation `json:"paths"`

	methods map[string]*openAPIMethod
}

type openAPIOperation struct {
	Parameters []struct {
		Name     string `json:"name"`
		Type     string `json:"type"`
		Required bool   `json:"required"`
	} `json:"parameters"`
	Responses map[string]struct {
		Schema *swagger `json:"schema"`
	} `json:"responses"`
}

// openAPIMethod is one method of the Web API.
type openAPIMethod struct {
	operation openAPIOperation
	success   *swagger
	errors    []string
}

// typeNames is the type of a schema: one name, or several of which any will do.
type typeNames []string

// UnmarshalJSON reads one name or a list.
func (t *typeNames) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*t = typeNames{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(t))
}

// swagger is a schema of the document.
type swagger struct {
	Ref        string              `json:"$ref"`
	Type       typeNames           `json:"type"`
	Pattern    string              `json:"pattern"`
	Enum       []any               `json:"enum"`
	Required   []string            `json:"required"`
	Properties map[string]*swagger `json:"properties"`
	// Open says whether there may be other properties; the absent value says yes.
	Open any `json:"additionalProperties"`
	// RawItems is one schema, or a list of alternatives.
	RawItems json.RawMessage `json:"items"`

	items        *swagger
	alternatives []*swagger
	pattern      *regexp.Regexp
}

func readOpenAPI(specs fs.FS, file string) (*openAPI, error) {
	data, err := fs.ReadFile(specs, file)
	if err != nil {
		return nil, fmt.Errorf("read OpenAPI document: %w", err)
	}
	d := &openAPI{methods: map[string]*openAPIMethod{}}
	if err := json.Unmarshal(data, d); err != nil {
		return nil, fmt.Errorf("read OpenAPI document %s: %w", file, err)
	}
	for name, s := range d.Definitions {
		if err := d.prepare(s); err != nil {
			return nil, fmt.Errorf("read OpenAPI document %s: %s: %w", file, name, err)
		}
	}
	for path, verbs := range d.Paths {
		for _, o := range verbs {
			m := &openAPIMethod{operation: o, success: o.Responses["200"].Schema}
			if failure := o.Responses["default"].Schema; failure != nil && failure.Properties["error"] != nil {
				for _, e := range failure.Properties["error"].Enum {
					m.errors = append(m.errors, fmt.Sprint(e))
				}
			}
			if err := d.prepare(m.success); err != nil {
				return nil, fmt.Errorf("read OpenAPI document %s: %s: %w", file, path, err)
			}
			d.methods[strings.TrimPrefix(path, "/")] = m
		}
	}
	return d, nil
}

func (d *openAPI) prepare(s *swagger) error {
	if s == nil {
		return nil
	}
	if s.Ref != "" && d.Definitions[refName(s.Ref)] == nil {
		return fmt.Errorf("there is no definition %s", s.Ref)
	}
	if s.Pattern != "" {
		var err error
		if s.pattern, err = regexp.Compile(s.Pattern); err != nil {
			return err
		}
	}
	if len(s.RawItems) > 0 && s.RawItems[0] == '[' {
		var list []*swagger
		if err := json.Unmarshal(s.RawItems, &list); err != nil {
			return err
		}
		if slices.Contains(s.Type, "array") {
			s.items = &swagger{alternatives: list}
		} else {
			s.alternatives = list
		}
	} else if len(s.RawItems) > 0 {
		if err := json.Unmarshal(s.RawItems, &s.items); err != nil {
			return err
		}
		// Alternatives of which there is only one.
		if len(s.Type) == 0 {
			s.items, s.alternatives = nil, []*swagger{s.items}
		}
	}
	for _, inner := range s.Properties {
		if err := d.prepare(inner); err != nil {
			return err
		}
	}
	if s.items != nil {
		if err := d.prepare(s.items); err != nil {
			return err
		}
	}
	for _, inner := range s.alternatives {
		if err := d.prepare(inner); err != nil {
			return err
		}
	}
	return nil
}

func refName(ref string) string { return strings.TrimPrefix(ref, "#/definitions/") }

func (d *openAPI) resolve(s *swagger) *swagger {
	for s != nil && s.Ref != "" {
		s = d.Definitions[refName(s.Ref)]
	}
	return s
}

// asPage puts what the document says of a method into the form of the reference.
func (m *openAPIMethod) asPage() *slackMethod {
	page := &slackMethod{Args: map[string]slackArg{}, Errors: map[string]any{}}
	for _, a := range m.operation.Parameters {
		page.Args[a.Name] = slackArg{Required: a.Required && a.Name != "token", Type: a.Type}
	}
	for _, code := range m.errors {
		page.Errors[code] = true
	}
	return page
}
