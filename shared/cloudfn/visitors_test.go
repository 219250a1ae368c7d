package cloudfn_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"google.golang.org/api/idtoken"
	"google.golang.org/api/option"

	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/iap"
)

const backend = "/projects/1/global/backendServices/1"

// signIn returns the header of a request.
func signIn(tokens ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, token := range tokens {
		r.Header.Add(cloudfn.HeaderAssertion, token)
	}
	return r
}

// Google's own library reads what the simulated proxy signs, with the keys that it publishes. It
// knows only the machine's clock, so this test does too.
func TestGooglesLibraryBelievesTheProxy(t *testing.T) {
	proxy, err := iap.New(backend, time.Now, 1)
	if err != nil {
		t.Fatal(err)
	}
	google := sim.Transport{"www.gstatic.com": http.HandlerFunc(proxy.Keys)}
	validator, err := idtoken.NewValidator(t.Context(), option.WithHTTPClient(&http.Client{Transport: google}))
	if err != nil {
		t.Fatal(err)
	}
	visitors := cloudfn.IAP{Audience: backend, Validate: validator.Validate, Now: time.Now}
	token, err := proxy.Assertion("olga@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if email, err := visitors.Verify(t.Context(), signIn(token)); email != "olga@example.com" || err != nil {
		t.Errorf("got %q, %v", email, err)
	}
	other, err := iap.New(backend, time.Now, 2)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := other.Assertion("olga@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if email, err := visitors.Verify(t.Context(), signIn(forged)); email != "" || err == nil {
		t.Errorf("by another key: got %q, %v", email, err)
	}
}

func TestIAP(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	proxy, err := iap.New(backend, clock, 1)
	if err != nil {
		t.Fatal(err)
	}
	good := proxy.Claims("olga@example.com")
	for _, test := range []struct {
		name  string
		spoil func(*iap.Claims)
		ok    bool
	}{
		{"as the proxy signs", func(*iap.Claims) {}, true},
		{"29 seconds young", func(c *iap.Claims) { c.Issued += 29; c.Expires += 29 }, true},
		{"of another issuer", func(c *iap.Claims) { c.Issuer = "https://accounts.google.com" }, false},
		{"of an issuer that looks alike", func(c *iap.Claims) { c.Issuer += "/" }, false},
		{"for another page", func(c *iap.Claims) { c.Audience += "1" }, false},
		{"expired", func(c *iap.Claims) { c.Issued -= 700; c.Expires -= 700 }, false},
		{"not issued yet", func(c *iap.Claims) { c.Issued += 31; c.Expires += 31 }, false},
		{"valid for longer than the proxy makes them", func(c *iap.Claims) { c.Expires += 61 }, false},
		{"without an issue", func(c *iap.Claims) { c.Issued = 0 }, false},
		{"of nobody", func(c *iap.Claims) { c.Email = "" }, false},
		{"of somebody outside of Google", func(c *iap.Claims) { c.Email = "securetoken.google.com/x:olga@example.com" }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := good
			test.spoil(&c)
			token, err := proxy.Sign(c)
			if err != nil {
				t.Fatal(err)
			}
			visitors := cloudfn.IAP{Audience: backend, Validate: proxy.Validate, Now: clock}
			email, err := visitors.Verify(t.Context(), signIn(token))
			if ok := err == nil; ok != test.ok || ok != (email == "olga@example.com") {
				t.Errorf("got %q, %v", email, err)
			}
		})
	}
}

// What does not have the form of the proxy's tokens never reaches the library, whose parser is
// not made for strangers.
func TestWhatIsNoAssertionIsNotParsed(t *testing.T) {
	visitors := cloudfn.IAP{Audience: backend, Now: time.Now, Validate: func(context.Context, string, string) (*idtoken.Payload, error) {
		t.Error("the library was asked")
		return nil, nil
	}}
	for name, r := range map[string]*http.Request{
		"nothing": signIn(), "an empty header": signIn(""), "two headers": signIn("a.b.c", "a.b.c"), "no token": signIn("olga@example.com"),
		"no algorithm": signIn("eyJhbGciOiJub25lIn0.e30."), "another algorithm": signIn("eyJhbGciOiJSUzI1NiJ9.e30.AAAA"),
		"a signature that is too short": signIn("eyJhbGciOiJFUzI1NiJ9.e30.AAAA"), "a header that is no JSON": signIn("AAAA.e30.AAAA"),
	} {
		if email, err := visitors.Verify(t.Context(), r); email != "" || err == nil {
			t.Errorf("%s: got %q, %v", name, email, err)
		}
	}
	if email, err := (cloudfn.IAP{}).Verify(t.Context(), signIn("a.b.c")); email != "" || err == nil {
		t.Errorf("without an audience: got %q, %v", email, err)
	}
}
