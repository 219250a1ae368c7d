// Package policy answers who may do what, and why.
//
// The model and its evaluation are those of OpenMetadata, so that one file decides here and in
// the data catalogue alike. A question is: may this person do these operations to this resource?
// A [Rule] allows or denies operations on types of resource, always or under a [Condition]. A
// [Policy] is a set of rules, and reaches the person in one of three ways:
//
//	person ─► role ─► policy                  a role that the person was given
//	person ─► team ─► policy                  a team of the person or one above it, by its
//	             └──► default role ─► policy  policies and its default roles
//	resource ─► owning team ─► policy         whoever asks: a team that owns the resource, or one
//	                                          above it, by its policies but not by its roles
//
// Of all rules that reach the person, one deny that matches is a no, whatever else there is.
// Otherwise every operation that is asked for needs an allow. What nothing allows is not allowed:
// no policy, an unknown person, nothing asked are all a no.
//
// Teams form a hierarchy and have their people from Google Groups. [Compile] makes an [Engine]
// of a [Model], what the file says, and a [Directory], who is in which groups. [Engine.Decide]
// is the fast answer; [Engine.Explain] says which rule, policy, role, team and group it came
// from, and what would change it.
//
// # How a question is answered
//
// As on the path on which OpenMetadata enforces, which its classes of these names are; what it lists
// for its pages is another path, on which a plain allow hides a deny under a condition. Point by
// point, with the place here and the test that holds it there:
//
//  1. DefaultAuthorizer reads no rule, not even a deny, for who administers the catalogue. So does
//     [Engine.Decide], but not for Sekisho's own operations (TestAdministratorsAreNotAsked). Bots
//     inherit nothing from teams (TestBotsInheritNothingFromTeams).
//  2. SubjectContext gathers policies in this order: those of the person's own roles; those that
//     each team of the person brings, its default roles' first and then its own, and so upwards, every
//     team once and in circles too; those of teams that own the resource and of the teams above these,
//     without their roles. people.go makes the first two for each person, book.go the third for
//     each team (TestADenyOfTheOwningTeamReachesOutsiders, TestTeamsAboveThemselvesCountOnce).
//  3. PolicyEvaluator looks for denies first: one that matches is a no (TestNoAllowBeatsADeny).
//  4. Then each operation that is asked for needs an allow, not necessarily the same one, and without
//     one it is a no (TestEveryOperationNeedsAnAllow).
//  5. CompiledRule compares only the first of a rule's resources with "all"; "scim" has to be named.
//     All covers every operation, EditAll those that begin with Edit, ViewAll those that begin with
//     View, and neither covers Create or Delete (TestWhatResourcesCover, TestWhatOperationsCover).
//  6. A rule without a condition holds. A condition is read once, when the policy is loaded, and calls
//     the functions of RuleEvaluator and nothing else; the teams and roles that it names have to be
//     there, and its tags among [Model].Tags where there are any (condition.go, scan.go;
//     TestConditionsThatCannotBeRead, TestWhatIsWrongWithAModel, TestAnyTagMayBeNamedWhereNoneAreListed).
//  7. What each function of RuleEvaluator finds is in question.go. isOwner() takes members of the
//     owning team itself and not of those below it; matchTeam() never holds for a policy that came by
//     a role given to the person, nor for what has no owner; inAnyTeam() and hasAnyRole() see the
//     teams above; hasDomain() is the stricter one of two generations, and holds for a listing
//     (TestOwnersAreMatchedByTheTeamItselfOnly, TestNotMatchTeamDeniesWhatHasNoOwner,
//     TestNotMatchTeamInARoleDeniesEverything, TestAListingIsNotFilteredByDomain).
//  8. Permissions that are listed are not what is enforced (TestAListingHidesAConditionalDeny).
//
// A second evaluation, written for the tests from these points alone, answers the same in a million
// random worlds (TestTheEngineAnswersAsTheOracle).
//
// # What Sekisho asks
//
// What Sekisho does itself is asked in the same way: operations.go says which operation each
// action on each kind of change needs. Who may decide and how many of them it takes are two
// questions. The engine answers the first, [change.Requirement] the second, [Engine.Counting]
// puts them together. [Loosened] and [Recorded.Under] tell what another policy would change.
package policy

import "github.com/sekisho/sekisho/shared/domain/change"

// Model is all that policy says about who may do what. Names are unique within their kind. It
// must not be changed once an engine was made of it.
type Model struct {
	Teams    []Team
	Roles    []Role
	Policies []Policy
	// Tags are the catalogue's tags that conditions may name. Where there are none, conditions
	// may name any.
	Tags []string
}

// Team is a part of the company. Policies of a team hold for everybody in it and below it.
type Team struct {
	Name        string
	Type        TeamType
	Description string
	// Parents are the names of the teams above. It is empty for the organization, and for a team
	// that is directly below it without saying so.
	Parents []string
	// Group is the address of the Google Group whose members are the team's people; empty for
	// a team that only has teams below it.
	Group    string
	Policies []string
	// DefaultRoles are the roles that everybody in the team and below it has.
	DefaultRoles []string
}

// TeamType is a team's level.
type TeamType string

// The types of team, in OpenMetadata's words.
const (
	Organization TeamType = "Organization"
	BusinessUnit TeamType = "BusinessUnit"
	Division     TeamType = "Division"
	Department   TeamType = "Department"
	// Plain is a team with people only.
	Plain TeamType = "Group"
)

// Role is a set of policies that people are given by name.
type Role struct {
	Name        string
	Description string
	Policies    []string
	// Members are those who have the role themselves, besides those who have it by a team. They
	// are groups and people: "group:leads@example.com", "user:aiko@example.com".
	Members []change.Selector
}

// Policy is a named set of rules about who may do what.
type Policy struct {
	Name        string
	Description string
	Rules       []Rule
}

// Rule allows or denies operations on resources.
type Rule struct {
	Name        string
	Description string
	Effect      Effect
	// Operations are names of operations. "All" covers every operation, "EditAll" those whose
	// names begin with Edit, "ViewAll" those whose names begin with View.
	Operations []Operation
	// Resources are types of resource: "group", "access", "table". "all", in any case of its
	// letters, covers every type but "scim"; it counts only as the first of them.
	Resources []string
	// Condition is nil for a rule that always holds.
	Condition *Condition
}

// Effect is what a rule does.
type Effect string

// The effects. A deny goes before every allow.
const (
	Allow Effect = "allow"
	Deny  Effect = "deny"
)

// Standard are policies that can be named without being defined: OpenMetadata has one of its
// own that says the same, and what is named alike should mean the same here and there.
func Standard() []Policy {
	return []Policy{{
		Name: "organization",
		Rules: []Rule{
			{
				Name: "owner", Effect: Allow, Resources: []string{"all"}, Condition: &Condition{text: "isOwner()", root: node{test: isOwner}},
				Operations: []Operation{"EditAll", "ViewAll", "Delete"},
			},
			{
				Name: "no-owner", Effect: Allow, Resources: []string{"all"}, Condition: &Condition{text: "noOwner()", root: node{test: noOwner}},
				Operations: []Operation{"EditOwners"},
			},
		},
	}}
}
