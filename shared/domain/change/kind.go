package change

import (
	"slices"
	"time"
)

// Kind names what a change does.
type Kind string

// The kinds of change.
const (
	GroupSettings Kind = "group.settings"
	// GroupSettingsPlan lets corrections of many groups through that the brake has held.
	GroupSettingsPlan Kind = "group.settings.plan"
	// GroupMembersPlan lets the mirror forget members that the brake has kept in it.
	GroupMembersPlan Kind = "group.members.plan"

	AccountDisable Kind = "account.disable"
	// AccountDisablePlan lets a run through that the brake has held.
	AccountDisablePlan Kind = "account.disable.plan"
	// AccountListing has people say that a listing of accounts is right which nobody would
	// believe.
	AccountListing Kind = "account.listing"
	AccountEnable  Kind = "account.enable"
	AccountCreate  Kind = "account.create"

	AccessGrant  Kind = "access.grant"
	AccessRevoke Kind = "access.revoke"
	// AccessReview has people look afterwards at access that somebody took in an emergency.
	AccessReview Kind = "access.review"

	ConnectionCreate Kind = "connection.create"
	// ConnectionRenew hands a connection that broke to its owner once more.
	ConnectionRenew Kind = "connection.renew"

	CatalogApply Kind = "catalog.apply"
)

// Trait is what holds for all changes of one kind.
type Trait struct {
	Kind Kind
	// Undo is the kind that takes one back; empty where nothing does.
	Undo Kind
	// UndoMode is how an undo is decided where policy does not say: [Auto] where it takes
	// something away again, which never waits for people.
	UndoMode Mode
	// UndoHolds is how long an undo keeps whatever proposed the change from proposing it again;
	// zero where nothing would.
	UndoHolds time.Duration
	// Shows says that people decide about the value that is there as much as about the one that is wanted: where it is
	// another by then, they are asked anew.
	Shows bool
	// Undoes is the field whose value an undo takes back, where it takes back one alone; empty where
	// it takes back all. Where nobody has seen that the change made a difference there, nothing is to
	// be taken back.
	Undoes string
	// Lets is the kind of the changes that a plan lets through, whose approvers decide on it where
	// policy names none for the plan; empty for what is no plan of such changes.
	Lets Kind
	// People is how many have to agree at least, whatever policy says.
	People int
}

// traits has one entry for every kind, in the order in which people are shown kinds. A new kind
// of change begins here.
var traits = []Trait{
	{Kind: GroupSettings, Undo: GroupSettings, UndoMode: Ask, UndoHolds: 90 * 24 * time.Hour, Shows: true},
	{Kind: GroupSettingsPlan, Lets: GroupSettings, People: 2},
	{Kind: GroupMembersPlan, People: 2},
	{Kind: AccountDisable, Undo: AccountEnable, UndoMode: Ask},
	{Kind: AccountDisablePlan, Lets: AccountDisable, People: 2},
	{Kind: AccountListing, People: 2},
	{Kind: AccountEnable, Undo: AccountDisable, UndoMode: Ask},
	{Kind: AccountCreate, Undo: AccountDisable, UndoMode: Ask, Undoes: "enabled"},
	{Kind: AccessGrant, Undo: AccessRevoke, UndoMode: Auto},
	{Kind: AccessRevoke},
	{Kind: AccessReview},
	{Kind: ConnectionCreate},
	{Kind: ConnectionRenew},
	// Policy is the source of the catalogue: what was applied is taken back by changing the
	// policy. An undo would last until the next night.
	{Kind: CatalogApply},
}

// Kinds lists all kinds of change.
func Kinds() []Kind {
	out := make([]Kind, len(traits))
	for i, t := range traits {
		out[i] = t.Kind
	}
	return out
}

// TraitOf returns what holds for a kind; the boolean is false for a kind that is not known.
func TraitOf(k Kind) (Trait, bool) {
	i := slices.IndexFunc(traits, func(t Trait) bool { return t.Kind == k })
	if i < 0 {
		return Trait{Kind: k}, false
	}
	return traits[i], true
}
