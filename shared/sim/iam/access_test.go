package iam_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/api/cloudresourcemanager/v3"

	"github.com/sekisho/sekisho/shared/sim/iam"
	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/sim/workspace"
)

func TestAccess(t *testing.T) {
	w := newWorld(t)
	w.give("roles/run.admin", aiko, begin.Add(time.Hour))
	check(t, w.cloud.SetBinding(prj, "roles/logging.viewer", "domain:example.com"))
	check(t, w.cloud.SetBinding("organizations/123456789012", "roles/cloudkms.viewer", ken))
	check(t, w.cloud.EditByHand(prj, func(b []iam.Binding) []iam.Binding {
		return append(b,
			iam.Binding{Role: "roles/pubsub.viewer", Members: []string{ken}, Condition: &iam.Condition{Title: "here", Expression: `resource.name == "projects/etl-prj-prd" && resource.type == "cloudresourcemanager.googleapis.com/Project" && resource.service == "cloudresourcemanager.googleapis.com"`}},
			iam.Binding{Role: "roles/spanner.viewer", Members: []string{ken}, Condition: &iam.Condition{Title: "elsewhere", Expression: `resource.name.startsWith("projects/other")`}},
			iam.Binding{Role: "roles/dns.reader", Members: []string{ken}, Condition: &iam.Condition{Title: "it fails", Expression: `int(resource.name) > 1`}},
			iam.Binding{Role: "roles/aiplatform.user", Members: []string{ken}, Condition: &iam.Condition{Title: "at night", Expression: `request.time.getHours("Asia/Tokyo") < 9`}},
		)
	}))
	for _, test := range []struct {
		who, place, role string
		after            time.Duration
		want             bool
	}{
		{"ken@example.com", "etl-prj-prd", "roles/viewer", 0, true},
		{"KEN@example.com", prj, "roles/viewer", 0, true},
		{"aiko@example.com", prj, "roles/viewer", 0, true},    // in etl-team, which is in data
		{"aiko@example.com", prj, "roles/browser", 0, true},   // by the folder
		{"aiko@example.com", prj, "roles/browse", 0, false},   // no such role
		{"aiko@example.com", prj, "roles/editor", 0, false},   // nobody has it
		{"aiko@example.com", prj, "roles/run.admin", 0, true}, // until an hour from now
		{"aiko@example.com", prj, "roles/run.admin", time.Hour - 1, true},
		{"aiko@example.com", prj, "roles/run.admin", time.Hour, false},
		{"ken@example.com", prj, "roles/run.admin", 0, false},
		{"stranger@example.com", prj, "roles/logging.viewer", 0, true}, // of the domain
		{"stranger@partner.example", prj, "roles/logging.viewer", 0, false},
		{"ken@example.com", prj, "roles/cloudkms.viewer", 0, true}, // by the organisation
		{"ken@example.com", folder, "roles/cloudkms.viewer", 0, true},
		{"ken@example.com", folder, "roles/pubsub.viewer", 0, false}, // not downwards
		{"ken@example.com", prj, "roles/pubsub.viewer", 0, true},
		{"ken@example.com", prj, "roles/spanner.viewer", 0, false},
		{"ken@example.com", prj, "roles/dns.reader", 0, false},
		{"ken@example.com", prj, "roles/aiplatform.user", 0, false}, // nine in the morning
		{"ken@example.com", prj, "roles/aiplatform.user", 15 * time.Hour, true},
		{"fn@etl-prj-prd.iam.gserviceaccount.com", prj, "roles/viewer", 0, false},
		{robot, prj, "roles/iam.securityAdmin", 0, true},
		{"ken@example.com", "none", "roles/viewer", 0, false},
		{"aiko@example.com", "datasets/etl-prj-prd.sales", "roles/bigquery.dataViewer", 0, true},
		{"aiko@example.com", "datasets/etl-prj-prd.sales", "roles/run.admin", 0, true}, // by the project
		{"aiko@example.com", "buckets/etl-dumps", "roles/viewer", 0, true},
	} {
		if got := w.cloud.Access(test.who, test.place, test.role, begin.Add(test.after)); got != test.want {
			t.Errorf("%s has %s at %s after %s: %t, want %t", test.who, test.role, test.place, test.after, got, test.want)
		}
	}
}

func TestLag(t *testing.T) {
	w := newWorld(t, func(o *iam.Options) { o.Lag = iam.Lag{Read: 10 * time.Second, Effect: 2 * time.Minute} })
	w.now = begin.Add(time.Hour)
	before := w.read(3)
	w.give("roles/run.admin", aiko, begin.Add(9*time.Hour))
	has := func() bool { return w.cloud.Access(aiko, prj, "roles/run.admin", w.now) }

	if w.now = w.now.Add(10*time.Second - 1); w.read(3).Etag != before.Etag {
		t.Error("a read shows it too early")
	}
	_, err := w.write(w.read(3))
	refused(t, err, 409) // what was read is out of date
	if w.now = w.now.Add(1); len(w.read(3).Bindings) != 2 || has() {
		t.Error("a read does not show it, or it has effect already")
	}
	if n := w.cloud.Bindings(prj); n != 2 {
		t.Errorf("in truth %d bindings", n)
	}
	if w.now = begin.Add(time.Hour + 2*time.Minute); !has() {
		t.Error("no effect after two minutes")
	}
	must[*cloudresourcemanager.Policy](t)(w.write(&cloudresourcemanager.Policy{Etag: w.read(3).Etag, Version: 3, Bindings: before.Bindings}))
	if w.now = w.now.Add(2*time.Minute - 1); !has() {
		t.Error("taken away too early")
	}
	if w.now = w.now.Add(1); has() {
		t.Error("not taken away")
	}
}

func TestEditingByHand(t *testing.T) {
	w := newWorld(t)
	for name, err := range map[string]error{
		"no place":  w.cloud.SetBinding("none", "roles/browser", ken),
		"no member": w.cloud.SetBinding(prj, "roles/browser", "ken"),
		"no role":   w.cloud.SetBinding(prj, "", ken),
		"too many": w.cloud.EditByHand(prj, func(b []iam.Binding) []iam.Binding {
			return append(b, iam.Binding{Role: "roles/browser", Members: strings.Fields(strings.Repeat("group:x@e.co ", 1))}, iam.Binding{Role: "r"})
		}),
		"no such set": w.cloud.SetBinding("datasets/x.y", "roles/browser", ken),
	} {
		if !errors.Is(err, iam.ErrInvalid) && !errors.Is(err, iam.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := w.cloud.Bindings(prj); n != 1 {
		t.Errorf("%d bindings", n)
	}
	check(t, w.cloud.EditByHand(prj, func([]iam.Binding) []iam.Binding { return nil }))
	if n := w.cloud.Bindings(prj); n != 0 {
		t.Errorf("%d bindings", n)
	}
	check(t, w.cloud.SetBinding("datasets/etl-prj-prd.sales", "roles/bigquery.dataOwner", "user:KEN@example.com"))
	if !w.cloud.Access("ken@example.com", "datasets/etl-prj-prd.sales", "roles/bigquery.dataOwner", w.now) {
		t.Error("no access to the data set")
	}
	bindings, _ := w.cloud.Policy(prj)
	if got, _ := w.cloud.Policy("none"); got != nil || len(bindings) != 0 {
		t.Errorf("policies: %v, %v", got, bindings)
	}
}

func TestACompanyThatContradictsItself(t *testing.T) {
	for _, text := range []string{
		"projects: [{id: p, parent: folders/7}]\n",
		"folders: [{id: 1, parent: folders/2}, {id: 2, parent: folders/1}]\n",
	} {
		c := must[*org.Company](t)(org.Parse("c.yaml", []byte(text)))
		if _, err := iam.New(iam.Options{Company: c, Now: func() time.Time { return begin }}); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
	for _, o := range []iam.Options{{}, {Company: &org.Company{}}, {Now: time.Now}} {
		if _, err := iam.New(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
	w := must[*iam.Server](t)(iam.New(iam.Options{Company: org.Demo(), Now: func() time.Time { return begin }}))
	if !w.Access("ken@example.com", "etl-prj-prd", "roles/viewer", begin) || w.Bindings("etl-prj-prd") != 2 {
		t.Error("the demo company has another cloud")
	}
}

// The groups of a cloud can be those of a simulated Workspace.
func TestGroupsOfAWorkspace(t *testing.T) {
	now := func() time.Time { return begin }
	space := must[*workspace.Server](t)(workspace.New(workspace.Options{Company: org.Demo(), Now: now}))
	cloud := must[*iam.Server](t)(iam.New(iam.Options{Company: org.Demo(), Now: now, Groups: iam.WorkspaceGroups(space)}))
	has := func() bool { return cloud.Access("liam@example.com", "etl-prj-prd", "roles/viewer", begin) }
	if has() {
		t.Error("at first")
	}
	check(t, space.AddMember("etl-team@example.com", "liam@example.com", "MEMBER", ""))
	if !has() {
		t.Error("as a member of a group within the group")
	}
	check(t, cloud.SetMembership("analysts@example.com", "liam@example.com", begin.Add(time.Hour)))
	check(t, space.RemoveMember("etl-team@example.com", "liam@example.com", ""))
	if !has() || len(space.Members("analysts@example.com")) != 4 {
		t.Errorf("as a member for a time: %v", space.Members("analysts@example.com"))
	}
	if cloud.Access("liam@example.com", "etl-prj-prd", "roles/viewer", begin.Add(time.Hour)) {
		t.Error("after the end")
	}
}
