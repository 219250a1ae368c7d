package cloudfn

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
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
// can hold because a message named it so, breaks it again every time. Of joined errors all must
// be permanent: while one of them may pass, trying again helps.
func IsPermanent(err error) bool {
	for err != nil {
		if p, ok := err.(interface{ Permanent() bool }); ok {
			return p.Permanent()
		}
		if err == store.ErrInvalid || err == queue.ErrInvalid || err == bus.ErrInvalid {
			return true
		}
		switch u := err.(type) {
		case interface{ Unwrap() error }:
			err = u.Unwrap()
		case interface{ Unwrap() []error }:
			return joinedPermanent(err, u.Unwrap())
		default:
			return false
		}
	}
	return false
}

// joinedPermanent looks at several errors in one: the parts of a joined one stand side by side,
// while an error that wraps several, as fmt.Errorf does with more than one %w, is all of them.
func joinedPermanent(err error, parts []error) bool {
	if reflect.TypeOf(err) == reflect.TypeOf(errors.Join(errors.New(""))) {
		return len(parts) > 0 && !slices.ContainsFunc(parts, func(part error) bool { return !IsPermanent(part) })
	}
	return slices.ContainsFunc(parts, IsPermanent)
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
