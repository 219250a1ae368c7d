package grant

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/span"
)

// Grant is access that one person has, or is about to have, until an instant.
type Grant struct {
	// ID is that of the change that gives it. It is the description of its bindings.
	ID string `json:"id"`
	// Entitlement is the name of what it was asked through.
	Entitlement string   `json:"entitlement"`
	Scope       Scope    `json:"scope"`
	Roles       []string `json:"roles,omitempty"`
	Condition   string   `json:"condition,omitempty"`
	// Member is who has it, as policies write it: user:aiko@example.com.
	Member string `json:"member"`
	// Title is the title of its bindings. See [Title].
	Title string `json:"title"`
	// Since is when the person began to have the entitlement without a break, which is before
	// this grant where it extends another one. Until is when it ends.
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
	// Replaces lists the grants that this one extends: their bindings for the same roles give
	// way to its own in the same write.
	Replaces []string `json:"replaces,omitempty"`
}

// Live reports whether the grant has not ended by a time.
func (g Grant) Live(now time.Time) bool { return now.Before(g.Until) }

// Address returns the address of who has the grant.
func (g Grant) Address() string {
	_, address, _ := strings.Cut(g.Member, ":")
	return address
}

// Member returns how policies write an account with an address.
func Member(address string) string {
	address = lower(address)
	if strings.HasSuffix(address, ".gserviceaccount.com") {
		return "serviceAccount:" + address
	}
	return "user:" + address
}

// lower returns a text without the case of the letters A to Z, in which members are compared.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + ('a' - 'A')
		}
	}
	return string(b)
}

func sameMember(a, b string) bool { return lower(a) == lower(b) }

// Plan makes the grant that a request comes to at an instant. The grants are those that the
// same person has; what is live of the same entitlement is extended, never shortened: the new
// grant ends later than it, and not later than the longest time after the person began to have
// it. Whether the request may be granted at all is [Request.Check]'s question.
//
// Access is planned at the moment at which it is given: time that passes while people are asked
// is not the requester's.
func Plan(r Request, id, member string, grants []Grant, now time.Time) (Grant, *Problem) {
	e := r.Entitlement
	now = now.UTC().Truncate(time.Second)
	g := Grant{
		ID: id, Entitlement: e.Name, Scope: e.Scope, Roles: r.roles(), Condition: e.Condition, Member: lowerAddress(member),
		Title: Title(r.reason()), Since: now,
	}
	g = g.After(grants, now)
	var latest time.Time // end of what covers all that is asked for
	for _, other := range grants {
		if other.ID != id && other.continues(g, now) && subset(g.Roles, other.Roles) && other.Until.After(latest) {
			latest = other.Until
		}
	}
	g.Until = now.Add(min(r.For, e.Max)).Truncate(time.Second)
	last := g.Since.Add(e.Max)
	switch {
	case !last.After(now) || !latest.IsZero() && !last.After(latest):
		return Grant{}, &Problem{
			Field: InDuration, Code: NothingLeft,
			Text: fmt.Sprintf("%s is given for %s at most, which end at %s: ask anew after that", e.Name, span.Spell(e.Max), clock(last)),
		}
	case !latest.IsZero() && !g.Until.After(latest):
		return Grant{}, &Problem{
			Field: InDuration, Code: LongEnough, Most: last.Sub(now),
			Text: fmt.Sprintf("you have it until %s already: ask for longer, at most %s", clock(latest), span.Spell(last.Sub(now))),
		}
	case g.Until.After(last):
		g.Until = last
	}
	return g, nil
}

func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}

// lowerAddress lowers what stands after the kind of a member, whose own letters count.
func lowerAddress(member string) string {
	kind, address, ok := strings.Cut(member, ":")
	if !ok {
		return member
	}
	return kind + ":" + lower(address)
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
