package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/org"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file in testdata/golden.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// company is the one of testdata, on simulators.
func company(t *testing.T) *demoCompany {
	t.Helper()
	data, err := os.ReadFile("testdata/company.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := org.Parse("company.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDemo(c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func loaded(t *testing.T, folder string) *policyfile.Policy {
	t.Helper()
	p, err := policyfile.Load(os.DirFS(folder))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func opened(t *testing.T, d *demoCompany, state string) *tenant {
	t.Helper()
	tenant, err := openTenant(t.Context(), &d.platform, loaded(t, "testdata/policy"), state, 10, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return tenant
}

// everyFormat compares an answer in all formats.
func everyFormat(t *testing.T, name string, answer printable) {
	t.Helper()
	for format, write := range formats {
		var out bytes.Buffer
		if err := write(&out, answer); err != nil {
			t.Fatal(err)
		}
		golden(t, name+map[string]string{"table": ".txt", "markdown": ".md", "json": ".json"}[format], out.Bytes())
	}
}

func TestPlanSaysWhatThePolicyWouldChange(t *testing.T) {
	d := company(t)
	r, err := opened(t, d, "").plan(t.Context(), loaded(t, "testdata/policy"), nil)
	if err != nil {
		t.Fatal(err)
	}
	everyFormat(t, "plan", r)
}

// What is read must leave no trace: no method that writes is called, and a second run finds the same.
func TestPlanWritesNothing(t *testing.T) {
	d := company(t)
	policy := loaded(t, "testdata/policy")
	first, err := opened(t, d, "").plan(t.Context(), policy, nil)
	if err != nil {
		t.Fatal(err)
	}
	// The only methods by which a plan may reach a vendor.
	reads := map[string]bool{
		"groups.list": true, "users.list": true, "members.list": true, "groups.get": true,
		"projects.getIamPolicy": true, "login": true, "all_users": true, "search_users": true, "all_roles": true, "me": true, "user": true, "search_sessions": true,
	}
	for _, tally := range d.calls.Tallies() {
		if !reads[tally.Method] {
			t.Errorf("%s %s was called", tally.API, tally.Method)
		}
	}
	second, err := opened(t, d, "").plan(t.Context(), policy, nil)
	if err != nil {
		t.Fatal(err)
	}
	second.Read, second.Judged = first.Read, first.Judged
	if diff := cmp.Diff(first.Groups, second.Groups); diff != "" {
		t.Errorf("a second plan differs (-first +second):\n%s", diff)
	}
}

func TestPlanGoesOnAfterItWasKilled(t *testing.T) {
	d := company(t)
	policy := loaded(t, "testdata/policy")
	state := filepath.Join(t.TempDir(), "state.json")
	// The third reading of settings fails for good, as it would when the day's quota is spent.
	tenant := opened(t, d, state)
	settings := 0
	d.transport["google.demo"] = failing(d.transport["google.demo"], func(path string) bool {
		if !strings.HasPrefix(path, "/groups/v1/") {
			return false
		}
		settings++
		return settings > 2
	})
	if _, err := tenant.plan(t.Context(), policy, nil); !errors.Is(err, workspace.ErrForbidden) {
		t.Fatalf("a reading without rights: %v, want ErrForbidden", err)
	}
	d.transport["google.demo"] = d.workspace
	d.calls.Reset()
	r, err := opened(t, d, state).plan(t.Context(), policy, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Groups.Total != 5 {
		t.Errorf("after going on there are %d groups, want 5", r.Groups.Total)
	}
	if got, _ := d.calls.Count("settings", "groups.get"); got != 3 {
		t.Errorf("the second run read the settings of %d groups, want the 3 that were left", got)
	}
	// Only the anchor's groups and the listing itself were remembered whole.
	if got, _ := d.calls.Count("directory", "groups.list"); got != 0 {
		t.Errorf("the second run listed groups %d times, want 0", got)
	}
}

// A run that is killed at any instant leaves what it read before the last few seconds.
func TestStateIsOnDiskWhileReading(t *testing.T) {
	d := company(t)
	state := filepath.Join(t.TempDir(), "state.json")
	var onDisk []int
	d.transport["google.demo"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/groups/v1/") {
			m, _, err := loadMemory(state, d.name, d.clock)
			if err != nil {
				t.Error(err)
				return
			}
			onDisk = append(onDisk, len(m.Settings))
		}
		d.workspace.ServeHTTP(w, r)
	})
	// One request in ten seconds, which is how often the state is written.
	tenant, err := openTenant(t.Context(), &d.platform, loaded(t, "testdata/policy"), state, 0.1, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tenant.plan(t.Context(), loaded(t, "testdata/policy"), nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{0, 1, 2, 3, 4}, onDisk); diff != "" {
		t.Errorf("settings on disk at each reading (-want +got):\n%s", diff)
	}
	if left, err := filepath.Glob(state + ".*"); err != nil || len(left) > 0 {
		t.Errorf("there are left-over files: %v, %v", left, err)
	}
}

func TestStateOfAnotherTenantIsRefused(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state.json")
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	if err := newMemory("A", now).save(state); err != nil {
		t.Fatal(err)
	}
	if _, _, err := loadMemory(state, "B", now); !errors.Is(err, errOtherTenant) {
		t.Errorf("B with the state of A: %v, want errOtherTenant", err)
	}
	if _, again, err := loadMemory(state, "A", now.Add(time.Hour)); err != nil || !again {
		t.Errorf("A with its own state: %v, %v; want true", again, err)
	}
	if _, again, err := loadMemory(state, "A", now.Add(memoryFor+time.Second)); err != nil || again {
		t.Errorf("A with a state of yesterday: %v, %v; want a new one", again, err)
	}
	if info, err := os.Stat(state); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the state file is %v, %v; want it for the owner only", info.Mode(), err)
	}
	if err := os.WriteFile(state, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := loadMemory(state, "A", now); err == nil {
		t.Error("half a state file was taken")
	}
}

func TestPaceBoundsRequests(t *testing.T) {
	d := company(t)
	start := d.clock
	tenant := opened(t, d, "")
	if err := tenant.listGroups(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := tenant.readSettings(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Six requests at ten a second: the first at once.
	if got := d.clock.Sub(start); got != 500*time.Millisecond {
		t.Errorf("six requests took %s, want 500ms", got)
	}
}

func TestQuotaIsWaitedFor(t *testing.T) {
	d := company(t)
	d.faults.Add(sim.Fault{API: "directory", Kind: sim.Fault403Quota, Rate: 1, Left: 2})
	if err := opened(t, d, "").listGroups(t.Context()); err != nil {
		t.Errorf("a quota that comes back: %v", err)
	}
	d.faults.Add(sim.Fault{API: "directory", Kind: sim.Fault403Quota, Rate: 1, Left: -1})
	if err := opened(t, d, "").listGroups(t.Context()); !errors.Is(err, workspace.ErrQuota) {
		t.Errorf("a quota that does not come back: %v, want ErrQuota", err)
	}
}

// What looks wrong in a policy is said once, beside the answer and not in it, which a program reads.
func TestPlanSaysWhatLooksWrongInThePolicy(t *testing.T) {
	folder := func(text string) string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "policy.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	const wide = "All on all is more than the catalogue"
	looksWrong := edited(t, shared, "operations: [ViewAll, EditDescription]", "operations: [All]")
	for name, tt := range map[string]struct {
		inForce string
		options options
		said    string // empty where nothing is
	}{
		"the plan":            {looksWrong, options{}, "the policy loads; look at this in it:\n"},
		"why":                 {looksWrong, options{args: []string{"why", "ken@example.com", "ViewAll", "table:a.b"}}, "the policy loads; look at this in it:\n"},
		"the doctor":          {looksWrong, options{doctor: true}, "the policy loads; look at this in it:\n"},
		"another policy":      {shared, options{policy: folder(looksWrong)}, "the new policy loads; look at this in it:\n"},
		"the one in force":    {looksWrong, options{policy: folder(shared)}, "the policy to compare with loads; look at this in it:\n"},
		"a policy without it": {shared, options{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var log, out bytes.Buffer
			o := tt.options
			o.rate, o.log, o.format = 10, &log, "json"
			answer, err := o.answer(t.Context(), &company(t).platform, os.DirFS(folder(tt.inForce)))
			if answer == nil {
				t.Fatal(err)
			}
			if err := o.print(&out, answer); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(log.String(), tt.said) && strings.Count(log.String(), wide) == 1; got != (tt.said != "") {
				t.Errorf("want %q in:\n%s", tt.said, &log)
			}
			if strings.Contains(out.String(), wide) {
				t.Errorf("the answer has it:\n%s", &out)
			}
		})
	}
}
