package cloudfn

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// Permanent marks an error for which trying again cannot help: the message is put into
// quarantine, where a person sees it, and acknowledged.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanentError{err}
}

type permanentError struct{ error }

func (e permanentError) Unwrap() error   { return e.error }
func (e permanentError) Permanent() bool { return true }

// IsPermanent reports whether trying again cannot help. Adapters say so of their vendors'
// errors by a method Permanent() bool. What breaks a rule of a port, such as a key that no store
// can hold because a message named it so, breaks it again every time.
func IsPermanent(err error) bool {
	var p interface{ Permanent() bool }
	if errors.As(err, &p) && p.Permanent() {
		return true
	}
	return errors.Is(err, store.ErrInvalid) || errors.Is(err, queue.ErrInvalid) || errors.Is(err, bus.ErrInvalid)
}

// undecodable says where decoding failed. It leaves out what the decoder quotes of the input:
// errors are logged, and bodies never are.
func undecodable(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("not JSON at byte %d", syntax.Offset)
	}
	var typ *json.UnmarshalTypeError
	if errors.As(err, &typ) {
		return fmt.Errorf("a value of another type than expected at byte %d", typ.Offset)
	}
	return errors.New("a value that does not have the form expected")
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
