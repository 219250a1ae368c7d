package group

import "strings"

// Address returns an address as it is compared: without surrounding space and without the case
// of the letters A to Z. Other letters stay as they are, so that one which only looks like a
// letter of an address, or becomes one in lower case, never makes the same address.
func Address(email string) string {
	b := []byte(strings.TrimSpace(email))
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + ('a' - 'A')
		}
	}
	return string(b)
}
