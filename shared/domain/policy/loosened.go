package policy

import (
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// Scope is what an approvals entry is about.
type Scope struct {
	Kind change.Kind
	// Entitlement is empty for changes that are not about one.
	Entitlement string
}

// Ruling is all of a policy that says who decides about others.
type Ruling struct {
	Model Model
	// Approvals says what is needed for each scope. What is missing in it needs one of the
	// [change.Approvers].
	Approvals map[Scope]change.Requirement
}

// Looser is one way in which a policy asks less than another.
type Looser struct {
	What LooserKind
	// Scope, Old and New are set where a requirement is lower.
	Scope    Scope
	Old, New change.Requirement
	// Policy, Rule and Reach are set where it is about a rule: Reach is the group, person or
	// team that it reaches.
	Policy, Rule, Reach string
	// Team is set where a team has another group, another type or other teams above it.
	Team string
}

// LooserKind says in what way a policy asks less.
type LooserKind string

// The ways.
const (
	// LowerQuorum is a requirement that fewer or other people can meet.
	LowerQuorum LooserKind = "lower quorum"
	// LostDeny is a deny that does not reach somebody any more, or covers less.
	LostDeny LooserKind = "lost deny"
	// MoreApprovers is an allow by which others than before can approve, undo, override the
	// brake or change the policy.
	MoreApprovers LooserKind = "more approvers"
	// MovedTeam is a team with denies that has other people than before.
	MovedTeam LooserKind = "moved team"
)

// Loosened lists in what a new policy asks less than an old one before something may be done.
// Whoever puts such a policy into force needs what the old one asks for: a lower quorum takes
// the quorum that it lowers. An empty list means that approvals are as strict as before.
//
// It compares what is written and is careful: what it cannot prove to be as strict counts as
// looser, such as another group in place of one, or a condition with other words, or with the same
// words about a team or role that has other people. It does not look into groups: who is in one is
// not the policy's to say.
func Loosened(before, after Ruling) []Looser {
	var out []Looser
	for _, s := range scopes(before.Approvals, after.Approvals) {
		old, now := requirement(before.Approvals, s), requirement(after.Approvals, s)
		if !asStrict(old, now) {
			out = append(out, Looser{What: LowerQuorum, Scope: s, Old: old, New: now})
		}
	}
	was, will := newCrowd(before.Model), newCrowd(after.Model)
	oldReach, newReach := was.reaches(), will.reaches()
	for _, r := range oldReach {
		if r.rule.Effect == Deny && !covered(r, newReach) {
			out = append(out, Looser{What: LostDeny, Policy: r.policy, Rule: r.rule.Name, Reach: r.key})
		}
	}
	for _, r := range newReach {
		if r.rule.Effect == Allow && governing(r.rule) && !covered(r, oldReach) {
			out = append(out, Looser{What: MoreApprovers, Policy: r.policy, Rule: r.rule.Name, Reach: r.key})
		}
	}
	for _, name := range movedTeams(was, will, oldReach) {
		out = append(out, Looser{What: MovedTeam, Team: name})
	}
	return out
}

// String says it in one line.
func (l Looser) String() string { return sayLooser(l) }

func scopes(a, b map[Scope]change.Requirement) []Scope {
	var out []Scope
	for _, m := range []map[Scope]change.Requirement{a, b} {
		for s := range m {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(x, y Scope) int {
		if c := strings.Compare(string(x.Kind), string(y.Kind)); c != 0 {
			return c
		}
		return strings.Compare(x.Entitlement, y.Entitlement)
	})
	return slices.Compact(out)
}

func requirement(all map[Scope]change.Requirement, s Scope) change.Requirement {
	if r, ok := all[s]; ok {
		return r
	}
	return change.DefaultRequirement()
}

// asStrict reports whether whatever meets the new requirement would have met the old one.
func asStrict(old, now change.Requirement) bool {
	switch {
	case now.Mode == change.Report || old.Mode == change.Auto:
		return true
	case now.Mode != change.Ask || old.Mode != change.Ask:
		return false
	}
	if e := now.Escalate; e != nil && (old.Escalate == nil || old.Escalate.To != e.To || e.After < old.Escalate.After) {
		return false
	}
	// Every place of the old quorum needs a place of its own in the new one that asks for the
	// same people. All of them are approvers, so any place will do for one that asks for those.
	free := map[change.Selector]int{}
	rest := 0
	for _, n := range now.Needs {
		free[n.From] += n.Count
		rest += n.Count
	}
	anyone := 0
	for _, n := range old.Needs {
		if n.From == change.Approvers {
			anyone += n.Count
			continue
		}
		free[n.From] -= n.Count
		rest -= n.Count
		if free[n.From] < 0 {
			return false
		}
	}
	return rest >= anyone
}
