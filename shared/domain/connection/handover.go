package connection

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// State is where a hand-over stands.
type State string

// The states.
const (
	Requested State = "requested" // approved; the vendor knows nothing of it yet
	Created   State = "created"   // there is a connection, and nobody was asked to set it up
	Handed    State = "handed"    // the owner has the link
	Opened    State = "opened"    // the owner was sent on to the connect card
	Submitted State = "submitted" // the owner's browser came back: a hint, no proof
	Aged      State = "aged"      // the link is too old: the owner needs a new one
	Connected State = "connected" // the vendor says so; the setup tests are to be run
	Failed    State = "failed"    // it was set up, and does not work
	Tested    State = "tested"    // the tests passed; it is to be unpaused
	Running   State = "running"   // it is unpaused; the first sync is awaited
	Done      State = "done"      // data has arrived
	Broken    State = "broken"    // it has worked and does not any more
	Ended     State = "ended"     // given up, or gone at the vendor
)

// States lists all states in the order of a life.
func States() []State {
	return []State{Requested, Created, Handed, Opened, Submitted, Aged, Connected, Failed, Tested, Running, Done, Broken, Ended}
}

// Setup returns how the vendor would call the connection in a state: incomplete, connected or
// broken; or ended.
func (s State) Setup() string {
	switch s {
	case Connected, Tested, Running, Done:
		return SetupConnected
	case Failed, Broken:
		return SetupBroken
	case Ended:
		return "ended"
	}
	return SetupIncomplete
}

// Verb names a transition.
type Verb string

// The verbs.
const (
	VerbCreate   Verb = "create"   // the vendor made the connection
	VerbHand     Verb = "hand"     // the owner was given a link, the first one or a new one
	VerbOpen     Verb = "open"     // the owner was sent to the connect card
	VerbReturn   Verb = "return"   // the owner's browser came back with the right token
	VerbConnect  Verb = "connect"  // the vendor says that it is connected
	VerbBreak    Verb = "break"    // the vendor says that it is broken
	VerbTest     Verb = "test"     // the vendor is asked to run the setup tests
	VerbDefer    Verb = "defer"    // they came to no result: they are to be run again
	VerbPass     Verb = "pass"     // the setup tests passed
	VerbFail     Verb = "fail"     // the setup tests failed
	VerbUnpause  Verb = "unpause"  // the vendor unpaused it
	VerbStumble  Verb = "stumble"  // the first sync ended badly; the vendor tries again by itself
	VerbLinger   Verb = "linger"   // no data has arrived for a day
	VerbSync     Verb = "sync"     // a sync ended well
	VerbAge      Verb = "age"      // the link's life is over
	VerbRemind   Verb = "remind"   // the owner was reminded
	VerbEscalate Verb = "escalate" // the requester was told that the owner does nothing
	VerbReassign Verb = "reassign" // it has another owner
	VerbEnd      Verb = "end"      // nobody wants it any more, or the vendor has no such connection
)

// Verbs lists all verbs.
func Verbs() []Verb {
	return []Verb{
		VerbCreate, VerbHand, VerbOpen, VerbReturn, VerbConnect, VerbBreak, VerbTest, VerbDefer, VerbPass, VerbFail,
		VerbUnpause, VerbStumble, VerbLinger, VerbSync, VerbAge, VerbRemind, VerbEscalate, VerbReassign, VerbEnd,
	}
}

// table says, for every verb, from which states it leads where. What is not in it is refused.
var table = map[Verb]map[State]State{
	VerbCreate: {Requested: Created},
	VerbHand: {
		Created: Handed, Handed: Handed, Opened: Handed, Submitted: Handed, Aged: Handed,
		Failed: Handed, Broken: Handed, Done: Handed,
	},
	VerbOpen:   {Handed: Opened, Opened: Opened, Submitted: Opened},
	VerbReturn: {Opened: Submitted},
	// The vendor decides, wherever the owner's browser is.
	VerbConnect: {
		Created: Connected, Handed: Connected, Opened: Connected, Submitted: Connected,
		Aged: Connected, Failed: Connected, Broken: Connected,
	},
	VerbBreak: {
		Created: Failed, Handed: Failed, Opened: Failed, Submitted: Failed, Aged: Failed,
		Connected: Failed, Tested: Failed, Running: Broken, Done: Broken,
	},
	VerbTest:     {Connected: Connected},
	VerbDefer:    {Connected: Connected},
	VerbPass:     {Connected: Tested},
	VerbFail:     {Connected: Failed},
	VerbUnpause:  {Tested: Running},
	VerbStumble:  {Running: Running},
	VerbLinger:   {Running: Running},
	VerbSync:     {Running: Done},
	VerbAge:      {Handed: Aged, Opened: Aged, Submitted: Aged},
	VerbRemind:   {Handed: Handed, Opened: Opened, Aged: Aged},
	VerbEscalate: {Handed: Handed, Opened: Opened, Submitted: Submitted, Aged: Aged},
	VerbReassign: {
		Requested: Requested, Created: Created, Handed: Created, Opened: Created, Submitted: Created, Aged: Created,
		Connected: Created, Failed: Created, Tested: Created, Running: Created, Done: Created, Broken: Created,
	},
	VerbEnd: {
		Requested: Ended, Created: Ended, Handed: Ended, Opened: Ended, Submitted: Ended, Aged: Ended, Connected: Ended,
		Failed: Ended, Tested: Ended, Running: Ended, Done: Ended, Broken: Ended,
	},
}

// Next returns the state to which a verb leads. The boolean is false where it is refused.
func Next(from State, v Verb) (State, bool) {
	to, ok := table[v][from]
	return to, ok
}

// Handover is one connection on its way to work.
type Handover struct {
	// ID is that of the change that wants the connection.
	ID string `json:"id"`
	// Name is how people call the connection, Schema how the vendor does.
	Name    string `json:"name"`
	Schema  string `json:"schema"`
	Service string `json:"service"`
	Group   string `json:"group"`
	// Connection is the vendor's id; empty before there is one.
	Connection string `json:"connection,omitempty"`
	// Owner has the credentials, Requester asked for the connection: immutable ids of people.
	Owner     string `json:"owner"`
	Requester string `json:"requester"`

	State State `json:"state"`
	// Since is when the state was entered.
	Since time.Time `json:"since"`
	// Linked is when the owner got the newest link, Asked when this owner got the first one.
	Linked time.Time `json:"linked,omitzero"`
	Asked  time.Time `json:"asked,omitzero"`
	// Ticket is that of the newest visit to the connect card.
	Ticket Ticket `json:"ticket,omitzero"`
	// Opens counts the visits.
	Opens int `json:"opens,omitempty"`
	// Again says that the connection worked when its owner was asked to set it up again. That
	// it is connected then says nothing before the owner has been there.
	Again bool `json:"again,omitempty"`
	// Tests are those of the latest run, Proven is when a run passed last.
	Tests  []Test    `json:"tests,omitempty"`
	Proven time.Time `json:"proven,omitzero"`
	// Runs counts the runs of setup tests since the vendor called the connection connected, Rerun
	// is when the next one may begin. Awaited says that no answer to the latest run has come.
	Runs    int       `json:"runs,omitempty"`
	Rerun   time.Time `json:"rerun,omitzero"`
	Awaited bool      `json:"awaited,omitempty"`
	// Stumbled is when it was seen that the first sync ended badly, Notes are what the vendor said
	// of it. Lingered is when it was seen that no data had arrived for a day, Paused says that
	// somebody had paused the connection at the vendor then. Worked is when data arrived for the
	// first time.
	Stumbled time.Time `json:"stumbled,omitzero"`
	Notes    []Note    `json:"notes,omitempty"`
	Lingered time.Time `json:"lingered,omitzero"`
	Paused   bool      `json:"paused,omitempty"`
	Worked   time.Time `json:"worked,omitzero"`

	Reminded  time.Time `json:"reminded,omitzero"`
	Reminders int       `json:"reminders,omitempty"`
	Escalated bool      `json:"escalated,omitempty"`
}

// Event is something that happened to a hand-over.
type Event struct {
	Verb Verb
	// Connection is the vendor's id, of [VerbCreate].
	Connection string
	// Ticket is to be kept: the new one of [VerbOpen], the used one of [VerbReturn].
	Ticket Ticket
	// Tests are what [VerbPass] and [VerbFail] are about, and [VerbDefer] where there are any.
	Tests []Test
	// Rerun is when the setup tests may be run again, of [VerbDefer]. Zero means after the usual
	// rest.
	Rerun time.Time
	// Notes are what the vendor says about [VerbStumble].
	Notes []Note
	// Paused says that the connection is paused at the vendor, of [VerbLinger].
	Paused bool
	// Owner is the new one, of [VerbReassign].
	Owner string
}

// ErrRefused says that an event cannot happen to a hand-over in its state, or is not whole.
var ErrRefused = errors.New("refused")

// Begin returns the hand-over of an approved request.
func Begin(id string, r Request, p Plan, requester string, now time.Time) Handover {
	return Handover{
		ID: id, Name: r.Name, Schema: p.Schema, Service: r.Service, Group: r.Group,
		Owner: r.Owner, Requester: requester, State: Requested, Since: now,
	}
}

// Apply returns the hand-over after an event. Where the event is refused the error is
// [ErrRefused], and the hand-over is the same as before.
func (h Handover) Apply(e Event, now time.Time) (Handover, error) {
	to, ok := Next(h.State, e.Verb)
	if !ok {
		return h, fmt.Errorf("%s of a hand-over that is %s: %w", e.Verb, h.State, ErrRefused)
	}
	if problem := h.lacks(e, now); problem != "" {
		return h, fmt.Errorf("%s of a hand-over that is %s: %s: %w", e.Verb, h.State, problem, ErrRefused)
	}
	next := h
	next.State = to
	if to != h.State {
		next.Since = now
	}
	switch e.Verb {
	case VerbCreate:
		next.Connection = e.Connection
	case VerbHand:
		next.Linked, next.Ticket = now, Ticket{}
		if next.Asked.IsZero() {
			next.Asked, next.Reminded = now, now
		}
		next.Again = h.Again || h.State == Done
	case VerbOpen:
		next.Ticket = e.Ticket
		next.Opens++
	case VerbReturn:
		next.Ticket = e.Ticket
	case VerbConnect, VerbBreak:
		next.Again = false
		next.settle()
	case VerbTest:
		next.Runs++
		next.Rerun, next.Awaited = now.Add(rest(next.Runs)), true
	case VerbDefer:
		next.Awaited = false
		if e.Tests != nil {
			next.Tests = slices.Clone(e.Tests)
		}
		if !e.Rerun.IsZero() {
			next.Rerun = e.Rerun
		}
	case VerbPass:
		next.Tests, next.Proven, next.Awaited = slices.Clone(e.Tests), now, false
	case VerbFail:
		next.Tests, next.Awaited = slices.Clone(e.Tests), false
	case VerbStumble:
		next.Stumbled, next.Notes = now, slices.Clone(e.Notes)
	case VerbLinger:
		next.Lingered, next.Paused = now, e.Paused
	case VerbSync:
		if next.Worked.IsZero() {
			next.Worked = now
		}
	case VerbRemind:
		next.Reminded = now
		next.Reminders++
	case VerbEscalate:
		next.Escalated = true
	case VerbReassign:
		next.Owner = e.Owner
		next.Again = h.Again || slices.Contains([]State{Connected, Tested, Running, Done}, h.State)
		next.settle()
	}
	return next, nil
}

// settle ends what was asked of the owner: the next time is a new beginning.
func (h *Handover) settle() {
	h.Ticket, h.Linked, h.Asked, h.Reminded = Ticket{}, time.Time{}, time.Time{}, time.Time{}
	h.Reminders, h.Escalated = 0, false
	h.Runs, h.Rerun, h.Awaited = 0, time.Time{}, false
	h.Stumbled, h.Notes, h.Lingered, h.Paused = time.Time{}, nil, time.Time{}, false
}

// lacks says what an event would need besides the right state; nothing if it is whole.
func (h Handover) lacks(e Event, now time.Time) string {
	switch {
	case e.Verb == VerbCreate && e.Connection == "":
		return "it has no connection"
	case e.Verb == VerbOpen && (e.Ticket.Hash == "" || !e.Ticket.Used.IsZero()):
		return "it has no new ticket"
	case e.Verb == VerbReturn && (e.Ticket.Hash != h.Ticket.Hash || e.Ticket.Used.IsZero()):
		return "its ticket is not the one that was given out, used"
	case e.Verb == VerbConnect && h.Again && h.State != Submitted:
		return "it was connected before, and its owner has not been there"
	case e.Verb == VerbTest && !h.MayTest(now):
		return "they are being run, or rest"
	case e.Verb == VerbDefer && e.Tests != nil && Judge(e.Tests) != OutcomeAgain:
		return "its tests came to a result"
	case e.Verb == VerbPass && Judge(e.Tests) != OutcomePassed, e.Verb == VerbFail && Judge(e.Tests) != OutcomeFailed:
		return "its tests say something else"
	case e.Verb == VerbReassign && (e.Owner == "" || e.Owner == h.Owner):
		return "it has no new owner"
	}
	return ""
}
