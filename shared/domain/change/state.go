package change

import "slices"

// State is where a change stands in its life.
type State string

// The states. See the package comment for how they follow one another.
const (
	// None is before the beginning: there is no such change yet.
	None      State = ""
	Proposed  State = "proposed"  // waits for people
	Approved  State = "approved"  // will be done
	Applying  State = "applying"  // an applier holds the claim
	Applied   State = "applied"   // done, and seen to be done
	Undone    State = "undone"    // was done, and taken back
	Denied    State = "denied"    // somebody said no
	Withdrawn State = "withdrawn" // no longer wanted by who asked
	Expired   State = "expired"   // nobody decided in time
	Reported  State = "reported"  // policy only wants it known
	Failed    State = "failed"    // could not be done; a person has to look
)

// States lists all states in the order of a life.
var States = []State{Proposed, Approved, Applying, Applied, Undone, Denied, Withdrawn, Expired, Reported, Failed}

// Verb names a transition.
type Verb string

// The verbs. Each is the name of one [Action].
const (
	VerbPropose   Verb = "propose"
	VerbApprove   Verb = "approve"
	VerbDeny      Verb = "deny"
	VerbWithdraw  Verb = "withdraw"
	VerbRevise    Verb = "revise"
	VerbRemind    Verb = "remind"
	VerbEscalate  Verb = "escalate"
	VerbExpire    Verb = "expire"
	VerbRepublish Verb = "republish"
	VerbClaim     Verb = "claim"
	VerbRelease   Verb = "release"
	VerbComplete  Verb = "complete"
	VerbFail      Verb = "fail"
	VerbRetry     Verb = "retry"
	VerbUndo      Verb = "undo"
)

// Verbs lists all verbs in the order of a life.
var Verbs = []Verb{
	VerbPropose, VerbApprove, VerbDeny, VerbWithdraw, VerbRevise, VerbRemind, VerbEscalate, VerbExpire,
	VerbRepublish, VerbClaim, VerbRelease, VerbComplete, VerbFail, VerbRetry, VerbUndo,
}

// table says, for every verb, from which states it leads where. What is not in it is refused.
// More than one target means that the action decides between them.
var table = map[Verb]map[State][]State{
	VerbPropose: {None: {Proposed, Approved, Reported}},
	VerbApprove: {Proposed: {Proposed, Approved}},
	// What an applier has begun is stopped, but not over before an applier has looked.
	VerbDeny: {Proposed: {Denied}, Approved: {Denied, Approved}, Applying: {Applying}, Failed: {Denied}},
	VerbWithdraw: {
		Proposed: {Withdrawn}, Approved: {Withdrawn}, Reported: {Withdrawn}, Failed: {Withdrawn},
		// The applier itself finds, before it acts, that the change is not wanted any more.
		Applying: {Withdrawn},
	},
	VerbRevise:    {Proposed: {Proposed}},
	VerbRemind:    {Proposed: {Proposed}},
	VerbEscalate:  {Proposed: {Proposed}},
	VerbExpire:    {Proposed: {Expired}},
	VerbRepublish: {Approved: {Approved}, Applying: {Approved}},
	// An approval that does not stand any more leads back to the people: at the claim where
	// nothing can have happened yet, else when an applier has looked.
	VerbClaim:    {Approved: {Applying, Proposed}, Applying: {Applying}},
	VerbRelease:  {Applying: {Approved, Denied, Proposed}},
	VerbComplete: {Applying: {Applied}},
	VerbFail:     {Applying: {Failed, Denied}},
	VerbRetry:    {Failed: {Approved}},
	VerbUndo:     {Applied: {Undone}},
}

// Next returns the states to which a verb can lead from a state; none means refused.
func Next(from State, v Verb) []State { return slices.Clone(table[v][from]) }

// Final reports whether nothing follows but, for [Applied], an undo.
func (s State) Final() bool {
	switch s {
	case Applied, Undone, Denied, Withdrawn, Expired:
		return true
	}
	return false
}
