package policy

import (
	"slices"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// Operation is something that can be done to a resource.
//
// A policy file may name any operation: those of this file, which Sekisho asks about itself,
// and those of OpenMetadata (entity/policies/accessControl/resourceDescriptor.json in its
// specification), which grow with its versions.
//
// None of Sekisho's own begins with Edit or View: whoever may edit everything in the catalogue
// may not for that reason approve or undo anything here. "All" on "all" covers them, though.
type Operation string

// Operations that stand for several others.
const (
	All     Operation = "All"     // every operation
	EditAll Operation = "EditAll" // those whose names begin with Edit
	ViewAll Operation = "ViewAll" // those whose names begin with View
)

// The operations of Sekisho.
const (
	// To ask for a change: whoever may not is refused when the form is opened. For what only rules
	// propose there is no such operation.
	RequestAccount    Operation = "RequestAccount"
	RequestAccess     Operation = "RequestAccess"
	RequestConnection Operation = "RequestConnection"

	// To decide about one, with a yes or a no, and to order another attempt at one that failed.
	ApproveSettings   Operation = "ApproveSettings"
	ApproveAccount    Operation = "ApproveAccount"
	ApproveAccess     Operation = "ApproveAccess"
	ApproveConnection Operation = "ApproveConnection"
	ApproveCatalog    Operation = "ApproveCatalog"

	// To ask that an applied change is taken back. Whether it is, is decided like any change.
	Undo Operation = "Undo"
	// To let through what the brake holds.
	OverrideBrake Operation = "OverrideBrake"
	// To read the audit log.
	ReadAudit Operation = "ReadAudit"
	// To agree to another policy that asks less than the one in force: [Loosened]. It is asked
	// before the policy is deployed, by scripts/plan.
	ChangePolicy Operation = "ChangePolicy"
)

// The types of resource of Sekisho. Their names are: a group's address, an account as
// "looker/aiko@example.com", an entitlement, a connection, the plan of the catalogue, the kind
// of change that is held, and for the last two what part of them is meant.
const (
	GroupResource      = "group"
	AccountResource    = "account"
	AccessResource     = "access"
	ConnectionResource = "connection"
	CatalogResource    = "catalog"
	BrakeResource      = "brake"
	AuditResource      = "audit"
	PolicyResource     = "policy"
)

// The types of resource that rules treat in a way of their own, in small letters.
const (
	anyType = "all"
	scim    = "scim"
)

// Permission says what a person needs to do something.
type Permission struct {
	// Kind and Verbs are the change and what is done to it. Both are empty for what is not
	// done to a change.
	Kind  change.Kind
	Verbs []change.Verb
	// Operation is asked on a resource of this type.
	Operation Operation
	Type      string
}

var (
	asks    = []change.Verb{change.VerbPropose}
	decides = []change.Verb{change.VerbApprove, change.VerbDeny, change.VerbRetry}
	undoes  = []change.Verb{change.VerbUndo}
)

// permissions is the whole of what people can do. What is missing here is not for people to do,
// or needs no permission but is bound to a person: who asked for a change may withdraw and
// revise it ([change.Withdraw], [change.Revise]), rules propose what nobody asks for, and time and
// appliers do the rest.
var permissions = []Permission{
	{change.GroupSettings, decides, ApproveSettings, GroupResource},
	{change.GroupSettings, undoes, Undo, GroupResource},
	// A plan is what the brake holds.
	{change.GroupSettingsPlan, decides, OverrideBrake, BrakeResource},
	{change.GroupMembersPlan, decides, OverrideBrake, BrakeResource},
	{change.AccountDisable, decides, ApproveAccount, AccountResource},
	{change.AccountDisable, undoes, Undo, AccountResource},
	{change.AccountDisablePlan, decides, OverrideBrake, BrakeResource},
	{change.AccountListing, decides, OverrideBrake, BrakeResource},
	{change.AccountEnable, decides, ApproveAccount, AccountResource},
	{change.AccountEnable, undoes, Undo, AccountResource},
	{change.AccountCreate, asks, RequestAccount, AccountResource},
	{change.AccountCreate, decides, ApproveAccount, AccountResource},
	{change.AccountCreate, undoes, Undo, AccountResource},
	{change.AccessGrant, asks, RequestAccess, AccessResource},
	{change.AccessGrant, decides, ApproveAccess, AccessResource},
	{change.AccessGrant, undoes, Undo, AccessResource},
	// Access that was taken away is asked for anew; it is not undone.
	{change.AccessRevoke, decides, ApproveAccess, AccessResource},
	{change.AccessReview, decides, ApproveAccess, AccessResource},
	{change.ConnectionCreate, asks, RequestConnection, ConnectionResource},
	{change.ConnectionCreate, decides, ApproveConnection, ConnectionResource},
	{change.ConnectionRenew, decides, ApproveConnection, ConnectionResource},
	{change.CatalogApply, decides, ApproveCatalog, CatalogResource},
	{Operation: ReadAudit, Type: AuditResource},
	{Operation: ChangePolicy, Type: PolicyResource},
}

// Permissions lists what people can do and what each needs, for documents and pages.
func Permissions() []Permission { return slices.Clone(permissions) }

// own reports whether an operation is one of Sekisho's.
func (o Operation) own() bool {
	return slices.ContainsFunc(permissions, func(p Permission) bool { return p.Operation == o })
}

// Needed returns what a person needs for an action on a kind of change. The boolean is false
// where the model has no operation for it: nobody may do it by policy.
func Needed(k change.Kind, v change.Verb) (Permission, bool) {
	for _, p := range permissions {
		if p.Kind == k && k != "" && slices.Contains(p.Verbs, v) {
			return p, true
		}
	}
	return Permission{}, false
}

// DecidedWith lists the kinds of change about which people decide by an operation on a type of resource.
// Each is decided as the policy's approvals say.
func DecidedWith(o Operation, resource string) []change.Kind {
	var out []change.Kind
	for _, p := range permissions {
		if p.Operation == o && p.Type == resource && slices.Contains(p.Verbs, change.VerbApprove) {
			out = append(out, p.Kind)
		}
	}
	return out
}

// governs lists the operations by which somebody decides about what others do.
var governs = []Operation{
	ApproveSettings, ApproveAccount, ApproveAccess, ApproveConnection, ApproveCatalog,
	Undo, OverrideBrake, ChangePolicy,
}
