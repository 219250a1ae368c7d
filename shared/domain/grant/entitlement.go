// Package grant decides about access for a time.
//
// An [Entitlement] says what people may have, which policy writes down: roles at one place, for
// whom, for how long at most. A [Request] is one person's wish for it and is checked against
// it. What comes of it is a [Grant]: at a project, folder, organisation, data set or bucket it
// is one binding for each role under the condition request.time < timestamp("…Z"), so that it
// ends at the second whatever happens to this system; at a group it is a membership with an
// expiry.
//
// A binding of ours carries the id of its change as the description of its condition. By that
// and by the exact form of the expression it is told from those that others made
// ([Recognize]). An [Edit] turns the policy of a place into the next one: it adds, replaces and
// takes away bindings of ours and clears away dead ones, and leaves everything else as it is,
// byte for byte. [Drifts] finds what others did to ours.
//
// The package does no I/O and has no clock. All instants are in whole seconds, since that is
// what conditions compare.
package grant

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// Approval says who lets a person have an entitlement.
type Approval string

// The ways of approving.
const (
	// BySelf gives it at once: who is eligible chooses the time; reason and end are required
	// all the same.
	BySelf Approval = "self"
	// ByQuorum waits for the people whom the approvals of the policy name.
	ByQuorum Approval = "quorum"
	// BreakGlass gives it at once, tells everybody concerned and has it reviewed afterwards.
	BreakGlass Approval = "break-glass"
)

// Mode returns what is done with a request under this approval: at once, or after people were
// asked. Whatever is not known waits for people.
func (a Approval) Mode() change.Mode {
	switch a {
	case BySelf, BreakGlass:
		return change.Auto
	}
	return change.Ask
}

// Entitlement is access that people may have for a time.
type Entitlement struct {
	Name  string
	Scope Scope
	// Roles are IAM role names as the Resource Manager takes them. At a [Group] there are none:
	// what is given is the membership.
	Roles []string
	// Eligible says who may ask for it. Without any nobody may.
	Eligible []change.Selector
	// Max is the longest time for which somebody has it without a break, extensions included.
	Max time.Duration
	// Reason is what the reason has to match. Nil takes any reason but none.
	Reason   *regexp.Regexp
	Approval Approval
	// Condition must hold besides the time, in the language of IAM's conditions; empty means
	// that nothing must. See [CheckCondition].
	Condition string
}

// EligibleTo reports whether somebody may ask for it for whom these selectors hold.
func (e Entitlement) EligibleTo(holds []change.Selector) bool {
	return slices.ContainsFunc(e.Eligible, func(s change.Selector) bool { return slices.Contains(holds, s) })
}

// Loss is why somebody who has an entitlement may not have it any more. Its text is kept as the
// reason of what takes it away.
type Loss string

// The losses.
const (
	// NoLongerEligible is that of who is in none of the sets any more that may have it.
	NoLongerEligible Loss = "no longer among those who may have it"
	// PersonGone is that of an account that is suspended or deleted.
	PersonGone Loss = "the account is suspended or deleted"
)

// Losses lists all of them.
var Losses = []Loss{NoLongerEligible, PersonGone}

var roleForm = regexp.MustCompile(`^((projects|organizations)/[a-z0-9.:-]+/)?roles/[A-Za-z0-9_.-]+$`)

// basicRoles cannot be bound under a condition, so they could not end
// (https://cloud.google.com/iam/docs/conditions-overview#limitations).
var basicRoles = []string{"roles/owner", "roles/editor", "roles/viewer"}

// CheckRole reports why a role cannot be given for a time, and what to write instead.
func CheckRole(role string) error {
	switch {
	case slices.Contains(basicRoles, role):
		return fmt.Errorf("%s is a basic role, which IAM binds under no condition, so that it could not expire: write a predefined or custom role", role)
	case !roleForm.MatchString(role):
		hint := ""
		if !strings.Contains(role, "/") {
			hint = " such as roles/" + strings.ToLower(role)
		}
		return fmt.Errorf("%s is not an IAM role: write its full name%s", strconv.Quote(role), hint)
	case strings.Contains(role, "_withcond_"):
		return fmt.Errorf("%s is how IAM shows a role under a condition to who cannot read conditions: write the role itself", role)
	}
	return nil
}

// Owners returns who owns an entitlement, and so approves where policy names nobody else: the owners
// of the groups for which it is. There are none where it is for people or holders of roles alone.
func (e Entitlement) Owners() []change.Selector {
	var out []change.Selector
	for _, s := range e.Eligible {
		if address, ok := strings.CutPrefix(string(s), "group:"); ok {
			out = append(out, change.Selector("owners:"+address))
		}
	}
	return out
}
