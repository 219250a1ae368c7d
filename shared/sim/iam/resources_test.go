package iam_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/bigquery/v2"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/storage/v1"

	"github.com/sekisho/sekisho/shared/sim/iam"
)

func TestBuckets(t *testing.T) {
	w := newWorld(t)
	w.now = begin
	check(t, w.cloud.SetBinding("buckets/etl-dumps", "roles/storage.admin", robot))
	get := func(version int64) (*storage.Policy, error) {
		return w.storage.Buckets.GetIamPolicy("etl-dumps").OptionsRequestedPolicyVersion(version).Do()
	}
	p := must[*storage.Policy](t)(get(3))
	if p.Kind != "storage#policy" || p.ResourceId != "projects/_/buckets/etl-dumps" || p.Version != 1 || p.Etag == "" {
		t.Errorf("at first: %+v", p)
	}
	stale := p.Etag
	p.Version = 3
	p.Bindings = append(p.Bindings, &storage.PolicyBindings{
		Role: "roles/storage.objectViewer", Members: []string{aiko},
		Condition: &storage.Expr{Title: "t", Expression: `request.time < timestamp("2026-11-22T01:00:00Z") && resource.name.startsWith("projects/_/buckets/etl-dumps")`},
	})
	p = must[*storage.Policy](t)(w.storage.Buckets.SetIamPolicy("etl-dumps", p).Do())
	if p.Version != 3 || p.Etag == stale || !w.cloud.Access(aiko, "buckets/etl-dumps", "roles/storage.objectViewer", begin) ||
		w.cloud.Access(aiko, "buckets/etl-dumps", "roles/storage.objectViewer", begin.Add(time.Hour)) {
		t.Errorf("after a write: %+v", p)
	}
	_, err := get(1)
	refused(t, err, 412) // a lower version cannot show it
	_, err = w.storage.Buckets.GetIamPolicy("etl-dumps").Do()
	refused(t, err, 412)
	_, err = get(2)
	refused(t, err, 400)
	p.Etag = stale
	_, err = w.storage.Buckets.SetIamPolicy("etl-dumps", p).Do()
	refused(t, err, 412)
	p.Etag, p.Version = must[*storage.Policy](t)(get(3)).Etag, 1
	_, err = w.storage.Buckets.SetIamPolicy("etl-dumps", p).Do()
	refused(t, err, 400)

	old := must[*storage.Policy](t)(w.storage.Buckets.GetIamPolicy("etl-old").OptionsRequestedPolicyVersion(3).Do())
	old.Version = 3
	old.Bindings = append(old.Bindings, p.Bindings...)
	_, err = w.storage.Buckets.SetIamPolicy("etl-old", old).Do()
	if says := refused(t, err, 412); !strings.Contains(says, "uniform bucket-level access") {
		t.Errorf("it says %s", says)
	}
	_, err = w.storage.Buckets.GetIamPolicy("none").Do()
	refused(t, err, 404)
	_, err = w.storage.Buckets.SetIamPolicy("etl-dumps", &storage.Policy{Version: 3}).Do()
	refused(t, err, 400)
	hers := w.as(w.cloud.Token(aiko, iam.ScopeStorage))
	_, err = hers.storage.Buckets.GetIamPolicy("etl-dumps").OptionsRequestedPolicyVersion(3).Do()
	check(t, err) // roles/viewer of the project
	_, err = hers.storage.Buckets.SetIamPolicy("etl-dumps", p).Do()
	refused(t, err, 403)
	tested := must[*storage.TestIamPermissionsResponse](t)(hers.storage.Buckets.TestIamPermissions("etl-dumps", []string{"storage.objects.get", "storage.buckets.delete"}).Do())
	if !slices.Equal(tested.Permissions, []string{"storage.objects.get"}) {
		t.Errorf("tested: %v", tested.Permissions)
	}
	_, err = hers.storage.Buckets.TestIamPermissions("none", []string{"storage.objects.get"}).Do()
	refused(t, err, 404)
	_, err = hers.storage.Buckets.TestIamPermissions("etl-dumps", nil).Do()
	refused(t, err, 400)
	_, err = w.storage.Buckets.GetIamPolicy("etl-dumps").UserProject("x").Do()
	refused(t, err, 400) // Google has it
	_, err = w.storage.Buckets.GetIamPolicy("etl-dumps").Fields("etag").Do()
	refused(t, err, 400)
}

func TestDatasets(t *testing.T) {
	w := newWorld(t)
	get := func(version int64) *bigquery.Dataset {
		t.Helper()
		return must[*bigquery.Dataset](t)(w.bigquery.Datasets.Get("etl-prj-prd", "sales").AccessPolicyVersion(version).DatasetView("ACL").Do())
	}
	patch := func(etag string, version int64, list []*bigquery.DatasetAccess) (*bigquery.Dataset, error) {
		call := w.bigquery.Datasets.Patch("etl-prj-prd", "sales", &bigquery.Dataset{Access: list}).AccessPolicyVersion(version).UpdateMode("UPDATE_ACL")
		if etag != "" {
			call.Header().Set("If-Match", etag)
		}
		return call.Do()
	}
	d := get(3)
	if len(d.Access) != 1 || d.Access[0].Role != "READER" || d.Access[0].GroupByEmail != "data@example.com" || d.Id != "etl-prj-prd:sales" {
		t.Fatalf("at first: %+v", d.Access[0])
	}
	condition := &bigquery.Expr{Title: "t", Expression: `request.time < timestamp("2026-11-22T01:00:00Z")`}
	list := append(d.Access,
		&bigquery.DatasetAccess{Role: "roles/bigquery.dataOwner", UserByEmail: "Aiko@example.com", Condition: condition},
		&bigquery.DatasetAccess{Role: "WRITER", UserByEmail: "fn@etl-prj-prd.iam.gserviceaccount.com"},
		&bigquery.DatasetAccess{Role: "roles/bigquery.metadataViewer", Domain: "example.com"},
		&bigquery.DatasetAccess{Role: "OWNER", SpecialGroup: "projectOwners"},
		&bigquery.DatasetAccess{Role: "READER", SpecialGroup: "allAuthenticatedUsers"},
		&bigquery.DatasetAccess{Role: "READER", IamMember: "principalSet://iam.googleapis.com/locations/global/workforcePools/p/*"},
		&bigquery.DatasetAccess{View: &bigquery.TableReference{ProjectId: "p", DatasetId: "d", TableId: "v"}},
	)
	_, err := patch(d.Etag, 1, list)
	refused(t, err, 400)
	after := must[*bigquery.Dataset](t)(patch(d.Etag, 3, list))
	want := slices.Clone(list)
	want[1] = &bigquery.DatasetAccess{Role: "OWNER", UserByEmail: "aiko@example.com", Condition: condition}
	if diff := cmp.Diff(want, after.Access); diff != "" {
		t.Errorf("the list (-want +got):\n%s", diff)
	}
	has := func(after time.Duration) bool {
		return w.cloud.Access(aiko, "datasets/etl-prj-prd.sales", "roles/bigquery.dataOwner", begin.Add(after))
	}
	if !has(0) || has(time.Hour) {
		t.Errorf("access now %t, after the end %t", has(0), has(time.Hour))
	}
	if hidden := get(1).Access[1]; hidden.Condition != nil || !strings.HasPrefix(hidden.Role, "roles/bigquery.dataOwner_with_conditionalbinding_") {
		t.Errorf("in version 1: %+v", hidden)
	}
	_, err = patch(d.Etag, 3, list) // what was read first
	refused(t, err, 412)
	_, err = patch("", 1, want[:1]) // conditions are not lost here
	refused(t, err, 400)
	must[*bigquery.Dataset](t)(patch("", 3, want[:1]))
	if n := w.cloud.Bindings("datasets/etl-prj-prd.sales"); n != 1 {
		t.Errorf("%d entries", n)
	}
	must[*bigquery.Dataset](t)(w.bigquery.Datasets.Patch("etl-prj-prd", "sales", &bigquery.Dataset{}).Do())
	_, err = patch("", 3, []*bigquery.DatasetAccess{{Role: "READER"}})
	refused(t, err, 400)
	_, err = patch("", 3, []*bigquery.DatasetAccess{{Role: "READER", Domain: "a.example", UserByEmail: "x@a.example"}})
	refused(t, err, 400)
	_, err = w.bigquery.Datasets.Get("etl-prj-prd", "none").Do()
	refused(t, err, 404)
	_, err = w.bigquery.Datasets.Get("etl-prj-prd", "sales").Fields(googleapi.Field("etag")).Do()
	refused(t, err, 400)
	hers := w.as(w.cloud.Token(aiko, iam.ScopeBigQuery))
	must[*bigquery.Dataset](t)(hers.bigquery.Datasets.Get("etl-prj-prd", "sales").AccessPolicyVersion(3).Do())
	_, err = hers.bigquery.Datasets.Patch("etl-prj-prd", "sales", &bigquery.Dataset{Access: want[:1]}).AccessPolicyVersion(3).Do()
	refused(t, err, 403)
}
