package policyfile

import (
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
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

// selector reads a set of people, written in one of some ways. An address alone is one person:
// a group is never meant by accident. Addresses come out in lower case; a role has to be defined
// in some file of the policy.
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
			return change.Selector(group.Address(s))
		}
	}
	if looksLikeAddress(s) && !strings.Contains(s, ":") && slices.Contains(ways, byUser) {
		return change.Selector(byUser + group.Address(s))
	}
	p.problem("%s is no set of people: write %s", quote(s), spell(ways))
	return ""
}

// spell lists the ways.
func spell(ways []string) string {
	out := make([]string, len(ways))
	for i, way := range ways {
		switch {
		case way == byRole:
			out[i] = "role:name"
		case strings.HasSuffix(way, ":"):
			out[i] = way + "name@your-domain"
		default:
			out[i] = way
		}
	}
	last := len(out) - 1
	return strings.Join(out[:last], ", ") + " or " + out[last]
}
