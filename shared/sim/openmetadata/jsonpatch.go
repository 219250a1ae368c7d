package openmetadata

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// patchOperation is one operation of a JSON Patch (RFC 6902).
type patchOperation struct {
	Op    string           `json:"op"`
	Path  *string          `json:"path"`
	From  *string          `json:"from,omitempty"`
	Value *json.RawMessage `json:"value,omitempty"`
}

// applyPatch applies operations to a document as [decodeNumbers] has it: all of them, or none with
// an error. A patch that is none is a bad request; one that does not fit the document is an
// exception that OpenMetadata does not catch (CatalogGenericExceptionMapper).
func applyPatch(doc any, operations []patchOperation) (any, error) {
	for i, o := range operations {
		if err := o.check(); err != nil {
			return nil, refuse(http.StatusBadRequest, "patch operation %d: %v", i, err)
		}
	}
	for i, o := range operations {
		var err error
		if doc, err = o.apply(doc); err != nil {
			return nil, refuse(http.StatusInternalServerError, "An exception with message [patch operation %d: %v] was thrown while processing request.", i, err)
		}
	}
	return doc, nil
}

// check refuses what is no operation.
func (o patchOperation) check() error {
	if o.Path == nil {
		return fmt.Errorf("%s has no path", o.Op)
	}
	if _, err := pointer(*o.Path); err != nil {
		return err
	}
	switch o.Op {
	case "add", "replace", "test":
		if o.Value == nil {
			return fmt.Errorf("%s has no value", o.Op)
		}
	case "move", "copy":
		if o.From == nil {
			return fmt.Errorf("%s has no from", o.Op)
		}
		if _, err := pointer(*o.From); err != nil {
			return err
		}
	case "remove":
	default:
		return fmt.Errorf("%q is no operation", o.Op)
	}
	return nil
}

// decodeNumbers decodes JSON and keeps numbers as they are written: to OpenMetadata 1 and 1.0 are
// not the same.
func decodeNumbers(text []byte) (any, error) {
	var out any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err := d.Decode(&out)
	return out, err
}

// apply carries out one operation that has been checked.
func (o patchOperation) apply(doc any) (any, error) {
	path, err := pointer(*o.Path)
	if err != nil {
		return nil, err
	}
	var value any
	switch o.Op {
	case "add", "replace", "test":
		if value, err = decodeNumbers(*o.Value); err != nil {
			return nil, err
		}
	case "move", "copy":
		from, err := pointer(*o.From)
		if err != nil {
			return nil, err
		}
		found, err := lookUp(doc, from)
		if err != nil {
			return nil, err
		}
		value = deepCopy(found)
		if o.Op == "move" {
			if len(path) > len(from) && slices.Equal(path[:len(from)], from) {
				return nil, fmt.Errorf("%s cannot be moved into itself", *o.From)
			}
			if doc, err = edit(doc, from, remove, nil); err != nil {
				return nil, err
			}
		}
	}
	switch o.Op {
	case "add", "move", "copy":
		return edit(doc, path, add, value)
	case "remove":
		return edit(doc, path, remove, nil)
	case "replace":
		return edit(doc, path, replace, value)
	default: // test
		found, err := lookUp(doc, path)
		if err != nil {
			return nil, err
		}
		if !reflect.DeepEqual(found, value) {
			return nil, fmt.Errorf("the value at %s is another one", *o.Path)
		}
		return doc, nil
	}
}

// pointer splits a JSON Pointer (RFC 6901).
func pointer(text string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	if text[0] != '/' {
		return nil, fmt.Errorf("%q is no pointer", text)
	}
	parts := strings.Split(text[1:], "/")
	for i, p := range parts {
		parts[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(p)
	}
	return parts, nil
}

func lookUp(doc any, path []string) (any, error) {
	for _, step := range path {
		switch d := doc.(type) {
		case map[string]any:
			next, ok := d[step]
			if !ok {
				return nil, fmt.Errorf("there is no %s", step)
			}
			doc = next
		case []any:
			i, err := index(step, len(d)-1)
			if err != nil {
				return nil, err
			}
			doc = d[i]
		default:
			return nil, fmt.Errorf("there is nothing in which %s could be", step)
		}
	}
	return doc, nil
}

// index reads the index of an array, up to most.
func index(step string, most int) (int, error) {
	i, err := strconv.Atoi(step)
	if err != nil || i < 0 || i > most || strconv.Itoa(i) != step {
		return 0, fmt.Errorf("there is no item %s", step)
	}
	return i, nil
}

type editing int

const (
	add editing = iota
	remove
	replace
)

// edit returns a document with one place changed. It may change the one that it is given.
func edit(doc any, path []string, how editing, value any) (any, error) {
	if len(path) == 0 {
		if how == remove {
			return nil, nil
		}
		return value, nil
	}
	step := path[0]
	switch d := doc.(type) {
	case map[string]any:
		inner, there := d[step]
		if len(path) > 1 || how != add {
			if !there {
				return nil, fmt.Errorf("there is no %s", step)
			}
		}
		switch {
		case len(path) > 1:
			changed, err := edit(inner, path[1:], how, value)
			if err != nil {
				return nil, err
			}
			d[step] = changed
		case how == remove:
			delete(d, step)
		default:
			d[step] = value
		}
		return d, nil
	case []any:
		most := len(d) - 1
		if len(path) == 1 && how == add {
			if step == "-" {
				return append(d, value), nil
			}
			most = len(d)
		}
		i, err := index(step, most)
		if err != nil {
			return nil, err
		}
		switch {
		case len(path) > 1:
			changed, err := edit(d[i], path[1:], how, value)
			if err != nil {
				return nil, err
			}
			d[i] = changed
		case how == add:
			return slices.Insert(d, i, value), nil
		case how == remove:
			return slices.Delete(d, i, i+1), nil
		default:
			d[i] = value
		}
		return d, nil
	}
	return nil, fmt.Errorf("there is nothing in which %s could be", step)
}

func deepCopy(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, item := range v {
			out[name] = deepCopy(item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = deepCopy(item)
		}
		return out
	}
	return value
}
