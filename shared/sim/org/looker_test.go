package org_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/sim/org"
)

func TestLookerUsersOfEveryKind(t *testing.T) {
	c := parse(t, `
looker:
  self: Robot@b.example
  users:
  - {email: a@b.example, presumed_staff: true, credentials: {email: null, embed: 2026-01-01T00:00:00Z, google: null, ldap: null, looker_openid: null, oidc: null, saml: null, totp: null, workforce: null}}
`)
	want := org.Looker{Self: "robot@b.example", Users: []org.LookerUser{{
		Email: "a@b.example", PresumedStaff: true,
		Credentials: map[string]time.Time{
			"email": {}, "embed": time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), "google": {}, "ldap": {}, "looker_openid": {},
			"oidc": {}, "saml": {}, "totp": {}, "workforce": {},
		},
	}}}
	if diff := cmp.Diff(want, c.Looker); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatIsWrongWithLookerUsers(t *testing.T) {
	for name, test := range map[string]struct{ in, want string }{
		"a kind that is none":        {"{credentials: {gogle: null}, email: a@b.example}", `f.yaml:3: Looker has no credential of the kind "gogle"; write one of email, embed, google,`},
		"an API key as a credential": {"{credentials: {api3: null}, email: a@b.example}", "or api3: true for an API key"},
		"a date of a second factor":  {"{credentials: {totp: 2026-01-01T00:00:00Z}, email: a@b.example}", "f.yaml:3: a second factor does not tell when it was used"},
	} {
		_, err := org.Parse("f.yaml", []byte("looker:\n  users:\n  - "+test.in+"\n"))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s in it", name, err, test.want)
		}
	}
	if _, err := org.Parse("f.yaml", []byte("looker:\n  self: robot\n")); err == nil || !strings.Contains(err.Error(), `f.yaml:2: "robot" is not an e-mail address`) {
		t.Errorf("a self that is no address: got %v", err)
	}
}
