package catalog

import (
	"cmp"
	"fmt"
	"strings"
)

// This file is what a plan is made of. What has to be in one is found out in diff.go.

// Kind is a kind of thing in the catalogue.
type Kind string

// The kinds. A member is a person in a team, a holder a person with a role.
const (
	KindPolicy Kind = "policy"
	KindRole   Kind = "role"
	KindTeam   Kind = "team"
	KindUser   Kind = "user"
	KindMember Kind = "member"
	KindHolder Kind = "holder"
)

// Verb is what a step does.
type Verb string

// The verbs.
const (
	Create Verb = "create"
	Update Verb = "update"
	Add    Verb = "add"    // a member or a holder
	Remove Verb = "remove" // a member or a holder
	Delete Verb = "delete"
)

// Step is one change to the catalogue.
type Step struct {
	Verb Verb `json:"verb"`
	Kind Kind `json:"kind"`
	// Name is that of the policy, role or team that the step is about; an address for a user.
	Name string `json:"name"`
	// Person is the address of the member or holder.
	Person string `json:"person,omitempty"`
	// Diff is what an update changes.
	Diff []Difference `json:"diff,omitempty"`
	// Drift is who changed it in the catalogue, where the last to do so was not us.
	Drift string `json:"drift,omitempty"`
	// Takes is how many people lose the team or the role that is deleted.
	Takes int `json:"takes,omitempty"`
	// What is wanted, of creations and updates. A team is made without policies and roles, which
	// an update attaches. An update of a team with a type says where the team is to be, and leaves it what it has; one
	// without says what it is to have, and leaves it where it is. No team can be joined after either.
	Policy *Policy `json:"policy,omitempty"`
	Role   *Role   `json:"role,omitempty"`
	Team   *Team   `json:"team,omitempty"`
}

// Difference is one property that an update changes.
type Difference struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Removal reports whether the step takes something away.
func (s Step) Removal() bool { return s.Verb == Remove || s.Verb == Delete }

// String is the step on one line, for people.
func (s Step) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s", s.Verb, s.Kind, s.Name)
	if s.Person != "" {
		fmt.Fprintf(&b, ": %s", s.Person)
	}
	for i, d := range s.Diff {
		b.WriteString(cmp.Or(map[int]string{0: ": "}[i], "; "))
		fmt.Fprintf(&b, "%s %s → %s", d.Field, cmp.Or(d.Before, "nothing"), cmp.Or(d.After, "nothing"))
	}
	if s.Drift != "" {
		fmt.Fprintf(&b, " (changed by %s)", s.Drift)
	}
	return b.String()
}

// FindingCode says what was found that is not changed.
type FindingCode string

// The codes.
const (
	// FoundStranger is something of a name that is wanted, and that somebody else has made. It
	// stays as it is.
	FoundStranger FindingCode = "stranger"
	// FoundMissing is a person without an account, who therefore gets nothing.
	FoundMissing FindingCode = "missing"
	// FoundBelow is a team that nobody wants any more, but with somebody else's teams below it. It
	// stays, with nobody in it and without all that it had.
	FoundBelow FindingCode = "below"
	// FoundGroup is a team of type Group that is wanted as another type, which the catalogue
	// refuses. Everything else about the team is done.
	FoundGroup FindingCode = "group"
	// FoundWaits is something that is not made, because it needs what cannot be there: a team that is
	// wanted below one that stays a Group, or somebody else's, and what names such a team in turn.
	FoundWaits FindingCode = "waits"
	// FoundPartly is something that is there, or is made, and needs such a team for a part of what is
	// wanted of it, or is tied to something that does. That part stays as it is.
	FoundPartly FindingCode = "partly"
	// FoundNeeded is something of ours that nobody wants any more, but to which something refers that is
	// not yet as it is wanted. It stays as it is.
	FoundNeeded FindingCode = "needed"
	// FoundTwice is an address that several accounts have, so that nobody can tell who is meant.
	FoundTwice FindingCode = "twice"
)

// Finding is something that people should know of.
type Finding struct {
	Code FindingCode `json:"code"`
	Kind Kind        `json:"kind"`
	Name string      `json:"name"`
}

// Plan is what has to change.
type Plan struct {
	// Steps are in an order in which they can be done.
	Steps []Step `json:"steps,omitempty"`
	// Findings are sorted.
	Findings []Finding `json:"findings,omitempty"`
}

// Empty reports whether nothing has to change.
func (p Plan) Empty() bool { return len(p.Steps) == 0 }

// Removals counts what the plan takes away: each step that does, and with a team or a role everybody who
// loses it. [Present.Size] counts alike.
func (p Plan) Removals() int {
	n := 0
	for _, s := range p.Steps {
		if s.Removal() {
			n += 1 + s.Takes
		}
	}
	return n
}

// Lines is the plan for people: one line for each step, in order, then one for each finding.
func (p Plan) Lines() []string {
	var out []string
	for _, s := range p.Steps {
		out = append(out, s.String())
	}
	text := map[FindingCode]string{
		FoundStranger: "is somebody else's and stays as it is", FoundMissing: "has no account", FoundTwice: "is the address of several accounts",
		FoundBelow: "stays because of other teams below it, with nobody in it", FoundGroup: "stays a Group: delete it for good for it to become something else",
		FoundWaits:  "is not made: a team above it, or one that it or what is tied to it needs, stays as it is",
		FoundPartly: "is not all that is wanted: a team above or below it, or one that it or what is tied to it needs, stays as it is",
		FoundNeeded: "stays because of what is not yet as it is wanted: a team stays as it is",
	}
	for _, f := range p.Findings {
		out = append(out, fmt.Sprintf("%s %s %s", f.Kind, f.Name, text[f.Code]))
	}
	return out
}

// Size is how much of the catalogue can be taken away by plans: what is ours, with the people in
// it. The share of removals is told by it.
func (p Present) Size() int {
	n := 0
	for _, policy := range p.Policies {
		if policy.Ours() {
			n++
		}
	}
	for _, r := range p.Roles {
		if r.Ours() {
			n += 1 + len(r.Holders)
		}
	}
	for _, t := range p.Teams {
		if t.Ours() {
			n += 1 + len(t.Members)
		}
	}
	return n
}
