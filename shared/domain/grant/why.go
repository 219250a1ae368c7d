package grant

import (
	"strings"
	"time"
)

// Identity is somebody whose access is asked about.
type Identity struct {
	// Email is the address of the account, Aliases its other ones.
	Email   string
	Aliases []string
	// Groups maps the address of each group in which the person is, directly or through others,
	// to the way there: the groups from the one that the person is in, to the group itself.
	Groups map[string][]string
}

// Answer says whether something holds.
type Answer string

// The answers. A condition of others may ask for anything, which only IAM can tell.
const (
	Holds   Answer = "yes"
	Fails   Answer = "no"
	Unknown Answer = "unknown"
)

// Path is one way by which somebody has a role.
type Path struct {
	At      Scope
	Binding Binding
	// Member is the member of the binding that is, or holds, the person.
	Member string
	// Via are the groups from the person to that member; empty for the person itself.
	Via []string
	// Answer says whether the condition holds now; without a condition it does.
	Answer Answer
	// Change is the id of the change that gave it, and Until its end, where it is ours.
	Change string
	Until  time.Time
}

// Why returns every way by which somebody has a role at a place by its own policy, in the
// policy's order. What is inherited from above stands in the policies there. An empty role
// means any.
func Why(at Scope, p Policy, who Identity, role string, now time.Time) []Path {
	var out []Path
	for _, b := range p.Bindings {
		if role != "" && b.Role != role {
			continue
		}
		for _, member := range b.Members {
			via, ok := who.through(member)
			if !ok {
				continue
			}
			path := Path{At: at, Binding: b, Member: member, Via: via, Answer: Holds}
			if b.Condition != nil {
				path.Answer = Unknown
			}
			if o, mark := Recognize(b); mark == Exact {
				path.Change, path.Until = o.ID, o.Until
				switch {
				case !now.Before(o.Until):
					path.Answer = Fails
				case o.And == "":
					path.Answer = Holds
				}
			}
			out = append(out, path)
		}
	}
	return out
}

// through reports whether a member of a policy is the person, or holds it, and by which groups.
func (w Identity) through(member string) (via []string, ok bool) {
	kind, address, _ := strings.Cut(member, ":")
	address = lower(address)
	switch kind {
	case "allUsers", "allAuthenticatedUsers":
		return nil, true
	case "user", "serviceAccount":
		if lower(w.Email) == address {
			return nil, true
		}
		for _, a := range w.Aliases {
			if lower(a) == address {
				return nil, true
			}
		}
	case "domain":
		_, domain, _ := strings.Cut(lower(w.Email), "@")
		return nil, domain != "" && domain == address
	case "group":
		for group, path := range w.Groups {
			if lower(group) == address {
				return path, true
			}
		}
	}
	return nil, false
}
