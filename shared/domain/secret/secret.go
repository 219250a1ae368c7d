// Package secret keeps text that opens doors from being shown by mistake.
//
// A token, an API key, or the address of a page that asks nobody who they are is held as a
// [Text] from the moment it is read to the moment it is sent. Every way of printing it by mistake
// (a log line, an error, a message, a document in the store) then shows that there is one, and no
// more.
package secret

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// Text is text that whoever holds it can act with. However it is printed, logged or encoded,
// what comes out says nothing: only [Text.Reveal] gives the text. The zero Text is empty.
//
// The text sits behind a function, because packages that print by reflection do not ask a
// value's methods when it stands in an unexported field.
type Text struct {
	reveal func() string
}

// hidden stands for every secret, the empty one included.
const hidden = "(hidden)"

// New hides a text.
func New(text string) Text {
	return Text{reveal: func() string { return text }}
}

// Reveal returns the text. Each call of it is a place where the secret can get out.
func (s Text) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// Empty reports whether there is no text.
func (s Text) Empty() bool { return s.Reveal() == "" }

// Equal reports whether two secrets are the same text, in a time that depends on their lengths
// alone.
func (s Text) Equal(other Text) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// String implements [fmt.Stringer].
func (s Text) String() string { return hidden }

// Format implements [fmt.Formatter] for every verb.
func (s Text) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue implements [slog.LogValuer].
func (s Text) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText implements [encoding.TextMarshaler], and with it keys and values of JSON.
func (s Text) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalJSON implements [json.Marshaler].
func (s Text) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// MarshalBinary implements [encoding.BinaryMarshaler]: a secret does not go into a store.
func (s Text) MarshalBinary() ([]byte, error) { return nil, errKept }

// UnmarshalText implements [encoding.TextUnmarshaler]: what was written does not hold the
// secret, so nothing can be read back.
func (s *Text) UnmarshalText([]byte) error { return errKept }

var errKept = errors.New("a secret is not kept: there is nothing to read back")
