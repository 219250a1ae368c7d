package org

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Parse reads a company from a file in one of two forms, which it tells apart by their keys:
// the public groups.yaml form (its groups have an email-id) or the project's own company file.
//
// It reports every problem at once, each with the file's name, the line and what to write
// instead. A key that is not known is a problem: a misspelt one must not be ignored.
func Parse(name string, data []byte) (*Company, error) {
	parsed, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, located(name, err)
	}
	if len(parsed.Docs) != 1 || parsed.Docs[0].Body == nil {
		return nil, fmt.Errorf("%s:1: the file must hold one YAML document with groups or a company", name)
	}
	f := &file{name: name, ast: parsed, taken: map[string]string{}}
	if f.refuseTags(); len(f.problems) > 0 {
		return nil, errors.Join(f.problems...)
	}
	var c *Company
	if f.isGroupsForm() {
		c = f.readGroups()
	} else {
		c = f.readCompany()
	}
	if len(f.problems) > 0 {
		return nil, errors.Join(f.problems...)
	}
	c.settle()
	return c, nil
}

// file is one YAML file while it is read, with the problems found so far.
type file struct {
	name     string
	ast      *ast.File
	taken    map[string]string // address → whose it is
	problems []error
}

// refuseTags notes every YAML tag such as !!str. A company needs none, and the YAML package
// panics when a tag stands before a value of another kind than the program expects.
func (f *file) refuseTags() {
	ast.Walk(visitor(func(n ast.Node) {
		if tag, ok := n.(*ast.TagNode); ok {
			f.problems = append(f.problems, fmt.Errorf("%s:%d: leave out the tag %s; write the value alone", f.name, tag.Start.Position.Line, tag.Start.Value))
		}
	}), f.ast.Docs[0].Body)
}

// isGroupsForm looks only at the keys of the groups; what is wrong with them is found later.
func (f *file) isGroupsForm() bool {
	var loose struct {
		Groups []map[string]any `yaml:"groups"`
	}
	if err := yaml.NodeToValue(f.ast.Docs[0].Body, &loose); err != nil {
		return false
	}
	return slices.ContainsFunc(loose.Groups, func(g map[string]any) bool {
		_, ok := g["email-id"]
		return ok
	})
}

// decode fills v from the whole file and reports whether it could.
func (f *file) decode(v any) bool {
	err := yaml.NodeToValue(f.ast.Docs[0].Body, v, yaml.Strict())
	if err == nil {
		return true
	}
	var unknown *yaml.UnknownFieldError
	if errors.As(err, &unknown) {
		keys := f.keysBeside(unknown, reflect.TypeOf(v))
		err = fmt.Errorf("%s:%d: unknown key %q; the keys here are %s", f.name, unknown.Token.Position.Line, unknown.Token.Value, strings.Join(keys, ", "))
	} else {
		err = located(f.name, err)
	}
	f.problems = append(f.problems, err)
	return false
}

// place is where something stands in the file: keys and list indexes from the top down.
type place []any

func (p place) at(steps ...any) place { return append(slices.Clip(p), steps...) }

// problem notes what is wrong at a place.
func (f *file) problem(p place, format string, args ...any) {
	f.problems = append(f.problems, fmt.Errorf("%s:%d: %s", f.name, f.line(p), fmt.Sprintf(format, args...)))
}

// line finds the line of a place in the file, or that of the nearest thing above it that the
// file holds.
func (f *file) line(p place) int {
	node := f.ast.Docs[0].Body
	for _, step := range p {
		next := child(node, step)
		if next == nil {
			break
		}
		node = next
	}
	if first, ok := node.(*ast.MappingNode); ok && len(first.Values) > 0 {
		return first.Values[0].Key.GetToken().Position.Line
	}
	return node.GetToken().Position.Line
}

// child is one step down, or nil.
func child(node ast.Node, step any) ast.Node {
	switch n := node.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			if v.Key.GetToken().Value == step {
				return v.Value
			}
		}
	case *ast.SequenceNode:
		if i, ok := step.(int); ok && i < len(n.Values) {
			return n.Values[i]
		}
	}
	return nil
}

var indexes = regexp.MustCompile(`\[\d+\]`)

// keysBeside returns the keys that are known where an unknown one was found.
func (f *file) keysBeside(unknown *yaml.UnknownFieldError, t reflect.Type) []string {
	place := ""
	ast.Walk(visitor(func(n ast.Node) {
		if key, ok := n.(ast.MapKeyNode); ok && key.GetToken() == unknown.Token {
			place = n.GetPath()
		}
	}), f.ast.Docs[0].Body)
	steps := strings.Split(indexes.ReplaceAllString(strings.TrimPrefix(place, "$"), ""), ".")
	if len(steps) < 2 {
		return yamlKeys(t)
	}
	for _, step := range steps[1 : len(steps)-1] {
		t = fieldType(t, step)
	}
	return yamlKeys(t)
}

type visitor func(ast.Node)

func (v visitor) Visit(n ast.Node) ast.Visitor {
	v(n)
	return v
}

func yamlKeys(t reflect.Type) []string {
	t = structIn(t)
	if t == nil {
		return nil
	}
	var keys []string
	for i := range t.NumField() {
		if key := t.Field(i).Tag.Get("yaml"); key != "" {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

func fieldType(t reflect.Type, key string) reflect.Type {
	t = structIn(t)
	if t == nil {
		return nil
	}
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("yaml") == key {
			return t.Field(i).Type
		}
	}
	return nil
}

// structIn unwraps pointers and lists down to a struct.
func structIn(t reflect.Type) reflect.Type {
	for t != nil && (t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice) {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	return t
}

// located puts the file's name and the line in front of an error of the YAML package.
func located(name string, err error) error {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		return fmt.Errorf("%s:%d: %s", name, at.GetToken().Position.Line, at.GetMessage())
	}
	return fmt.Errorf("%s: %w", name, err)
}

// address checks and normalises an address found at p.
func (f *file) address(p place, email string) string {
	local, domain, ok := strings.Cut(email, "@")
	if !ok || local == "" || !strings.Contains(domain, ".") || strings.ContainsAny(email, " \t\n<>,;\"") || strings.Contains(domain, "@") {
		f.problem(p, "%q is not an e-mail address; write one such as aiko@example.com", email)
	}
	return strings.ToLower(email)
}

// memberships reads the three lists of the group g, which stands at p, into g. An address that
// an earlier list holds is left out of a later one, because a membership has one role, and the
// highest one counts.
func (f *file) memberships(p place, g *Group, owners, managers, members []string) {
	seen := map[string]bool{}
	read := func(key string, list []string) []string {
		var out []string
		for i, email := range list {
			email = f.address(p.at(key, i), email)
			if email == g.Email {
				f.problem(p.at(key, i), "%s cannot be a member of itself; leave it out", email)
			}
			if !seen[email] {
				seen[email] = true
				out = append(out, email)
			}
		}
		return out
	}
	g.Owners, g.Managers, g.Members = read("owners", owners), read("managers", managers), read("members", members)
}

// settle gives a group one setting found at p, after checking it. Its name may begin with a
// capital letter. One that is retired is left out.
func (f *file) settle(g *Group, p place, key, value string) {
	name := apiName(key)
	s, ok := SettingNamed(name)
	switch {
	case retired(name):
		return
	case !ok:
		f.problem(p, "%s is not a setting of Google Groups; write one such as whoCanViewGroup", key)
	case !s.MayHold(value):
		f.problem(p, "%s cannot be %q; write one of %s", name, value, strings.Join(s.Values, ", "))
	}
	if g.Settings == nil {
		g.Settings = map[string]string{}
	}
	g.Settings[name] = value
}
