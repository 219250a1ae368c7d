package policyfile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/spelling"
)

// This file reads the tree. Every reader notes what is wrong and goes on with a zero value, so
// that one run finds all problems.

// place is one value and the way to it. A place may hold nothing because its key is absent:
// reading that gives the zero value and no problem.
type place struct {
	from *loading
	file string
	path string
	// line is where a missing value would have to be.
	line int
	node *node
}

// given reports whether there is something to read.
func (p place) given() bool { return p.node != nil }

// where names the place in a problem about another one.
func (p place) where() string { return fmt.Sprintf("%s:%d", p.file, p.note("").Line) }

// is checks the shape of a value that is there.
func (p place) is(want shape, example string) bool {
	switch {
	case !p.given():
		return false
	case p.node.shape == want:
		return true
	case p.node.shape == refused:
	case p.node.shape == nothing:
		p.problem("has no value: write %s, or leave the key out (a value that begins with # needs quotes)", example)
	default:
		p.problem("is %s: write %s", p.node.shape, example)
	}
	return false
}

// table is a mapping with known keys.
type table struct {
	place
	// whole is false where there is no mapping to read: its missing keys are no problem.
	whole bool
}

// table reads a mapping and refuses keys other than these.
func (p place) table(keys ...string) table {
	t := table{place: p, whole: p.is(mapping, "keys: "+strings.Join(keys, ", "))}
	if !t.whole {
		return t
	}
	for _, f := range p.node.fields {
		if !slices.Contains(keys, f.key) {
			at := p.under(f)
			at.node = nil
			at.problem("the key %s is unknown%s", quote(f.key), spelling.Suggest(f.key, keys))
		}
	}
	return t
}

func (p place) under(f field) place {
	return place{from: p.from, file: p.file, path: join(p.path, f.key), line: f.line, node: f.value}
}

// at returns the value of a key, which may be absent.
func (t table) at(key string) place {
	if t.whole {
		if f := t.node.field(key); f != nil {
			return t.under(*f)
		}
	}
	return place{from: t.from, file: t.file, path: join(t.path, key), line: t.note("").Line}
}

// need returns the value of a key that has to be there.
func (t table) need(key, example string) place {
	p := t.at(key)
	if t.whole && !p.given() {
		p.problem("is missing: write %s: %s", key, example)
	}
	return p
}

// entry is one key of a mapping whose keys are names.
type entry struct {
	name  string
	value place
}

// entries reads a mapping whose keys are names.
func (p place) entries(example string) []entry {
	if !p.is(mapping, example) {
		return nil
	}
	out := make([]entry, len(p.node.fields))
	for i, f := range p.node.fields {
		out[i] = entry{name: f.key, value: p.under(f)}
	}
	return out
}

// list reads a list.
func (p place) list(example string) []place {
	if !p.is(list, example) {
		return nil
	}
	out := make([]place, len(p.node.items))
	for i, item := range p.node.items {
		out[i] = place{from: p.from, file: p.file, path: fmt.Sprintf("%s[%d]", p.path, i), line: item.line, node: item}
	}
	return out
}

// filled reads a list that has to hold something.
func (p place) filled(example string) []place {
	out := p.list(example)
	if p.given() && p.node.shape == list && len(out) == 0 {
		p.problem("is empty: write %s", example)
	}
	return out
}

// distinct reads every item with one reader and refuses what is named twice. Items keep their
// places in the list, also those that are wrong.
func distinct[T comparable](items []place, read func(place) T) []T {
	var out []T
	var zero T
	for _, item := range items {
		v := read(item)
		if i := slices.Index(out, v); v != zero && i >= 0 {
			item.problem("%s is named twice in this list", item.node.text)
		}
		out = append(out, v)
	}
	return out
}

// word reads any single value as it is written: true is "true".
func (p place) word() string {
	if !p.is(scalar, "one value") {
		return ""
	}
	return p.node.text
}

// text reads words that people wrote.
func (p place) text() string {
	if !p.is(scalar, "text") {
		return ""
	}
	s, ok := p.node.value.(string)
	switch {
	case !ok:
		p.problem("%s is not text: put it in quotes", quote(p.node.text))
		return ""
	case strings.TrimSpace(s) == "":
		p.problem("is empty: write text, or leave the key out")
		return ""
	}
	return s
}

// name reads a name that people type and that addresses are built from.
func (p place) name() string {
	s := p.text()
	if i := strings.IndexFunc(s, func(r rune) bool { return !nameRune(r) }); i >= 0 {
		p.problem("%s cannot be a name: write letters, digits, and . _ - only", quote(s))
		return ""
	}
	return s
}

// whole reads a whole number of at least a bound.
func (p place) whole(least int) int {
	if !p.is(scalar, "a whole number") {
		return 0
	}
	n, err := strconv.Atoi(p.node.text)
	if _, quoted := p.node.value.(string); err != nil || quoted || n < least || n > 1_000_000_000 {
		p.problem("%s does not fit: write a whole number from %d", quote(p.node.text), least)
		return 0
	}
	return n
}

// oneOf reads one of a few words, "" where the key is absent.
func oneOf[T ~string](p place, words ...T) T {
	known := make([]string, len(words))
	for i, w := range words {
		known[i] = string(w)
	}
	if !p.is(scalar, "one of "+strings.Join(known, ", ")) {
		return ""
	}
	if slices.Contains(known, p.node.text) {
		return T(p.node.text)
	}
	p.problem("%s is unknown: write one of %s", quote(p.node.text), strings.Join(known, ", "))
	return ""
}

// quote shows what was written, shortened where it is long.
func quote(s string) string {
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return strconv.Quote(s)
}
