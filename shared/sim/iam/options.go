package iam

import (
	"time"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// The API names under which calls are counted, faults are drawn and quotas are kept.
const (
	// Policies are the IAM policies of projects, folders, organisations, buckets and data sets.
	Policies = "iam"
	// Credentials are the tokens of service accounts.
	Credentials = "iamcredentials"
	// Identity is the memberships of groups.
	Identity = "cloudidentity"
)

// Options says what a Server is made of.
type Options struct {
	// Company seeds the cloud. It is not changed.
	Company *org.Company
	// Now is the clock. It must not run backwards.
	Now func() time.Time
	// Calls counts what is asked, Faults makes it go wrong. Both may be nil.
	Calls  *sim.Calls
	Faults *sim.Faults
	// Tokens maps a bearer token to whose it is. The map may not change while the server is in
	// use. Tokens that the server itself gives out are besides these.
	Tokens map[string]Caller
	// Administrators are members who may edit every policy of the company, by a binding of
	// roles/iam.securityAdmin at the organisation.
	Administrators []string
	// GroupAdministrators are members who may change the memberships of every group.
	GroupAdministrators []string
	// Groups is where groups and their members are kept; nil keeps those of the company here.
	Groups Groups
	// Exists tells whether there is an account or a group that a policy is to name; nil means
	// that there always is.
	Exists func(member string) bool
	// Roles maps custom roles to the permissions that they hold.
	Roles map[string][]string
	// Lag is how late things show.
	Lag Lag
	// Seed makes ids, etags and tokens.
	Seed uint64
}

// Caller is who a bearer token belongs to.
type Caller struct {
	// Member is the account as policies name it: serviceAccount:… or user:….
	Member string
	Scopes []string
}

// Lag is how late a write of a policy shows. The zero Lag shows everything at once.
type Lag struct {
	// Read is how long the APIs may go on answering with what stood before. Google says that a
	// read after a write can return the older policy.
	Read time.Duration
	// Effect is how long the former policy goes on deciding: typically two minutes, at times
	// seven or more. https://cloud.google.com/iam/docs/access-change-propagation
	Effect time.Duration
}

// OAuth scopes that the simulated APIs ask for.
const (
	ScopeCloudPlatform         = "https://www.googleapis.com/auth/cloud-platform"
	ScopeCloudPlatformReadOnly = "https://www.googleapis.com/auth/cloud-platform.read-only"
	ScopeStorage               = "https://www.googleapis.com/auth/devstorage.full_control"
	ScopeBigQuery              = "https://www.googleapis.com/auth/bigquery"
	ScopeGroups                = "https://www.googleapis.com/auth/cloud-identity.groups"
	ScopeGroupsReadOnly        = "https://www.googleapis.com/auth/cloud-identity.groups.readonly"
)
