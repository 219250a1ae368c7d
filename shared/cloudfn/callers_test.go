package cloudfn_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/api/idtoken"

	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/sim/signin"
)

func TestOIDC(t *testing.T) {
	const audience, account = "https://function.example", "pusher@project.iam.gserviceaccount.com"
	good := map[string]any{"email": account, "email_verified": true}
	with := func(name string, value any) map[string]any {
		claims := map[string]any{"email": account, "email_verified": true}
		claims[name] = value
		return claims
	}
	type oidc struct {
		name     string
		header   string
		audience string
		accounts []string
		issuer   string
		claims   map[string]any
		invalid  error
		ok       bool
	}
	const token, google = "Bearer t-" + cloudfntest.Canary, "https://accounts.google.com"
	accounts := []string{"other@project.iam.gserviceaccount.com", account}
	for _, test := range []oidc{
		{"one of ours", token, audience, accounts, google, good, nil, true},
		{"the issuer without a scheme", token, audience, accounts, "accounts.google.com", good, nil, true},
		{"the scheme in small letters", "bearer t", audience, accounts, google, good, nil, true},
		{"another issuer", token, audience, accounts, "https://accounts.google.com.example", good, nil, false},
		{"no issuer", token, audience, accounts, "", good, nil, false},
		{"a wrong audience or signature, or expired", token, audience, accounts, google, good, errors.New("invalid"), false},
		{"another account", token, audience, accounts, google, with("email", "stranger@example.com"), nil, false},
		{"an account that only looks alike", token, audience, accounts, google, with("email", strings.ToUpper(account)), nil, false},
		{"no address", token, audience, accounts, google, map[string]any{"email_verified": true}, nil, false},
		{"no address, and an empty entry among the accounts", token, audience, []string{""}, google, map[string]any{"email_verified": true}, nil, false},
		{"an address of another type", token, audience, accounts, google, with("email", []any{account}), nil, false},
		{"an address that is not verified", token, audience, accounts, google, with("email_verified", false), nil, false},
		{"verified in words", token, audience, accounts, google, with("email_verified", "true"), nil, false},
		{"nothing said of verification", token, audience, accounts, google, map[string]any{"email": account}, nil, false},
		{"no accounts are configured", token, audience, nil, google, good, nil, false},
		{"no audience is configured", token, "", accounts, google, good, nil, false},
		{"no header", "", audience, accounts, google, good, nil, false},
		{"another scheme", "Basic t", audience, accounts, google, good, nil, false},
		{"no token", "Bearer ", audience, accounts, google, good, nil, false},
		{"the token alone", "t", audience, accounts, google, good, nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := cloudfn.OIDC{Audience: test.audience, Accounts: test.accounts, Validate: func(_ context.Context, _, asked string) (*idtoken.Payload, error) {
				if asked != test.audience || asked == "" {
					t.Errorf("validated for the audience %q", asked)
				}
				return &idtoken.Payload{Issuer: test.issuer, Claims: test.claims}, test.invalid
			}}
			r := httptest.NewRequest(http.MethodPost, "/?token=t", nil)
			if test.header != "" {
				r.Header.Set("Authorization", test.header)
			}
			err := o.Verify(t.Context(), r)
			if (err == nil) != test.ok {
				t.Errorf("error %v, want accepted %t", err, test.ok)
			}
			if err != nil && strings.Contains(err.Error(), cloudfntest.Canary) {
				t.Errorf("the error holds the token: %v", err)
			}
		})
	}
}

func TestShared(t *testing.T) {
	for _, test := range []struct {
		name, secret, header, target string
		ok                           bool
	}{
		{"in the header", "s", "Bearer s", "/", true},
		{"in the query", "s", "", "/?token=s", true},
		{"the header counts before the query", "s", "Bearer x", "/?token=s", false},
		{"a longer one", "s", "Bearer ss", "/", false},
		{"another case", "s", "Bearer S", "/", false},
		{"none", "s", "", "/", false},
		{"an empty secret opens nothing", "", "", "/", false},
		{"an empty secret and an empty token", "", "Bearer ", "/?token=", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, test.target, nil)
			if test.header != "" {
				r.Header.Set("Authorization", test.header)
			}
			if err := cloudfn.Shared(test.secret).Verify(t.Context(), r); (err == nil) != test.ok {
				t.Errorf("error %v, want accepted %t", err, test.ok)
			}
		})
	}
}

func TestIdentifyNamesTheAccount(t *testing.T) {
	payload := func(issuer string, claims map[string]any) cloudfn.OIDC {
		return cloudfn.OIDC{Validate: func(_ context.Context, token, audience string) (*idtoken.Payload, error) {
			if token != "good" || audience != "https://api.test" {
				return nil, errors.New("bad signature")
			}
			return &idtoken.Payload{Issuer: issuer, Claims: claims}, nil
		}}
	}
	const google = "https://accounts.google.com"
	verified := map[string]any{"email": "client@example.com", "email_verified": true}
	for _, test := range []struct {
		name            string
		oidc            cloudfn.OIDC
		token, audience string
		want            string
	}{
		{"a client", payload(google, verified), "good", "https://api.test", "client@example.com"},
		{"another audience", payload(google, verified), "good", "https://other.test", ""},
		{"no audience", payload(google, verified), "good", "", ""},
		{"a bad token", payload(google, verified), "bad", "https://api.test", ""},
		{"another issuer", payload("https://issuer.test", verified), "good", "https://api.test", ""},
		{"an address that nobody verified", payload(google, map[string]any{"email": "client@example.com"}), "good", "https://api.test", ""},
		{"no address", payload(google, map[string]any{"email_verified": true}), "good", "https://api.test", ""},
	} {
		got, err := test.oidc.Identify(context.Background(), test.token, test.audience)
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%s: %q, %v; want %q", test.name, got, err, test.want)
		}
	}
}

func TestPresents(t *testing.T) {
	for name, test := range map[string]struct {
		target, authorization string
		want                  bool
	}{
		"nothing":            {"/", "", false},
		"a header":           {"/", "Bearer x", true},
		"a parameter":        {"/?token=x", "", true},
		"an empty parameter": {"/?token=", "", true},
		"another parameter":  {"/?tokens=x", "", false},
	} {
		r := httptest.NewRequest(http.MethodPost, test.target, nil)
		if test.authorization != "" {
			r.Header.Set("Authorization", test.authorization)
		}
		if got := cloudfn.Presents(r); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestPersonIsWhoIsSignedIn(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	issuer := signin.New(func() time.Time { return now })
	o := cloudfn.OIDC{Validate: issuer.Validate}
	const portal, other = "https://portal.example", "https://other.example"
	good := issuer.Claims("aiko@example.com", portal)
	with := func(change func(*signin.Claims)) signin.Claims {
		c := good
		change(&c)
		return c
	}
	for _, test := range []struct {
		name     string
		claims   signin.Claims
		person   bool // the token is good
		accepted bool
	}{
		{"a person", good, true, true},
		{"for the second audience", with(func(c *signin.Claims) { c.Audience = "second.apps.googleusercontent.com" }), true, true},
		{"for another audience", with(func(c *signin.Claims) { c.Audience = other }), false, false},
		{"for no audience", with(func(c *signin.Claims) { c.Audience = "" }), false, false},
		{"expired", with(func(c *signin.Claims) { c.Expires = now.Unix() - 1 }), false, false},
		{"of another issuer", with(func(c *signin.Claims) { c.Issuer = "https://accounts.example" }), false, false},
		{"an address that is not verified", with(func(c *signin.Claims) { c.Verified = false }), true, false},
		{"no address", with(func(c *signin.Claims) { c.Email = "" }), true, false},
		{"a private account under the company's address", with(func(c *signin.Claims) { c.Domain = "" }), true, false},
		{"a service account", issuer.Claims("robot@p.iam.gserviceaccount.com", portal), true, false},
		{"a service account that says it is a company's", with(func(c *signin.Claims) { c.Email = "robot@p.iam.GServiceAccount.com" }), true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			token, err := issuer.Sign(test.claims)
			if err != nil {
				t.Fatal(err)
			}
			email, err := o.Person(t.Context(), token, []string{portal, "second.apps.googleusercontent.com"})
			if (err == nil) != test.accepted || test.accepted && email != "aiko@example.com" {
				t.Errorf("%q, %v; want accepted %t", email, err, test.accepted)
			}
			if !test.accepted && errors.Is(err, cloudfn.ErrNoPerson) != test.person {
				t.Errorf("%v; want that the token is good and nobody's: %t", err, test.person)
			}
			if _, err := o.Person(t.Context(), token, nil); err == nil {
				t.Error("without audiences somebody is signed in")
			}
		})
	}
	for _, bad := range []string{"", "x", "a.b.c", cloudfntest.Canary + ".b.c"} {
		if _, err := o.Person(t.Context(), bad, []string{portal}); err == nil || errors.Is(err, cloudfn.ErrNoPerson) || strings.Contains(err.Error(), cloudfntest.Canary) {
			t.Errorf("token %q: %v", bad, err)
		}
	}
}
