package idle

import (
	"slices"
	"strings"
)

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
