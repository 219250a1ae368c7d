// Package change is the life of everything that Sekisho does to the outside world.
//
// A settings fix, an account stopped or given back, access for a time, a connection, a
// catalogue policy: each is a [Change]. A sensor or a person proposes it, policy decides
// whether it happens by itself, needs people, or is only reported, and one applier carries it
// out. This package decides every transition of that life and nothing else does:
//
//	proposed ─► approved ─► applying ─► applied ─► undone
//	   │  └► denied  ◄┘         └► failed
//	   └► withdrawn / expired                 reported
//
// The whole table is in state.go; docs/change-states.md is generated from it. A transition is
// a pure function of the change, an [Action] and the time: [Change.Apply]. It returns the next
// change, which carries in its outbox what others must hear, and the audit entry to be written
// in the same transaction.
//
// Whoever calls a vendor may die before writing down what came of it. So a change that an
// applier has once claimed counts as [Change.Tried] until somebody has looked: till then nobody
// can say that it did not happen, and it can neither be denied nor withdrawn nor sent back to
// the people. A denial is recorded all the same, and nothing more is done for the change. Whoever ends one
// that has failed has looked: that is what it waits for.
package change

import (
	"encoding/json"
	"time"
)

// Target is what a change is done to.
type Target struct {
	// ID is the immutable id that the vendor gave it.
	ID string `json:"id"`
	// Name is how people call it now: an address, a title. It is display only.
	Name string `json:"name"`
}

// ActorKind says what sort of actor it is.
type ActorKind string

// The kinds of actor.
const (
	ByPerson   ActorKind = "person"
	ByRule     ActorKind = "rule"
	ByFunction ActorKind = "function"
)

// Actor is who did something.
type Actor struct {
	Kind ActorKind `json:"kind"`
	// ID is a person's immutable id, or the name of a rule or function.
	ID string `json:"id"`
	// Name is display only.
	Name string `json:"name,omitempty"`
	// Also lists further ids that are the same person: the service accounts and second
	// accounts through which somebody may act.
	Also []string `json:"also,omitempty"`
}

// Same reports whether both actors are, or may be, one person.
func (a Actor) Same(b Actor) bool {
	for _, x := range append([]string{a.ID}, a.Also...) {
		for _, y := range append([]string{b.ID}, b.Also...) {
			if x == y {
				return true
			}
		}
	}
	return false
}

// Delta is one difference that a change makes, in the vendor's own terms.
type Delta struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
	// Follows says that nobody asked for this difference: it has to be, for the others to be.
	Follows bool `json:"follows,omitempty"`
}

// Claim is an applier's right to carry a change out, until it lapses.
type Claim struct {
	Holder string    `json:"holder"`
	Until  time.Time `json:"until"`
	// Fence grows with every claim. A result is accepted only from the newest.
	Fence int `json:"fence"`
	// Tried is [Change.Tried] as it was when the claim began. Denied says that a denial came since.
	Tried  bool `json:"tried,omitempty"`
	Denied bool `json:"denied,omitempty"`
}

// Change is one document: all there is to know about one change.
//
// Its zero value is not a change; [Propose] makes one, and [Change.Apply] is the only way on.
type Change struct {
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`
	// Target and Diff say what is done to what. Within a revision only the values before change, to
	// those that were found when it was done.
	Target Target  `json:"target"`
	Diff   []Delta `json:"diff"`
	// Detail is what only the kind's own applier reads.
	Detail json.RawMessage `json:"detail,omitempty"`
	Reason string          `json:"reason"`
	// Requester is who wants it, a person or a rule.
	Requester Actor `json:"requester"`
	// Concerned lists the ids of people who are told besides those who decide.
	Concerned []string `json:"concerned,omitempty"`
	// Owners says who owns the target, where that is not for the directory to say.
	Owners []Selector `json:"owners,omitempty"`
	// Channel is the Slack channel that is asked in place of everybody who can decide, each for
	// themselves; whoever is there and may decide can press. Batch is what the changes have in
	// common that are asked there in one message.
	Channel string `json:"channel,omitempty"`
	Batch   string `json:"batch,omitempty"`
	// Plan is the id of the change by which people let this one through.
	Plan string `json:"plan,omitempty"`

	// Alert says that people have to look although nothing is to be done for them.
	Alert bool `json:"alert,omitempty"`

	Requirement Requirement `json:"requirement"`
	Decisions   []Decision  `json:"decisions,omitempty"`
	// Revision counts what people were shown. A press on an older one does not count.
	Revision int   `json:"revision"`
	State    State `json:"state"`

	Proposed time.Time `json:"proposed"`
	// AskedAt is when the time to decide began; Asked counts how often people were asked, be it
	// for the first time, again because an approval lapsed, or as a reminder.
	AskedAt time.Time `json:"asked_at,omitzero"`
	// ShownAt is when what people decide about was worded last. It is not before AskedAt.
	ShownAt time.Time `json:"shown_at,omitzero"`
	Asked   int       `json:"asked,omitempty"`
	// Updated is when the latest transition happened.
	Updated time.Time `json:"updated"`
	// Seq counts transitions; it numbers audit entries and outbox notices.
	Seq int `json:"seq"`

	Claim *Claim `json:"claim,omitempty"`
	// Tried says that an applier has had the claim, and that nobody has seen since that nothing
	// came of it: the change may be in effect.
	Tried bool `json:"tried,omitempty"`
	// Attempts counts claims since the change was approved or ordered to be tried again, Unseen
	// those of them that ended with an effect acknowledged and yet not seen.
	Attempts int `json:"attempts,omitempty"`
	Unseen   int `json:"unseen,omitempty"`
	// RetryAt is the earliest next attempt after one that ended without a result.
	RetryAt time.Time `json:"retry_at,omitzero"`
	// Problem says why the latest attempt ended without a result, or why the change failed.
	Problem string `json:"problem,omitempty"`

	// RemindAt is when those who can decide hear of it again.
	RemindAt  time.Time `json:"remind_at,omitzero"`
	Reminders int       `json:"reminders,omitempty"`
	Escalated bool      `json:"escalated,omitempty"`

	// UndoOf is the change that this one takes back.
	UndoOf string `json:"undo_of,omitempty"`
	// Until is how long what the change does holds; zero means that it has no end.
	Until time.Time `json:"until,omitzero"`
	// Result is what the kind's own applier found worth keeping when the change was done.
	Result json.RawMessage `json:"result,omitempty"`
	// UndoneBy is the change that took this one back.
	UndoneBy string `json:"undone_by,omitempty"`

	// Policy is the hash of the policy under which the change was proposed.
	Policy string   `json:"policy,omitempty"`
	Outbox []Notice `json:"outbox,omitempty"`
}

// Proposal is what a sensor or a person asks for.
type Proposal struct {
	Kind        Kind
	Target      Target
	Diff        []Delta
	Detail      json.RawMessage
	Reason      string
	Requester   Actor
	Concerned   []string
	Owners      []Selector
	Channel     string
	Batch       string
	Plan        string
	Alert       bool
	Requirement Requirement
	UndoOf      string
	Until       time.Time
	Policy      string
	// Quiet is how long a denial, an expiry or a report of the same thing keeps a rule from
	// proposing it again; zero means for ever. It does not hold back a person's request.
	Quiet time.Duration
	// Since is when there was last nothing of this to propose, because what calls for it had been
	// put right in the meantime; zero where that is not known. What was denied, left undecided or
	// reported before then was about something that is over.
	Since time.Time
}
