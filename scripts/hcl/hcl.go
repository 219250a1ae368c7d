// Package hcl reads Terraform's configuration language, as far as the tests of this repository
// need it: blocks, attributes, and the values that are written out. It evaluates nothing. A
// value that has to be computed — a reference, a call, an operation, a text with ${…} in it — is
// an [Expression], which is its own text.
//
// Terraform itself judges whether a configuration is right; this package is for comparing what
// stands there with what stands in the code.
package hcl

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Expression is a value that would have to be computed, as it is written.
type Expression string

// Body is what stands between the braces of a block, or in a file.
type Body struct {
	// Attributes are the values by name: a string, float64, bool or nil; a []any of values; a
	// map[string]any; or an [Expression].
	Attributes map[string]any
	Blocks     []Block
}

// Block is one block: resource "google_pubsub_topic" "topic" {…}.
type Block struct {
	Type   string
	Labels []string
	Body   Body
}

// Of returns the blocks of one type, with these first labels.
func (b Body) Of(typ string, labels ...string) []Block {
	var out []Block
	for _, block := range b.Blocks {
		if block.Type == typ && len(block.Labels) >= len(labels) && slices.Equal(block.Labels[:len(labels)], labels) {
			out = append(out, block)
		}
	}
	return out
}

// ReadDir reads all files *.tf of a folder, in the order of their names, as one body, as
// Terraform does. Attributes stand in blocks only.
func ReadDir(dir string) (Body, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.tf"))
	if err != nil {
		return Body{}, fmt.Errorf("look for configuration: %w", err)
	}
	if len(names) == 0 {
		return Body{}, fmt.Errorf("no configuration in %s", dir)
	}
	var all Body
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return Body{}, fmt.Errorf("read configuration: %w", err)
		}
		body, err := Parse(string(text))
		if err != nil {
			return Body{}, fmt.Errorf("%s: %w", name, err)
		}
		all.Blocks = append(all.Blocks, body.Blocks...)
	}
	return all, nil
}

// Locals returns the local values of a body: the attributes of all its blocks "locals".
func (b Body) Locals() map[string]any {
	out := map[string]any{}
	for _, block := range b.Of("locals") {
		maps.Copy(out, block.Body.Attributes)
	}
	return out
}
