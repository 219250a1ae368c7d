package looker

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/idle"
)

// fields are what is asked for of every user. Of a credential it is its dates alone: all of it
// would include the one-time addresses by which a password is set.
var fields = strings.Join([]string{
	"id", "email", "display_name", "is_disabled", "role_ids", "is_service_account",
	"verified_looker_employee", "presumed_looker_employee",
	"credentials_email(created_at,logged_in_at,is_disabled)",
	"credentials_google(created_at,logged_in_at,is_disabled)",
	"credentials_ldap(created_at,logged_in_at,is_disabled)",
	"credentials_saml(created_at,logged_in_at,is_disabled)",
	"credentials_oidc(created_at,logged_in_at,is_disabled)",
	"credentials_workforce(created_at,logged_in_at,is_disabled)",
	"credentials_looker_openid(created_at,logged_in_at,is_disabled)",
	"credentials_totp(created_at,is_disabled)",
	"credentials_embed(created_at,logged_in_at,is_disabled)",
	"credentials_api3(created_at,is_disabled)",
	"sessions(created_at,extended_at,credentials_type,sudo_user_id)",
}, ",")

// optional is a field that tells apart whether it was there, was null, and could be read.
type optional[T any] struct {
	there, bad bool
	value      *T // nil also for null
}

// UnmarshalJSON implements [json.Unmarshaler]. A value of another type is noted and spoils
// nothing else.
func (o *optional[T]) UnmarshalJSON(text []byte) error {
	*o = optional[T]{there: true}
	if bytes.Equal(text, []byte("null")) {
		return nil
	}
	v := new(T)
	if json.Unmarshal(text, v) != nil {
		o.bad = true
		return nil
	}
	o.value = v
	return nil
}

// readable reports whether there is an answer, if only that there is nothing.
func (o optional[T]) readable() bool { return o.there && !o.bad }

// or returns the value, or another one where there is none.
func (o optional[T]) or(absent T) T {
	if o.value == nil {
		return absent
	}
	return *o.value
}

// user is a user as the API shows it.
type user struct {
	ID           optional[string]          `json:"id"`
	Email        optional[string]          `json:"email"`
	Name         optional[string]          `json:"display_name"`
	Disabled     optional[bool]            `json:"is_disabled"`
	RoleIDs      optional[[]string]        `json:"role_ids"`
	Service      optional[bool]            `json:"is_service_account"`
	Verified     optional[bool]            `json:"verified_looker_employee"`
	Presumed     optional[bool]            `json:"presumed_looker_employee"` // deprecated, and still right in older instances
	WithEmail    optional[credential]      `json:"credentials_email"`
	WithGoogle   optional[credential]      `json:"credentials_google"`
	WithLDAP     optional[credential]      `json:"credentials_ldap"`
	WithSAML     optional[credential]      `json:"credentials_saml"`
	WithOIDC     optional[credential]      `json:"credentials_oidc"`
	WithPool     optional[credential]      `json:"credentials_workforce"`
	WithOpenID   optional[credential]      `json:"credentials_looker_openid"`
	SecondFactor optional[credential]      `json:"credentials_totp"`
	Embeds       optional[[]credential]    `json:"credentials_embed"`
	Keys         optional[[]credential]    `json:"credentials_api3"`
	Sessions     optional[[]browserOfUser] `json:"sessions"`
}

type credential struct {
	Created  optional[string] `json:"created_at"`
	Used     optional[string] `json:"logged_in_at"`
	Disabled optional[bool]   `json:"is_disabled"`
}

type browserOfUser struct {
	Created  optional[string] `json:"created_at"`
	Extended optional[string] `json:"extended_at"`
	Kind     optional[string] `json:"credentials_type"`
	Sudo     optional[string] `json:"sudo_user_id"`
}

// adminRole is the role that every instance has, whose holders administer it. It cannot be renamed.
const adminRole = "Admin"

// account makes of a user what a decision needs. Roles are names by ids; self is the id of the
// account that asks.
func (u *user) account(self string, roles map[string]string) idle.Account {
	a := idle.Account{
		ID: u.ID.or(""), Email: u.Email.or(""), Name: u.Name.or(""), Disabled: u.Disabled.or(false),
		Staff: u.Verified.or(false) || u.Presumed.or(false), Service: u.Service.or(false),
	}
	a.Self = a.ID != "" && a.ID == self
	doubt := func(ok bool, what string) {
		if !ok {
			a.Unreadable = append(a.Unreadable, what)
		}
	}
	doubt(u.Email.readable(), "the address")
	doubt(u.Disabled.value != nil, "whether it is disabled")
	doubt(u.Service.value != nil, "whether it is a service account")
	// One of the two marks is enough, the other may go with a version of Looker.
	doubt((u.Verified.value != nil || u.Presumed.value != nil) && !u.Verified.bad && !u.Presumed.bad, "whether it is of Looker's staff")
	doubt(u.RoleIDs.readable(), "the roles")
	a.PartOfRoles = !u.RoleIDs.readable()
	for _, id := range u.RoleIDs.or(nil) {
		name, ok := roles[id]
		doubt(ok, "the role "+id)
		a.PartOfRoles = a.PartOfRoles || !ok
		if ok {
			a.Roles = append(a.Roles, name)
			a.Administers = a.Administers || name == adminRole
		}
	}
	for _, one := range []struct {
		kind idle.Kind
		held optional[credential]
	}{
		{idle.Email, u.WithEmail},
		{idle.Google, u.WithGoogle},
		{idle.LDAP, u.WithLDAP},
		{idle.SAML, u.WithSAML},
		{idle.OIDC, u.WithOIDC},
		{idle.Workforce, u.WithPool},
		{idle.LookerOpenID, u.WithOpenID},
		{idle.TOTP, u.SecondFactor},
	} {
		doubt(one.held.readable(), "the credential "+string(one.kind))
		if one.held.value != nil {
			a.Credentials = append(a.Credentials, one.held.value.of(one.kind, doubt))
		}
	}
	doubt(u.Embeds.readable(), "the credential "+string(idle.Embed))
	for _, held := range u.Embeds.or(nil) {
		a.Credentials = append(a.Credentials, held.of(idle.Embed, doubt))
	}
	doubt(u.Keys.readable(), "the API keys")
	for _, held := range u.Keys.or(nil) {
		a.Credentials = append(a.Credentials, held.of(idle.API3, doubt))
	}
	doubt(u.Sessions.readable(), "the sessions")
	for _, s := range u.Sessions.or(nil) {
		a.Sessions = append(a.Sessions, s.session())
	}
	return a
}

// of makes a credential of its dates. Two kinds have no date of use, and are not asked for one.
func (c *credential) of(kind idle.Kind, doubt func(ok bool, what string)) idle.Credential {
	out := idle.Credential{Kind: kind, Disabled: c.Disabled.or(false)}
	var ok bool
	out.Created, ok = date(c.Created)
	doubt(ok, "when the credential "+string(kind)+" was made")
	if kind != idle.TOTP && kind != idle.API3 {
		out.Used, ok = date(c.Used)
		out.Unreadable = !ok
	}
	return out
}

// session makes a session of its dates. One of which nobody says whose it is counts as the
// person's own.
func (s *browserOfUser) session() idle.Session {
	out := idle.Session{Kind: idle.Kind(s.Kind.or("")), Sudo: s.Sudo.or("") != ""}
	begun, ok := date(s.Created)
	extended, alsoOK := date(s.Extended)
	out.Begun, out.Extended = begun, extended
	out.Unreadable = !ok || !alsoOK || begun.IsZero()
	return out
}

// The first and the last year that a date of a Looker instance can be of.
const (
	firstYear = 2012
	lastYear  = 2200
)

// date reads a date as Looker writes it, with milliseconds and an offset: 2026-05-01T09:30:15.000+00:00.
// Null and empty text mean that there is none. The boolean is false where there was no answer,
// or one that cannot be meant: that is not the same as no date.
func date(o optional[string]) (time.Time, bool) {
	text := o.or("")
	if !o.readable() || text == "" {
		return time.Time{}, o.readable()
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Year() < firstYear || t.Year() > lastYear {
		return time.Time{}, false
	}
	return t.UTC(), true
}
