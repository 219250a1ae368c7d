package requestapi_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/functions/requestapi"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

func TestEveryDeskTakesRequests(t *testing.T) {
	for _, test := range []struct {
		body string
		kind change.Kind
		name string
		mode change.Mode
	}{
		{etl, change.AccessGrant, "etl", change.Auto},
		{prod, change.AccessGrant, "prod", change.Ask},
		{`{"desk": "access", "fields": {"entitlement": "etl", "roles": ["roles/run.admin"], "duration": ["2h"], "reason": "https://example.com/tasks/7"}}`, change.AccessGrant, "etl", change.Auto},
		{`{"desk": "account", "fields": {"system": "looker", "role": "Developer", "reason": "reports"}}`, change.AccountCreate, "aiko@example.com", change.Ask},
		{`{"desk": "connect", "fields": {"service": "klaviyo", "name": "news", "group": "Snowflake", "owner": "lena@example.com", "schema": "news", "reason": "letters"}}`, change.ConnectionCreate, "news", change.Ask},
	} {
		t.Run(string(test.kind)+" "+test.name, func(t *testing.T) {
			t.Parallel()
			o := open(t)
			quiet := o.Mark()
			if got := decode[requestapi.Checked](t, o.do("aiko@example.com", "POST", "/v1/check", test.body), 200); !got.Valid {
				t.Errorf("the check says %+v", got)
			}
			quiet.Nothing(t) // a check writes nothing
			r := o.ask("aiko@example.com", test.body, "k")
			c := o.change(r.ID)
			if r.Kind != string(test.kind) || r.Name != test.name || c.Requester.ID != aiko.ID || c.Requester.Name != aiko.Email || c.Requirement.Mode != test.mode {
				t.Errorf("receipt %+v, change %+v", r, c)
			}
			if len(o.Bus.Published()) != 1 {
				t.Error("nobody is told")
			}
		})
	}
}

func TestFurtherAccountsAreTheSamePerson(t *testing.T) {
	o := open(t)
	c := o.change(o.ask("ken@example.com", prod, "k").ID)
	if diff := cmp.Diff([]string{admin.ID}, c.Requester.Also); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := decode[requestapi.Request](t, o.do(admin.Email, "GET", "/v1/requests/"+c.ID, ""), 200); got.ID != c.ID {
		t.Errorf("with the other account: %+v", got)
	}
	if got := decode[requestapi.Requests](t, o.do(admin.Email, "GET", "/v1/requests", ""), 200); len(got.Requests) != 1 {
		t.Errorf("with the other account: %+v", got)
	}
}

func TestTheSameKeyAsksOnce(t *testing.T) {
	o := open(t)
	first := o.ask("aiko@example.com", etl, "k1")
	same := func() {
		t.Helper()
		if diff := cmp.Diff(first, o.ask("aiko@example.com", etl, "k1")); diff != "" {
			t.Errorf("(-first +again):\n%s", diff)
		}
		if len(o.all()) != 1 {
			t.Errorf("%d changes, want 1", len(o.all()))
		}
	}
	same()
	// Another order and spacing is the same request.
	if got := o.ask("aiko@example.com", `{"fields": {"reason": "https://example.com/tasks/7", "duration": ["2h"], "entitlement": "etl"}, "desk": "access"}`, "k1"); got.ID != first.ID {
		t.Errorf("written in another way: %+v", got)
	}
	refused(t, o.do("aiko@example.com", "POST", "/v1/requests", prod, "Idempotency-Key: k1"), http.StatusConflict, "key-used")
	// What would be refused by now was asked for before.
	o.give(first.ID, 8*time.Hour)
	o.Clock.Advance(time.Minute)
	same()
	o.Clock.Advance(9 * time.Hour)
	same()
	// Keys are each person's own.
	if other := o.ask("ken@example.com", etl, "k1"); other.ID == first.ID || o.change(other.ID).Requester.ID != ken.ID {
		t.Errorf("of another person: %+v", other)
	}
	// A key is forgotten after what it stood for.
	o.Clock.Advance(ledger.RememberedFor + 48*time.Hour)
	if later := o.ask("aiko@example.com", etl, "k1"); later.ID == first.ID {
		t.Error("a key stands for its request for ever")
	}
}

func TestARefusedRequestUsesUpNoKey(t *testing.T) {
	o := open(t)
	p := refused(t, o.do("aiko@example.com", "POST", "/v1/requests", strings.Replace(etl, "2h", "9h", 1), "Idempotency-Key: k1"), http.StatusUnprocessableEntity, "invalid")
	if wrongFields(p) != "duration" {
		t.Errorf("%+v", p)
	}
	o.ask("aiko@example.com", etl, "k1")
}

func TestAKeyIsNeeded(t *testing.T) {
	o := open(t)
	for _, key := range []string{"", " ", "a b", "a\tb", "ключ", strings.Repeat("x", 201)} {
		r := o.request("aiko@example.com", "POST", "/v1/requests", etl)
		r.Header["Idempotency-Key"] = []string{key}
		refused(t, o.send(r), http.StatusBadRequest, "key")
	}
	r := o.request("aiko@example.com", "POST", "/v1/requests", etl)
	refused(t, o.send(r), http.StatusBadRequest, "key")
	r.Header["Idempotency-Key"] = []string{"a", "b"}
	r.Body = o.request("", "POST", "/", etl).Body
	refused(t, o.send(r), http.StatusBadRequest, "key")
	if len(o.all()) != 0 {
		t.Errorf("%d changes, want none", len(o.all()))
	}
}

// A second connection of a name is refused: that the first is the same request counts more.
func TestTwoAtOnceAreOne(t *testing.T) {
	for _, body := range []string{etl, news} {
		o := open(t)
		var wg sync.WaitGroup
		ids := make([]string, 8)
		for i := range ids {
			r := o.request("aiko@example.com", "POST", "/v1/requests", body, "Idempotency-Key: k")
			wg.Go(func() {
				w := o.send(r)
				if w.Code != http.StatusCreated {
					t.Errorf("status %d: %s", w.Code, w.Body)
				}
				ids[i] = w.Header().Get("Location")
			})
		}
		wg.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Errorf("receipts %v", ids)
			}
		}
		if len(o.all()) != 1 {
			t.Errorf("%d changes, want 1", len(o.all()))
		}
	}
}

// dying is a store after whose n-th transaction the process dies: nothing more is done.
type dying struct {
	store.Store
	left int
}

var errDied = errors.New("died")

func (d *dying) Update(ctx context.Context, decide func(context.Context, store.Tx) error) error {
	err := d.Store.Update(ctx, decide)
	if d.left--; d.left == 0 {
		panic(errDied)
	}
	return err
}

// Wherever the function dies between the request and its answer, the same request again finds what
// was proposed or proposes it, and there is one change.
func TestACrashAsksForNothingTwice(t *testing.T) {
	for _, what := range []string{"submit", "give-back", "extend"} {
		for n := 1; ; n++ {
			crashed := false
			t.Run(fmt.Sprintf("%s dies after transaction %d", what, n), func(t *testing.T) {
				o := openOn(t, cloudfntest.NewPlain(t, ""))
				path, body := "/v1/requests", etl
				if what != "submit" {
					first := o.ask("aiko@example.com", etl, "first")
					o.give(first.ID, 2*time.Hour)
					path, body = first.Link+"/"+what, ""
				}
				before := len(o.all())
				inner := o.Store.Store
				o.Store.Store = &dying{inner, n}
				answer := func() (w *httptest.ResponseRecorder) {
					defer func() {
						if p := recover(); p != nil {
							crashed = true
						}
					}()
					return o.do("aiko@example.com", "POST", path, body, "Idempotency-Key: k")
				}()
				o.Store.Store = inner
				o.Clock.Advance(time.Second)
				again := decode[requestapi.Receipt](t, o.do("aiko@example.com", "POST", path, body, "Idempotency-Key: k"), http.StatusCreated)
				if got := len(o.all()) - before; got != 1 {
					t.Errorf("%d changes, want 1", got)
				}
				if answer != nil {
					if diff := cmp.Diff(decode[requestapi.Receipt](t, answer, http.StatusCreated), again); diff != "" {
						t.Errorf("(-first +again):\n%s", diff)
					}
				}
			})
			if !crashed {
				if n < 3 {
					t.Errorf("%s has %d transactions only", what, n-1)
				}
				break
			}
		}
	}
}

func TestAStoreThatFailsIsNoRefusal(t *testing.T) {
	o := open(t)
	o.Store.Break(1)
	w := o.do("aiko@example.com", "POST", "/v1/requests", etl, "Idempotency-Key: k")
	refused(t, w, http.StatusServiceUnavailable, "unavailable")
	if w.Header().Get("Retry-After") == "" || len(o.Audit()) != 0 {
		t.Errorf("Retry-After %q, audit %q", w.Header().Get("Retry-After"), o.Audit())
	}
	o.ask("aiko@example.com", etl, "k")
}

// What is not there and what is not for the person have the same answer.
func TestNobodyLearnsWhatThereIs(t *testing.T) {
	o := open(t)
	for _, path := range []string{"/v1/check", "/v1/requests"} {
		want := ""
		for _, entitlement := range []string{"nothing-like-it", "leads-only", "ETL", cloudfntest.Canary} {
			w := o.do("aiko@example.com", "POST", path, strings.Replace(etl, `"etl"`, `"`+entitlement+`"`, 1), "Idempotency-Key: k")
			refused(t, w, http.StatusForbidden, "not-offered")
			if want == "" {
				want = w.Body.String()
			}
			if w.Body.String() != want {
				t.Errorf("%s: %s, and of another %s", entitlement, w.Body, want)
			}
		}
	}
	refused(t, o.do("aiko@example.com", "POST", "/v1/requests", `{"desk": "account", "fields": {"system": "jira", "reason": "x"}}`, "Idempotency-Key: k"), http.StatusForbidden, "not-offered")
}

// What the policy did not let somebody ask for, the audit says, and not what somebody typed.
func TestTheAuditSaysWhatThePolicyDidNotLetSomebodyAskFor(t *testing.T) {
	o := open(t)
	o.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(policy + `
roles: [{name: barred, policies: [bar], members: [user:aiko@example.com]}]
policies: [{name: bar, rules: [{name: bar, effect: deny, operations: [RequestAccess, RequestConnection], resources: [access, connection]}]}]
`)}}
	o.handler = o.Build(requestapi.Function)
	for body, want := range map[string]string{
		etl:  "access.grant etl: not-offered",
		news: "connection.create: not-offered",
	} {
		o.Clock.Advance(time.Minute)
		refused(t, o.do("aiko@example.com", "POST", "/v1/requests", body, "Idempotency-Key: k"), http.StatusForbidden, "not-offered")
		if all := o.Audit(); !strings.HasSuffix(all[len(all)-1], "by aiko@example.com "+want) {
			t.Errorf("audit %q, want %q", all[len(all)-1], want)
		}
	}
}

func TestWhatIsWrongIsSaidByField(t *testing.T) {
	o := open(t)
	for body, want := range map[string]string{
		`{"desk": "access", "fields": {"entitlement": "etl", "duration": "9h", "reason": "because", "roles": ["roles/owner"]}}`:  "duration reason roles",
		`{"desk": "access", "fields": {"entitlement": "prod", "duration": "soon", "reason": "x", "canary": "canary"}}`:           "canary duration",
		`{"desk": "access", "fields": {"entitlement": "prod", "duration": "1h", "reason": "` + strings.Repeat("x", 3001) + `"}}`: "reason",
		`{"desk": "account", "fields": {"system": "looker", "role": "Admin"}}`:                                                   "reason role",
		`{"desk": "account", "fields": {"system": "looker", "reason": "x", "admin": "yes"}}`:                                     "admin",
		`{"desk": "connect", "fields": {"service": "klaviyo", "name": "news", "password": "canary"}}`:                            "group owner password reason schema",
		`{"desk": "vault", "fields": {}}`: "desk",
	} {
		quiet := o.Mark()
		if got := wrongFields(refused(t, o.do("aiko@example.com", "POST", "/v1/check", body), http.StatusUnprocessableEntity, "invalid")); got != want {
			t.Errorf("%.80s: wrong are %s, want %s", body, got, want)
		}
		quiet.Nothing(t)
		refused(t, o.do("aiko@example.com", "POST", "/v1/requests", body, "Idempotency-Key: k"), http.StatusUnprocessableEntity, "invalid")
		o.Clock.Advance(time.Minute)
		quiet.OnlyAudit(t, 1)
	}
	for _, line := range o.Audit() {
		if strings.Contains(line, cloudfntest.Canary) {
			t.Errorf("the audit holds a part of a request: %s", line)
		}
	}
}

const news = `{"desk": "connect", "fields": {"service": "klaviyo", "name": "news", "group": "d1", "owner": "lena@example.com", "schema": "news", "reason": "letters"}}`

func TestSomebodyElseWasFaster(t *testing.T) {
	o := open(t)
	o.ask("aiko@example.com", news, "k")
	if p := refused(t, o.do("ken@example.com", "POST", "/v1/requests", news, "Idempotency-Key: k"), http.StatusUnprocessableEntity, "invalid"); wrongFields(p) != "name" {
		t.Errorf("%+v", p)
	}
	// Between the check and the proposal: what stands under the request's name is another's.
	key := sha256.Sum256([]byte(ken.ID + "\x00k2"))
	_, err := o.ledger.ProposeOnce(t.Context(), "api-"+hex.EncodeToString(key[:]), change.Proposal{
		Kind: change.ConnectionCreate, Target: change.Target{ID: "other"}, Requester: change.Actor{Kind: change.ByPerson, ID: aiko.ID},
		Requirement: change.DefaultRequirement(), Diff: []change.Delta{{Field: "service", After: "klaviyo"}},
	})
	check(t, err)
	for range 2 {
		refused(t, o.do("ken@example.com", "POST", "/v1/requests", strings.ReplaceAll(news, "news", "other"), "Idempotency-Key: k2"), http.StatusConflict, "taken")
	}
}

func TestGivingBackAndExtending(t *testing.T) {
	o := open(t)
	r := o.ask("aiko@example.com", etl, "k1")
	post := func(who, verb, key string) *httptest.ResponseRecorder {
		t.Helper()
		return o.do(who, "POST", r.Link+"/"+verb, "", "Idempotency-Key: "+key)
	}
	refused(t, post("aiko@example.com", "give-back", "b1"), http.StatusConflict, "not-now")
	refused(t, post("aiko@example.com", "extend", "e1"), http.StatusConflict, "not-now")
	o.give(r.ID, 2*time.Hour)
	o.Clock.Advance(time.Hour)
	for _, verb := range []string{"give-back", "extend"} {
		refused(t, post("ken@example.com", verb, "b1"), http.StatusNotFound, "not-found")
		refused(t, o.do("aiko@example.com", "POST", r.Link+"/"+verb, ""), http.StatusBadRequest, "key")
	}
	longer := decode[requestapi.Receipt](t, post("aiko@example.com", "extend", "e1"), http.StatusCreated)
	if c := o.change(longer.ID); c.Kind != change.AccessGrant || c.State != change.Approved || !strings.Contains(string(c.Detail), r.ID) {
		t.Errorf("the extension is %+v", c)
	}
	refused(t, post("aiko@example.com", "give-back", "e1"), http.StatusConflict, "key-used")
	back := decode[requestapi.Receipt](t, post("aiko@example.com", "give-back", "b1"), http.StatusCreated)
	if c := o.change(back.ID); c.Kind != change.AccessRevoke || c.State != change.Approved || c.UndoOf != r.ID {
		t.Errorf("given back by %+v", c)
	}
	if again := decode[requestapi.Receipt](t, post("aiko@example.com", "give-back", "b1"), http.StatusCreated); again != back {
		t.Errorf("again: %+v, first %+v", again, back)
	}
	// There is nothing to be done with an account in this way.
	account := o.ask("aiko@example.com", `{"desk": "account", "fields": {"system": "looker", "reason": "reports"}}`, "a1")
	refused(t, o.do("aiko@example.com", "POST", account.Link+"/give-back", "", "Idempotency-Key: a2"), http.StatusConflict, "not-now")
	// What has ended is not extended.
	o.Clock.Advance(2 * time.Hour)
	if p := refused(t, post("aiko@example.com", "extend", "e2"), http.StatusConflict, "not-now"); !strings.Contains(p.Detail, "ended") {
		t.Errorf("%+v", p)
	}
}
