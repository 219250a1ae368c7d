package requestapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/functions/requestapi"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/sim/signin"
	"github.com/sekisho/sekisho/shared/state/handover"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/webapi"
)

const (
	portal  = "https://portal.example.com"
	command = "cli.apps.googleusercontent.com"
)

var (
	aiko  = group.Person{ID: "1", Email: "aiko@example.com", Aliases: []string{"a.sato@example.com"}, Language: "ja"}
	ken   = group.Person{ID: "2", Email: "ken@example.com"}
	lena  = group.Person{ID: "3", Email: "lena@example.com"}
	gus   = group.Person{ID: "4", Email: "gone@example.com", Suspended: true}
	admin = group.Person{ID: "5", Email: "ken-admin@example.com"}
	twins = []group.Person{{ID: "6", Email: "twin@example.com"}, {ID: "7", Email: "other@example.com", Aliases: []string{"twin@example.com"}}}
)

const policy = `
access:
  - name: etl
    project: etl-prd
    roles: [roles/run.admin, roles/bigquery.dataOwner]
    eligible: [group:etl@example.com]
    max: 8h
    reason: '^https://example\.com/tasks/\d+$'
    approval: self
  - {name: prod, project: prod, roles: [roles/run.admin], eligible: [group:etl@example.com], max: 1h, approval: quorum}
  - {name: leads-only, project: prod, roles: [roles/run.viewer], eligible: [group:leads@example.com], max: 1h, approval: self}
inactivity:
  requests:
    looker: {roles: [User, Developer], default: User, mode: ask}
connections:
  defaults: {redirect: "https://console.example.com/connected"}
  services:
    klaviyo: {required: [schema]}
approvals:
  - {kinds: [access.grant], entitlements: [prod], quorum: [{count: 2, from: group:leads@example.com}], deadline: 4h}
same_person: [[ken@example.com, ken-admin@example.com]]
`

// office is the function, Google's sign-in, and a mirror of a small company. Aiko and Ken are in the
// group etl, Lena leads.
type office struct {
	*cloudfntest.Rig
	handler http.Handler
	issuer  *signin.Issuer
	ledger  *ledger.Ledger
	mirror  *mirror.Mirror
}

func open(tb testing.TB) *office {
	tb.Helper()
	return openOn(tb, cloudfntest.New(tb))
}

func openOn(tb testing.TB, rig *cloudfntest.Rig) *office {
	tb.Helper()
	ctx := context.Background()
	o := &office{Rig: rig, issuer: signin.New(rig.Clock.Now), ledger: ledger.New(rig.Store, rig.Bus, rig.Clock.Now), mirror: mirror.New(rig.Store)}
	rig.Person = cloudfn.OIDC{Validate: o.issuer.Validate}.Person
	rig.Policy = fstest.MapFS{"policy.yaml": {Data: []byte(policy)}}
	rig.Variables["REQUESTS_AUDIENCES"] = portal + "," + command
	now := rig.Clock.Now()
	check(tb, o.mirror.PutPeople(ctx, append([]group.Person{aiko, ken, lena, gus, admin}, twins...), now))
	for id, members := range map[string][]group.Person{"etl": {aiko, ken, gus}, "leads": {lena}} {
		s := group.Snapshot{Group: group.Group{ID: id, Email: id + "@example.com"}, Read: now}
		for _, p := range members {
			s.Members = append(s.Members, group.Member{ID: p.ID, Email: p.Email, Type: group.User, Role: group.Plain})
		}
		_, err := o.mirror.Replace(ctx, s)
		check(tb, err)
	}
	shelf := handover.New(rig.Store, connection.Policy{}, rig.Clock.Now)
	check(tb, shelf.PutDestinations(ctx, []handover.Destination{{ID: "d1", Name: "Snowflake"}}))
	o.handler = rig.Build(requestapi.Function)
	return o
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// token returns the token of somebody who is signed in to the portal now.
func (o *office) token(email string) string {
	o.TB.Helper()
	token, err := o.issuer.Token(email, portal)
	check(o.TB, err)
	return token
}

// request makes a request of a person. Headers are NAME: VALUE.
func (o *office) request(email, method, path, body string, headers ...string) *http.Request {
	o.TB.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Accept-Language", "en")
	if email != "" {
		r.Header.Set("Authorization", "Bearer "+o.token(email))
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	return r
}

func (o *office) send(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	o.handler.ServeHTTP(w, r)
	return w
}

func (o *office) do(email, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	o.TB.Helper()
	return o.send(o.request(email, method, path, body, headers...))
}

// decode reads an answer that must have a status.
func decode[T any](tb testing.TB, w *httptest.ResponseRecorder, status int) T {
	tb.Helper()
	var v T
	if w.Code != status {
		tb.Fatalf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		tb.Fatalf("%v: %s", err, w.Body)
	}
	return v
}

// refused returns the problem of an answer, which must be of a sort.
func refused(tb testing.TB, w *httptest.ResponseRecorder, status int, sort string) webapi.Problem {
	tb.Helper()
	p := decode[webapi.Problem](tb, w, status)
	if p.Type != "/v1/problems/"+sort || p.Status != status || w.Header().Get("Content-Type") != "application/problem+json" {
		tb.Errorf("%+v, want %s", p, sort)
	}
	return p
}

func wrongFields(p webapi.Problem) string {
	var out []string
	for _, w := range p.Errors {
		out = append(out, w.Field)
	}
	return strings.Join(out, " ")
}

const (
	etl  = `{"desk": "access", "fields": {"entitlement": "etl", "duration": "2h", "reason": "https://example.com/tasks/7"}}`
	prod = `{"desk": "access", "fields": {"entitlement": "prod", "duration": "30m", "reason": "release ` + cloudfntest.Canary + `"}}`
)

// ask asks under a key and returns the receipt.
func (o *office) ask(email, body, key string) requestapi.Receipt {
	o.TB.Helper()
	w := o.do(email, "POST", "/v1/requests", body, "Idempotency-Key: "+key)
	r := decode[requestapi.Receipt](o.TB, w, http.StatusCreated)
	if w.Header().Get("Location") != r.Link || r.Link != "/v1/requests/"+r.ID {
		o.TB.Errorf("Location %q, link %q of %s", w.Header().Get("Location"), r.Link, r.ID)
	}
	return r
}

// change reads a change.
func (o *office) change(id string) change.Change {
	o.TB.Helper()
	c, err := o.ledger.Get(context.Background(), id)
	check(o.TB, err)
	return c
}

// all returns all changes.
func (o *office) all() []change.Change {
	o.TB.Helper()
	all, err := o.ledger.Latest(context.Background(), 100)
	check(o.TB, err)
	return all
}

// give carries an approved request for access out.
func (o *office) give(id string, d time.Duration) {
	o.TB.Helper()
	robot := change.Actor{Kind: change.ByFunction, ID: "accessgrant"}
	c, err := o.ledger.Apply(context.Background(), id, change.ClaimIt{By: robot, For: time.Minute})
	check(o.TB, err)
	now := o.Clock.Now()
	g := grant.Grant{
		ID: id, Entitlement: c.Target.ID, Scope: grant.Scope{Kind: grant.Project, Name: "etl-prd"}, Member: grant.Member(c.Requester.Name),
		Roles: []string{"roles/run.admin", "roles/bigquery.dataOwner"}, Since: now, Until: now.Add(d),
	}
	result, err := json.Marshal(g)
	check(o.TB, err)
	_, err = o.ledger.Apply(context.Background(), id, change.Complete{By: robot, Fence: c.Claim.Fence, Result: result, Until: g.Until})
	check(o.TB, err)
}
