package org

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Looker is the company's Looker instance.
type Looker struct {
	Self  string       // the address of the account that the project itself uses
	Roles []string     // the roles that exist
	Users []LookerUser // sorted by address
}

// LookerUser is one Looker account.
type LookerUser struct {
	Email          string
	Roles          []string
	Created        time.Time // zero when the file does not say
	Disabled       bool
	Staff          bool // an account of Looker's own support staff
	PresumedStaff  bool // one that only the older, deprecated mark shows as such
	ServiceAccount bool
	API3           bool // has an API key
	// Credentials maps a kind of credential (google, email, saml, …) to its latest sign-in.
	// The zero time means that the credential exists and was never used.
	Credentials map[string]time.Time
}

// lookerKinds are the kinds of credential that a file can give to an account. That of an API
// key has a key of its own.
var lookerKinds = []string{"email", "embed", "google", "ldap", "looker_openid", "oidc", "saml", "totp", "workforce"}

type lookerFile struct {
	Self  string           `yaml:"self"`
	Roles []string         `yaml:"roles"`
	Users []lookerUserFile `yaml:"users"`
}

type lookerUserFile struct {
	Email          string             `yaml:"email"`
	Roles          []string           `yaml:"roles"`
	Created        string             `yaml:"created"`
	Disabled       bool               `yaml:"disabled"`
	Staff          bool               `yaml:"staff"`
	PresumedStaff  bool               `yaml:"presumed_staff"`
	ServiceAccount bool               `yaml:"service_account"`
	API3           bool               `yaml:"api3"`
	Credentials    map[string]*string `yaml:"credentials"`
}

func (f *file) readLooker(in lookerFile) Looker {
	out := Looker{Roles: in.Roles}
	if in.Self != "" {
		out.Self = f.address(place{"looker", "self"}, in.Self)
	}
	seen := map[string]bool{}
	for i, u := range in.Users {
		here := place{"looker", "users", i}
		user := LookerUser{
			Email: f.address(here.at("email"), u.Email), Roles: u.Roles, Disabled: u.Disabled, Staff: u.Staff,
			PresumedStaff: u.PresumedStaff, ServiceAccount: u.ServiceAccount, API3: u.API3, Credentials: map[string]time.Time{},
		}
		if seen[user.Email] {
			f.problem(here, "the Looker user %s is in the file twice; write each once", user.Email)
		}
		seen[user.Email] = true
		for j, role := range u.Roles {
			if len(in.Roles) > 0 && !slices.Contains(in.Roles, role) {
				f.problem(here.at("roles", j), "the Looker role %q does not exist; write one of %s, or add it to looker.roles", role, strings.Join(in.Roles, ", "))
			}
		}
		if u.Created != "" {
			user.Created = f.time(here.at("created"), u.Created)
		}
		for _, kind := range sortedKeys(u.Credentials) {
			f.lookerCredential(here.at("credentials", kind), user.Credentials, kind, u.Credentials[kind])
		}
		out.Users = append(out.Users, user)
	}
	return out
}

// lookerCredential reads one credential, which stands at p, with its latest sign-in.
func (f *file) lookerCredential(p place, into map[string]time.Time, kind string, last *string) {
	switch {
	case !slices.Contains(lookerKinds, kind):
		f.problem(p, "Looker has no credential of the kind %q; write one of %s, or api3: true for an API key", kind, strings.Join(lookerKinds, ", "))
	case last == nil:
		into[kind] = time.Time{}
	case kind == "totp":
		f.problem(p, "a second factor does not tell when it was used; write totp: null")
	default:
		into[kind] = f.time(p, *last)
	}
}

// merge adds what other says; of two with the same name the other one's stays.
func (l *Looker) merge(other Looker) {
	l.Self = cmp.Or(other.Self, l.Self)
	l.Roles = merge(l.Roles, other.Roles, func(r string) string { return r })
	l.Users = merge(l.Users, other.Users, func(u LookerUser) string { return u.Email })
}
