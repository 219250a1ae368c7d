package requestapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/requestapi"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/sim/signin"
)

func TestWhoMayAsk(t *testing.T) {
	now := cloudfntest.Begin
	claims := func(email string, changes ...func(*signin.Claims)) func(*office) signin.Claims {
		return func(o *office) signin.Claims {
			c := o.issuer.Claims(email, portal)
			for _, change := range changes {
				change(&c)
			}
			return c
		}
	}
	for _, test := range []struct {
		name   string
		claims func(*office) signin.Claims
		status int
		audit  string
	}{
		{"a person", claims("aiko@example.com"), 200, ""},
		{"by an alias", claims("a.sato@example.com"), 200, ""},
		{"in capitals", claims("AIKO@example.com"), 200, ""},
		{"in another tool", claims("aiko@example.com", func(c *signin.Claims) { c.Audience = command }), 200, ""},
		{"expired", claims("aiko@example.com", func(c *signin.Claims) { c.Expires = now.Add(-time.Second).Unix() }), 401, "token"},
		{"for another audience", claims("aiko@example.com", func(c *signin.Claims) { c.Audience = "https://other.example" }), 401, "token"},
		{"for part of an audience", claims("aiko@example.com", func(c *signin.Claims) { c.Audience = portal + "," + command }), 401, "token"},
		{"of another issuer", claims("aiko@example.com", func(c *signin.Claims) { c.Issuer = "https://accounts.example" }), 401, "token"},
		{"an address that is not verified", claims("aiko@example.com", func(c *signin.Claims) { c.Verified = false }), 403, "not that of a person"},
		{"a private account", claims("aiko@example.com", func(c *signin.Claims) { c.Domain = "" }), 403, "not that of a person"},
		{"a service account", claims("robot@p.iam.gserviceaccount.com"), 403, "not that of a person"},
		{"a stranger", claims("eve@outside.example"), 403, "nobody in the directory"},
		{"who is suspended", claims("gone@example.com"), 403, "suspended"},
		{"one of two", claims("twin@example.com"), 403, "nobody in the directory"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := open(t)
			token, err := o.issuer.Sign(test.claims(o))
			check(t, err)
			for _, r := range []*http.Request{
				o.request("", "GET", "/v1/offers", ""), o.request("", "POST", "/v1/check", etl), o.request("", "POST", "/v1/requests", etl, "Idempotency-Key: k"),
			} {
				r.Header.Set("Authorization", "Bearer "+token)
				stranger := o.do("eve@outside.example", "GET", "/v1/offers", "").Body.String()
				o.Clock.Advance(time.Minute) // one entry of a sort in a minute
				quiet := o.Mark()
				w := o.send(r)
				if test.status == 200 {
					if w.Code >= 300 {
						t.Errorf("%s: status %d: %s", r.URL, w.Code, w.Body)
					}
					continue
				}
				if w.Code != test.status {
					t.Errorf("%s: status %d, want %d: %s", r.URL, w.Code, test.status, w.Body)
				}
				quiet.OnlyAudit(t, 1)
				if all := o.Audit(); !strings.Contains(all[len(all)-1], test.audit) {
					t.Errorf("audit: %s", all[len(all)-1])
				}
				if test.status == 403 && w.Body.String() != stranger {
					t.Errorf("a stranger is answered with %q, this one with %q", stranger, w.Body)
				}
			}
		})
	}
}

func TestWithoutATokenNobodyAsks(t *testing.T) {
	o := open(t)
	for _, header := range []string{"", "Bearer ", "Basic YTpi", "Bearer x", "Bearer a.b.c", o.token("aiko@example.com"), "Bearer " + o.token("aiko@example.com") + "x"} {
		r := o.request("", "GET", "/v1/requests", "")
		r.Header.Set("Authorization", header)
		w := o.send(r)
		refused(t, w, http.StatusUnauthorized, "token")
		if w.Header().Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%q: no challenge", header)
		}
	}
	r := o.request("", "GET", "/v1/requests?token="+cloudfntest.CallerToken, "")
	refused(t, o.send(r), http.StatusUnauthorized, "token")
}

// Who left between two requests asks for nothing more.
func TestARightThatIsLostIsLostAtOnce(t *testing.T) {
	o := open(t)
	o.ask("ken@example.com", etl, "k1")
	left := ken
	left.Suspended = true
	check(t, o.mirror.PutPeople(t.Context(), []group.Person{left}, o.Clock.Now().Add(time.Second)))
	refused(t, o.do("ken@example.com", "POST", "/v1/requests", prod, "Idempotency-Key: k2"), http.StatusForbidden, "stranger")
	refused(t, o.do("ken@example.com", "POST", "/v1/requests", etl, "Idempotency-Key: k1"), http.StatusForbidden, "stranger")
	if len(o.all()) != 1 {
		t.Errorf("%d changes, want 1", len(o.all()))
	}
}

func TestTheConfigurationIsChecked(t *testing.T) {
	r := cloudfntest.New(t)
	if _, err := requestapi.Function.Build(t.Context(), r.Env()); err == nil || !strings.Contains(err.Error(), "REQUESTS_AUDIENCES") {
		t.Errorf("without audiences: %v", err)
	}
}

func TestTheLanguageIsThePersons(t *testing.T) {
	o := open(t)
	for _, test := range []struct{ who, accept, want string }{
		{"aiko@example.com", "", "ja"},                       // the directory's
		{"ken@example.com", "", "en"},                        // the directory knows none
		{"aiko@example.com", "en", "en"},                     //
		{"ken@example.com", "ja", "ja"},                      //
		{"ken@example.com", "ja-JP, en;q=0.5", "ja"},         //
		{"ken@example.com", "ja;q=0.2, en-GB;q=0.9", "en"},   //
		{"ken@example.com", "de, fr;q=0.9, ja;q=0.1", "ja"},  //
		{"ken@example.com", "de, ja;q=0", "en"},              //
		{"aiko@example.com", "de", "ja"},                     //
		{"ken@example.com", "ja;q=x, *", "en"},               //
		{"ken@example.com", strings.Repeat("x,", 1e4), "en"}, //
	} {
		r := o.request(test.who, "POST", "/v1/check", `{"desk": "access", "fields": {"entitlement": "prod", "duration": "30m"}}`)
		r.Header.Del("Accept-Language")
		if test.accept != "" {
			r.Header.Set("Accept-Language", test.accept)
		}
		w := o.send(r)
		p := refused(t, w, http.StatusUnprocessableEntity, "invalid")
		want := map[string]string{"en": "say why", "ja": "理由をご記入ください。"}[test.want]
		if w.Header().Get("Content-Language") != test.want || len(p.Errors) != 1 || p.Errors[0].Detail != want {
			t.Errorf("%s, accepting %.40q: in %q: %+v", test.who, test.accept, w.Header().Get("Content-Language"), p)
		}
	}
}

func TestWhatIsNotThere(t *testing.T) {
	o := open(t)
	quiet := o.Mark()
	refused(t, o.do("aiko@example.com", "GET", "/v2/offers", ""), http.StatusNotFound, "not-found")
	refused(t, o.do("aiko@example.com", "GET", "/", ""), http.StatusNotFound, "not-found")
	for _, method := range []string{"PUT", "DELETE", "PATCH", "OPTIONS"} {
		refused(t, o.do("aiko@example.com", method, "/v1/requests", ""), http.StatusMethodNotAllowed, "method")
	}
	quiet.OnlyAudit(t, 0)
	if w := o.send(httptest.NewRequest("GET", "/v1/openapi.json", nil)); w.Code != http.StatusOK {
		t.Errorf("the description: status %d", w.Code)
	}
}
