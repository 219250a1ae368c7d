package idle

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Made is what a request for an account has come to. It is kept as the result of its change.
type Made struct {
	// Account is the account's id in its system.
	Account string `json:"account"`
	// Withheld are the roles that a stopped account had and that were not given back with it.
	Withheld []string `json:"withheld,omitempty"`
}

// DecodeMade reads the result of a request's change; one that has none yet has made nothing.
func DecodeMade(result json.RawMessage) (Made, error) {
	if len(result) == 0 {
		return Made{}, nil
	}
	var m Made
	if err := json.Unmarshal(result, &m); err != nil {
		return Made{}, fmt.Errorf("decode what a request for an account made: %w", err)
	}
	return m, nil
}

// GivenBack parts the roles of a stopped account, of which a request asks for one: what its person has
// with it again, the role that is asked for included, and what is withheld. Whoever decides about a
// request sees the one role; so of the others only those come back that the person could ask for
// now, which the offers are. Capitals do not matter.
func GivenBack(had, offers []string, role string) (back, withheld []string) {
	within := func(list []string, name string) bool {
		return slices.ContainsFunc(list, func(other string) bool { return strings.EqualFold(other, name) })
	}
	for _, name := range had {
		if within(offers, name) || strings.EqualFold(name, role) {
			back = append(back, name)
		} else {
			withheld = append(withheld, name)
		}
	}
	if role != "" && !within(back, role) {
		back = append(back, role)
	}
	return back, withheld
}
