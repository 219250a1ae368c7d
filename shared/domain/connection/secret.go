package connection

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// Secret is text that whoever holds it can act with. However it is printed, logged or encoded,
// what comes out says nothing: only [Secret.Reveal] gives the text. The zero Secret is empty.
//
// The text sits behind a function, because packages that print by reflection do not ask a
// value's methods when it stands in an unexported field.
type Secret struct {
	reveal func() string
}

// hidden stands for every secret, the empty one included.
const hidden = "(hidden)"

// NewSecret hides a text.
func NewSecret(text string) Secret {
	return Secret{reveal: func() string { return text }}
}

// Reveal returns the text. Each call of it is a place where the secret can get out.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// Empty reports whether there is no text.
func (s Secret) Empty() bool { return s.Reveal() == "" }

// Equal reports whether two secrets are the same text, in a time that depends on their lengths
// alone.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// String implements [fmt.Stringer].
func (s Secret) String() string { return hidden }

// Format implements [fmt.Formatter] for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue implements [slog.LogValuer].
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText implements [encoding.TextMarshaler], and with it keys and values of JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalJSON implements [json.Marshaler].
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// MarshalBinary implements [encoding.BinaryMarshaler]: a secret does not go into a store.
func (s Secret) MarshalBinary() ([]byte, error) { return nil, errKept }

// UnmarshalText implements [encoding.TextUnmarshaler]: what was written does not hold the
// secret, so nothing can be read back.
func (s *Secret) UnmarshalText([]byte) error { return errKept }

var errKept = errors.New("a secret is not kept: there is nothing to read back")
