package workspace

import (
	"net/http"
	"time"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// The API names under which calls are counted, faults are drawn and quotas are kept.
const (
	Directory = "directory"
	Settings  = "settings"
	Reports   = "reports"
)

// Options says what a Server is made of.
type Options struct {
	// Company seeds the directory. It is not changed.
	Company *org.Company
	// Now is the clock. It must not run backwards.
	Now func() time.Time
	// Push sends notifications to the addresses of watch channels. Without it none arrive.
	Push *http.Client
	// Calls counts what is asked, Faults makes it go wrong. Both may be nil.
	Calls  *sim.Calls
	Faults *sim.Faults
	// Tokens maps a bearer token to the OAuth scopes that it carries. A token that is not
	// there is refused with 401, a scope that is missing with 403. Neither map may change
	// while the server is in use.
	Tokens map[string][]string
	// Robots maps a bearer token to the e-mail address that the audit log shows as the actor
	// of the changes made with it.
	Robots map[string]string
	// Lag is how late things show; nil means [DefaultLag].
	Lag *Lag
	// Seed makes ids and delays; the same seed and the same requests give the same answers.
	Seed uint64
}

// Delay is a range of durations out of which the simulator draws.
type Delay struct{ Min, Max time.Duration }

// Lag is how late a change shows.
type Lag struct {
	// Admin, Groups and GroupsEnterprise are the times from a change to the moment at which
	// the audit application of that name lists it and notifies of it.
	Admin, Groups, GroupsEnterprise Delay
	// Settings and Members are how long the Groups Settings API and the Directory API go on
	// answering with what stood before, after a person changed a setting or a membership. A
	// change made through an API shows in that API at once.
	Settings, Members time.Duration
}

// DefaultLag is the lag of an ordinary day. Google promises a couple of minutes for the admin
// application and says that groups usually shows within half an hour.
// https://support.google.com/a/answer/7061566
func DefaultLag() Lag {
	return Lag{
		Admin:            Delay{2 * time.Second, 10 * time.Second},
		Groups:           Delay{time.Minute, 5 * time.Minute},
		GroupsEnterprise: Delay{time.Minute, 2 * time.Minute},
	}
}

// OAuth scopes that the simulated APIs ask for.
const (
	ScopeGroup          = "https://www.googleapis.com/auth/admin.directory.group"
	ScopeGroupReadonly  = "https://www.googleapis.com/auth/admin.directory.group.readonly"
	ScopeMember         = "https://www.googleapis.com/auth/admin.directory.group.member"
	ScopeMemberReadonly = "https://www.googleapis.com/auth/admin.directory.group.member.readonly"
	ScopeUser           = "https://www.googleapis.com/auth/admin.directory.user"
	ScopeUserReadonly   = "https://www.googleapis.com/auth/admin.directory.user.readonly"
	ScopeSettings       = "https://www.googleapis.com/auth/apps.groups.settings"
	ScopeAudit          = "https://www.googleapis.com/auth/admin.reports.audit.readonly"
)

// scopeCloudPlatform is enough for one method, users.list.
const scopeCloudPlatform = "https://www.googleapis.com/auth/cloud-platform"
