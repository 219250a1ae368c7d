package change

import (
	"encoding/json"
	"time"
)

// Action is one attempt at a transition. The types in this package are all there are.
type Action interface {
	// Verb names the transition.
	Verb() Verb
	// Actor says who acts.
	Actor() Actor
	// apply checks what the table cannot, and changes c. The table was consulted before.
	apply(c *Change, now time.Time) error
}

// Verdict is what a person decided.
type Verdict string

// The verdicts.
const (
	Yes Verdict = "yes"
	No  Verdict = "no"
)

// Decision is one person's press.
type Decision struct {
	By       Actor     `json:"by"`
	Verdict  Verdict   `json:"verdict"`
	At       time.Time `json:"at"`
	Revision int       `json:"revision"`
	// Counts are the selectors that held for the person at the press.
	Counts []Selector `json:"counts,omitempty"`
	// Void says that the decision does not count any more, and why: one of [Lapsed] and [Revised].
	Void string `json:"void,omitempty"`
}

// Why a decision does not count any more.
const (
	Lapsed  = "authority lost before the effect"
	Revised = "the request was revised"
)

// Approve is a person's yes to one revision.
type Approve struct {
	By       Actor
	Revision int
	// Counts are the selectors that hold for the person now, looked up by the caller.
	Counts []Selector
}

// Deny is a person's no. One is enough, and it is final.
type Deny struct {
	By       Actor
	Revision int
	Counts   []Selector
}

// Withdraw takes a change back before it was done: by its requester, by the rule that no
// longer wants it, or by the applier that finds the world different. Once an applier has been
// at it, only the applier can: it alone finds out whether the change is in effect.
type Withdraw struct {
	By     Actor
	Reason string
	// Fence is the applier's, who withdraws what it has claimed; zero for everybody else.
	Fence int
}

// Revise replaces what people are shown while they decide. All decisions become void. It may
// not change what is wanted, which is the change's identity: that would be another change.
type Revise struct {
	By          Actor
	Diff        []Delta
	Reason      string
	Requirement Requirement
	Policy      string
}

// Remind tells those who can decide once more.
type Remind struct{ By Actor }

// Escalate opens the decision to the people that the requirement names for that.
type Escalate struct{ By Actor }

// Expire ends a decision for which the time is over.
type Expire struct{ By Actor }

// Republish tells the appliers once more of a change that is to be carried out, because none
// seems to be at it: a notice went astray, or an applier died with the claim in its hand.
type Republish struct{ By Actor }

// ClaimIt is an applier's claim on an approved change, or on one whose claim has lapsed.
type ClaimIt struct {
	By  Actor
	For time.Duration
	// Standing says for whom which selectors hold now. It matters only for changes that people
	// approved; who is not in it has none.
	Standing Standing
}

// Release gives a claim back without a result: the change is tried again later, or ended where
// that was all there was to find out.
type Release struct {
	By      Actor
	Fence   int
	Problem string
	RetryAt time.Time
	// Absent says that the applier saw that the change is not in effect, and did not act after
	// that. Only then can a denial end it, or a lapsed approval lead back to the people.
	Absent bool
	// Blind says that the applier could not look, and did nothing: what was known before its claim stands.
	Blind bool
	// Unseen says that the vendor acknowledged the effect and yet did not show it.
	Unseen bool
}

// Complete records that a change is in effect, as read back from the vendor.
type Complete struct {
	By    Actor
	Fence int
	// Before replaces the values seen at the proposal by those found just before the effect,
	// so that an undo leads back to them. Nil keeps them.
	Before map[string]string
	// Result is kept as the change's own where it is not nil, Until where it is not zero.
	Result json.RawMessage
	Until  time.Time
}

// Fail records that a change cannot be done.
type Fail struct {
	By      Actor
	Fence   int
	Problem string
	// Blind is that of a [Release]. What nobody has begun and somebody has denied is denied then.
	Blind bool
}

// Retry is a person's order to try a failed change again.
type Retry struct {
	By       Actor
	Revision int
	Counts   []Selector
}

// Undo records that another change took this one back.
type Undo struct {
	By     Actor
	Change string
}

// Verb implements [Action].
func (Approve) Verb() Verb { return VerbApprove }

// Verb implements [Action].
func (Deny) Verb() Verb { return VerbDeny }

// Verb implements [Action].
func (Withdraw) Verb() Verb { return VerbWithdraw }

// Verb implements [Action].
func (Revise) Verb() Verb { return VerbRevise }

// Verb implements [Action].
func (Remind) Verb() Verb { return VerbRemind }

// Verb implements [Action].
func (Escalate) Verb() Verb { return VerbEscalate }

// Verb implements [Action].
func (Expire) Verb() Verb { return VerbExpire }

// Verb implements [Action].
func (Republish) Verb() Verb { return VerbRepublish }

// Verb implements [Action].
func (ClaimIt) Verb() Verb { return VerbClaim }

// Verb implements [Action].
func (Release) Verb() Verb { return VerbRelease }

// Verb implements [Action].
func (Complete) Verb() Verb { return VerbComplete }

// Verb implements [Action].
func (Fail) Verb() Verb { return VerbFail }

// Verb implements [Action].
func (Retry) Verb() Verb { return VerbRetry }

// Verb implements [Action].
func (Undo) Verb() Verb { return VerbUndo }

// Actor implements [Action].
func (a Approve) Actor() Actor { return a.By }

// Actor implements [Action].
func (a Deny) Actor() Actor { return a.By }

// Actor implements [Action].
func (a Withdraw) Actor() Actor { return a.By }

// Actor implements [Action].
func (a Revise) Actor() Actor { return a.By }

// Actor implements [Action].
func (a Remind) Actor() Actor { return a.By }

// Actor implements [Action].
func (a Escalate) Actor() Actor { return a.By }

// Actor implements [Action].
func (a Expire) Actor() Actor { return a.By }

// Actor implements [Action].
func (a Republish) Actor() Actor { return a.By }

// Actor implements [Action].
func (a ClaimIt) Actor() Actor { return a.By }

// Actor implements [Action].
func (a Release) Actor() Actor { return a.By }

// Actor implements [Action].
func (a Complete) Actor() Actor { return a.By }

// Actor implements [Action].
func (a Fail) Actor() Actor { return a.By }

// Actor implements [Action].
func (a Retry) Actor() Actor { return a.By }

// Actor implements [Action].
func (a Undo) Actor() Actor { return a.By }
