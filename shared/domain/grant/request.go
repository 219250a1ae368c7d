package grant

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/span"
)

// Request is a person's wish for an entitlement.
type Request struct {
	Entitlement Entitlement
	// Roles are those of the entitlement's that are wanted, all of them where none are named.
	Roles  []string
	For    time.Duration
	Reason string
}

// Field is the part of a request that a [Problem] is about.
type Field string

// The fields.
const (
	InEntitlement Field = "entitlement"
	InRoles       Field = "roles"
	InDuration    Field = "duration"
	InReason      Field = "reason"
)

// Code says what is wrong with a request, for those who tell people in their own language.
type Code string

// The codes.
const (
	NotEligible Code = "not-eligible"
	UnknownRole Code = "unknown-role"
	NoDuration  Code = "no-duration"
	TooLong     Code = "too-long"
	NoReason    Code = "no-reason"
	ReasonForm  Code = "reason-form"
	LongEnough  Code = "long-enough"  // the person has it for at least that long already
	NothingLeft Code = "nothing-left" // the longest time is used up
	Unwritable  Code = "unwritable"   // the entitlement itself cannot be granted
)

// Problem is one thing that is wrong with a request. It is an error too.
type Problem struct {
	Field Field
	Code  Code
	// Text says it in English, with what to do instead.
	Text string
	// Most is the longest time that can be had; zero where the time is not what is wrong.
	Most time.Duration
}

// Error implements error.
func (p *Problem) Error() string { return string(p.Field) + ": " + p.Text }

// reason is the reason as it counts.
func (r Request) reason() string { return strings.TrimSpace(r.Reason) }

// roles are the roles that are wanted, in the order of the entitlement.
func (r Request) roles() []string {
	if len(r.Roles) == 0 {
		return slices.Clone(r.Entitlement.Roles)
	}
	return slices.DeleteFunc(slices.Clone(r.Entitlement.Roles), func(role string) bool { return !slices.Contains(r.Roles, role) })
}

// Check returns everything that is wrong with a request of somebody for whom these selectors
// hold now, in the order of the fields. Whoever lets a request through checks it again before
// access is given: rights may have changed meanwhile.
func (r Request) Check(holds []change.Selector) []*Problem {
	var out []*Problem
	e := r.Entitlement
	if !e.EligibleTo(holds) {
		// Nothing else is told to who may not have it.
		return []*Problem{{Field: InEntitlement, Code: NotEligible, Text: "you are not among those who may have " + e.Name}}
	}
	if err := e.check(); err != nil {
		out = append(out, &Problem{Field: InEntitlement, Code: Unwritable, Text: err.Error()})
	}
	for _, role := range r.Roles {
		if !slices.Contains(e.Roles, role) {
			out = append(out, &Problem{
				Field: InRoles, Code: UnknownRole,
				Text: fmt.Sprintf("%s does not give %s: choose of %s", e.Name, role, strings.Join(e.Roles, ", ")),
			})
		}
	}
	switch {
	case r.For < time.Second:
		out = append(out, &Problem{Field: InDuration, Code: NoDuration, Most: e.Max, Text: "say for how long, at most " + span.Spell(e.Max)})
	case r.For > e.Max:
		out = append(out, &Problem{
			Field: InDuration, Code: TooLong, Most: e.Max,
			Text: fmt.Sprintf("%s is longer than %s, for which %s is given at most", span.Spell(r.For), span.Spell(e.Max), e.Name),
		})
	}
	switch {
	case r.reason() == "":
		out = append(out, &Problem{Field: InReason, Code: NoReason, Text: "say why"})
	case e.Reason != nil && !e.Reason.MatchString(r.reason()):
		out = append(out, &Problem{Field: InReason, Code: ReasonForm, Text: "the reason has to have the form " + e.Reason.String()})
	}
	return out
}

// check reports why an entitlement cannot be granted at all. A policy that was read from a file
// has been checked already; this is for every other way to one.
func (e Entitlement) check() error {
	if _, err := ParseScope(e.Scope.Kind, e.Scope.Name); err != nil {
		return err
	}
	if e.Scope.Conditional() == (len(e.Roles) == 0) {
		return fmt.Errorf("%s has %d roles: a group has none, every other place at least one", e.Name, len(e.Roles))
	}
	for _, role := range e.Roles {
		if err := CheckRole(role); err != nil {
			return err
		}
	}
	if e.Condition == "" {
		return nil
	}
	if !e.Scope.Conditional() {
		return fmt.Errorf("%s has a condition: a membership of a group takes none", e.Name)
	}
	if err := CheckCondition(e.Condition); err != nil {
		return fmt.Errorf("the condition of %s %w", e.Name, err)
	}
	return nil
}

// Offer is an entitlement that a person may ask for now.
type Offer struct {
	Entitlement Entitlement
	// Live is the person's grant of it that ends last; nil where there is none.
	Live *Grant
	// Most is the longest time that can be had from now.
	Most time.Duration
}

// Offers returns what a person may ask for now, for whom these selectors hold and who has these
// grants, sorted by name. What the person has already for as long as can be is not offered.
func Offers(all []Entitlement, holds []change.Selector, grants []Grant, now time.Time) []Offer {
	var out []Offer
	for _, e := range all {
		if !e.EligibleTo(holds) {
			continue
		}
		o := Offer{Entitlement: e, Most: e.Max}
		for i, g := range grants {
			if g.Entitlement == e.Name && g.Live(now) && (o.Live == nil || g.Until.After(o.Live.Until)) {
				o.Live = &grants[i]
			}
		}
		if o.Live != nil {
			last := o.Live.Since.Add(e.Max)
			if !last.After(o.Live.Until) {
				continue
			}
			o.Most = last.Sub(now)
		}
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b Offer) int { return cmp.Compare(a.Entitlement.Name, b.Entitlement.Name) })
	return out
}
