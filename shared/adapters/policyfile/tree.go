package policyfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"

	"go.yaml.in/yaml/v3"
)

// This file turns YAML into a small tree: aliases followed, merge keys merged, every value
// with its line.

// Limits of one file. A policy that people can review stays far below.
const (
	maxBytes   = 1 << 20
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
	// refused values are such that a problem was noted already.
	refused shape = "refused"
)

// node is one value.
type node struct {
	shape shape
	line  int
	// text is a scalar as it is written, without quotes.
	text string
	// value is a scalar by its YAML type: string, bool, int or float64.
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

func (n *node) addField(f field) {
	n.fields = append(n.fields, f)
	n.size += f.value.size
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
	first, second, err := documents(data)
	switch {
	case err != nil:
		said := parserPrefix.ReplaceAllString(err.Error(), "")
		return refuse(lineOf(err, data), "this is not YAML: %s%s", said, advice[said])
	case first == nil || first.ShortTag() == "!!null":
		return refuse(0, "the file is empty: write a section such as settings, or remove the file")
	case second != nil:
		return refuse(second.Line, "a second document begins: write one document a file")
	}
	g := grower{file: file, grown: map[*yaml.Node]*node{}}
	root := g.grow(first, "", 0)
	return root, g.problems
}

// documents parses up to two documents, nil where there is none.
func documents(data []byte) (first, second *yaml.Node, err error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for _, root := range []**yaml.Node{&first, &second} {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		*root = document.Content[0]
	}
	return first, second, nil
}

// advice says what to write instead of what the parser most often refuses.
var advice = map[string]string{
	"found character that cannot start any token":    ": indent with spaces, and put a value that begins with @, ` or % in quotes",
	"mapping values are not allowed in this context": ": put a value with a colon and a space in quotes, and indent keys of one table alike",
	"did not find expected key":                      ": indent keys of one table alike",
	"did not find expected '-' indicator":            ": indent items of one list alike",
	"could not find expected ':'":                    ": write key: value, with a space after the colon",
	"found unexpected end of stream":                 ": close the quotes",
	"did not find expected ',' or ']'":               ": close the bracket",
	"did not find expected ',' or '}'":               ": close the brace",
}

// parserPrefix is what the parser puts before its own words.
var parserPrefix = regexp.MustCompile(`^yaml: (line \d+: )?`)

// lineOf finds the line of a syntax error. The parser names the line on which the table or list
// began that it could not finish, or none; so this looks for the first line with which the
// error appears.
func lineOf(err error, data []byte) int {
	lines := bytes.SplitAfter(data, []byte("\n"))
	ends := make([]int, len(lines))
	end := 0
	for i, line := range lines {
		end += len(line)
		ends[i] = end
	}
	return 1 + sort.Search(len(ends)-1, func(i int) bool {
		_, _, e := documents(data[:ends[i]])
		return e != nil && e.Error() == err.Error()
	})
}

// grower carries what is gathered on the way through one document.
type grower struct {
	file     string
	grown    map[*yaml.Node]*node
	problems Problems
}

func (g *grower) problem(line int, path, format string, args ...any) {
	g.problems = append(g.problems, Problem{File: g.file, Line: line, Path: path, Text: fmt.Sprintf(format, args...)})
}

func (g *grower) grow(n *yaml.Node, path string, depth int) *node {
	out := &node{shape: refused, line: n.Line, size: 1}
	switch {
	case depth > maxNesting:
		g.problem(n.Line, "", "values lie more than %d deep in one another", maxNesting)
	case n.Style&yaml.TaggedStyle != 0:
		g.problem(n.Line, path, "the tag %s is not known here: put a value that begins with ! in quotes", quote(n.Tag))
	case n.Kind == yaml.AliasNode:
		anchored, ok := g.grown[n.Alias]
		if ok {
			return anchored
		}
		g.problem(n.Line, path, "*%s stands within itself", n.Value)
	case n.Kind == yaml.ScalarNode:
		g.scalar(out, n)
	case n.Kind == yaml.SequenceNode:
		out.shape = list
		for i, item := range n.Content {
			it := g.grow(item, fmt.Sprintf("%s[%d]", path, i), depth+1)
			out.items = append(out.items, it)
			out.size += it.size
		}
	case n.Kind == yaml.MappingNode:
		out.shape = mapping
		g.mapping(out, n.Content, path, depth)
	}
	if out.size > maxValues {
		g.problem(out.line, path, "this is more than %d values, aliases counted each time", maxValues)
		out = &node{shape: refused, line: out.line, size: 1}
	}
	g.grown[n] = out
	return out
}

func (g *grower) scalar(out *node, n *yaml.Node) {
	out.text, out.value = n.Value, n.Value
	switch n.ShortTag() {
	case "!!null":
		out.shape = nothing
		return
	case "!!bool", "!!int", "!!float":
		var v any
		if err := n.Decode(&v); err == nil {
			out.value = v
		}
	}
	out.shape = scalar
}

// mapping reads keys, which come with their values after them. A key of the mapping itself goes
// before one that a merge key brings, and of several mappings to merge an earlier goes before a
// later one (https://yaml.org/type/merge.html).
func (g *grower) mapping(out *node, content []*yaml.Node, path string, depth int) {
	var merged []field
	seen := map[string]int{}
	for ; len(content) > 1; content = content[2:] {
		key, value := content[0], content[1]
		if key.ShortTag() == "!!merge" {
			merged = append(merged, g.merge(key, value, path, depth)...)
			continue
		}
		if key.Kind != yaml.ScalarNode || key.Style&yaml.TaggedStyle != 0 {
			g.problem(key.Line, path, "a key is one plain word")
			continue
		}
		at := join(path, key.Value)
		f := field{key: key.Value, line: key.Line, value: g.grow(value, at, depth+1)}
		if first, ok := seen[f.key]; ok {
			g.problem(f.line, at, "the key is given twice: first on line %d", first)
			continue
		}
		seen[f.key] = f.line
		out.addField(f)
	}
	for _, f := range merged {
		if _, ok := seen[f.key]; !ok {
			seen[f.key] = f.line
			out.addField(f)
		}
	}
}

func (g *grower) merge(key, value *yaml.Node, path string, depth int) []field {
	from := g.grow(value, join(path, "<<"), depth+1)
	sources := []*node{from}
	if from.shape == list {
		sources = from.items
	}
	var out []field
	for _, s := range sources {
		if s.shape == refused {
			continue
		}
		if s.shape != mapping {
			g.problem(key.Line, join(path, "<<"), "only a table of keys can be merged: write <<: *name with &name before such a table")
			continue
		}
		out = append(out, s.fields...)
	}
	return out
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
