package policyfile

import (
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// The ways to say who is meant. The first two depend on what is decided about: its owners, and
// the manager of who asks.
const (
	owners  = "owners"
	manager = "manager"
	byGroup = "group:"
	byUser  = "user:"
	byRole  = "role:"
)

// deciders are the sets from which approvals come, members those who have something for good.
var (
	deciders = []string{owners, manager, byGroup, byUser, byRole}
	named    = []string{byGroup, byUser, byRole}
	members  = []string{byGroup, byUser}
)

// selector reads a set of people, written in one of some ways. Addresses come out in lower
// case; a role has to be defined in some file of the policy.
func (p place) selector(ways []string) change.Selector {
	s := p.text()
	if s == "" {
		return ""
	}
	if slices.Contains(ways, s) && !strings.HasSuffix(s, ":") {
		return change.Selector(s)
	}
	for _, way := range ways {
		rest, ok := strings.CutPrefix(s, way)
		switch {
		case !ok || !strings.HasSuffix(way, ":"):
		case way == byRole:
			if rest == "" {
				break
			}
			p.from.refer(kindRole, rest, p)
			return change.Selector(s)
		case looksLikeAddress(rest):
			return change.Selector(strings.ToLower(s))
		}
	}
	p.problem("%s is no set of people: write %s", quote(s), spell(ways, s))
	return ""
}

// spell lists the ways, with the address itself where somebody wrote one alone.
func spell(ways []string, written string) string {
	address := "name@your-domain"
	if looksLikeAddress(written) && !strings.Contains(written, ":") {
		address = written
	}
	out := make([]string, len(ways))
	for i, way := range ways {
		switch {
		case way == byRole:
			out[i] = "role:name"
		case strings.HasSuffix(way, ":"):
			out[i] = way + address
		default:
			out[i] = way
		}
	}
	last := len(out) - 1
	return strings.Join(out[:last], ", ") + " or " + out[last]
}
