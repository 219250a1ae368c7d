package iam_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/iam"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/contract"
	cloud "github.com/sekisho/sekisho/shared/sim/iam"
	"github.com/sekisho/sekisho/shared/sim/org"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const (
	aiko, ken = "user:aiko@example.com", "user:ken@example.com"
	granter   = "grants@etl-prj-prd.iam.gserviceaccount.com"
	run       = "roles/run.admin"
	canary    = "canary-token"
)

var (
	prj = grant.Scope{Kind: grant.Project, Name: "etl-prj-prd"}
	// places are one of each kind that has a policy, with their names in the simulated cloud.
	places = map[grant.Scope]string{
		prj: "projects/etl-prj-prd",
		{Kind: grant.Folder, Name: "415104041262"}:       "folders/415104041262",
		{Kind: grant.Organization, Name: "123456789012"}: "organizations/123456789012",
		{Kind: grant.Dataset, Name: "etl-prj-prd.sales"}: "datasets/etl-prj-prd.sales",
		{Kind: grant.Bucket, Name: "etl-dumps"}:          "buckets/etl-dumps",
	}
	admins = grant.Scope{Kind: grant.Group, Name: "prod-admins@example.com"}
)

const companyFile = `
domain: example.com
people: [{email: aiko@example.com}, {email: ken@example.com}]
groups:
  - {email: prod-admins@example.com, owners: [ken@example.com]}
organization: {id: 123456789012, bindings: [{role: roles/bigquery.admin, members: ["serviceAccount:grants@etl-prj-prd.iam.gserviceaccount.com"]}]}
folders: [{id: 415104041262}]
projects:
  - id: etl-prj-prd
    parent: folders/415104041262
    bindings: [{role: roles/viewer, members: ["user:ken@example.com"]}]
    datasets: [{id: sales, bindings: [{role: roles/bigquery.dataViewer, members: ["user:ken@example.com"]}]}]
    buckets: [{name: etl-dumps}, {name: etl-old, fine: true}]
    service_accounts:
      - {email: grants@etl-prj-prd.iam.gserviceaccount.com, token_creators: ["serviceAccount:fn@etl-prj-prd.iam.gserviceaccount.com"]}
      - {email: fn@etl-prj-prd.iam.gserviceaccount.com}
`

// world is a simulated Google Cloud, in process, on a clock of its own, with the adapter in front
// that acts as the one account which may edit policies.
type world struct {
	now    time.Time
	slept  []time.Duration
	cloud  *cloud.Server
	calls  *sim.Calls
	faults *sim.Faults
	// before runs before each request that is not for a token.
	before func(*http.Request)

	policies    *iam.Policies
	memberships *iam.Memberships
}

// descriptions are Google's, read once.
var descriptions = sync.OnceValues(func() (*contract.Google, error) {
	folder, _ := contract.Folder()
	return contract.LoadGoogleCloud(folder)
})

func newWorld(t testing.TB, change ...func(*cloud.Options)) *world {
	t.Helper()
	w := &world{now: noon, calls: &sim.Calls{}, faults: sim.NewFaults(1)}
	company, err := org.Parse("company.yaml", []byte(companyFile))
	check(t, err)
	o := cloud.Options{
		Company: company, Now: func() time.Time { return w.now }, Calls: w.calls, Faults: w.faults, Seed: 1,
		Tokens: map[string]cloud.Caller{canary: {
			Member: "serviceAccount:fn@etl-prj-prd.iam.gserviceaccount.com", Scopes: []string{cloud.ScopeCloudPlatform},
		}},
		Administrators: []string{"serviceAccount:" + granter}, GroupAdministrators: []string{"serviceAccount:" + granter},
	}
	for _, c := range change {
		c(&o)
	}
	w.cloud, err = cloud.New(o)
	check(t, err)
	w.cloud.Quota(cloud.Policies).Set(1_000_000, time.Minute)

	spec, err := descriptions()
	check(t, err)
	judged := *spec
	judged.Scopes = w.cloud.Scopes
	recorder := contract.NewRecorder()
	t.Cleanup(func() {
		for _, v := range recorder.Report().Violations {
			t.Errorf("against Google's description: %s: %s: %s (%s)", v.Operation, v.At, v.Text, v.Example)
		}
	})
	handler := recorder.Handler(contract.Tap{Specs: []contract.Spec{&judged}}, w.cloud)
	hosts := sim.Transport{}
	for _, service := range []string{"cloudresourcemanager", "storage", "bigquery", "iamcredentials", "cloudidentity"} {
		hosts[service+".googleapis.com"] = handler
	}
	w.connect(t, hosts)
	return w
}

// connect makes the adapter on a transport.
func (w *world) connect(t testing.TB, hosts http.RoundTripper) {
	t.Helper()
	account, err := iam.Impersonate(t.Context(), iam.ImpersonationOptions{
		Client: &http.Client{Transport: bearer{canary, hosts}}, Base: seen{w, hosts}, Account: granter,
		Scopes: []string{cloud.ScopeCloudPlatform}, Now: func() time.Time { return w.now },
	})
	check(t, err)
	o := w.options(account)
	w.policies, err = iam.NewPolicies(o)
	check(t, err)
	w.memberships, err = iam.NewMemberships(t.Context(), o)
	check(t, err)
}

// options are those of a world, in which waiting takes no time but is written down.
func (w *world) options(c *http.Client) iam.Options {
	rng := rand.New(rand.NewPCG(1, 2))
	return iam.Options{
		Client: c, Now: func() time.Time { return w.now },
		Sleep: func(ctx context.Context, d time.Duration) error {
			w.slept = append(w.slept, d)
			w.now = w.now.Add(d)
			return ctx.Err()
		},
		Random: rng.Float64,
	}
}

// seen lets a test do something before each request.
type seen struct {
	w    *world
	next http.RoundTripper
}

func (s seen) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.w.before != nil {
		s.w.before(r)
	}
	return s.next.RoundTrip(r)
}

// bearer adds a token to each request.
type bearer struct {
	token string
	next  http.RoundTripper
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.next.RoundTrip(r)
}

func id(n int) string { return change.ChangeID("abcdefghijklmnopqrstuvwx", n) }

// grantOf is a grant at a place from now.
func (w *world) grantOf(n int, scope grant.Scope, member string, d time.Duration, roles ...string) grant.Grant {
	return grant.Grant{
		ID: id(n), Entitlement: "etl-maintenance", Scope: scope, Roles: roles, Member: member,
		Title: "https://example.com/some-task-board/42", Since: w.now, Until: w.now.Add(d),
	}
}

// fault adds a fault to the policies' API that shows so many times.
func (w *world) fault(kind sim.FaultKind, times int) {
	w.faults.Add(sim.Fault{API: cloud.Policies, Kind: kind, Rate: 1, Left: times})
}

// count is how many calls there were of a method.
func (w *world) count(method string) int {
	n, _ := w.calls.Count(cloud.Policies, method)
	return n
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused checks the class of an error, and that its text is fit for a log.
func refused(t *testing.T, err, kind error, permanent bool) *iam.Error {
	t.Helper()
	e, ok := errors.AsType[*iam.Error](err)
	if !ok || !errors.Is(err, kind) || e.Permanent() != permanent {
		t.Fatalf("got %v, want %v, permanent %t", err, kind, permanent)
	}
	for _, secret := range []string{canary, "ya29.", "aiko", "Bearer", "googleapis.com/"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q is in the error %v", secret, err)
		}
	}
	return e
}

// text is a policy's bindings in words.
func text(bindings []cloud.Binding) string {
	var out []string
	for _, b := range bindings {
		s := b.Role + "=" + strings.Join(b.Members, ",")
		if b.Condition != nil {
			s += " if " + b.Condition.Expression + " (" + b.Condition.Title + ", " + b.Condition.Description + ")"
		}
		out = append(out, s)
	}
	return fmt.Sprint(strings.Join(out, "\n"))
}
