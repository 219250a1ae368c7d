package contract

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/api/bigquery/v2"
	"google.golang.org/api/cloudidentity/v1"
	"google.golang.org/api/cloudresourcemanager/v3"
	"google.golang.org/api/iamcredentials/v1"
	"google.golang.org/api/option"
	"google.golang.org/api/storage/v1"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/iam"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// cloudWorld is a simulated Google Cloud behind a recorder, with Google's own clients in front.
type cloudWorld struct {
	cloud    *iam.Server
	faults   *sim.Faults
	recorder *Recorder

	manager     *cloudresourcemanager.Service
	storage     *storage.Service
	bigquery    *bigquery.Service
	credentials *iamcredentials.Service
	identity    *cloudidentity.Service
}

func newCloudWorld(t *testing.T) *cloudWorld {
	t.Helper()
	spec, err := LoadGoogleCloud(Specs(t))
	if err != nil {
		t.Fatal(err)
	}
	company, err := org.Parse("company.yaml", []byte(`
domain: example.com
groups: [{email: admins@example.com, owners: [ken@example.com]}]
organization: {id: 123456789012, bindings: [{role: roles/owner, members: ["serviceAccount:r@p.iam.gserviceaccount.com"]}]}
folders: [{id: 7}]
projects:
  - id: prj-one
    parent: folders/7
    datasets: [{id: sales, bindings: [{role: roles/bigquery.dataViewer, members: ["user:ken@example.com"]}]}]
    buckets: [{name: dumps}]
    service_accounts: [{email: r@p.iam.gserviceaccount.com}]
`))
	if err != nil {
		t.Fatal(err)
	}
	w := &cloudWorld{faults: sim.NewFaults(1), recorder: NewRecorder()}
	w.cloud, err = iam.New(iam.Options{
		Company: company, Now: func() time.Time { return time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC) }, Faults: w.faults,
		Tokens: map[string]iam.Caller{fullToken: {Member: "serviceAccount:r@p.iam.gserviceaccount.com", Scopes: []string{
			iam.ScopeCloudPlatform, iam.ScopeGroups,
		}}},
		GroupAdministrators: []string{"serviceAccount:r@p.iam.gserviceaccount.com"},
	})
	if err != nil {
		t.Fatal(err)
	}
	spec.Scopes = w.cloud.Scopes
	hosts := sim.Transport{}
	for _, host := range []string{"cloudresourcemanager", "storage", "bigquery", "iamcredentials", "cloudidentity"} {
		hosts[host+".googleapis.com"] = w.cloud
	}
	ctx := context.Background()
	o := option.WithHTTPClient(&http.Client{Transport: withToken{w.recorder.RoundTripper(Tap{Specs: []Spec{spec}}, hosts)}})
	w.manager, err = cloudresourcemanager.NewService(ctx, o)
	fatal(t, err)
	w.storage, err = storage.NewService(ctx, o)
	fatal(t, err)
	w.bigquery, err = bigquery.NewService(ctx, o)
	fatal(t, err)
	w.credentials, err = iamcredentials.NewService(ctx, o)
	fatal(t, err)
	w.identity, err = cloudidentity.NewService(ctx, o)
	fatal(t, err)
	return w
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Everything that access for a time asks of Google Cloud, and what the simulator answers, is as
// Google describes it: when all goes well, and when it does not.
func TestTheSimulatedCloudConforms(t *testing.T) {
	w := newCloudWorld(t)
	w.policies(t)
	w.memberships(t)
	_, err := w.credentials.Projects.ServiceAccounts.GenerateAccessToken("projects/-/serviceAccounts/r@p.iam.gserviceaccount.com",
		&iamcredentials.GenerateAccessTokenRequest{Scope: []string{iam.ScopeCloudPlatform}, Lifetime: "600s"}).Do()
	fatal(t, err)
	for _, kind := range []sim.FaultKind{
		sim.Fault429, sim.Fault403Quota, sim.Fault500, sim.FaultTimeout, sim.FaultDown, sim.FaultConflict, sim.FaultAppliedBut500, sim.FaultPartial, sim.FaultEmpty,
	} {
		for _, api := range []string{iam.Policies, iam.Credentials, iam.Identity} {
			w.faults.Add(sim.Fault{API: api, Kind: kind, Rate: 1, Left: 1})
		}
		w.ask()
	}
	report := w.recorder.Report()
	report.Verify(t)
	var simulated []string
	for _, name := range w.cloud.Methods() {
		api, name, _ := strings.Cut(name, ".")
		service := map[string]string{"buckets": "storage", "datasets": "bigquery"}
		collection, _, _ := strings.Cut(name, ".")
		switch {
		case api == iam.Credentials:
			name = "iamcredentials.projects." + name
		case api == iam.Identity:
			name = "cloudidentity." + strings.Replace("groups."+name, "groups.groups.", "groups.", 1)
		case service[collection] != "":
			name = service[collection] + "." + name
		default:
			name = "cloudresourcemanager." + name
		}
		simulated = append(simulated, name)
	}
	if missing := report.Missing(simulated); len(missing) > 0 {
		t.Errorf("simulated, and not asked for: %v", missing)
	}
}

// policies reads and writes a policy of every kind of place.
func (w *cloudWorld) policies(t *testing.T) {
	t.Helper()
	three := &cloudresourcemanager.GetIamPolicyRequest{Options: &cloudresourcemanager.GetPolicyOptions{RequestedPolicyVersion: 3}}
	timed := func(p *cloudresourcemanager.Policy) *cloudresourcemanager.SetIamPolicyRequest {
		p.Version = 3
		p.Bindings = append(p.Bindings, &cloudresourcemanager.Binding{
			Role: "roles/run.admin", Members: []string{"user:ken@example.com"},
			Condition: &cloudresourcemanager.Expr{Title: "t", Description: "d", Expression: `request.time < timestamp("2026-11-23T00:00:00Z")`},
		})
		return &cloudresourcemanager.SetIamPolicyRequest{Policy: p}
	}
	asked := &cloudresourcemanager.TestIamPermissionsRequest{Permissions: []string{"resourcemanager.projects.get"}}

	p, err := w.manager.Projects.GetIamPolicy("projects/prj-one", three).Do()
	fatal(t, err)
	_, err = w.manager.Projects.SetIamPolicy("projects/prj-one", timed(p)).Do()
	fatal(t, err)
	_, err = w.manager.Projects.TestIamPermissions("projects/prj-one", asked).Do()
	fatal(t, err)
	p, err = w.manager.Folders.GetIamPolicy("folders/7", three).Do()
	fatal(t, err)
	_, err = w.manager.Folders.SetIamPolicy("folders/7", timed(p)).Do()
	fatal(t, err)
	_, err = w.manager.Folders.TestIamPermissions("folders/7", asked).Do()
	fatal(t, err)
	p, err = w.manager.Organizations.GetIamPolicy("organizations/123456789012", three).Do()
	fatal(t, err)
	_, err = w.manager.Organizations.SetIamPolicy("organizations/123456789012", timed(p)).Do()
	fatal(t, err)
	_, err = w.manager.Organizations.TestIamPermissions("organizations/123456789012", asked).Do()
	fatal(t, err)

	b, err := w.storage.Buckets.GetIamPolicy("dumps").OptionsRequestedPolicyVersion(3).Do()
	fatal(t, err)
	b.Version = 3
	b.Bindings = append(b.Bindings, &storage.PolicyBindings{
		Role: "roles/storage.objectViewer", Members: []string{"user:ken@example.com"}, Condition: &storage.Expr{Title: "t", Expression: "true"},
	})
	_, err = w.storage.Buckets.SetIamPolicy("dumps", b).Do()
	fatal(t, err)
	_, err = w.storage.Buckets.TestIamPermissions("dumps", []string{"storage.buckets.get"}).Do()
	fatal(t, err)

	d, err := w.bigquery.Datasets.Get("prj-one", "sales").AccessPolicyVersion(3).DatasetView("ACL").Do()
	fatal(t, err)
	d.Access = append(d.Access, &bigquery.DatasetAccess{
		Role: "roles/bigquery.dataOwner", UserByEmail: "ken@example.com", Condition: &bigquery.Expr{Title: "t", Expression: "true"},
	})
	patch := w.bigquery.Datasets.Patch("prj-one", "sales", &bigquery.Dataset{Access: d.Access}).AccessPolicyVersion(3).UpdateMode("UPDATE_ACL")
	patch.Header().Set("If-Match", d.Etag)
	_, err = patch.Do()
	fatal(t, err)
}

// memberships has somebody be a member for a time.
func (w *cloudWorld) memberships(t *testing.T) {
	t.Helper()
	m := w.identity.Groups.Memberships
	g, err := w.identity.Groups.Lookup().GroupKeyId("admins@example.com").Do()
	fatal(t, err)
	plain := func(ends string) *cloudidentity.MembershipRole {
		return &cloudidentity.MembershipRole{Name: "MEMBER", ExpiryDetail: &cloudidentity.ExpiryDetail{ExpireTime: ends}}
	}
	_, err = m.Create(g.Name, &cloudidentity.Membership{
		PreferredMemberKey: &cloudidentity.EntityKey{Id: "aiko@example.com"}, Roles: []*cloudidentity.MembershipRole{plain("2026-11-22T01:00:00Z")},
	}).Do()
	fatal(t, err)
	one, err := m.Lookup(g.Name).MemberKeyId("aiko@example.com").Do()
	fatal(t, err)
	_, err = m.Get(one.Name).Do()
	fatal(t, err)
	_, err = m.ModifyMembershipRoles(one.Name, &cloudidentity.ModifyMembershipRolesRequest{
		UpdateRolesParams: []*cloudidentity.UpdateMembershipRolesParams{{FieldMask: "expiry_detail.expire_time", MembershipRole: plain("2026-11-22T02:00:00Z")}},
	}).Do()
	fatal(t, err)
	_, err = m.List(g.Name).View("FULL").Do()
	fatal(t, err)
	_, err = m.Delete(one.Name).Do()
	fatal(t, err)
}

// ask makes requests of every API, whatever comes of them.
func (w *cloudWorld) ask() {
	_, _ = w.manager.Projects.SetIamPolicy("projects/prj-one", &cloudresourcemanager.SetIamPolicyRequest{Policy: &cloudresourcemanager.Policy{Version: 3}}).Do()
	_, _ = w.storage.Buckets.SetIamPolicy("dumps", &storage.Policy{
		Version: 3, Etag: "AAAA", Bindings: []*storage.PolicyBindings{{Role: "roles/storage.admin", Members: []string{"user:ken@example.com"}}},
	}).Do()
	_, _ = w.storage.Buckets.GetIamPolicy("none").Do()
	_, _ = w.bigquery.Datasets.Get("prj-one", "none").Do()
	_, _ = w.manager.Projects.GetIamPolicy("projects/none", &cloudresourcemanager.GetIamPolicyRequest{}).Do()
	_, _ = w.credentials.Projects.ServiceAccounts.GenerateAccessToken("projects/-/serviceAccounts/none@p.iam.gserviceaccount.com",
		&iamcredentials.GenerateAccessTokenRequest{Scope: []string{iam.ScopeCloudPlatform}}).Do()
	_, _ = w.identity.Groups.Memberships.List("groups/none").Do()
	_, _ = w.identity.Groups.Lookup().GroupKeyId("none@example.com").Do()
}
