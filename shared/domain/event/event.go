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
	// TopicWorkspaceAudit carries no payload of ours: Cloud Logging exports Google Workspace's
	// audit log to it.
	TopicWorkspaceAudit = "workspace-audit"
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

// Queues lists all queues.
func Queues() []string {
	return []string{
		QueueDirectory, QueueSettings, QueuePresses, QueueSlack, QueueLooker, QueueIAM, QueueFivetran, QueueCatalog,
	}
}

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

// RefreshGroup orders one group to be read again from the Directory API: first the group, then,
// as [ReadMembers], its members.
type RefreshGroup struct {
	// Group is an immutable id or an address.
	Group string `json:"group"`
	// Noticed is when the cause of the refresh was first seen.
	Noticed time.Time `json:"noticed"`
	// Try counts the readings before this one, from zero, that could not be believed.
	Try int `json:"try,omitempty"`
	// Unknown says that the group was met as a member of another one, and that nobody had ever asked
	// for it: where somebody has by now, nothing is to be done.
	Unknown bool `json:"unknown,omitempty"`
}

// ReadMembers orders one page of a group's members to be read. A listing is a chain of such
// tasks, so that one task is one call.
type ReadMembers struct {
	// Group is the immutable id.
	Group string `json:"group"`
	// Since is when the cause was known: a complete reading that began later will do.
	Since time.Time `json:"since"`
	// Began is when the first page was asked for, and names the listing; Page counts its pages
	// from zero.
	Began time.Time `json:"began,omitzero"`
	Page  int       `json:"page,omitempty"`
	// Try counts the readings before this one that could not be believed.
	Try int `json:"try,omitempty"`
	// Sweep says that nothing is known to have changed: the reading can wait.
	Sweep bool `json:"sweep,omitempty"`
	// Gone are the ids of nested groups of which Google was asked, one by one, and which are no
	// members any more.
	Gone []string `json:"gone,omitempty"`
}

// ConfirmGone orders Google to be asked whether nested groups that a listing left out are
// members of a group all the same: the first of them, then the next.
type ConfirmGone struct {
	Group string `json:"group"`
	// Missing are the ids to ask for, Gone those that are confirmed.
	Missing []string `json:"missing"`
	Gone    []string `json:"gone,omitempty"`
	Try     int      `json:"try,omitempty"`
}

// CompareSecure orders the groups of which the anchor is a member to be compared with the
// mirror, as the Directory lists them: one page.
type CompareSecure struct {
	// Run names the comparison, Page counts its pages from zero.
	Run  string `json:"run"`
	Page int    `json:"page,omitempty"`
}

// GroupChanged tells that the mirror of one group has changed.
type GroupChanged struct {
	ID string `json:"id"`
	// Parts says what differs, as [group.Part] has it.
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
	// Sweep says that nothing is known to have changed: the check can wait.
	Sweep bool `json:"sweep,omitempty"`
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
	// After is the place at which the page before ended.
	After string `json:"after,omitempty"`
	// Before asks for the settings of every group to be read again that were read before then; zero
	// for those whose turn it is.
	Before time.Time `json:"before,omitzero"`
}

// SyncCatalog orders the catalogue to be compared with what the policy and the groups say.
type SyncCatalog struct{}

// PlanCorrections orders a plan to be made of all corrections that the brake has held.
type PlanCorrections struct{}

// Walk orders the directory's lists of people and groups to be compared with the mirror. The
// first walk fills it. A walk is a chain of such tasks, one page each.
type Walk struct {
	// Run names the walk. A run that is over is not walked again.
	Run string `json:"run"`
	// Page counts the pages of the run, from zero.
	Page int `json:"page"`
	// Verify asks, with the first page, for a seventh of the groups to be read although nothing
	// about them differs.
	Verify bool `json:"verify,omitempty"`
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

// ExplainAccess orders to be found out what gives a person access at a place, and told to who
// asked. The one who may read the place's policy finds out.
type ExplainAccess struct {
	// Request names the question, User and Channel are Slack's ids of who asked, and where.
	Request string `json:"request"`
	User    string `json:"user"`
	Channel string `json:"channel,omitempty"`
	// Language is the one in which who asked reads.
	Language string `json:"language"`
	// Zone is the IANA name of the time zone in which who asked lives; empty means UTC.
	Zone string `json:"zone,omitempty"`
	// Person is the immutable id of who is asked about; Kind and Name are those of the place.
	Person string `json:"person"`
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	// Entitlement is what is asked about where that is not the whole place.
	Entitlement string    `json:"entitlement,omitempty"`
	At          time.Time `json:"at"`
}

// ExplainRule orders to be found out what the policy says of a thing of the data catalogue, and told
// to who asked. The one who may read the catalogue finds out whose it is.
type ExplainRule struct {
	// Request names the question, User and Channel are Slack's ids of who asked, and where.
	Request string `json:"request"`
	User    string `json:"user"`
	Channel string `json:"channel,omitempty"`
	// Language is the one in which who asked reads.
	Language string `json:"language"`
	// Person is the immutable id of who is asked about; Kind and Name are those of the thing.
	Person    string    `json:"person"`
	Operation string    `json:"operation"`
	Kind      string    `json:"kind"`
	Name      string    `json:"name"`
	At        time.Time `json:"at"`
}

// RecheckAccess orders the access that people have to be held against who may have it now.
type RecheckAccess struct{}

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
func (RefreshGroup) Type() string { return "group.refresh/1" }

// Type implements [Payload].
func (ReadMembers) Type() string { return "members.read/1" }

// Type implements [Payload].
func (ConfirmGone) Type() string { return "members.confirm/1" }

// Type implements [Payload].
func (CompareSecure) Type() string { return "secure.compare/1" }

// Type implements [Payload].
func (RefreshPerson) Type() string { return "person.refresh/1" }

// Type implements [Payload].
func (SweepSettings) Type() string { return "settings.sweep/1" }

// Type implements [Payload].
func (SyncCatalog) Type() string { return "catalog.sync/1" }

// Type implements [Payload].
func (PlanCorrections) Type() string { return "settings.plan/1" }

// Type implements [Payload].
func (Walk) Type() string { return "walk/1" }

// Type implements [Payload].
func (GroupChanged) Type() string { return "group.changed/1" }

// Type implements [Payload].
func (CheckSettings) Type() string { return "settings.check/1" }

// Type implements [Payload].
func (ChangeMoved) Type() string { return "change.moved/1" }

// Type implements [Payload].
func (ApplyChange) Type() string { return "change.apply/1" }

// Type implements [Payload].
func (Pressed) Type() string { return "pressed/1" }

// Type implements [Payload].
func (Asked) Type() string { return "asked/1" }

// Type implements [Payload].
func (Submitted) Type() string { return "submitted/1" }

// Type implements [Payload].
func (ExplainAccess) Type() string { return "access.explain/1" }

// Type implements [Payload].
func (ExplainRule) Type() string { return "rule.explain/1" }

// Type implements [Payload].
func (RecheckAccess) Type() string { return "access.recheck/1" }

// Type implements [Payload].
func (Notify) Type() string { return "notify/1" }

// Type implements [Payload].
func (FollowHandover) Type() string { return "handover.follow/1" }

// Type implements [Payload].
func (Tick) Type() string { return "tick/1" }
