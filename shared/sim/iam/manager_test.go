package iam_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/cloudresourcemanager/v3"

	"github.com/sekisho/sekisho/shared/sim/iam"
)

func TestAPolicyIsReadAndWritten(t *testing.T) {
	w := newWorld(t)
	p := w.read(3)
	if p.Version != 1 || p.Etag == "" || len(p.Bindings) != 1 {
		t.Fatalf("at first: %+v", p)
	}
	w.give("roles/run.admin", "user:Aiko@Example.com", begin.Add(time.Hour))
	after := w.read(3)
	if after.Version != 3 || after.Etag == p.Etag || len(after.Bindings) != 2 {
		t.Fatalf("after a write: %+v", after)
	}
	want := []iam.Binding{
		{Role: "roles/run.admin", Members: []string{aiko}, Condition: &iam.Condition{Title: "for a time", Expression: `request.time < timestamp("2026-11-22T01:00:00Z")`}},
		{Role: "roles/viewer", Members: []string{"group:data@example.com", ken}},
	}
	got, ok := w.cloud.Policy("etl-prj-prd")
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b iam.Binding) bool {
		return a.Role == b.Role && slices.Equal(a.Members, b.Members) && cmp.Equal(a.Condition, b.Condition)
	})); !ok || diff != "" {
		t.Errorf("in truth (-want +got):\n%s", diff)
	}
	if n := w.cloud.Bindings(prj); n != 2 {
		t.Errorf("%d bindings", n)
	}
	if n := w.cloud.Bindings("none"); n != -1 {
		t.Errorf("%d bindings of nothing", n)
	}
	again := w.read(3)
	if _, err := w.write(again); err != nil || w.read(3).Etag == again.Etag {
		t.Errorf("a write of the same: error %v, or the etag stays", err)
	}
}

func TestAllKindsOfPlaces(t *testing.T) {
	w := newWorld(t)
	options := &cloudresourcemanager.GetIamPolicyRequest{Options: &cloudresourcemanager.GetPolicyOptions{RequestedPolicyVersion: 3}}
	p := must[*cloudresourcemanager.Policy](t)(w.manager.Folders.GetIamPolicy(folder, options).Do())
	p.Bindings = append(p.Bindings, &cloudresourcemanager.Binding{Role: "roles/run.admin", Members: []string{aiko}})
	must[*cloudresourcemanager.Policy](t)(w.manager.Folders.SetIamPolicy(folder, &cloudresourcemanager.SetIamPolicyRequest{Policy: p}).Do())
	o := must[*cloudresourcemanager.Policy](t)(w.manager.Organizations.GetIamPolicy("organizations/123456789012", options).Do())
	if len(o.Bindings) != 2 {
		t.Errorf("the organisation: %+v", o)
	}
	must[*cloudresourcemanager.Policy](t)(w.manager.Organizations.SetIamPolicy("organizations/123456789012", &cloudresourcemanager.SetIamPolicyRequest{Policy: o}).Do())
	_, err := w.manager.Projects.GetIamPolicy("projects/none", options).Do()
	refused(t, err, 403)
}

func TestALostRace(t *testing.T) {
	w := newWorld(t)
	p := w.read(3)
	check(t, w.cloud.SetBinding("etl-prj-prd", "roles/browser", ken))
	p.Bindings = p.Bindings[:0]
	_, err := w.write(p)
	if says := refused(t, err, 409); !strings.Contains(says, "concurrent policy changes") {
		t.Errorf("it says %s", says)
	}
	if n := w.cloud.Bindings(prj); n != 2 {
		t.Errorf("%d bindings are left", n)
	}
	p.Etag = ""
	must[*cloudresourcemanager.Policy](t)(w.write(p)) // whoever leaves the etag out wins
	if n := w.cloud.Bindings(prj); n != 0 {
		t.Errorf("%d bindings are left", n)
	}
}

// https://cloud.google.com/iam/docs/allow-policies#versions
func TestVersionsBelowThreeHideAndLoseConditions(t *testing.T) {
	for _, version := range []int64{0, 1} {
		w := newWorld(t)
		w.give("roles/run.admin", aiko, begin.Add(time.Hour))
		p := w.read(version)
		hidden := p.Bindings[0]
		if p.Version != 1 || hidden.Condition != nil || !strings.HasPrefix(hidden.Role, "roles/run.admin_withcond_") || len(hidden.Role) != len("roles/run.admin_withcond_")+20 {
			t.Fatalf("in version %d: %+v", version, hidden)
		}
		// With the etag it is refused, whatever the policy claims to be.
		for _, claimed := range []int64{0, 1, 3} {
			p.Version = claimed
			_, err := w.write(p)
			refused(t, err, 400)
		}
		// So is removing any binding, the one under the condition among them.
		rest := w.read(3)
		rest.Version, rest.Bindings = version, rest.Bindings[1:]
		_, err := w.write(rest)
		refused(t, err, 400)
		// A condition in a lower version is refused.
		q := w.read(3)
		q.Version, q.Etag = version, ""
		_, err = w.write(q)
		refused(t, err, 400)
		if w.now = begin.Add(2 * time.Hour); w.cloud.Access(aiko, prj, "roles/run.admin", w.now) {
			t.Fatal("access after the end")
		}
		// Without the etag the condition is lost, and the access is for ever.
		p.Version, p.Etag = version, ""
		must[*cloudresourcemanager.Policy](t)(w.write(p))
		if !w.cloud.Access(aiko, prj, "roles/run.admin", w.now) {
			t.Error("the condition is still there")
		}
	}
	w := newWorld(t)
	_, err := w.manager.Projects.GetIamPolicy(prj, &cloudresourcemanager.GetIamPolicyRequest{Options: &cloudresourcemanager.GetPolicyOptions{RequestedPolicyVersion: 2}}).Do()
	refused(t, err, 400)
	p := w.read(3)
	p.Version = 2
	_, err = w.write(p)
	refused(t, err, 400)
}

func TestMasks(t *testing.T) {
	w := newWorld(t)
	w.give("roles/run.admin", aiko, begin.Add(time.Hour))
	p := w.read(3)
	p.AuditConfigs = []*cloudresourcemanager.AuditConfig{{
		Service: "allServices", AuditLogConfigs: []*cloudresourcemanager.AuditLogConfig{{LogType: "DATA_READ", ExemptedMembers: []string{ken}}},
	}}
	p = must[*cloudresourcemanager.Policy](t)(w.write(p))
	if len(p.AuditConfigs) != 0 {
		t.Errorf("the default mask lets audit configurations through: %+v", p.AuditConfigs)
	}
	set := func(mask string) (*cloudresourcemanager.Policy, error) {
		q := w.read(3)
		q.AuditConfigs = []*cloudresourcemanager.AuditConfig{{Service: "allServices", AuditLogConfigs: []*cloudresourcemanager.AuditLogConfig{{LogType: "DATA_READ", ExemptedMembers: []string{ken}}}}}
		return w.manager.Projects.SetIamPolicy(prj, &cloudresourcemanager.SetIamPolicyRequest{Policy: q, UpdateMask: mask}).Do()
	}
	p = must[*cloudresourcemanager.Policy](t)(set("auditConfigs,etag"))
	if len(p.AuditConfigs) != 1 || len(p.Bindings) != 2 || p.Bindings[0].Condition == nil {
		t.Errorf("with a mask: %+v", p)
	}
	_, err := set("colour")
	refused(t, err, 400)
	if p = w.read(3); len(p.AuditConfigs) != 1 {
		t.Errorf("read again: %+v", p.AuditConfigs)
	}
}

func TestWhatAPolicyMayHold(t *testing.T) {
	binding := func(role string, members ...string) *cloudresourcemanager.Binding {
		return &cloudresourcemanager.Binding{Role: role, Members: members}
	}
	under := func(role, expression string, members ...string) *cloudresourcemanager.Binding {
		b := binding(role, members...)
		b.Condition = &cloudresourcemanager.Expr{Title: "t", Expression: expression}
		return b
	}
	many := func(n int, kind string) *cloudresourcemanager.Binding {
		b := binding("roles/browser")
		for i := range n {
			b.Members = append(b.Members, fmt.Sprintf("%s:m%d@e.co", kind, i))
		}
		return b
	}
	same := func(n int) []*cloudresourcemanager.Binding {
		var out []*cloudresourcemanager.Binding
		for i := range n {
			out = append(out, under("roles/run.admin", fmt.Sprintf("request.time < timestamp(%q)", begin.Add(time.Duration(i)*time.Hour).Format(time.RFC3339)), aiko))
		}
		return out
	}
	long := under("roles/run.admin", "true", aiko)
	long.Condition.Title = strings.Repeat("x", 101)
	wordy := under("roles/run.admin", "true", aiko)
	wordy.Condition.Description = strings.Repeat("x", 257)
	untitled := under("roles/run.admin", "true", aiko)
	untitled.Condition.Title = ""
	var large []*cloudresourcemanager.Binding
	for i := range 60 {
		b := under("roles/run.admin", "true", fmt.Sprintf("user:u%d@example.com", i))
		b.Condition.Expression = fmt.Sprintf(`resource.name != "%s"`, strings.Repeat("x", 1200))
		large = append(large, b)
		b.Condition.Title = fmt.Sprint(i)
	}
	one := func(b *cloudresourcemanager.Binding) []*cloudresourcemanager.Binding {
		return []*cloudresourcemanager.Binding{b}
	}
	for name, test := range map[string]struct {
		bindings []*cloudresourcemanager.Binding
		says     string // empty where it is accepted
	}{
		"people, groups, domains and accounts": {one(binding("roles/browser", aiko, "group:data@example.com", "domain:example.com", robot)), ""},
		"deleted people":                       {one(binding("roles/browser", "deleted:user:x@example.com?uid=123")), ""},
		"a pool":                               {one(binding("roles/browser", "principalSet://iam.googleapis.com/locations/global/workforcePools/p/*")), ""},
		"a custom role":                        {one(binding("projects/etl-prj-prd/roles/loader", aiko)), ""},
		"no role":                              {one(binding("", aiko)), "must not be empty"},
		"no such role":                         {one(binding("admin", aiko)), "not supported"},
		"no members":                           {one(binding("roles/browser")), "must not be empty"},
		"a bare address":                       {one(binding("roles/browser", "aiko@example.com")), "unknown type"},
		"an unknown kind":                      {one(binding("roles/browser", "person:aiko@example.com")), "unknown type"},
		"no address":                           {one(binding("roles/browser", "user:aiko")), "Invalid member"},
		"everybody":                            {one(binding("roles/browser", "allUsers")), "does not support"},
		"nobody that there is":                 {one(binding("roles/browser", "user:ghost@example.com")), "does not exist"},
		"a basic role":                         {one(binding("roles/editor", aiko)), ""},
		"a basic role for a time":              {one(under("roles/editor", "true", aiko)), "primitive roles"},
		"a condition":                          {one(under("roles/run.admin", "true", aiko)), ""},
		"no condition":                         {one(under("roles/run.admin", "", aiko)), "must not be empty"},
		"a condition that is none":             {one(under("roles/run.admin", "request.time <", aiko)), "compilation failed"},
		"a condition of another type":          {one(under("roles/run.admin", `"x"`, aiko)), "not bool"},
		"an unknown attribute":                 {one(under("roles/run.admin", `request.colour == "x"`, aiko)), "compilation failed"},
		"a macro":                              {one(under("roles/run.admin", `[1].exists(x, x == 1)`, aiko)), "compilation failed"},
		"twelve operators":                     {one(under("roles/run.admin", strings.Repeat("true && !", 6)+"true", aiko)), ""},
		"thirteen operators":                   {one(under("roles/run.admin", strings.Repeat("true && !", 6)+"true || true", aiko)), "13 logical operators"},
		"operators in text":                    {one(under("roles/run.admin", `"`+strings.Repeat("&& ", 20)+`" == ""`, aiko)), ""},
		"a long title":                         {one(long), "title"},
		"no title":                             {one(untitled), "title"},
		"a long description":                   {one(wordy), "description"},
		"1500 principals":                      {one(many(1500, "user")), ""},
		"1501 principals":                      {one(many(1501, "user")), "(1,501) is larger than the maximum allowed size 1,500"},
		"250 groups":                           {one(many(250, "group")), ""},
		"251 groups":                           {one(many(251, "group")), "(251) is larger than the maximum allowed size 250"},
		"250 groups and a domain":              {append(one(many(250, "group")), binding("roles/viewer", "domain:example.com")), "(251)"},
		"twenty of a role":                     {same(20), ""},
		"twenty-one of a role":                 {same(21), "(21) is larger than the maximum allowed number 20"},
		"seventy kilobytes":                    {large, "bytes large"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(o *iam.Options) { o.Exists = func(m string) bool { return !strings.Contains(m, "ghost") } })
			p := w.read(3)
			p.Version, p.Bindings = 3, test.bindings
			_, err := w.write(p)
			if test.says == "" {
				check(t, err)
				return
			}
			if says := refused(t, err, 400); !strings.Contains(says, test.says) {
				t.Errorf("it says %q, want %q in it", says, test.says)
			}
			if w.read(3).Etag != p.Etag {
				t.Error("it was written all the same")
			}
		})
	}
}

func TestExemptionsCountAsPrincipals(t *testing.T) {
	w := newWorld(t)
	p := w.read(3)
	exempt := &cloudresourcemanager.AuditLogConfig{LogType: "DATA_READ"}
	for i := range 1499 {
		exempt.ExemptedMembers = append(exempt.ExemptedMembers, fmt.Sprintf("user:u%d@e.co", i))
	}
	p.AuditConfigs = []*cloudresourcemanager.AuditConfig{{Service: "allServices", AuditLogConfigs: []*cloudresourcemanager.AuditLogConfig{exempt}}}
	_, err := w.manager.Projects.SetIamPolicy(prj, &cloudresourcemanager.SetIamPolicyRequest{Policy: p, UpdateMask: "bindings,etag,auditConfigs"}).Do()
	if says := refused(t, err, 400); !strings.Contains(says, "(1,501)") {
		t.Errorf("it says %s", says)
	}
}

func TestBindingsOfTheSameRoleAndConditionAreOne(t *testing.T) {
	w := newWorld(t)
	p := w.read(3)
	p.Version = 3
	for _, m := range []string{ken, aiko, ken} {
		p.Bindings = append(p.Bindings,
			&cloudresourcemanager.Binding{Role: "roles/run.admin", Members: []string{m}, Condition: until(begin)},
			&cloudresourcemanager.Binding{Role: "roles/run.admin", Members: []string{m}})
	}
	must[*cloudresourcemanager.Policy](t)(w.write(p))
	got, _ := w.cloud.Policy(prj)
	if len(got) != 3 || !slices.Equal(got[0].Members, []string{aiko, ken}) || !slices.Equal(got[1].Members, []string{aiko, ken}) {
		t.Errorf("got %+v", got)
	}
}

func TestOnlyWhoMayEditsAPolicy(t *testing.T) {
	w := newWorld(t)
	stranger := w.as(w.cloud.Token(aiko, iam.ScopeCloudPlatform))
	_, err := stranger.manager.Projects.SetIamPolicy(prj, &cloudresourcemanager.SetIamPolicyRequest{Policy: w.read(3)}).Do()
	refused(t, err, 403)
	check(t, w.cloud.SetBinding(prj, "roles/resourcemanager.projectIamAdmin", aiko))
	must[*cloudresourcemanager.Policy](t)(stranger.manager.Projects.SetIamPolicy(prj, &cloudresourcemanager.SetIamPolicyRequest{Policy: w.read(3)}).Do())
	_, err = stranger.manager.Organizations.GetIamPolicy("organizations/123456789012", &cloudresourcemanager.GetIamPolicyRequest{}).Do()
	refused(t, err, 403)

	for token, want := range map[string]int{"": 401, "none": 401, w.cloud.Token(robot, "https://www.googleapis.com/auth/drive"): 403} {
		_, err := w.as(token).manager.Projects.GetIamPolicy(prj, &cloudresourcemanager.GetIamPolicyRequest{}).Do()
		refused(t, err, want)
	}
	reader := w.as(w.cloud.Token(robot, iam.ScopeCloudPlatformReadOnly))
	must[*cloudresourcemanager.Policy](t)(reader.manager.Projects.GetIamPolicy(prj, &cloudresourcemanager.GetIamPolicyRequest{}).Do())
	_, err = reader.manager.Projects.SetIamPolicy(prj, &cloudresourcemanager.SetIamPolicyRequest{Policy: w.read(3)}).Do()
	refused(t, err, 403)
}

func TestPermissionsAreTestedForTheCaller(t *testing.T) {
	w := newWorld(t, func(o *iam.Options) {
		o.Roles = map[string][]string{"projects/etl-prj-prd/roles/loader": {"storage.objects.create"}}
	})
	hers := w.as(w.cloud.Token(aiko, iam.ScopeCloudPlatformReadOnly))
	ask := func(permissions ...string) []string {
		t.Helper()
		return must[*cloudresourcemanager.TestIamPermissionsResponse](t)(hers.manager.Projects.TestIamPermissions(prj, &cloudresourcemanager.TestIamPermissionsRequest{Permissions: permissions}).Do()).Permissions
	}
	all := []string{"run.services.update", "run.services.setIamPolicy", "storage.objects.create", "bigquery.tables.updateData", "resourcemanager.projects.get"}
	if got := ask(all...); !slices.Equal(got, []string{"resourcemanager.projects.get"}) { // by the folder
		t.Errorf("at first: %v", got)
	}
	w.give("roles/run.admin", aiko, begin.Add(time.Hour))
	check(t, w.cloud.SetBinding(prj, "projects/etl-prj-prd/roles/loader", aiko))
	check(t, w.cloud.SetBinding(prj, "roles/bigquery.dataOwner", aiko))
	if got := ask(all...); !slices.Equal(got, []string{"run.services.update", "storage.objects.create", "bigquery.tables.updateData", "resourcemanager.projects.get"}) {
		t.Errorf("with roles: %v", got)
	}
	w.now = begin.Add(time.Hour)
	if got := ask(all[:1]...); len(got) != 0 {
		t.Errorf("after the end: %v", got)
	}
	_, err := hers.manager.Projects.TestIamPermissions(prj, &cloudresourcemanager.TestIamPermissionsRequest{Permissions: []string{"run.*"}}).Do()
	refused(t, err, 400)
	_, err = hers.manager.Projects.TestIamPermissions("projects/none", &cloudresourcemanager.TestIamPermissionsRequest{}).Do()
	refused(t, err, 403)
}
