package contract

import (
	"cmp"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// OpenAPI3 is the [Spec] of an API that has an OpenAPI document of version 3.
//
// It is stricter than the documents are: a field that the document does not list is a problem,
// unless the document says that there may be others. A misspelt name is what this package looks
// for, and by the letter most documents allow any.
type OpenAPI3 struct {
	options OpenAPI3Options
	routes  []route3 // those with more literal text first
}

// OpenAPI3Options say where a document is and what it leaves out.
type OpenAPI3Options struct {
	// Name stands before the names of operations: "looker" makes looker.all_users.
	Name string
	// File is the document in the folder of descriptions: "looker/Looker.4.0.oas.json".
	File string
	// Base is what stands before the document's paths, such as "/api/4.0". Empty means the path
	// of the first server that the document names.
	Base string
	// Fields names the query parameter that says which fields are wanted, in the form
	// a,b(c,d); empty where there is none.
	Fields string
	// Schemes are the authorization schemes that the API takes, such as Bearer and Basic; empty
	// means that requests are not authorized, or in another way.
	Schemes []string
	// Open are the operations that need no authorization.
	Open []string
}

// route3 is one operation with its place.
type route3 struct {
	name       string
	method     string
	pattern    *regexp.Regexp
	names      []string // of the path parameters, in the order of the groups
	literals   int
	parameters []*parameter3
	operation  *operation3
}

// LoadOpenAPI3 reads one document.
func LoadOpenAPI3(specs fs.FS, o OpenAPI3Options) (*OpenAPI3, error) {
	d, err := readDocument3(specs, o.File)
	if err != nil {
		return nil, err
	}
	base := o.Base
	if base == "" && len(d.Servers) > 0 {
		u, err := url.Parse(d.Servers[0].URL)
		if err != nil {
			return nil, fmt.Errorf("read OpenAPI document %s: %w", o.File, err)
		}
		base = u.Path
	}
	s := &OpenAPI3{options: o}
	for path, item := range d.Paths {
		for method, operation := range item.operations() {
			r, err := newRoute3(strings.TrimSuffix(base, "/")+path, method, item, operation)
			if err != nil {
				return nil, fmt.Errorf("read OpenAPI document %s: %s %s: %w", o.File, method, path, err)
			}
			r.name = o.Name + "." + cmp.Or(operation.ID, method+" "+path)
			s.routes = append(s.routes, r)
		}
	}
	if len(s.routes) == 0 {
		return nil, fmt.Errorf("read OpenAPI document %s: it has no operations", o.File)
	}
	slices.SortFunc(s.routes, func(a, b route3) int {
		return cmp.Or(cmp.Compare(b.literals, a.literals), cmp.Compare(a.name, b.name))
	})
	return s, nil
}

func newRoute3(path, method string, item path3, operation *operation3) (route3, error) {
	r := route3{method: method, operation: operation, literals: literals(path)}
	var err error
	r.pattern, r.names, err = compileTemplate(path)
	// What the operation says of a parameter replaces what its path says.
	for _, p := range slices.Concat(operation.Parameters, item.Parameters) {
		if r.parameter(p.In, p.Name) == nil {
			r.parameters = append(r.parameters, p)
		}
	}
	return r, err
}

// Operations returns the names of all operations that the document has, sorted.
func (s *OpenAPI3) Operations() []string {
	var out []string
	for _, r := range s.routes {
		out = append(out, r.name)
	}
	slices.Sort(out)
	return out
}

// Check implements [Spec].
func (s *OpenAPI3) Check(x *Exchange) (Checked, bool) {
	path := x.URL.EscapedPath()
	i := slices.IndexFunc(s.routes, func(r route3) bool { return r.method == x.Method && r.pattern.MatchString(path) })
	if i < 0 {
		return Checked{}, false
	}
	r := s.routes[i]
	c := Checked{Operation: r.name, Outcome: fmt.Sprint(x.Status), Accepted: x.Status >= 200 && x.Status < 300}
	asked, request := s.checkRequest(r, x)
	c.Request = request
	if x.Status != 0 {
		c.Answer = checkOpenAPI3Answer(r, x, asked)
	}
	return c, true
}

// Where parameters are.
const (
	inPath   = "path"
	inQuery  = "query"
	inHeader = "header"
)

func (r route3) parameter(in, name string) *parameter3 {
	for _, p := range r.parameters {
		if p.In == in && p.Name == name {
			return p
		}
	}
	return nil
}

// checkRequest holds what was sent against the operation. It returns the fields that were asked
// for.
func (s *OpenAPI3) checkRequest(r route3, x *Exchange) (mask, []Problem) {
	var p problems
	for i, value := range r.pattern.FindStringSubmatch(x.URL.EscapedPath())[1:] {
		text, err := url.PathUnescape(value)
		if err != nil {
			p.add("path."+r.names[i], "it cannot be read: %v", err)
			continue
		}
		if parameter := r.parameter(inPath, r.names[i]); parameter != nil {
			checkParameterText(&p, "path."+r.names[i], parameter, text)
		}
	}
	query, err := url.ParseQuery(x.URL.RawQuery)
	if err != nil {
		p.add("query", "it cannot be read: %v", err)
	}
	r.checkQuery(&p, query)
	for _, parameter := range r.parameters {
		if parameter.In == inHeader && parameter.Required && x.Header.Get(parameter.Name) == "" {
			p.add("header."+parameter.Name, "it is required and not there")
		}
	}
	s.checkAuthorization(&p, r, x)
	r.checkBody(&p, x)
	return s.checkFields(&p, r, query), p.list
}

func (s *OpenAPI3) checkAuthorization(p *problems, r route3, x *Exchange) {
	if len(s.options.Schemes) == 0 || slices.Contains(s.options.Open, strings.TrimPrefix(r.name, s.options.Name+".")) {
		return
	}
	scheme, secret, _ := strings.Cut(x.Header.Get("Authorization"), " ")
	known := slices.ContainsFunc(s.options.Schemes, func(known string) bool { return strings.EqualFold(known, scheme) })
	if !known || secret == "" {
		p.add("header.Authorization", "there is none of the scheme %s", strings.Join(s.options.Schemes, " or "))
	}
}

// checkFields holds the fields that are asked for against the answer that the operation
// describes.
func (s *OpenAPI3) checkFields(p *problems, r route3, query url.Values) mask {
	text := query.Get(s.options.Fields)
	if s.options.Fields == "" || text == "" {
		return nil
	}
	at := "query." + s.options.Fields
	asked, err := parseMask(text)
	if err != nil {
		p.add(at, "%v", err)
		return nil
	}
	success := jsonSchema(r.response(http.StatusOK))
	if success == nil {
		p.add(at, "there is nothing to select from")
		return asked
	}
	checkMask3(p, at, asked, success)
	return asked
}

func checkMask3(p *problems, at string, asked mask, s *schema3) {
	for s = s.get(); s != nil && s.Items != nil; {
		s = s.Items.get()
	}
	o := gather(s, nil)
	for _, name := range sortedKeys(asked) {
		property, known := o.property(name)
		switch {
		case !known:
			p.add(at, "it asks for %s, which is no field", name)
		case property != nil && asked[name] != nil:
			checkMask3(p, at, asked[name], property)
		}
	}
}

func (r route3) checkQuery(p *problems, query url.Values) {
	for _, name := range sortedKeys(query) {
		parameter, at := r.parameter(inQuery, name), "query."+name
		if parameter == nil {
			p.add(at, "the operation has no such parameter")
			continue
		}
		if len(query[name]) > 1 && !parameter.explodes() {
			p.add(at, "it is there %d times", len(query[name]))
		}
		for _, value := range query[name] {
			checkParameterText(p, at, parameter, value)
		}
	}
	for _, parameter := range r.parameters {
		if parameter.In == inQuery && parameter.Required && !query.Has(parameter.Name) {
			p.add("query."+parameter.Name, "it is required and not there")
		}
	}
}

// explodes reports whether a list is written as one parameter for each item, which is usual,
// and not as one text with commas.
func (p *parameter3) explodes() bool { return p.isList() && (p.Explode == nil || *p.Explode) }

func (p *parameter3) isList() bool { return p.Schema != nil && typeOf(p.Schema) == "array" }

func checkParameterText(p *problems, at string, parameter *parameter3, text string) {
	s, items := parameter.Schema.get(), []string{text}
	if parameter.isList() {
		if !parameter.explodes() {
			items = strings.Split(text, ",")
		}
		s = s.Items.get()
	}
	if s == nil {
		return
	}
	for _, item := range items {
		checkText3(p, at, s, item)
	}
}

func (r route3) checkBody(p *problems, x *Exchange) {
	described := r.operation.RequestBody
	if described == nil {
		if len(x.Body) > 0 {
			p.add("body", "the operation takes none")
		}
		return
	}
	if len(x.Body) == 0 {
		if described.Required {
			p.add("body", "it is required and not there")
		}
		return
	}
	kind := mediaType(x.Header)
	media, ok := described.Content[kind]
	if !ok {
		p.add("header.Content-Type", "the operation does not take %q", kind)
		return
	}
	if kind != "application/json" || media.Schema == nil {
		return
	}
	body, err := decode(x.Body)
	if err != nil {
		p.add("body", "%v", err)
		return
	}
	v := &visit3{problems: p, request: true}
	v.value("body", media.Schema, body, nil)
}

// response returns what the operation says of an answer with that status, or nil.
func (r route3) response(status int) *response3 {
	for _, key := range []string{fmt.Sprint(status), fmt.Sprintf("%dXX", status/100), "default"} {
		if response := r.operation.Responses[key]; response != nil {
			return response
		}
	}
	return nil
}

// jsonSchema is the schema of an answer in JSON, or nil.
func jsonSchema(response *response3) *schema3 {
	if response == nil {
		return nil
	}
	return response.Content["application/json"].Schema
}

func checkOpenAPI3Answer(r route3, x *Exchange, asked mask) []Problem {
	var p problems
	response := r.response(x.Status)
	s := jsonSchema(response)
	switch {
	case response == nil:
		p.add("status", "%d is no answer of this operation", x.Status)
	case x.Status == http.StatusNoContent:
		// Some documents give it the type of an empty text.
		if len(x.Answer) > 0 {
			p.add("answer", "there are %d bytes in an answer without content", len(x.Answer))
		}
	case s == nil:
		// The document does not say what it looks like.
	case mediaType(x.AnswerHeader) != "application/json":
		p.add("header.Content-Type", "%q, and the answer is JSON", mediaType(x.AnswerHeader))
	default:
		body, err := decode(x.Answer)
		if err != nil {
			p.add("answer", "%v", err)
			break
		}
		if x.Status >= 300 {
			asked = nil // a refusal is not selected from
		}
		(&visit3{problems: &p}).value("answer", s, body, asked)
	}
	return p.list
}
