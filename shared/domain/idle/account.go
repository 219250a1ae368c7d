package idle

import "time"

// Kind is a kind of credential: a way to sign in, or what takes part in signing in.
type Kind string

// The kinds of credential that the systems have. A kind that is not listed here is taken for
// one that tells when it was used, but not that it was never used.
const (
	Email     Kind = "email"     // an address and a password
	Google    Kind = "google"    // a Google account
	LDAP      Kind = "ldap"      // a directory's account
	SAML      Kind = "saml"      // an identity provider, by SAML
	OIDC      Kind = "oidc"      // an identity provider, by OpenID Connect
	Workforce Kind = "workforce" // an identity pool of Google Cloud
	Embed     Kind = "embed"     // content inside another application; counted as policy says

	// LookerOpenID is how Looker's own staff get into an account to help. That is no use of it.
	LookerOpenID Kind = "looker_openid"
	// TOTP is a second factor. It has no date of use.
	TOTP Kind = "totp"
	// API3 is an API key. It has no date of use.
	API3 Kind = "api3"
)

// Traces of use that are no credential.
const (
	// BySession marks what is known from a session of the browser.
	BySession Kind = "session"
	// FromMemory marks what earlier runs saw, or what people did for the account since.
	FromMemory Kind = "memory"
)

// undated are the kinds whose use cannot be seen.
func (k Kind) undated() bool { return k == TOTP || k == API3 || k == LookerOpenID }

// known reports whether a missing date of use means that the credential was never used.
func (k Kind) known() bool {
	switch k {
	case Email, Google, LDAP, SAML, OIDC, Workforce, Embed:
		return true
	}
	return false
}

// Credential is one way into an account.
type Credential struct {
	Kind Kind
	// Used is the latest sign-in; the zero time means never, where the kind has such a date.
	Used time.Time
	// Created is when the credential was made; zero where the system does not say.
	Created  time.Time
	Disabled bool
	// Unreadable says that there is something about its use that could not be read.
	Unreadable bool
}

// Session is a time for which somebody is signed in.
type Session struct {
	// Begun is when it began; Extended when it was last prolonged, zero if never.
	Begun, Extended time.Time
	// Kind is the kind of credential that opened it; empty where the system does not say.
	Kind Kind
	// Sudo says that somebody else is signed in as this account.
	Sudo bool
	// Unreadable says that its dates could not be read.
	Unreadable bool
}

// Account is one account of a system, as far as a decision needs it.
type Account struct {
	// ID is the immutable id that the system gave it.
	ID string
	// Email is the address by which the account is matched with a person; empty if it has none.
	Email string
	// Name is display only.
	Name string
	// Created is when the account was made; zero where the system does not say.
	Created time.Time
	// Disabled says that it is stopped already.
	Disabled bool
	// Self says that it is the account with which the listing was asked for.
	Self bool
	// Staff says that it belongs to the vendor's own people.
	Staff bool
	// Service says that a program uses it, not a person.
	Service bool
	// Super says that it administers the whole system and is not for a program to stop.
	Super bool
	// Administers says that its person looks after the accounts of the system, and may be
	// stopped like any other.
	Administers bool
	// Roles are names of roles in the system; PartOfRoles says that there are others, or may be,
	// which could not be read.
	Roles       []string
	PartOfRoles bool
	Credentials []Credential
	Sessions    []Session
	// Unreadable lists, in words, what else about the account could not be read.
	Unreadable []string
}
