// Package event names what travels between functions: topics, queues, and the payloads of
// messages and tasks with their versions.
//
// A payload is a pointer, never a fact. It says which group, change or press to look at; the
// receiver reads again what is true now. So a payload that is late, doubled or out of order
// does no harm.
package event

import "time"

// Topics of the bus.
const (
	TopicGroupChanged = "group-changed"
	TopicChangeEvents = "change-events"
	TopicDeadLetter   = "dead-letter"
)

// Queues. Each belongs to one function, and stands in front of one outside API.
const (
	QueueDirectory = "directory"       // grouprefresh, Admin SDK Directory API
	QueueSettings  = "groups-settings" // groupsettings, Groups Settings API
	QueuePresses   = "presses"         // slackinteract, no API: decides what was pressed
	QueueSlack     = "slack"           // slacknotify, Slack Web API
	QueueLooker    = "looker"          // accountaction, Looker API
	QueueIAM       = "iam"             // accessgrant, IAM policies and memberships
	QueueFivetran  = "fivetran"        // connectcard, Fivetran API
	QueueCatalog   = "openmetadata"    // catalogsync, OpenMetadata API
)

// Attributes by which subscriptions on [TopicChangeEvents] filter.
const (
	AttrType  = "type"
	AttrKind  = "kind"
	AttrState = "state"
)

// Payload is what a message or task carries.
type Payload interface {
	// Type names the payload and its version: "group.refresh/1". A payload that changes in a
	// way that an older receiver would misread gets a new version.
	Type() string
}

// RefreshGroup orders one group to be read again from the Directory API.
type RefreshGroup struct {
	// Group is an immutable id or an address.
	Group string `json:"group"`
	// Noticed is when the cause of the refresh was first seen.
	Noticed time.Time `json:"noticed"`
}

// GroupChanged tells that the mirror of one group has changed.
type GroupChanged struct {
	ID string `json:"id"`
	// Parts says what differs: created, deleted, renamed, members, roles.
	Parts []string `json:"parts,omitempty"`
}

// CheckSettings orders one group's settings to be held against the rules.
type CheckSettings struct {
	// Group is an immutable id or an address.
	Group string `json:"group"`
	// Actor is the address of who is said to have changed them. It decides nothing: it is only
	// told what happened next.
	Actor   string    `json:"actor,omitempty"`
	Noticed time.Time `json:"noticed"`
}

// RefreshPerson orders one person's account to be read again from the Directory API.
type RefreshPerson struct {
	// Person is an immutable id or an address.
	Person string `json:"person"`
}

// SweepSettings orders the settings of all groups, as they were read last, to be held against
// the rules once more: one page of groups, in the order of their addresses. A sweep is a chain
// of such tasks.
type SweepSettings struct {
	// Run names the sweep.
	Run string `json:"run"`
	// After is the address at which the page before ended.
	After string `json:"after,omitempty"`
}

// PlanCorrections orders a plan to be made of all corrections that the brake has held.
type PlanCorrections struct{}

// Walk orders the directory's lists of people and groups to be compared with the mirror. The
// first walk fills it. A walk is a chain of such tasks, one page each.
type Walk struct {
	// Run names the walk. A run that is over is not walked again.
	Run string `json:"run"`
	// Page counts the pages of the run, from zero.
	Page int `json:"page"`
}

// ChangeMoved tells that a change made a transition. Its attributes are the change's kind and
// state.
type ChangeMoved struct {
	Change string `json:"change"`
	Seq    int    `json:"seq"`
	Kind   string `json:"kind"`
	State  string `json:"state"`
}

// ApplyChange orders one approved change to be carried out.
type ApplyChange struct {
	Change string `json:"change"`
}

// Pressed tells that a person pressed a button in Slack. It holds ids only, as Slack signed
// them.
type Pressed struct {
	// Press names the signed request: the same request again has the same name.
	Press string `json:"press"`
	// User, Team and Channel are Slack's ids.
	User    string `json:"user"`
	Team    string `json:"team"`
	Channel string `json:"channel,omitempty"`
	// Action and Value are those of the button.
	Action string    `json:"action"`
	Value  string    `json:"value"`
	At     time.Time `json:"at"`
}

// Asked tells that a person typed a slash command, for which a modal is open that waits for its
// content.
type Asked struct {
	// Request names the signed request: the same request again has the same name.
	Request string `json:"request"`
	// User, Team and Channel are Slack's ids.
	User    string `json:"user"`
	Team    string `json:"team"`
	Channel string `json:"channel,omitempty"`
	// Command is such as /access, Text what was typed behind it.
	Command string `json:"command"`
	Text    string `json:"text,omitempty"`
	// View is the modal's id; empty where the command is answered without one.
	View string    `json:"view,omitempty"`
	At   time.Time `json:"at"`
}

// Submitted tells that a person filled in a modal and sent it. The values were checked when it
// was sent, and are checked again.
type Submitted struct {
	Request string              `json:"request"`
	User    string              `json:"user"`
	Team    string              `json:"team"`
	Command string              `json:"command"`
	Values  map[string][]string `json:"values"`
	At      time.Time           `json:"at"`
}

// Notify orders the Slack messages of one subject to be brought up to date.
type Notify struct {
	// Subject is a change's id, [SubjectBatch] with the name of changes that are shown together,
	// [SubjectNotice] with a notice's id, or [SubjectPress] with the name of a press that did not
	// count.
	Subject string `json:"subject"`
	Seq     int    `json:"seq"`
}

// Beginnings of subjects that are no changes.
const (
	SubjectPress  = "press:"
	SubjectBatch  = "batch:"
	SubjectNotice = "notice:"
)

// FollowHandover orders one hand-over of a connection to be looked at, and whatever follows from
// that to be done.
type FollowHandover struct {
	Handover string `json:"handover"`
}

// Tick is a call by the scheduler.
type Tick struct {
	// Job says what is to be done: the job's name.
	Job string `json:"job"`
}

// Type implements [Payload].
func (RefreshGroup) Type() string    { return "group.refresh/1" }
func (RefreshPerson) Type() string   { return "person.refresh/1" }  // Type implements [Payload].
func (SweepSettings) Type() string   { return "settings.sweep/1" }  // Type implements [Payload].
func (PlanCorrections) Type() string { return "settings.plan/1" }   // Type implements [Payload].
func (Walk) Type() string            { return "walk/1" }            // Type implements [Payload].
func (GroupChanged) Type() string    { return "group.changed/1" }   // Type implements [Payload].
func (CheckSettings) Type() string   { return "settings.check/1" }  // Type implements [Payload].
func (ChangeMoved) Type() string     { return "change.moved/1" }    // Type implements [Payload].
func (ApplyChange) Type() string     { return "change.apply/1" }    // Type implements [Payload].
func (Pressed) Type() string         { return "pressed/1" }         // Type implements [Payload].
func (Asked) Type() string           { return "asked/1" }           // Type implements [Payload].
func (Submitted) Type() string       { return "submitted/1" }       // Type implements [Payload].
func (Notify) Type() string          { return "notify/1" }          // Type implements [Payload].
func (FollowHandover) Type() string  { return "handover.follow/1" } // Type implements [Payload].
func (Tick) Type() string            { return "tick/1" }            // Type implements [Payload].
