package looker

import (
	"fmt"
	"strings"
)

// shape is what names an object has, each with the shape of what is inside; nil for a value
// that has no names.
type shape map[string]shape

func named(names ...string) shape {
	out := shape{}
	for _, name := range names {
		out[name] = nil
	}
	return out
}

// selection is a parsed fields parameter: the names to keep, each with a selection inside it
// or nil for all of it. The nil selection keeps everything.
type selection map[string]selection

// selection reads the fields parameter: id,email,sessions(created_at).
func (c *call) selection() (selection, error) {
	text := c.query.Get("fields")
	if text == "" {
		return nil, nil
	}
	p := &fieldsParser{rest: text}
	sel, err := p.list(c.op.selects)
	if err == nil && p.rest != "" {
		err = fmt.Errorf("unexpected %q", p.rest)
	}
	if err != nil {
		return nil, badRequest("invalid fields: " + err.Error())
	}
	return sel, nil
}

type fieldsParser struct{ rest string }

func (p *fieldsParser) list(of shape) (selection, error) {
	sel := selection{}
	for {
		end := strings.IndexAny(p.rest, ",()")
		if end < 0 {
			end = len(p.rest)
		}
		name := strings.TrimSpace(p.rest[:end])
		inner, ok := of[name]
		if !ok {
			return nil, fmt.Errorf("there is no field %q", name)
		}
		p.rest = p.rest[end:]
		sel[name] = nil
		if strings.HasPrefix(p.rest, "(") {
			p.rest = p.rest[1:]
			chosen, err := p.list(inner)
			if err != nil {
				return nil, err
			}
			if !strings.HasPrefix(p.rest, ")") {
				return nil, fmt.Errorf("a parenthesis is not closed")
			}
			p.rest = p.rest[1:]
			sel[name] = chosen
		}
		if !strings.HasPrefix(p.rest, ",") {
			return sel, nil
		}
		p.rest = p.rest[1:]
	}
}

// of returns what the selection keeps of an answer.
func (sel selection) of(v any) any {
	if sel == nil {
		return v
	}
	switch v := v.(type) {
	case []object:
		for _, item := range v {
			sel.of(item)
		}
	case object:
		for name, value := range v {
			inner, wanted := sel[name]
			if !wanted {
				delete(v, name)
				continue
			}
			v[name] = inner.of(value)
		}
	}
	return v
}
