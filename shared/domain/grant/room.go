package grant

import (
	"encoding/json"
	"fmt"
	"slices"
)

// IAM's limits on one policy. Every occurrence of a principal counts, also in the exemptions
// from audit logs. https://cloud.google.com/iam/quotas
const (
	maxPrincipals = 1_500
	maxGroups     = 250 // domains among them
	maxSame       = 20  // bindings of one role to one principal with different conditions
	maxOperators  = 12  // logical operators in a condition
	maxSize       = 64 << 10
	// manyConditional is no limit but Google's advice.
	// https://cloud.google.com/iam/docs/conditions-overview#limitations
	manyConditional = 100
)

// Headroom is the share of each limit that is kept free for a request for which people have to
// be asked: until they have decided, others write into the policy too.
const Headroom = 0.10

// Usage is how much of IAM's limits a policy takes.
type Usage struct {
	Principals, Groups int
	// Conditional counts bindings under a condition, Same the most bindings that one principal
	// has of one role under conditions.
	Conditional, Same int
	// Size is about how many bytes the bindings have in JSON.
	Size int
}

// Usage counts a policy.
func (p Policy) Usage() Usage {
	var u Usage
	same := map[[2]string]int{}
	count := func(member string) {
		u.Principals++
		if isGroup(member) {
			u.Groups++
		}
	}
	for _, member := range p.Exempted {
		count(member)
	}
	for _, b := range p.Bindings {
		if b.Condition != nil {
			u.Conditional++
		}
		for _, member := range b.Members {
			count(member)
			if b.Condition != nil {
				key := [2]string{b.Role, lower(member)}
				same[key]++
				u.Same = max(u.Same, same[key])
			}
		}
		u.Size += b.size()
	}
	return u
}

// size is how many bytes a binding takes in a policy.
func (b Binding) size() int {
	if b.Raw != nil {
		return len(b.Raw) + 1
	}
	encoded, err := json.Marshal(b)
	if err != nil { // texts and lists of texts can always be written
		return 0
	}
	return len(encoded) + 1
}

// Shortage is a limit that an edit would exceed.
type Shortage struct {
	// Limit names it: principals, groups, same-role, size, role, operators.
	Limit string
	// Have is how many there would be, Most how many there may be. Both are zero for a limit
	// that is not a number.
	Have, Most int
	// Advice says what to do, in English.
	Advice string
}

// Room returns the limits that an edit would exceed, of a policy that stands now. It is asked
// before people are: what cannot be granted is not put before them. The headroom is the share
// of each limit to be kept free, [Headroom] or 0. What takes away or clears away always has
// room.
func Room(at Scope, p Policy, e Edit, headroom float64) ([]*Shortage, error) {
	var out []*Shortage
	for _, g := range e.Give {
		for _, role := range g.Roles {
			if err := CheckRole(role); err != nil {
				out = append(out, &Shortage{Limit: "role", Advice: err.Error()})
			}
		}
		if g.Condition != "" {
			if err := CheckCondition(g.Condition); err != nil {
				out = append(out, &Shortage{Limit: "operators", Most: maxOperators, Advice: "the condition of " + g.Entitlement + " " + err.Error()})
			}
		}
	}
	next, _, err := e.Apply(p)
	if err != nil {
		return nil, err
	}
	was, is := p.Usage(), next.Usage()
	limit := func(name string, was, is, most int, advice string) {
		if is > was && float64(is) > float64(most)*(1-headroom) {
			out = append(out, &Shortage{
				Limit: name, Have: is, Most: most,
				Advice: fmt.Sprintf("the policy of %s would have %d %s of at most %d: %s", at, is, words[name], most, advice),
			})
		}
	}
	limit("principals", was.Principals, is.Principals, maxPrincipals,
		"bind groups in the place of people, or give this entitlement by the membership of a group")
	limit("groups", was.Groups, is.Groups, maxGroups, "put groups into one another, or bind people in the place of small ones")
	limit("size", was.Size, is.Size, maxSize, "remove bindings that nobody needs, or give this entitlement by the membership of a group")
	for _, g := range e.Give {
		if role, have := g.crowded(p, next); have > maxSame {
			// No headroom here: nobody else gives this person this role under conditions.
			out = append(out, &Shortage{
				Limit: "same-role", Have: have, Most: maxSame,
				Advice: fmt.Sprintf("%s would have %s at %s by %d bindings of at most %d: give back what is not needed any more",
					g.Address(), role, at, have, maxSame),
			})
		}
	}
	return out, nil
}

// words are the nouns of limits.
var words = map[string]string{"principals": "principals", "groups": "groups and domains", "size": "bytes"}

// crowded returns the role of a grant of which its member has most bindings under conditions
// after an edit, where that is more than before.
func (g Grant) crowded(p, next Policy) (role string, have int) {
	for _, r := range g.Roles {
		if n := next.conditional(r, g.Member); n > p.conditional(r, g.Member) && n > have {
			role, have = r, n
		}
	}
	return role, have
}

// conditional counts the bindings of a role to a member under conditions.
func (p Policy) conditional(role, member string) int {
	n := 0
	for _, b := range p.Bindings {
		if b.Role == role && b.Condition != nil && slices.ContainsFunc(b.Members, func(m string) bool { return sameMember(m, member) }) {
			n++
		}
	}
	return n
}

// Load is how much of one limit a policy takes.
type Load struct {
	// Limit names it: principals, groups (domains are among them), conditional (bindings under a
	// condition, of which Google only advises against more) or size (in bytes).
	Limit string
	// Have is how many there are, Most how many there may be.
	Have, Most int
}

// Crowding returns the limits of which a policy takes four fifths or more, which is when people
// should look at it.
func (p Policy) Crowding() []Load {
	u := p.Usage()
	loads := []Load{
		{"principals", u.Principals, maxPrincipals},
		{"groups", u.Groups, maxGroups},
		{"conditional", u.Conditional, manyConditional},
		{"size", u.Size, maxSize},
	}
	return slices.DeleteFunc(loads, func(l Load) bool { return l.Have*10 < l.Most*8 })
}
