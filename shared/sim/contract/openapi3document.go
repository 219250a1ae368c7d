package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// document3 is an OpenAPI document of version 3, as far as it is judged by.
// https://spec.openapis.org/oas/v3.0.4.html
type document3 struct {
	Servers []struct {
		URL string `json:"url"`
	} `json:"servers"`
	Paths      map[string]path3 `json:"paths"`
	Components struct {
		Schemas       map[string]*schema3    `json:"schemas"`
		Parameters    map[string]*parameter3 `json:"parameters"`
		RequestBodies map[string]*body3      `json:"requestBodies"`
		Responses     map[string]*response3  `json:"responses"`
	} `json:"components"`
}

// path3 is one path with its operations.
type path3 struct {
	Parameters []*parameter3 `json:"parameters"`
	Get        *operation3   `json:"get"`
	Put        *operation3   `json:"put"`
	Post       *operation3   `json:"post"`
	Delete     *operation3   `json:"delete"`
	Patch      *operation3   `json:"patch"`
	Head       *operation3   `json:"head"`
}

type operation3 struct {
	ID          string                `json:"operationId"`
	Parameters  []*parameter3         `json:"parameters"`
	RequestBody *body3                `json:"requestBody"`
	Responses   map[string]*response3 `json:"responses"`
}

type parameter3 struct {
	Ref      string   `json:"$ref"`
	Name     string   `json:"name"`
	In       string   `json:"in"`
	Required bool     `json:"required"`
	Explode  *bool    `json:"explode"`
	Schema   *schema3 `json:"schema"`
}

type body3 struct {
	Ref      string            `json:"$ref"`
	Required bool              `json:"required"`
	Content  map[string]media3 `json:"content"`
}

type response3 struct {
	Ref     string            `json:"$ref"`
	Content map[string]media3 `json:"content"`
}

type media3 struct {
	Schema *schema3 `json:"schema"`
}

// schema3 is a schema. One with a reference has nothing else; [schema3.get] follows it.
type schema3 struct {
	Ref       string              `json:"$ref"`
	Type      typeNames           `json:"type"`
	Format    string              `json:"format"`
	Pattern   string              `json:"pattern"`
	Enum      []any               `json:"enum"`
	Nullable  bool                `json:"nullable"`
	ReadOnly  bool                `json:"readOnly"`
	WriteOnly bool                `json:"writeOnly"`
	Required  []string            `json:"required"`
	Items     *schema3            `json:"items"`
	AllOf     []*schema3          `json:"allOf"`
	OneOf     []*schema3          `json:"oneOf"`
	AnyOf     []*schema3          `json:"anyOf"`
	Minimum   *float64            `json:"minimum"`
	Maximum   *float64            `json:"maximum"`
	MinLength int                 `json:"minLength"`
	MaxLength *int                `json:"maxLength"`
	MinItems  int                 `json:"minItems"`
	MaxItems  *int                `json:"maxItems"`
	Names     map[string]*schema3 `json:"properties"`
	// Others is true, false, or the schema of properties that have no name here.
	Others json.RawMessage `json:"additionalProperties"`
	// Kinds tells, by the value of a property, which schema is meant.
	Kinds *struct {
		Property string            `json:"propertyName"`
		Mapping  map[string]string `json:"mapping"`
	} `json:"discriminator"`

	target  *schema3            // where the reference leads
	kinds   map[string]*schema3 // where the mapping leads
	open    bool                // there may be other properties
	further *schema3            // what they are; nil means anything
	pattern *regexp.Regexp      // nil also for a pattern in a dialect that is not Go's
}

// get follows references. It may be called on nil.
func (s *schema3) get() *schema3 {
	for s != nil && s.target != nil {
		s = s.target
	}
	return s
}

// readDocument3 reads a document and makes sure that every reference in it leads somewhere.
func readDocument3(specs fs.FS, file string) (*document3, error) {
	data, err := fs.ReadFile(specs, file)
	if err != nil {
		return nil, fmt.Errorf("read OpenAPI document: %w", err)
	}
	d := &document3{}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // in enums
	if err := decoder.Decode(d); err != nil {
		return nil, fmt.Errorf("read OpenAPI document %s: %w", file, err)
	}
	if err := d.prepare(); err != nil {
		return nil, fmt.Errorf("read OpenAPI document %s: %w", file, err)
	}
	return d, nil
}

func (d *document3) prepare() error {
	for _, name := range sortedKeys(d.Components.Schemas) {
		if err := d.prepareSchema(d.Components.Schemas[name]); err != nil {
			return fmt.Errorf("schema %s: %w", name, err)
		}
	}
	for _, path := range sortedKeys(d.Paths) {
		item := d.Paths[path]
		if err := d.prepareParameters(item.Parameters); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for method, o := range item.operations() {
			if err := d.prepareOperation(o); err != nil {
				return fmt.Errorf("%s %s: %w", method, path, err)
			}
		}
	}
	return nil
}

// operations are those of a path by their methods.
func (p path3) operations() map[string]*operation3 {
	all := map[string]*operation3{"GET": p.Get, "PUT": p.Put, "POST": p.Post, "DELETE": p.Delete, "PATCH": p.Patch, "HEAD": p.Head}
	for method, o := range all {
		if o == nil {
			delete(all, method)
		}
	}
	return all
}

func (d *document3) prepareOperation(o *operation3) error {
	if err := d.prepareParameters(o.Parameters); err != nil {
		return err
	}
	if err := follow3(&o.RequestBody, d.Components.RequestBodies, func(b *body3) string { return b.Ref }); err != nil {
		return err
	}
	if o.RequestBody != nil {
		if err := d.prepareContent(o.RequestBody.Content); err != nil {
			return err
		}
	}
	for status, r := range o.Responses {
		if err := follow3(&r, d.Components.Responses, func(r *response3) string { return r.Ref }); err != nil {
			return err
		}
		o.Responses[status] = r
		if r == nil {
			continue
		}
		if err := d.prepareContent(r.Content); err != nil {
			return fmt.Errorf("answer %s: %w", status, err)
		}
	}
	return nil
}

func (d *document3) prepareContent(content map[string]media3) error {
	for kind, m := range content {
		if err := d.prepareSchema(m.Schema); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}

func (d *document3) prepareParameters(list []*parameter3) error {
	for i := range list {
		if err := follow3(&list[i], d.Components.Parameters, func(p *parameter3) string { return p.Ref }); err != nil {
			return err
		}
		if list[i] == nil {
			return errors.New("a parameter is null")
		}
		if err := d.prepareSchema(list[i].Schema); err != nil {
			return fmt.Errorf("parameter %s: %w", list[i].Name, err)
		}
	}
	return nil
}

// follow3 replaces a reference by what it leads to.
func follow3[T any](at **T, components map[string]*T, ref func(*T) string) error {
	for range 10 { // more than any chain of references has
		if *at == nil || ref(*at) == "" {
			return nil
		}
		next := components[refName3(ref(*at))]
		if next == nil {
			return fmt.Errorf("%s leads nowhere", ref(*at))
		}
		*at = next
	}
	return errors.New("references go round in a circle")
}

// prepareSchema resolves what is written at this place; what references lead to is prepared
// where it is written.
func (d *document3) prepareSchema(s *schema3) error {
	if s == nil {
		return nil
	}
	if s.Ref != "" {
		if s.target = d.Components.Schemas[refName3(s.Ref)]; s.target == nil {
			return fmt.Errorf("%s leads nowhere", s.Ref)
		}
		return nil
	}
	if err := s.prepareOthers(); err != nil {
		return err
	}
	if s.Pattern != "" {
		s.pattern, _ = regexp.Compile(s.Pattern)
	}
	if s.Kinds != nil {
		s.kinds = map[string]*schema3{}
		for told, ref := range s.Kinds.Mapping {
			if s.kinds[told] = d.Components.Schemas[refName3(ref)]; s.kinds[told] == nil {
				return fmt.Errorf("%s leads nowhere", ref)
			}
		}
	}
	for name, inner := range s.Names {
		if err := d.prepareSchema(inner); err != nil {
			return fmt.Errorf("property %s: %w", name, err)
		}
	}
	for _, inner := range slices.Concat(s.AllOf, s.OneOf, s.AnyOf, []*schema3{s.Items, s.further}) {
		if err := d.prepareSchema(inner); err != nil {
			return err
		}
	}
	return nil
}

// prepareOthers reads additionalProperties.
func (s *schema3) prepareOthers() error {
	switch text := string(bytes.TrimSpace(s.Others)); text {
	case "", "false":
		return nil
	case "true", "{}":
		s.open = true
		return nil
	}
	s.open, s.further = true, &schema3{}
	decoder := json.NewDecoder(bytes.NewReader(s.Others))
	decoder.UseNumber()
	if err := decoder.Decode(s.further); err != nil {
		return fmt.Errorf("additionalProperties: %w", err)
	}
	return nil
}

// refName3 is the last step of a reference such as #/components/schemas/User, or a name alone.
func refName3(ref string) string {
	name := ref[strings.LastIndex(ref, "/")+1:]
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
}
