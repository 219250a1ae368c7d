package contract

import (
	"fmt"
	"maps"
	"strings"
)

// mask is a parsed fields parameter: the names that are asked for, each with a mask inside or
// nil for all of it. The nil mask asks for everything.
// https://developers.google.com/workspace/admin/directory/v1/guides/performance
type mask map[string]mask

// parseMask reads a mask such as nextPageToken,groups(id,name/fullName).
func parseMask(text string) (mask, error) {
	m, rest, err := parseMaskList(text, 0)
	if err == nil && rest != "" {
		err = fmt.Errorf("%q is left over", rest)
	}
	if err != nil {
		return nil, fmt.Errorf("the mask %q cannot be read: %w", text, err)
	}
	return m, nil
}

const deepestMask = 20

func parseMaskList(text string, depth int) (mask, string, error) {
	if depth > deepestMask {
		return nil, text, fmt.Errorf("it is deeper than %d", deepestMask)
	}
	out := mask{}
	for {
		rest, err := out.parseItem(text, depth)
		if err != nil {
			return nil, rest, err
		}
		if !strings.HasPrefix(rest, ",") {
			return out, rest, nil
		}
		text = rest[1:]
	}
}

// parseItem reads one name with what follows it, and adds it to the mask.
func (m mask) parseItem(text string, depth int) (string, error) {
	end := strings.IndexAny(text, ",/()")
	if end < 0 {
		end = len(text)
	}
	name, rest := text[:end], text[end:]
	if name == "" {
		return rest, fmt.Errorf("a name is missing before %q", rest)
	}
	var inner mask
	switch {
	case strings.HasPrefix(rest, "/"):
		if depth > deepestMask {
			return rest, fmt.Errorf("it is deeper than %d", deepestMask)
		}
		inner = mask{}
		var err error
		if rest, err = inner.parseItem(rest[1:], depth+1); err != nil {
			return rest, err
		}
	case strings.HasPrefix(rest, "("):
		var err error
		if inner, rest, err = parseMaskList(rest[1:], depth+1); err != nil {
			return rest, err
		}
		if !strings.HasPrefix(rest, ")") {
			return rest, fmt.Errorf("a parenthesis is not closed before %q", rest)
		}
		rest = rest[1:]
	}
	switch known, there := m[name]; {
	case there && (known == nil || inner == nil):
		m[name] = nil
	case there:
		maps.Copy(known, inner)
	default:
		m[name] = inner
	}
	return rest, nil
}

// inside returns what is asked for of a field, and whether the field is asked for at all.
func (m mask) inside(name string) (mask, bool) {
	if m == nil {
		return nil, true
	}
	if inner, ok := m[name]; ok {
		return inner, true
	}
	inner, ok := m["*"]
	return inner, ok
}

// check finds names that the schema does not have.
func (m mask) check(p *problems, d *discovery, s *schema, at string) {
	s = d.resolve(s)
	for s != nil && s.Type == "array" {
		s = d.resolve(s.Items)
	}
	if s == nil {
		p.add(at, "there is nothing to select from")
		return
	}
	if s.Type == "any" || s.Type == "object" && s.Properties == nil {
		return
	}
	for _, name := range sortedKeys(m) {
		if name == "*" {
			continue
		}
		property := s.Properties[name]
		if property == nil {
			property = s.AdditionalProperties
		}
		switch {
		case property == nil:
			p.add(at, "it asks for %s, which is no field", name)
		case m[name] != nil:
			m[name].check(p, d, property, at)
		}
	}
}
