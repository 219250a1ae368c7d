package cloudfn

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/sekisho/sekisho/shared/ports/retry"
)

// Permanent marks an error for which trying again cannot help: the message is put into
// quarantine, where a person sees it, and acknowledged. See [retry.Permanent].
func Permanent(err error) error { return retry.Permanent(err) }

// IsPermanent reports whether trying again cannot help. See [retry.IsPermanent].
func IsPermanent(err error) bool { return retry.IsPermanent(err) }

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
