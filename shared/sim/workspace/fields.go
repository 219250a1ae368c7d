package workspace

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// selection is a parsed fields parameter: the names to keep, each with a selection inside it
// or nil for all of it.
// https://developers.google.com/workspace/admin/directory/v1/guides/performance#partial-response
type selection map[string]selection

// parseSelection reads a mask such as nextPageToken,groups(id,email),a/b.
func parseSelection(text string) (selection, error) {
	p := &maskParser{rest: text}
	sel, err := p.list(0)
	if err == nil && p.rest != "" {
		err = fmt.Errorf("unexpected %q", p.rest)
	}
	if err != nil {
		return nil, fmt.Errorf("read field mask %q: %w", text, err)
	}
	return sel, nil
}

type maskParser struct{ rest string }

const maxMaskDepth = 20

func (p *maskParser) list(depth int) (selection, error) {
	if depth > maxMaskDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxMaskDepth)
	}
	sel := selection{}
	for {
		if err := p.item(sel, depth); err != nil {
			return nil, err
		}
		if !p.take(",") {
			return sel, nil
		}
	}
}

func (p *maskParser) item(into selection, depth int) error {
	end := strings.IndexAny(p.rest, ",/()")
	if end < 0 {
		end = len(p.rest)
	}
	name := p.rest[:end]
	p.rest = p.rest[end:]
	if name == "" {
		return fmt.Errorf("a name is missing before %q", p.rest)
	}
	inner, had := into[name]
	switch {
	case p.take("/"):
		if inner == nil {
			inner = selection{}
		}
		if depth > maxMaskDepth {
			return fmt.Errorf("nested deeper than %d", maxMaskDepth)
		}
		if err := p.item(inner, depth+1); err != nil {
			return err
		}
	case p.take("("):
		more, err := p.list(depth + 1)
		if err != nil {
			return err
		}
		if !p.take(")") {
			return fmt.Errorf("a closing parenthesis is missing before %q", p.rest)
		}
		for k, v := range inner {
			more[k] = v
		}
		inner = more
	default:
		inner = nil
	}
	if had && into[name] == nil {
		inner = nil // all of it was asked for before
	}
	into[name] = inner
	return nil
}

func (p *maskParser) take(s string) bool {
	rest, ok := strings.CutPrefix(p.rest, s)
	if ok {
		p.rest = rest
	}
	return ok
}

// check returns the first name that the type does not have, or the empty string.
func (sel selection) check(t reflect.Type) string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return "" // a map or a free value has any name
	}
	names := jsonFields(t)
	for name, inner := range sel {
		if name == "*" {
			continue
		}
		field, ok := names[name]
		if !ok {
			return name
		}
		if bad := inner.check(field); bad != "" {
			return name + "/" + bad
		}
	}
	return ""
}

func jsonFields(t reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name != "" && name != "-" {
			out[name] = t.Field(i).Type
		}
	}
	return out
}

// apply returns what the selection keeps of a body.
func (sel selection) apply(body []byte) ([]byte, error) {
	var v any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return json.Marshal(sel.keep(v))
}

func (sel selection) keep(v any) any {
	if sel == nil {
		return v
	}
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = sel.keep(v[i])
		}
	case map[string]any:
		inner, all := sel["*"]
		for name := range v {
			if own, ok := sel[name]; ok {
				v[name] = own.keep(v[name])
			} else if all {
				v[name] = inner.keep(v[name])
			} else {
				delete(v, name)
			}
		}
	}
	return v
}
