package idle

import (
	"slices"
	"strings"
)

// GivenBack returns what a person has again of the roles of a stopped account, of which a request asks for one, and
// that one. Whoever decides about a request sees the one role; so of the others only those come back that
// the person could ask for now, which the offers are. Capitals do not matter.
func GivenBack(had, offers []string, role string) []string {
	within := func(list []string, name string) bool {
		return slices.ContainsFunc(list, func(other string) bool { return strings.EqualFold(other, name) })
	}
	var back []string
	for _, name := range had {
		if within(offers, name) || strings.EqualFold(name, role) {
			back = append(back, name)
		}
	}
	if role != "" && !within(back, role) {
		back = append(back, role)
	}
	return back
}
