package cloudfn

import (
	"errors"
	"maps"
	"slices"
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
// errors by a method Permanent() bool.
func IsPermanent(err error) bool {
	var p interface{ Permanent() bool }
	return errors.As(err, &p) && p.Permanent()
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
