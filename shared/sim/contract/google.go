package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Google is the [Spec] of APIs of Google that have a discovery document.
type Google struct {
	// Scopes returns the OAuth scopes of a bearer token, and whether there is such a token.
	// Where it is nil, scopes are not looked at.
	Scopes func(token string) ([]string, bool)

	documents []*discovery
}

// LoadGoogle reads discovery documents by their names in the folder google, such as
// admin.directory.v1.admin.
func LoadGoogle(specs fs.FS, names ...string) (*Google, error) {
	g := &Google{}
	for _, name := range names {
		d, err := readDiscovery(specs, name)
		if err != nil {
			return nil, err
		}
		g.documents = append(g.documents, d)
	}
	return g, nil
}

// Check implements [Spec].
func (g *Google) Check(x *Exchange) (Checked, bool) {
	for _, d := range g.documents {
		m := d.find(x)
		if m == nil {
			continue
		}
		c := Checked{
			Operation: m.ID, Outcome: fmt.Sprint(x.Status), Accepted: x.Status >= 200 && x.Status < 300,
			Request: g.checkRequest(m, x),
		}
		if x.Status != 0 {
			c.Answer = append(checkAnswer(m, x), g.checkScopes(m, x)...)
		}
		if !c.Accepted && x.Status != 0 {
			c.Outcome = strings.TrimSpace(c.Outcome + " " + reasonOf(x.Answer))
		}
		return c, true
	}
	return Checked{}, false
}

// checkRequest holds what was sent against the method.
func (g *Google) checkRequest(m *method, x *Exchange) []Problem {
	var p problems
	if host := x.URL.Host; strings.HasSuffix(host, ".googleapis.com") && host != m.document.host {
		p.add("host", "%s, and the API is at %s", host, m.document.host)
	}
	m.checkPath(&p, x.URL)
	query, err := url.ParseQuery(x.URL.RawQuery)
	if err != nil {
		p.add("query", "it cannot be read: %v", err)
	}
	m.checkQuery(&p, query)
	if bearer(x) == "" && query.Get("access_token") == "" && query.Get("oauth_token") == "" {
		p.add("header.Authorization", "there is no bearer token")
	}
	m.checkBody(&p, x)
	return p.list
}

func (m *method) checkPath(p *problems, u *url.URL) {
	values := m.path.FindStringSubmatch(u.EscapedPath())
	if values == nil {
		p.add("path", "it does not have the form %s", m.Path)
		return
	}
	for i, name := range m.names {
		value, err := url.PathUnescape(values[i+1])
		if err != nil {
			p.add("path."+name, "it cannot be read: %v", err)
			continue
		}
		if s := m.Parameters[name]; s != nil {
			s.checkText(p, "path."+name, value)
		}
	}
}

func (m *method) checkQuery(p *problems, query url.Values) {
	for _, name := range sortedKeys(query) {
		s := m.Parameters[name]
		if s == nil || s.Location == "path" {
			s = m.document.Parameters[name]
		}
		at := "query." + name
		if s == nil {
			p.add(at, "the method has no such parameter")
			continue
		}
		if len(query[name]) > 1 && !s.Repeated {
			p.add(at, "it is there %d times", len(query[name]))
		}
		for _, value := range query[name] {
			if value != "" || s.Type != "string" { // empty text is the same as none
				s.checkText(p, at, value)
			}
		}
	}
	for _, name := range sortedKeys(m.Parameters) {
		if s := m.Parameters[name]; s.Required && s.Location == "query" && !query.Has(name) {
			p.add("query."+name, "it is required and not there")
		}
	}
	if mask := query.Get("fields"); mask != "" {
		sel, err := parseMask(mask)
		if err != nil {
			p.add("query.fields", "%v", err)
			return
		}
		sel.check(p, m.document, m.Response, "query.fields")
	}
}

func (m *method) checkBody(p *problems, x *Exchange) {
	if m.Request == nil {
		if len(x.Body) > 0 {
			p.add("body", "the method takes none")
		}
		return
	}
	if kind := mediaType(x.Header); kind != "application/json" {
		p.add("header.Content-Type", "%q, and the body is JSON", kind)
	}
	body, err := decode(x.Body)
	if err != nil {
		p.add("body", "%v", err)
		return
	}
	v := &visit{problems: p, document: m.document, method: m, request: true}
	v.value("body", m.Request, body, nil)
}

// checkScopes holds what was answered against the scopes of the token.
func (g *Google) checkScopes(m *method, x *Exchange) []Problem {
	if g.Scopes == nil {
		return nil
	}
	var p problems
	scopes, known := g.Scopes(bearer(x))
	enough := slices.ContainsFunc(m.Scopes, func(s string) bool { return slices.Contains(scopes, s) })
	lacking := x.Status == http.StatusForbidden && reasonOf(x.Answer) == "insufficientPermissions"
	switch {
	case x.Status < 300 && !known:
		p.add("scopes", "accepted with a token that does not exist")
	case x.Status < 300 && !enough:
		p.add("scopes", "accepted with %v, and one of %v is needed", scopes, m.Scopes)
	case lacking && enough:
		p.add("scopes", "refused with %v, and one of %v is enough", scopes, m.Scopes)
	}
	return p.list
}

func bearer(x *Exchange) string {
	scheme, token, _ := strings.Cut(x.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}

// checkAnswer holds what came back against the method.
func checkAnswer(m *method, x *Exchange) []Problem {
	var p problems
	alt := x.URL.Query().Get("alt")
	switch {
	case x.Status >= 400:
		checkError(&p, m, x)
	case x.Status >= 300 || x.Status < 200:
		p.add("status", "%d is no answer of this API", x.Status)
	case m.Response == nil:
		if len(x.Answer) > 0 {
			p.add("answer", "the method answers nothing, and there are %d bytes", len(x.Answer))
		}
		if x.Status != http.StatusNoContent {
			p.add("status", "%d for an answer without content", x.Status)
		}
	case alt == "atom" || m.document.atom() && alt == "":
		checkAtom(&p, m, x)
	case alt != "" && alt != "json":
		p.add("answer", "there is one in the form %s, which cannot be judged here", alt)
	default:
		m.checkJSON(&p, x)
	}
	return p.list
}

func (m *method) checkJSON(p *problems, x *Exchange) {
	if x.Status != http.StatusOK {
		p.add("status", "%d for an answer with content", x.Status)
	}
	if kind := mediaType(x.AnswerHeader); kind != "application/json" {
		p.add("header.Content-Type", "%q, and the answer is JSON", kind)
	}
	body, err := decode(x.Answer)
	if err != nil {
		p.add("answer", "%v", err)
		return
	}
	var asked mask
	if text := x.URL.Query().Get("fields"); text != "" {
		if asked, err = parseMask(text); err != nil {
			p.add("answer", "there is one, although the fields asked for cannot be read: %v", err)
			return
		}
	}
	v := &visit{problems: p, document: m.document, method: m}
	v.value("answer", m.Response, body, asked)
}

// decode reads one JSON value, numbers as they are written.
func decode(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("it is no JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something after the JSON")
	}
	return v, nil
}

// problems collects.
type problems struct{ list []Problem }

func (p *problems) add(at, format string, args ...any) {
	p.list = append(p.list, Problem{At: at, Text: fmt.Sprintf(format, args...)})
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
