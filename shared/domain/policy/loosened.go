package policy

import (
	"slices"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// Scope is what an approvals entry is about.
type Scope struct {
	Kind change.Kind
	// Entitlement is empty for changes that are not about one.
	Entitlement string
	// Part is what of the kind is meant, in words, where not all of it is: a setting, a system of
	// accounts. Approvals entries speak of none.
	Part string
}

// Ruling is all of a policy that says who decides about others.
type Ruling struct {
	Model Model
	// Approvals says what is needed for each scope. What is missing in it needs one of the
	// [change.Approvers].
	Approvals map[Scope]change.Requirement
	// Ways are those to access for a time. What is given through one of their entitlements is
	// compared with what gave the same before, whatever its name was.
	Ways []Way
	// Modes say whether what happens by rules is asked for. What is missing in it does not happen.
	Modes map[Scope]change.Mode
	// SamePerson are the accounts of people who have several. They count as one for an approval.
	SamePerson [][]string
}

// Way is one way to have access for a time: through an entitlement, to one role at one place.
type Way struct {
	Entitlement string
	// What is the role and the place, Condition what IAM has to find besides.
	What, Condition string
	For             change.Selector
	// Owners are those of the entitlement: who [change.Owners] are where somebody asks for it.
	Owners []change.Selector
	// Needs is what is needed before it is given, Review what is needed afterwards; nil where nobody
	// looks at it then.
	Needs  change.Requirement
	Review *change.Requirement
}

// Looser is one way in which a policy asks less than another.
type Looser struct {
	What LooserKind
	// Scope, Old and New are set where a requirement is lower, or nobody is asked any more.
	Scope    Scope
	Old, New change.Requirement
	// Of is the entitlement of the old policy that Old was needed for, which may have another name than
	// that of the scope; empty where nothing of the kind could be had.
	Of string
	// Policy, Rule and Reach are set where it is about a rule: Reach is the group, person or
	// team that it reaches.
	Policy, Rule, Reach string
	// Operation and Type are set where no rule says any more who decides.
	Operation Operation
	Type      string
	// Accounts are those that were of one person.
	Accounts []string
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
	// brake or change the policy; or that none is left, so that owners and administrators can.
	MoreApprovers LooserKind = "more approvers"
	// MorePeople are accounts that were of one person, and count as several now.
	MorePeople LooserKind = "more people"
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
	j := newJudge(before, after)
	out := j.lowered()
	oldReach, newReach := j.rules, j.will.reaches()
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
	for _, name := range movedTeams(j.was, j.will, oldReach) {
		out = append(out, Looser{What: MovedTeam, Team: name})
	}
	out = append(out, unspoken(before.Model, after.Model)...)
	for _, one := range before.SamePerson {
		if !slices.ContainsFunc(after.SamePerson, func(now []string) bool { return contains(now, one) }) {
			out = append(out, Looser{What: MorePeople, Accounts: one})
		}
	}
	return out
}

// String says it in one line.
func (l Looser) String() string { return sayLooser(l) }

// unspoken lists what rules let somebody decide about in one model and nobody in another: what holds
// without a policy lets others decide then. An undo needs no rule, so that its silence lets nobody do
// more.
func unspoken(before, after Model) []Looser {
	was, will := before.silent(), after.silent()
	var out []Looser
	for _, p := range permissions {
		at := matter{p.Operation, p.Type}
		if slices.Contains(governs, p.Operation) && p.Operation != Undo && !was[at] && will[at] {
			out = append(out, Looser{What: MoreApprovers, Operation: p.Operation, Type: p.Type})
			was[at] = true // several kinds of change need the same
		}
	}
	return out
}

func contains(all, some []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}
