package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Questions are what two policies are compared by.
type Questions struct {
	// People, Operations and Resources are asked each with each. People are ids or addresses;
	// none means all whom either engine knows.
	People     []string
	Operations []Operation
	Resources  []Resource
	// Recorded are requests that were decided in the past.
	Recorded []Recorded
}

// Recorded is a past decision.
type Recorded struct {
	// ID names the entry of the audit log, or the change, that it was read from.
	ID string
	Request
	Allowed bool
}

// Difference is what another policy would change.
type Difference struct {
	// Gains and Loses list who may do what under one of the policies only, sorted by person,
	// resource and operation.
	Gains, Loses []Shift
	// Decisions lists the past decisions that would be others now, in the order of their ids.
	Decisions []Differing
}

// Empty reports whether nothing would change.
func (d Difference) Empty() bool { return len(d.Gains)+len(d.Loses)+len(d.Decisions) == 0 }

// Shift is one thing that a person may do under one policy and not under the other.
type Shift struct {
	// Person is the id, Name the address where the directory knows it.
	Person, Name string
	Operation    Operation
	Resource     Resource
	// Before and After are both answers.
	Before, After Decision
}

// Differing is a past decision and what it would be.
type Differing struct {
	Recorded
	// Name is the address of the subject, where the directory knows it.
	Name string
	// Before is the answer of the policy that is in force. Where it is not the recorded one,
	// people, groups or owners have changed since, or an earlier policy decided.
	Before, After Decision
}

// Compare says what a new policy changes: before and after are engines of the two policies,
// commonly of the same directory. The answers of a nil engine are all no.
func Compare(before, after *Engine, q Questions) Difference {
	var out Difference
	people := q.People
	if len(people) == 0 {
		people = append(before.Everybody(), after.Everybody()...)
		slices.Sort(people)
		people = slices.Compact(people)
	}
	for _, person := range people {
		for _, resource := range q.Resources {
			for _, o := range q.Operations {
				r := Request{Subject: person, Operations: []Operation{o}, Resource: resource}
				s := Shift{Person: person, Operation: o, Resource: resource, Before: before.Decide(r), After: after.Decide(r)}
				if s.Before.Allowed == s.After.Allowed {
					continue
				}
				s.Name = nameOf(person, after, before)
				if s.After.Allowed {
					out.Gains = append(out.Gains, s)
				} else {
					out.Loses = append(out.Loses, s)
				}
			}
		}
	}
	for _, r := range q.Recorded {
		if now := after.Decide(r.Request); now.Allowed != r.Allowed {
			out.Decisions = append(out.Decisions, Differing{
				Recorded: r, Name: nameOf(r.Subject, after, before), Before: before.Decide(r.Request), After: now,
			})
		}
	}
	byWhom := func(a, b Shift) int {
		return cmp.Or(
			cmp.Compare(a.Name, b.Name), cmp.Compare(a.Person, b.Person),
			cmp.Compare(a.Resource.Type, b.Resource.Type), cmp.Compare(a.Resource.Name, b.Resource.Name),
			cmp.Compare(a.Operation, b.Operation),
		)
	}
	slices.SortFunc(out.Gains, byWhom)
	slices.SortFunc(out.Loses, byWhom)
	slices.SortStableFunc(out.Decisions, func(a, b Differing) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// nameOf returns the address of a person, or what the person was called in the question.
func nameOf(person string, engines ...*Engine) string {
	for _, e := range engines {
		if e == nil {
			continue
		}
		if m := e.member(person); m != nil && m.Email != "" {
			return m.Email
		}
	}
	return person
}

// String says the difference in lines, sorted, without a line break at the end.
func (d Difference) String() string {
	if d.Empty() {
		return "Nothing would change."
	}
	var out strings.Builder
	shifts := func(head string, list []Shift) {
		if len(list) == 0 {
			return
		}
		fmt.Fprintf(&out, "%s:\n", head)
		for _, s := range list {
			fmt.Fprintf(&out, "- %s\n", sayShift(s))
		}
	}
	shifts(headGains, d.Gains)
	shifts(headLoses, d.Loses)
	if len(d.Decisions) > 0 {
		fmt.Fprintf(&out, "%s:\n", headDecisions)
	}
	for _, r := range d.Decisions {
		fmt.Fprintf(&out, "- %s\n", sayDiffering(r))
	}
	return strings.TrimSuffix(out.String(), "\n")
}
