package idle

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/change"
)

// Rule says when an account of one system is stopped.
type Rule struct {
	// After is counted from the latest sign-in over all kinds of credential.
	After time.Duration
	// Warn lists how long before the stop the person is told. Empty means that nobody is.
	Warn []time.Duration
	// Mode says what becomes of an account that is idle; anything but Auto and Ask is Report.
	Mode change.Mode
	// Channel is the Slack channel that is asked in mode ask: "#looker-admins".
	Channel string
	// Grace spares accounts younger than this, counted from the newest of their credentials.
	Grace time.Duration
	Spare Spare
	Brake brake.Brake
	// Seats is how many the contract has, for the summary; 0 means that nobody said.
	Seats int
	// IgnoreEmbed says that looking at embedded content is not use of the account.
	IgnoreEmbed bool
}

// Spare lists whose accounts are never stopped. Capitals do not matter in any of the three.
type Spare struct {
	Emails []string
	// Roles are names of roles in the system itself.
	Roles []string
	// Groups are addresses of Google Groups.
	Groups []string
}

// RequestRule says how people get an account of one system, for the first time or back.
type RequestRule struct {
	// Roles are those that anybody can ask for.
	Roles []string
	// RolesFor are further roles, each with the people who can ask for it.
	RolesFor map[string][]change.Selector
	// Default is the role that is offered first; empty where none is.
	Default string
	Mode    change.Mode
	// AutoFor are people who get what they ask for without anybody being asked.
	AutoFor []change.Selector
}

// Offers lists the roles that a person can ask for, of whom these selectors hold: the default
// first, the others in the order of the policy, then those for the person's groups by name.
func (r RequestRule) Offers(standing []change.Selector) []string {
	var out []string
	if r.Default != "" {
		out = append(out, r.Default)
	}
	for _, role := range r.Roles {
		if role != r.Default {
			out = append(out, role)
		}
	}
	var further []string
	for role, people := range r.RolesFor {
		if !slices.Contains(out, role) && holdsAny(people, standing) {
			further = append(further, role)
		}
	}
	slices.Sort(further)
	return append(out, further...)
}

// ModeFor returns what is done with the request of a person of whom these selectors hold.
func (r RequestRule) ModeFor(standing []change.Selector) change.Mode {
	switch {
	case holdsAny(r.AutoFor, standing):
		return change.Auto
	case r.Mode == change.Auto, r.Mode == change.Ask:
		return r.Mode
	}
	return change.Report
}

// Why a request is not wanted any more.
const (
	WhyNotLet     = "the policy does not let who asked for it ask for it any more"
	WhyNotOffered = "the policy does not offer this role to who asked for it any more"
	WhyAsked      = "the policy wants people asked by now"
	WhyGivenBack  = "the account was given back already"
)

// Unwanted says why a request for a role, which was decided in a mode, is not wanted any more from a
// person of whom these selectors hold by now; empty where it still is. What people decided stands,
// what went by itself has to go by itself still. Capitals of the role do not matter.
func (r RequestRule) Unwanted(role string, decided change.Mode, standing []change.Selector) string {
	switch mode := r.ModeFor(standing); {
	case mode == change.Report:
		return WhyNotLet
	case !slices.ContainsFunc(r.Offers(standing), func(offered string) bool { return strings.EqualFold(offered, role) }):
		return WhyNotOffered
	case decided == change.Auto && mode != change.Auto:
		return WhyAsked
	}
	return ""
}

// Sets lists the sets of people that the rule names, each of which may hold for somebody.
func (r RequestRule) Sets() []change.Selector {
	sets := slices.Clone(r.AutoFor)
	for _, role := range slices.Sorted(maps.Keys(r.RolesFor)) {
		sets = append(sets, r.RolesFor[role]...)
	}
	return sets
}

func holdsAny(wanted, standing []change.Selector) bool {
	return slices.ContainsFunc(wanted, func(s change.Selector) bool { return slices.Contains(standing, s) })
}
