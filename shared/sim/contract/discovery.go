package contract

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// discovery is one of Google's discovery documents.
// https://developers.google.com/discovery/v1/reference/apis
type discovery struct {
	RootURL     string              `json:"rootUrl"`
	ServicePath string              `json:"servicePath"`
	Parameters  map[string]*schema  `json:"parameters"`
	Schemas     map[string]*schema  `json:"schemas"`
	Resources   map[string]resource `json:"resources"`
	Methods     map[string]*method  `json:"methods"`

	host    string
	methods []*method // with those of all resources, longest path first
}

type resource struct {
	Resources map[string]resource `json:"resources"`
	Methods   map[string]*method  `json:"methods"`
}

// method is one method of an API.
type method struct {
	ID         string             `json:"id"`
	HTTPMethod string             `json:"httpMethod"`
	Path       string             `json:"path"`
	FlatPath   string             `json:"flatPath"`
	Parameters map[string]*schema `json:"parameters"`
	Request    *schema            `json:"request"`
	Response   *schema            `json:"response"`
	Scopes     []string           `json:"scopes"`

	document *discovery
	flat     *regexp.Regexp // of FlatPath, which tells methods apart
	path     *regexp.Regexp // of Path, whose groups are the path parameters
	names    []string       // of the path parameters, in the order of the groups
}

// schema is a type in a discovery document; parameters have the same form.
type schema struct {
	Ref                  string             `json:"$ref"`
	Type                 string             `json:"type"`
	Format               string             `json:"format"`
	Pattern              string             `json:"pattern"`
	Enum                 []string           `json:"enum"`
	Default              string             `json:"default"`
	Minimum              string             `json:"minimum"`
	Maximum              string             `json:"maximum"`
	Properties           map[string]*schema `json:"properties"`
	AdditionalProperties *schema            `json:"additionalProperties"`
	Items                *schema            `json:"items"`
	ReadOnly             bool               `json:"readOnly"`
	Required             bool               `json:"required"`
	Repeated             bool               `json:"repeated"`
	Location             string             `json:"location"`
	Annotations          struct {
		Required []string `json:"required"` // ids of the methods that need the property
	} `json:"annotations"`

	pattern *regexp.Regexp
}

func readDiscovery(specs fs.FS, name string) (*discovery, error) {
	path := "google/" + name + ".json"
	data, err := fs.ReadFile(specs, path)
	if err != nil {
		return nil, fmt.Errorf("read discovery document: %w", err)
	}
	return parseDiscovery(path, data)
}

func parseDiscovery(path string, data []byte) (*discovery, error) {
	d := &discovery{}
	if err := json.Unmarshal(data, d); err != nil {
		return nil, fmt.Errorf("read discovery document %s: %w", path, err)
	}
	if err := d.prepare(); err != nil {
		return nil, fmt.Errorf("read discovery document %s: %w", path, err)
	}
	return d, nil
}

// prepare compiles paths and patterns and checks that every reference leads somewhere, so
// that nothing can go unchecked for want of a type.
func (d *discovery) prepare() error {
	root, err := url.Parse(d.RootURL)
	if err != nil {
		return err
	}
	d.host = root.Host
	for name, s := range d.Schemas {
		if err := d.prepareSchema(s); err != nil {
			return fmt.Errorf("schema %s: %w", name, err)
		}
	}
	for name, p := range d.Parameters {
		if err := d.prepareSchema(p); err != nil {
			return fmt.Errorf("parameter %s: %w", name, err)
		}
	}
	if err := d.collect(resource{Resources: d.Resources, Methods: d.Methods}); err != nil {
		return err
	}
	if len(d.methods) == 0 {
		return fmt.Errorf("it has no methods")
	}
	slices.SortFunc(d.methods, func(a, b *method) int {
		return cmp.Or(cmp.Compare(literals(b.flatPath()), literals(a.flatPath())), cmp.Compare(a.ID, b.ID))
	})
	return nil
}

func (d *discovery) collect(r resource) error {
	for _, m := range r.Methods {
		m.document = d
		base := "/" + d.ServicePath
		var err error
		if m.flat, _, err = compileTemplate(base + m.flatPath()); err != nil {
			return fmt.Errorf("method %s: %w", m.ID, err)
		}
		if m.path, m.names, err = compileTemplate(base + m.Path); err != nil {
			return fmt.Errorf("method %s: %w", m.ID, err)
		}
		for name, p := range m.Parameters {
			if err := d.prepareSchema(p); err != nil {
				return fmt.Errorf("method %s: parameter %s: %w", m.ID, name, err)
			}
		}
		for _, s := range []*schema{m.Request, m.Response} {
			if err := d.prepareSchema(s); err != nil {
				return fmt.Errorf("method %s: %w", m.ID, err)
			}
		}
		d.methods = append(d.methods, m)
	}
	for _, inner := range r.Resources {
		if err := d.collect(inner); err != nil {
			return err
		}
	}
	return nil
}

func (d *discovery) prepareSchema(s *schema) error {
	if s == nil {
		return nil
	}
	if s.Ref != "" && d.Schemas[s.Ref] == nil {
		return fmt.Errorf("there is no schema %s", s.Ref)
	}
	if s.Pattern != "" {
		var err error
		// Some patterns have anchors and some do not; Google holds the whole value against all.
		if s.pattern, err = regexp.Compile("^(?:" + s.Pattern + ")$"); err != nil {
			return err
		}
	}
	for name, p := range s.Properties {
		if err := d.prepareSchema(p); err != nil {
			return fmt.Errorf("property %s: %w", name, err)
		}
	}
	if err := d.prepareSchema(s.Items); err != nil {
		return err
	}
	return d.prepareSchema(s.AdditionalProperties)
}

// resolve follows a reference.
func (d *discovery) resolve(s *schema) *schema {
	if s != nil && s.Ref != "" {
		return d.Schemas[s.Ref]
	}
	return s
}

// flatPath is the path with one name for each segment. Older documents have it only as path.
func (m *method) flatPath() string { return cmp.Or(m.FlatPath, m.Path) }

// literals counts what a path has besides its parameters: of two paths that match, the one
// with more of it is meant.
func literals(path string) int { return len(placeholder.ReplaceAllString(path, "")) }

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// compileTemplate turns a path with {one} segment or {+several} into a pattern for escaped
// paths, and returns the names in their order.
func compileTemplate(template string) (*regexp.Regexp, []string, error) {
	var b strings.Builder
	var names []string
	b.WriteString("^")
	for rest := template; ; {
		at := placeholder.FindStringIndex(rest)
		if at == nil {
			b.WriteString(regexp.QuoteMeta(rest) + "$")
			break
		}
		b.WriteString(regexp.QuoteMeta(rest[:at[0]]))
		name, several := strings.CutPrefix(rest[at[0]+1:at[1]-1], "+")
		names = append(names, name)
		if several {
			b.WriteString("(.+)")
		} else {
			b.WriteString("([^/]+)")
		}
		rest = rest[at[1]:]
	}
	re, err := regexp.Compile(b.String())
	return re, names, err
}

// find returns the method that a request asks for.
func (d *discovery) find(x *Exchange) *method {
	for _, m := range d.methods {
		if m.HTTPMethod == x.Method && m.flat.MatchString(x.URL.EscapedPath()) {
			return m
		}
	}
	return nil
}
