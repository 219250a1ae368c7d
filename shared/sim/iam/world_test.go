package iam_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"google.golang.org/api/bigquery/v2"
	"google.golang.org/api/cloudidentity/v1"
	"google.golang.org/api/cloudresourcemanager/v3"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/iamcredentials/v1"
	"google.golang.org/api/option"
	"google.golang.org/api/storage/v1"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/contract"
	"github.com/sekisho/sekisho/shared/sim/iam"
	"github.com/sekisho/sekisho/shared/sim/org"
)

var begin = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

const (
	robot  = "serviceAccount:grants@etl-prj-prd.iam.gserviceaccount.com"
	prj    = "projects/etl-prj-prd"
	folder = "folders/415104041262"
	aiko   = "user:aiko@example.com"
	ken    = "user:ken@example.com"
)

const companyFile = `
domain: example.com
people:
  - {email: aiko@example.com}
  - {email: ken@example.com}
groups:
  - {email: data@example.com, owners: [ken@example.com], members: [etl-team@example.com]}
  - {email: etl-team@example.com, members: [aiko@example.com]}
  - {email: prod-admins@example.com, owners: [ken@example.com]}
organization: {id: 123456789012}
folders:
  - {id: 415104041262, bindings: [{role: roles/browser, members: ["group:data@example.com"]}]}
projects:
  - id: etl-prj-prd
    parent: folders/415104041262
    bindings:
      - {role: roles/viewer, members: ["user:ken@example.com", "group:data@example.com"]}
    datasets: [{id: sales, bindings: [{role: roles/bigquery.dataViewer, members: ["group:data@example.com"]}]}]
    buckets: [{name: etl-dumps}, {name: etl-old, fine: true}]
    service_accounts:
      - {email: grants@etl-prj-prd.iam.gserviceaccount.com, token_creators: ["serviceAccount:fn@etl-prj-prd.iam.gserviceaccount.com"]}
      - {email: middle@etl-prj-prd.iam.gserviceaccount.com, token_creators: ["user:ken@example.com"]}
      - {email: fn@etl-prj-prd.iam.gserviceaccount.com, token_creators: ["serviceAccount:middle@etl-prj-prd.iam.gserviceaccount.com"]}
`

// world is a company, a clock and Google Cloud, all in one process.
type world struct {
	t      *testing.T
	now    time.Time
	cloud  *iam.Server
	calls  *sim.Calls
	faults *sim.Faults
	hosts  sim.Transport
	*clients
}

// clients are Google's own, of one caller.
type clients struct {
	manager     *cloudresourcemanager.Service
	storage     *storage.Service
	bigquery    *bigquery.Service
	credentials *iamcredentials.Service
	identity    *cloudidentity.Service
}

var hosts = []string{
	"cloudresourcemanager.googleapis.com", "storage.googleapis.com", "bigquery.googleapis.com",
	"iamcredentials.googleapis.com", "cloudidentity.googleapis.com",
}

// descriptions are Google's, read once.
var descriptions = sync.OnceValues(func() (*contract.Google, error) {
	folder, _ := contract.Folder()
	return contract.LoadGoogleCloud(folder)
})

func newWorld(t *testing.T, change ...func(*iam.Options)) *world {
	t.Helper()
	w := &world{t: t, now: begin, calls: &sim.Calls{}, faults: sim.NewFaults(1), hosts: sim.Transport{}}
	company, err := org.Parse("company.yaml", []byte(companyFile))
	if err != nil {
		t.Fatal(err)
	}
	o := iam.Options{
		Company: company, Now: func() time.Time { return w.now }, Calls: w.calls, Faults: w.faults, Seed: 1,
		Tokens:         map[string]iam.Caller{"the-token": {Member: robot, Scopes: []string{iam.ScopeCloudPlatform}}},
		Administrators: []string{robot}, GroupAdministrators: []string{robot},
	}
	for _, c := range change {
		c(&o)
	}
	if w.cloud, err = iam.New(o); err != nil {
		t.Fatal(err)
	}
	// The simulator has other rights than a data set's policy over data sets.
	check(t, w.cloud.EditByHand("organizations/123456789012", func(b []iam.Binding) []iam.Binding {
		return append(b, iam.Binding{Role: "roles/bigquery.admin", Members: []string{robot}})
	}))
	spec := *must[*contract.Google](t)(descriptions())
	spec.Scopes = w.cloud.Scopes
	recorder := contract.NewRecorder()
	t.Cleanup(func() {
		for _, v := range recorder.Report().Violations {
			t.Errorf("against Google's description: %s: %s: %s (%s)", v.Operation, v.At, v.Text, v.Example)
		}
	})
	handler := recorder.Handler(contract.Tap{Specs: []contract.Spec{&spec}, Provoking: true}, w.cloud)
	for _, host := range hosts {
		w.hosts[host] = handler
	}
	w.clients = w.as("the-token")
	return w
}

// as makes clients that carry a token.
func (w *world) as(token string) *clients {
	w.t.Helper()
	ctx := context.Background()
	o := option.WithHTTPClient(&http.Client{Transport: bearer{token, w.hosts}})
	return &clients{
		manager:     must[*cloudresourcemanager.Service](w.t)(cloudresourcemanager.NewService(ctx, o)),
		storage:     must[*storage.Service](w.t)(storage.NewService(ctx, o)),
		bigquery:    must[*bigquery.Service](w.t)(bigquery.NewService(ctx, o)),
		credentials: must[*iamcredentials.Service](w.t)(iamcredentials.NewService(ctx, o)),
		identity:    must[*cloudidentity.Service](w.t)(cloudidentity.NewService(ctx, o)),
	}
}

// bearer adds a token to each request.
type bearer struct {
	token string
	next  http.RoundTripper
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if b.token != "" {
		r.Header.Set("Authorization", "Bearer "+b.token)
	}
	return b.next.RoundTrip(r)
}

// read gets the project's policy in a version.
func (w *world) read(version int64) *cloudresourcemanager.Policy {
	w.t.Helper()
	return must[*cloudresourcemanager.Policy](w.t)(w.manager.Projects.GetIamPolicy(prj, &cloudresourcemanager.GetIamPolicyRequest{
		Options: &cloudresourcemanager.GetPolicyOptions{RequestedPolicyVersion: version},
	}).Do())
}

// write sets the project's policy.
func (w *world) write(p *cloudresourcemanager.Policy) (*cloudresourcemanager.Policy, error) {
	return w.manager.Projects.SetIamPolicy(prj, &cloudresourcemanager.SetIamPolicyRequest{Policy: p}).Do()
}

// until is a condition that holds until a time.
func until(at time.Time) *cloudresourcemanager.Expr {
	return &cloudresourcemanager.Expr{Title: "for a time", Expression: `request.time < timestamp("` + at.Format(time.RFC3339) + `")`}
}

// give adds a conditional binding.
func (w *world) give(role, member string, at time.Time) {
	w.t.Helper()
	p := w.read(3)
	p.Version = 3
	p.Bindings = append(p.Bindings, &cloudresourcemanager.Binding{Role: role, Members: []string{member}, Condition: until(at)})
	must[*cloudresourcemanager.Policy](w.t)(w.write(p))
}

// refused checks that an error is Google's refusal with that status, and returns its message.
func refused(t *testing.T, err error, code int) string {
	t.Helper()
	e, ok := errors.AsType[*googleapi.Error](err)
	if !ok || e.Code != code {
		t.Fatalf("got %v, want a refusal with %d", err, code)
	}
	return e.Message
}

// must fails the test on an error.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
