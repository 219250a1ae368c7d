package change

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Mode says what policy wants to be done with a proposal.
type Mode string

// The modes.
const (
	Auto   Mode = "auto"   // do it at once
	Ask    Mode = "ask"    // people decide
	Report Mode = "report" // make it known, do nothing
)

// Selector names a set of people. This package only compares selectors; who is in one is looked
// up by who knows.
//
// Besides those below there are group:ADDRESS and user:ADDRESS, role:NAME for the holders of a
// role that policy defines, owners:ADDRESS for the owners of a group, manager:ID for the manager
// of a person and admins:SYSTEM for who administers a system of accounts.
type Selector string

// The selectors that need no name.
const (
	// Owners are the owners of what a change is about: those that the change names, else the
	// owners of the group that it is about, also through groups that own it.
	Owners Selector = "owners"
	// Admins are the super administrators of the directory.
	Admins Selector = "admins"
	// Approvers are those who may decide where policy names nobody else.
	Approvers Selector = "approvers"
	// Manager is the manager of the person who asked.
	Manager Selector = "manager"
)

// Need is one part of a quorum: so many different people from one set.
type Need struct {
	Count int      `json:"count"`
	From  Selector `json:"from"`
}

// Escalation opens a decision to more people when it has waited too long.
type Escalation struct {
	After time.Duration `json:"after"`
	To    Selector      `json:"to"`
}

// Requirement is what policy asks for before a change may be done.
type Requirement struct {
	Mode Mode `json:"mode"`
	// Needs must all be met, each person counting once. Only for [Ask], where none given means
	// that nobody can approve.
	Needs []Need `json:"needs,omitempty"`
	// Within is how long people have; zero means [DefaultWithin].
	Within time.Duration `json:"within,omitempty"`
	// Remind is the wait before the first reminder; it doubles each time, unless Steady. Zero
	// means none.
	Remind   time.Duration `json:"remind,omitempty"`
	Steady   bool          `json:"steady,omitempty"`
	Escalate *Escalation   `json:"escalate,omitempty"`
}

// validate reports all that keeps a requirement from ever being met.
func (r Requirement) validate() error {
	var problems []error
	need := func(ok bool, what string) {
		if !ok {
			problems = append(problems, errors.New(what))
		}
	}
	switch r.Mode {
	case Auto, Report:
	case Ask:
		need(len(r.Needs) > 0, "people are asked, but nobody can approve")
		for _, n := range r.Needs {
			need(n.Count > 0 && n.From != "", "a need without a count or a set of people")
		}
		need(r.Escalate == nil || r.Escalate.To != "", "an escalation to nobody")
	default:
		need(false, fmt.Sprintf("mode %q is unknown", r.Mode))
	}
	return errors.Join(problems...)
}

// DefaultRequirement is what is needed where people decide and policy says nothing more: one
// yes of those who may approve, with a reminder after a day.
func DefaultRequirement() Requirement {
	return Requirement{Mode: Ask, Needs: []Need{{Count: 1, From: Approvers}}, Remind: 24 * time.Hour}
}

// People returns how many have to agree in all.
func (r Requirement) People() int {
	total := 0
	for _, n := range r.Needs {
		total += n.Count
	}
	return total
}

// AtLeast raises a requirement to so many people in all, the further ones from its first set.
func (r Requirement) AtLeast(people int) Requirement {
	r.Needs = slices.Clone(r.Needs)
	if missing := people - r.People(); missing > 0 && len(r.Needs) > 0 {
		r.Needs[0].Count += missing
	}
	return r
}

// Tightened returns what a requirement becomes that people were asked by, where policy has come to
// ask as another one since; false where whoever meets the first meets the needs of the other too.
// It never falls below as many people as were asked for.
func (r Requirement) Tightened(now Requirement) (Requirement, bool) {
	if r.covers(now.Needs) {
		return r, false
	}
	r.Needs, r.Escalate = now.AtLeast(r.People()).Needs, now.Escalate
	return r, true
}

// covers reports whether each set of some needs is asked for as many people at least.
func (r Requirement) covers(needs []Need) bool {
	return !slices.ContainsFunc(needs, func(n Need) bool {
		asked := 0
		for _, own := range r.Needs {
			if own.From == n.From {
				asked += own.Count
			}
		}
		return asked < n.Count
	})
}

// Selectors lists the sets from which approvals may come, without repetition.
func (r Requirement) Selectors(escalated bool) []Selector {
	var out []Selector
	for _, n := range r.Needs {
		if !slices.Contains(out, n.From) {
			out = append(out, n.From)
		}
	}
	if escalated && r.Escalate != nil && !slices.Contains(out, r.Escalate.To) {
		out = append(out, r.Escalate.To)
	}
	return out
}

// Standing lists, by person id, the selectors that hold for that person now.
type Standing map[string][]Selector

// Met reports whether the approvers meet all needs, each counting for one place of one need.
// After an escalation, who is in the set escalated to counts for any need.
func (r Requirement) Met(approvers Standing, escalated bool) bool {
	return r.People() > 0 && len(r.Missing(approvers, escalated)) == 0
}

// Missing returns what the approvers leave open of the needs, as [Requirement.Met] counts them: how many of which
// set, in the order of the needs. Where several would do, those of the earlier needs are open last.
func (r Requirement) Missing(approvers Standing, escalated bool) []Need {
	var places []Selector
	var of []int // the need of each place
	open := slices.Clone(r.Needs)
	for i, n := range r.Needs {
		for range min(n.Count, len(approvers)) { // no need has more places that could be filled
			places, of = append(places, n.From), append(of, i)
		}
	}
	people := make([]string, 0, len(approvers))
	for id := range approvers {
		people = append(people, id)
	}
	slices.Sort(people)

	// A bipartite matching between places and people (Kuhn's algorithm): taken[p] is the place
	// that person p fills.
	fits := func(place int, person string) bool {
		holds := approvers[person]
		return slices.Contains(holds, places[place]) ||
			escalated && r.Escalate != nil && slices.Contains(holds, r.Escalate.To)
	}
	taken := map[string]int{}
	var fill func(place int, tried map[string]bool) bool
	fill = func(place int, tried map[string]bool) bool {
		for _, person := range people {
			if tried[person] || !fits(place, person) {
				continue
			}
			tried[person] = true
			other, busy := taken[person]
			if !busy || fill(other, tried) {
				taken[person] = place
				return true
			}
		}
		return false
	}
	for place := range places {
		if fill(place, map[string]bool{}) {
			open[of[place]].Count--
		}
	}
	return slices.DeleteFunc(open, func(n Need) bool { return n.Count <= 0 })
}
