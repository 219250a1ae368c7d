package policyfile

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// This file turns YAML into a small tree: aliases followed, merge keys merged, every value
// with its line.

// Limits of one file. A policy that people can review stays far below.
const (
	maxBytes = 1 << 20
	// maxNesting bounds how deep values lie in one another; the parser is recursive.
	maxNesting = 64
	// maxValues bounds what aliases may multiply a file to.
	maxValues = 100_000
)

// shape is the sort of value that a node is.
type shape string

const (
	nothing shape = "nothing"
	scalar  shape = "a single value"
	list    shape = "a list"
	mapping shape = "a table of keys"
)

// node is one value.
type node struct {
	shape shape
	line  int
	// text is a scalar as it is written, without quotes.
	text string
	// value is a scalar by its YAML type: string, bool, int64, uint64 or float64.
	value  any
	items  []*node
	fields []field
	// size counts this value and all within it, as often as aliases repeat them.
	size int
}

// field is one key of a mapping.
type field struct {
	key   string
	line  int
	value *node
}

func (n *node) field(key string) *field {
	for i := range n.fields {
		if n.fields[i].key == key {
			return &n.fields[i]
		}
	}
	return nil
}

// grow builds the tree of one file. It returns nil where there is nothing to read on; then at
// least one problem says why.
func grow(file string, data []byte) (*node, Problems) {
	refuse := func(line int, format string, args ...any) (*node, Problems) {
		return nil, Problems{{File: file, Line: line, Text: fmt.Sprintf(format, args...)}}
	}
	if len(data) > maxBytes {
		return refuse(0, "the file is larger than 1 MiB: split it, a folder of files is one policy")
	}
	if !utf8.Valid(data) {
		return refuse(1+bytes.Count(data[:invalidAt(data)], []byte("\n")), "the file is not UTF-8 text")
	}
	tokens := lexer.Tokenize(string(bytes.TrimPrefix(data, []byte("\ufeff"))))
	if line := tooDeep(tokens); line > 0 {
		return refuse(line, "values lie more than %d deep in one another", maxNesting)
	}
	parsed, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		line, text := 0, err.Error()
		if e, ok := errors.AsType[yaml.Error](err); ok {
			text = e.GetMessage()
			if t := e.GetToken(); t != nil && t.Position != nil {
				line = t.Position.Line
			}
		}
		return refuse(line, "this is not YAML: %s", text)
	}
	var bodies []ast.Node
	for _, doc := range parsed.Docs {
		if _, directive := doc.Body.(*ast.DirectiveNode); doc.Body != nil && !directive {
			bodies = append(bodies, doc.Body)
		}
	}
	switch len(bodies) {
	case 0:
		return refuse(0, "the file is empty: write a section such as settings, or remove the file")
	case 1:
	default:
		return refuse(lineOf(bodies[1]), "a second document begins: write one document a file")
	}
	g := grower{file: file, anchors: map[string]*node{}}
	root := g.grow(bodies[0], "")
	return root, g.problems
}

func invalidAt(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(data)
}

// tooDeep returns the line on which the nesting passes its bound, 0 where it does not. Nesting
// by indentation needs no look: it takes the square of its depth in bytes.
func tooDeep(tokens token.Tokens) int {
	depth, line, entries := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, entries = t.Position.Line, 0
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType:
			entries++
		}
		if depth > maxNesting || entries > maxNesting {
			return line
		}
	}
	return 0
}

func lineOf(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

// grower carries what is gathered on the way through one document.
type grower struct {
	file     string
	anchors  map[string]*node
	problems Problems
}

func (g *grower) problem(line int, path, format string, args ...any) {
	g.problems = append(g.problems, Problem{File: g.file, Line: line, Path: path, Text: fmt.Sprintf(format, args...)})
}

func (g *grower) grow(n ast.Node, path string) *node {
	out := &node{shape: nothing, line: lineOf(n), size: 1}
	switch n := n.(type) {
	case *ast.MappingNode:
		if len(n.Values) == 1 && !n.IsFlowStyle {
			if text, ok := unspaced(n.Values[0]); ok {
				out.shape, out.text, out.value = scalar, text, text
				break
			}
		}
		out.shape = mapping
		g.mapping(out, n.Values, path)
	case *ast.MappingValueNode:
		if text, ok := unspaced(n); ok {
			out.shape, out.text, out.value = scalar, text, text
			break
		}
		out.shape = mapping
		g.mapping(out, []*ast.MappingValueNode{n}, path)
	case *ast.SequenceNode:
		out.shape = list
		for i, item := range n.Values {
			out.add(g.grow(item, fmt.Sprintf("%s[%d]", path, i)))
		}
	case *ast.AnchorNode:
		out = g.grow(n.Value, path)
		g.anchors[n.Name.GetToken().Value] = out
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		anchored, ok := g.anchors[name]
		if !ok {
			g.problem(out.line, path, "*%s stands for nothing: no &%s ends above it", name, name)
			break
		}
		out = anchored
	case *ast.TagNode:
		g.problem(out.line, path, "the tag %s is not known here: put a value that begins with ! in quotes", n.GetToken().Value)
	case *ast.NullNode:
	case *ast.LiteralNode:
		out.shape, out.text, out.value = scalar, n.Value.Value, n.Value.Value
	case *ast.StringNode:
		out.shape, out.text, out.value = scalar, n.Value, n.Value
	case *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		out.shape, out.text, out.value = scalar, n.GetToken().Value, n.(ast.ScalarNode).GetValue()
	default:
		g.problem(out.line, path, "a %s is not known here", n.Type())
	}
	if out.size > maxValues {
		g.problem(out.line, path, "aliases multiply this to more than %d values", maxValues)
		return &node{shape: nothing, line: out.line, size: 1}
	}
	return out
}

// unspaced reads what looks like a:b. Only a colon with a space after it ends a plain key
// (https://yaml.org/spec/1.2.2/#733-plain-style), but within braces the parser takes any colon
// for one, so that it reads {members: [group:data@example.com]} as a table in a list.
func unspaced(v *ast.MappingValueNode) (string, bool) {
	key, isString := v.Key.(*ast.StringNode)
	value := v.Value.GetToken()
	if !isString || key.Token.Type != token.StringType || value == nil || v.Start == nil {
		return "", false
	}
	switch v.Value.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
	default:
		return "", false
	}
	if value.Position.Line != v.Start.Position.Line || value.Position.Column != v.Start.Position.Column+1 {
		return "", false
	}
	return key.Value + ":" + value.Value, true
}

func (n *node) add(item *node) {
	n.items = append(n.items, item)
	n.size += item.size
}

// mapping reads keys. A key of the mapping itself goes before one that a merge key brings, and
// of several mappings to merge an earlier goes before a later one
// (https://yaml.org/type/merge.html).
func (g *grower) mapping(out *node, values []*ast.MappingValueNode, path string) {
	var merged []field
	for _, v := range values {
		if v.Key.IsMergeKey() {
			merged = append(merged, g.merge(v, path)...)
			continue
		}
		line := lineOf(v.Key)
		if text, ok := unspaced(v); ok {
			g.problem(line, path, "%s needs a space after its colon", quote(text))
			continue
		}
		key, ok := keyText(v.Key)
		if !ok {
			g.problem(line, path, "a key is one plain word")
			continue
		}
		value := g.grow(v.Value, join(path, key))
		if first := out.field(key); first != nil {
			g.problem(line, join(path, key), "the key is given twice: first on line %d", first.line)
			continue
		}
		out.fields = append(out.fields, field{key: key, line: line, value: value})
		out.size += value.size
	}
	for _, f := range merged {
		if out.field(f.key) == nil {
			out.fields = append(out.fields, f)
			out.size += f.value.size
		}
	}
}

func (g *grower) merge(v *ast.MappingValueNode, path string) []field {
	from := g.grow(v.Value, join(path, "<<"))
	sources := []*node{from}
	if from.shape == list {
		sources = from.items
	}
	var out []field
	for _, s := range sources {
		if s.shape != mapping {
			g.problem(lineOf(v.Key), join(path, "<<"), "only a table of keys can be merged: write <<: *name with &name before such a table")
			continue
		}
		out = append(out, s.fields...)
	}
	return out
}

func keyText(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.NullNode:
		return n.GetToken().Value, true
	case *ast.MappingKeyNode:
		if n.Value != nil {
			return keyText(n.Value)
		}
	case *ast.AnchorNode:
		return keyText(n.Value)
	}
	return "", false
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
