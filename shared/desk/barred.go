package desk

import (
	"errors"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// Barred is a [Refused] by the policy's rules: they do not let the asker ask for such a change, or have
// one taken back.
type Barred struct {
	*Refused
	Kind change.Kind
	// About is what it is about, by the name that the policy or the directory has for it: never what
	// somebody typed, and empty where nothing else is known. Of a new connection it is the address of the
	// owner of the data who was named.
	About string
	// Change is the id of what was to be taken back.
	Change string
}

// Unwrap returns what is for the asker.
func (b *Barred) Unwrap() error { return b.Refused }

// Turned adds to what is recorded of a request that was turned away what the policy did not let
// somebody ask for, where an error says that it did not: by another policy, the answer would be
// another.
func Turned(t trail.Turned, err error) trail.Turned {
	if b, ok := errors.AsType[*Barred](err); ok {
		t.Change, t.Kind, t.Target = b.Change, string(b.Kind), b.About
	}
	return t
}
