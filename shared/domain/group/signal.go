package group

import "time"

// Topic says what part of a group an audit event is about.
type Topic string

// The topics of events.
const (
	AboutMembers    Topic = "members"
	AboutSettings   Topic = "settings"
	AboutGroup      Topic = "group"      // created, renamed, described, deleted
	AboutWhole      Topic = "whole"      // members and settings: an event of unknown meaning
	AboutPerson     Topic = "person"     // somebody's account: made, stopped, renamed, deleted
	AboutEverything Topic = "everything" // an event that does not say which group
)

// Signal is what an audit event is worth to the mirror: that something about a group may have
// changed. Values in events are never believed.
type Signal struct {
	// Key identifies the event, so that it counts once however often it arrives.
	Key string
	// Group is an address or an id; empty with AboutEverything.
	Group string
	// Person is an address, with AboutPerson.
	Person string
	Topic  Topic
	// Settings says, with AboutEverything, that settings may have changed too, of whichever group.
	Settings bool
	// At is when it happened, by Google's clock.
	At time.Time
	// Actor is the address of who did it; empty where the event does not say.
	Actor string
	// Client is the OAuth client id of the application that did it in the actor's name; empty
	// where the event names none. It tells our own writes from a person's.
	Client string
	// Name is the event's own name, for display.
	Name string
}
