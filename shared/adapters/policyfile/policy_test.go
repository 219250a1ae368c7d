package policyfile_test

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/domain/settingsrule"
)

const (
	day      = 24 * time.Hour
	goodFile = "testdata/good/policy.yaml"
)

// cargo is the project of most entitlements here.
var cargo = grant.Scope{Kind: grant.Project, Name: "cargo-prod"}

var sameText = cmp.Comparer(func(a, b *regexp.Regexp) bool {
	return a == b || a != nil && b != nil && a.String() == b.String()
})

func readGood(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile(goodFile)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func mustLoad(t *testing.T, fsys fs.FS) *policyfile.Policy {
	t.Helper()
	p, err := policyfile.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func condition(t *testing.T, text string) *policy.Condition {
	t.Helper()
	c, err := policy.ParseCondition(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEverySection(t *testing.T) {
	got, err := policyfile.Parse("policy.yaml", readGood(t))
	if err != nil {
		t.Fatal(err)
	}
	want := &policyfile.Policy{
		Files: []string{"policy.yaml"},
		Settings: &settingsrule.Rules{
			Anchor: "vault@harbour.example",
			Mode:   change.Auto,
			General: []settingsrule.Rule{
				{Field: "whoCanViewGroup", Needles: []string{"ANYONE_CAN_VIEW"}, Replace: "ALL_IN_DOMAIN_CAN_VIEW"},
				{Field: "allowExternalMembers", Needles: []string{"true"}, Replace: "false", Mode: change.Report},
				{Field: "includeCustomFooter", Needles: []string{"false"}, Replace: "true"},
			},
			Secure: []settingsrule.Rule{
				{Field: "whoCanViewGroup", Needles: []string{"ALL_IN_DOMAIN_CAN_VIEW"}, Replace: "ALL_MEMBERS_CAN_VIEW", Mode: change.Ask},
			},
			Exceptions: []settingsrule.Exception{
				{Group: "press@harbour.example", Field: "whoCanViewGroup", Until: time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC), Reason: "The press office is public."},
				{Group: "crew@harbour.example", Field: "allowExternalMembers", Until: time.Date(2027, 1, 15, 9, 0, 0, 0, time.UTC), Reason: "#204"},
			},
			Brake: brake.Brake{Percent: 2.5, Max: 40},
		},
		Inactivity: policyfile.Inactivity{
			Systems: map[string]idle.Rule{"looker": {
				After:   90 * day,
				Warn:    []time.Duration{7 * day, 36 * time.Hour, day},
				Mode:    change.Ask,
				Channel: "#bi-admins",
				Grace:   60 * time.Hour,
				Spare: idle.Spare{
					Emails: []string{"captain@harbour.example"}, Roles: []string{"Admin"}, Groups: []string{"board@harbour.example"},
				},
				Brake: brake.Brake{Percent: 10},
				Seats: 120,
			}},
			Requests: map[string]idle.RequestRule{"looker": {
				Roles: []string{"User", "Developer"}, Default: "User", Mode: change.Ask,
				AutoFor: []change.Selector{"group:analysts@harbour.example", "user:captain@harbour.example", "role:steward"},
			}},
		},
		Access: []grant.Entitlement{
			{
				Name: "cargo-write", Scope: cargo, Roles: []string{"roles/bigquery.dataEditor"},
				Eligible: []change.Selector{"role:steward"}, Max: 90 * time.Minute, Approval: grant.ByQuorum,
			},
			{
				Name: "flare", Scope: cargo, Roles: []string{"roles/run.admin"},
				Eligible: []change.Selector{"group:oncall@harbour.example"}, Max: 30 * time.Minute, Approval: grant.BreakGlass,
			},
			{
				Name: "night-shift", Scope: cargo, Roles: []string{"roles/run.admin", "projects/cargo-prod/roles/loader"},
				Eligible: []change.Selector{"group:operators@harbour.example"}, Max: 8 * time.Hour,
				Reason: regexp.MustCompile(`^OPS-\d+$`), Approval: grant.BySelf,
			},
		},
		Connections: connection.Policy{
			Redirect:          "https://sekisho.harbour.example/done",
			SyncFrequency:     60,
			TrustFingerprints: true,
			Remind:            2 * time.Hour,
			Escalate:          24 * time.Hour,
			Services: map[string]connection.Service{
				"postgres": {Required: []string{"host", "port"}, Config: map[string]any{
					"update_method": "XMIN", "port_forwarding": false, "batch": 500, "ratio": 0.5,
					"schemas": []any{"public", map[string]any{"name": "cargo"}}, "since": "2026-01-01",
				}},
				"s3": {},
			},
		},
		Teams: []policy.Team{
			{Name: "Harbour", Description: "Everybody.", Type: policy.Organization, Policies: []string{"organization"}, DefaultRoles: []string{"everyone"}},
			{Name: "cargo", Type: policy.Division, Parents: []string{"fleet"}},
			{Name: "cranes", Type: policy.Plain, Parents: []string{"loading", "cargo"}, Group: "cranes@harbour.example"},
			{Name: "fleet", Type: policy.BusinessUnit, Parents: []string{"Harbour"}, Group: "fleet@harbour.example"},
			{Name: "loading", Type: policy.Department, Parents: []string{"cargo"}, Policies: []string{"own-tables"}},
		},
		Roles: []policy.Role{
			{Name: "everyone", Description: "What all may do.", Policies: []string{"ask"}},
			{
				Name: "steward", Policies: []string{"ask", "decide"},
				Members: []change.Selector{"group:stewards@harbour.example", "user:captain@harbour.example"},
			},
		},
		Policies: []policy.Policy{
			{Name: "ask", Description: "Asking is free.", Rules: []policy.Rule{{
				Name: "ask", Description: "Who asks still waits for a yes.", Effect: policy.Allow, Operations: []policy.Operation{"RequestAccess", "RequestAccount"}, Resources: []string{"All"},
			}}},
			{Name: "decide", Rules: []policy.Rule{{
				Name: "approve", Effect: policy.Allow, Operations: []policy.Operation{"ApproveAccess"}, Resources: []string{"access"},
				Condition: condition(t, "hasAnyRole('steward', 'everyone') && !(matchAnyTag('Tier.1') || noOwner ())"),
			}}},
			{Name: "organization", Rules: []policy.Rule{
				{
					Name: "owner", Effect: policy.Allow, Operations: []policy.Operation{"EditAll", "ViewAll", "Delete"},
					Resources: []string{"all"}, Condition: condition(t, "isOwner()"),
				},
				{
					Name: "no-owner", Effect: policy.Allow, Operations: []policy.Operation{"EditOwners"},
					Resources: []string{"all"}, Condition: condition(t, "noOwner()"),
				},
			}},
			{Name: "own-tables", Rules: []policy.Rule{{
				Name: "outsiders", Effect: policy.Deny, Operations: []policy.Operation{"All"}, Resources: []string{"table", "topic"},
				Condition: condition(t, "!matchTeam()"),
			}}},
		},
		Tags:       []string{"Cargo.Dangerous goods", "Tier.1"},
		SamePerson: [][]string{{"aiko@example.com", "aiko-admin@example.com"}},
		Catalog:    &policyfile.Catalog{Mode: change.Auto, Brake: brake.Brake{Percent: 20, Max: 50}, Implied: true},
		Approvals: []policyfile.Approval{
			{
				Kinds: []change.Kind{change.AccessGrant}, Entitlements: []string{"cargo-write"},
				Quorum:   []change.Need{{Count: 2, From: "group:stewards@harbour.example"}, {Count: 1, From: "manager"}},
				Deadline: day, Remind: 2 * time.Hour, Escalate: &change.Escalation{After: 4 * time.Hour, To: "role:steward"},
			},
			{
				Kinds:  []change.Kind{change.AccessGrant, change.AccessRevoke},
				Quorum: []change.Need{{Count: 1, From: "user:captain@harbour.example"}},
			},
			{Kinds: []change.Kind{policyfile.AnyKind}, Quorum: []change.Need{{Count: 1, From: "owners"}}},
		},
	}
	if diff := cmp.Diff(want, got, sameText, cmpopts.IgnoreFields(policyfile.Policy{}, "Hash"), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
	if !regexp.MustCompile(`^[0-9a-f]{12,}$`).MatchString(got.Hash) {
		t.Errorf("got hash %q, want at least 12 hexadecimal digits", got.Hash)
	}
}

func TestNoPolicyIsReportOnly(t *testing.T) {
	none := mustLoad(t, nil)
	empty := mustLoad(t, fstest.MapFS{"README.md": {Data: []byte("nothing here")}})
	for name, p := range map[string]*policyfile.Policy{"nil file system": none, "no YAML": empty, "nil policy": nil, "zero policy": {}} {
		rules := p.SettingsRules()
		if rules.Mode != change.Report || len(rules.General)+len(rules.Secure) > 0 {
			t.Errorf("%s: got %+v, want no rules in mode report", name, rules)
		}
		if diff := cmp.Diff(change.DefaultRequirement(), p.Asks(change.AccessGrant, "any")); diff != "" {
			t.Errorf("%s: requirement (-want +got):\n%s", name, diff)
		}
	}
	if none.Hash == "" || none.Hash != empty.Hash {
		t.Errorf("got hashes %q and %q, want the same for no policy", none.Hash, empty.Hash)
	}
}

func TestAbsentModesAreReport(t *testing.T) {
	p, err := policyfile.Parse("policy.yaml", []byte("settings: {}\ninactivity: {looker: {after: 30d}, requests: {looker: {roles: [User]}}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]change.Mode{
		"settings":   p.SettingsRules().Mode,
		"inactivity": p.Inactivity.Systems["looker"].Mode,
		"requests":   p.Inactivity.Requests["looker"].Mode,
	} {
		if got != change.Report {
			t.Errorf("%s: got mode %q, want report", name, got)
		}
	}
}

func TestRequirement(t *testing.T) {
	p, err := policyfile.Parse("policy.yaml", []byte(strings.ReplaceAll(`
access:
  - {name: one, project: prj, roles: [roles/run.admin], eligible: [group:g@example.com], max: 1h}
  - {name: two, project: prj, roles: [roles/run.admin], eligible: [group:g@example.com], max: 1h}
approvals:
  - {kinds: [access.grant], entitlements: [one], quorum: [{count: 2, from: group:A@example.com}], deadline: 24h, remind: 2h, escalate: {after: 4h, to: manager}}
  - {kinds: [access.grant, group.settings], quorum: [{count: 1, from: owners}]}
  - {kinds: [access.grant, access.revoke], entitlements: [two], quorum: [{count: 3, from: owners}]}
`, "access.grant, access.revoke", "access.revoke")))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		kind        change.Kind
		entitlement string
		want        change.Requirement
		ok          bool
	}{
		"an entry for the entitlement": {
			kind: change.AccessGrant, entitlement: "one", ok: true,
			want: change.Requirement{
				Needs: []change.Need{{Count: 2, From: "group:a@example.com"}}, Within: day, Remind: 2 * time.Hour,
				Escalate: &change.Escalation{After: 4 * time.Hour, To: "manager"},
			},
		},
		"the next entry for another entitlement": {
			kind: change.AccessGrant, entitlement: "two", ok: true,
			want: change.Requirement{Needs: []change.Need{{Count: 1, From: "owners"}}},
		},
		"an entry without entitlements for a change without one": {
			kind: change.GroupSettings, ok: true,
			want: change.Requirement{Needs: []change.Need{{Count: 1, From: "owners"}}},
		},
		"no entry for the entitlement": {kind: change.AccessRevoke, entitlement: "one"},
		"no entry for the kind":        {kind: change.AccountCreate},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.want.Mode = change.Ask
			if !tt.ok {
				tt.want = change.DefaultRequirement()
			}
			if diff := cmp.Diff(tt.want, p.Asks(tt.kind, tt.entitlement)); diff != "" {
				t.Errorf("requirement (-want +got):\n%s", diff)
			}
		})
	}

	mine := p.Asks(change.AccessGrant, "one")
	mine.Needs[0].Count, mine.Escalate.To = 9, "owners"
	if theirs := p.Asks(change.AccessGrant, "one"); theirs.Needs[0].Count == 9 || theirs.Escalate.To == "owners" {
		t.Error("who changes a requirement that is returned changes the policy")
	}
}

func TestAnyKindIsEveryKind(t *testing.T) {
	p, err := policyfile.Parse("policy.yaml", []byte("approvals: [{kinds: ['*'], quorum: [{count: 1, from: owners}]}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []change.Kind{change.GroupMembersPlan, change.CatalogApply, change.ConnectionCreate} {
		if got := p.Asks(kind, "").Selectors(false); !slices.Equal(got, []change.Selector{change.Owners}) {
			t.Errorf("%s is decided by %v", kind, got)
		}
	}
}

// sections cuts the good policy into one file for each section.
func sections(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	name := ""
	for _, line := range strings.SplitAfter(string(readGood(t)), "\n") {
		if key, _, ok := strings.Cut(line, ":"); ok && strings.IndexFunc(key, func(r rune) bool { return r < 'a' || r > 'z' }) < 0 {
			name = key
		}
		if name != "" {
			out[name] += line
		}
	}
	return out
}

func TestFilesOfAFolderAreOnePolicy(t *testing.T) {
	whole, err := policyfile.Parse("policy.yaml", readGood(t))
	if err != nil {
		t.Fatal(err)
	}
	parts := sections(t)
	if len(parts) != 10 {
		t.Fatalf("got %d sections, want 10", len(parts))
	}
	names := map[string]func(section string) string{
		"by section":      func(s string) string { return s + ".yaml" },
		"the other order": func(s string) string { return string('z'-s[0]+'a') + "-" + s + ".yml" },
		"in folders":      func(s string) string { return s[:1] + "/" + s + "/policy.YAML" },
	}
	for how, name := range names {
		t.Run(how, func(t *testing.T) {
			files := fstest.MapFS{}
			for section, text := range parts {
				files[name(section)] = &fstest.MapFile{Data: []byte(text)}
			}
			got := mustLoad(t, files)
			if diff := cmp.Diff(whole, got, sameText, cmpopts.IgnoreFields(policyfile.Policy{}, "Hash", "Files")); diff != "" {
				t.Errorf("policy (-one file +many):\n%s", diff)
			}
			if len(got.Files) != len(parts) {
				t.Errorf("got files %v, want %d", got.Files, len(parts))
			}
		})
	}
}

func TestListsOfSeveralFilesAddUp(t *testing.T) {
	role := "roles: [{name: %, policies: [organization]}]\n"
	p := mustLoad(t, fstest.MapFS{
		"b.yaml": {Data: []byte(strings.ReplaceAll(role, "%", "first"))},
		"a.yaml": {Data: []byte(strings.ReplaceAll(role, "%", "second"))},
	})
	var got []string
	for _, r := range p.Roles {
		got = append(got, r.Name)
	}
	if diff := cmp.Diff([]string{"first", "second"}, got); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
}

func TestHash(t *testing.T) {
	base := map[string]string{"a.yaml": "version: 1\n", "b/c.yml": "roles: []\n"}
	load := func(files map[string]string) string {
		fsys := fstest.MapFS{}
		for name, text := range files {
			fsys[name] = &fstest.MapFile{Data: []byte(text)}
		}
		return mustLoad(t, fsys).Hash
	}
	want := load(base)
	with := func(edit func(map[string]string)) map[string]string {
		files := maps.Clone(base)
		edit(files)
		return files
	}
	if got := load(base); got != want {
		t.Errorf("got %s and %s for the same files", got, want)
	}
	for name, edit := range map[string]func(map[string]string){
		"a file that is not read": func(f map[string]string) { f["README.md"] = "policy" },
		"a hidden file":           func(f map[string]string) { f[".a.yaml"] = "this: [is not read" },
		"a hidden folder":         func(f map[string]string) { f["..data/a.yaml"] = "version: 1\n" },
	} {
		if got := load(with(edit)); got != want {
			t.Errorf("%s: got %s, want %s as without it", name, got, want)
		}
	}
	for name, edit := range map[string]func(map[string]string){
		"another content": func(f map[string]string) { f["a.yaml"] = "version: 1 # one\n" },
		"another name":    func(f map[string]string) { f["d.yaml"] = f["a.yaml"]; delete(f, "a.yaml") },
		"another file":    func(f map[string]string) { f["d.yaml"] = "teams: []\n" },
		"swapped":         func(f map[string]string) { f["a.yaml"], f["b/c.yml"] = f["b/c.yml"], f["a.yaml"] },
	} {
		if got := load(with(edit)); got == want {
			t.Errorf("%s: got %s, want another hash", name, got)
		}
	}
	// The value is part of audit entries: it must not change with the program.
	if fixed := "68c640acc28887e2"; want != fixed {
		t.Errorf("got %s, want %s as ever", want, fixed)
	}
}

func TestAnchorsAndMergeKeys(t *testing.T) {
	p, err := policyfile.Parse("policy.yaml", []byte(`
access:
  - &base
    name: one
    project: &prj cargo-prod
    roles: &roles [roles/run.admin]
    eligible: [group:g@example.com]
    max: 1h
  - {<<: *base, name: two, max: 2h}
  - <<: [{name: three, max: 3h}, *base]
    project: *prj
    roles: *roles
`))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]time.Duration{}
	for _, e := range p.Access {
		got[e.Name] = e.Max
		if e.Scope != cargo || len(e.Roles) != 1 || len(e.Eligible) != 1 {
			t.Errorf("got %+v, want what the anchor says", e)
		}
	}
	want := map[string]time.Duration{"one": time.Hour, "two": 2 * time.Hour, "three": 3 * time.Hour}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("longest times (-want +got):\n%s", diff)
	}
}

func TestPlacesAtWhichAccessIsGiven(t *testing.T) {
	p, err := policyfile.Parse("policy.yaml", []byte(`
access:
  - {name: a, project: example.com:old-prj, roles: [roles/run.admin], eligible: [group:g@example.com], max: 1h}
  - {name: b, folder: 415104041262, roles: [roles/run.admin], eligible: [group:g@example.com], max: 1h}
  - {name: c, organization: "123456789012", roles: [organizations/123456789012/roles/audit], eligible: [group:g@example.com], max: 1h}
  - {name: d, dataset: cargo-prod.Sales_2026, roles: [roles/bigquery.dataEditor], eligible: [group:g@example.com], max: 1h}
  - {name: e, bucket: cargo.dumps, roles: [roles/storage.objectViewer], condition: 'resource.name.startsWith("projects/_/buckets/cargo.dumps/objects/2026")', eligible: [group:g@example.com], max: 1h}
  - {name: f, group: Prod-Admins@example.com, eligible: [group:g@example.com], max: 1h}
`))
	if err != nil {
		t.Fatal(err)
	}
	var got []grant.Scope
	for _, e := range p.Access {
		got = append(got, e.Scope)
		if (e.Condition != "") != (e.Name == "e") || (len(e.Roles) == 0) != (e.Name == "f") {
			t.Errorf("got %+v", e)
		}
	}
	want := []grant.Scope{
		{Kind: grant.Project, Name: "example.com:old-prj"},
		{Kind: grant.Folder, Name: "415104041262"},
		{Kind: grant.Organization, Name: "123456789012"},
		{Kind: grant.Dataset, Name: "cargo-prod.Sales_2026"},
		{Kind: grant.Bucket, Name: "cargo.dumps"},
		{Kind: grant.Group, Name: "prod-admins@example.com"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
}

func TestUndefinedEntitlementsInApprovalsAreAWarning(t *testing.T) {
	p, err := policyfile.Parse("policy.yaml", []byte(`approvals:
  - {kinds: [access.grant], entitlements: [prod-write], quorum: [{count: 1, from: owners}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := policyfile.Problems{{
		File: "policy.yaml", Line: 2, Path: "approvals[0].entitlements[0]", Text: `the entitlement "prod-write" is not defined`,
	}}
	if diff := cmp.Diff(want, p.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

// A function that starts logs each warning once, and a policy without any leaves the log empty.
func TestOpenLogsWhatLooksWrong(t *testing.T) {
	const entry = "approvals:\n  - {kinds: [access.grant], entitlements: [%s], quorum: [{count: 1, from: owners}]}\n"
	for name, tt := range map[string]struct{ text, want string }{
		"a warning": {
			fmt.Sprintf(entry, "prod-write"),
			`level=WARN msg="the policy loads with a warning" warning="policy.yaml:2: approvals[0].entitlements[0]: the entitlement \"prod-write\" is not defined"` + "\n",
		},
		"nothing wrong": {"version: 1\n", ""},
		"a mistake":     {"nonsense: 1\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			plain := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey {
					return slog.Attr{}
				}
				return a
			}}
			p, err := policyfile.Open(t.Context(), fstest.MapFS{"policy.yaml": {Data: []byte(tt.text)}}, slog.New(slog.NewTextHandler(&out, plain)))
			if (p == nil) != (err != nil) || (err != nil) != (name == "a mistake") {
				t.Fatalf("%+v, %v", p, err)
			}
			if out.String() != tt.want {
				t.Errorf("logged %q, want %q", out.String(), tt.want)
			}
		})
	}
}

func TestAPolicyMayDefineAStandardPolicyItself(t *testing.T) {
	p, err := policyfile.Parse("policy.yaml", []byte(`
roles: [{name: r, policies: [organization]}]
policies: [{name: organization, rules: [{name: none, effect: deny, operations: [All], resources: [all]}]}]
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Policies) != 1 || p.Policies[0].Rules[0].Effect != policy.Deny {
		t.Errorf("got %+v, want the policy's own definition only", p.Policies)
	}
}

func TestSizeAndDepthAreBounded(t *testing.T) {
	comment := "# " + strings.Repeat("x", 1<<20) + "\n"
	laughs := "x: &a [1,1,1,1,1,1,1,1,1,1]\n"
	for c := 'b'; c < 'k'; c++ {
		up := "*" + string(c-1)
		laughs += string(c) + ": &" + string(c) + " [" + strings.Repeat(up+",", 9) + up + "]\n"
	}
	tests := map[string]struct{ text, want string }{
		"too large":        {comment + "version: 1\n", "policy.yaml: the file is larger than 1 MiB: split it, a folder of files is one policy"},
		"too deep":         {"access: " + strings.Repeat("[", 100) + strings.Repeat("]", 100), "policy.yaml:1: values lie more than 64 deep in one another"},
		"far too deep":     {strings.Repeat("[", 500_000), "policy.yaml:1: this is not YAML: exceeded max depth of 10000"},
		"aliases multiply": {laughs, "policy.yaml:5: e: this is more than 100000 values, aliases counted each time"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := policyfile.Parse("policy.yaml", []byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %.400v\nwant %s", err, tt.want)
			}
		})
	}
}

// brokenFS has a file that cannot be read.
type brokenFS struct{ fs.FS }

func (f brokenFS) Open(name string) (fs.File, error) {
	if name == "bad.yaml" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return f.FS.Open(name)
}

func TestWhatCannotBeReadIsNoPolicy(t *testing.T) {
	files := fstest.MapFS{"good.yaml": {Data: []byte("version: 1\n")}, "bad.yaml": {}}
	p, err := policyfile.Load(brokenFS{files})
	if p != nil || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v, %v, want fs.ErrPermission", p, err)
	}
	if _, ok := errors.AsType[policyfile.Problems](err); ok {
		t.Errorf("got Problems %v, want an error of another kind", err)
	}
}

func TestLoadReadsARealFolder(t *testing.T) {
	p := mustLoad(t, os.DirFS("testdata/good"))
	if diff := cmp.Diff([]string{"policy.yaml"}, p.Files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestAccountsOfOnePerson(t *testing.T) {
	p, err := policyfile.Parse("policy.yaml", []byte("same_person: [[aiko@example.com, Aiko-Admin@example.com], [ken@example.com, k2@example.com]]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.Accounts("AIKO@example.com"), []string{"aiko@example.com", "aiko-admin@example.com"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := p.Accounts("mia@example.com"); got != nil {
		t.Errorf("who has one account: got %q", got)
	}
	if got := (*policyfile.Policy)(nil).Accounts("mia@example.com"); got != nil {
		t.Errorf("no policy: got %q", got)
	}
}

func TestWhatAPlanNeeds(t *testing.T) {
	for name, test := range map[string]struct {
		approvals string
		want      change.Need
	}{
		"nothing is said":         {"[]", change.Need{Count: 2, From: change.Approvers}},
		"of its changes":          {"[{kinds: [group.settings], quorum: [{count: 3, from: owners}]}]", change.Need{Count: 3, From: change.Owners}},
		"of everything":           {"[{kinds: ['*'], quorum: [{count: 1, from: owners}]}]", change.Need{Count: 2, From: change.Owners}},
		"of the plan":             {"[{kinds: [group.settings], quorum: [{count: 3, from: owners}]}, {kinds: [group.settings.plan], quorum: [{count: 2, from: 'group:it@example.com'}]}]", change.Need{Count: 2, From: "group:it@example.com"}},
		"of the plan, one person": {"[{kinds: [group.settings.plan], quorum: [{count: 1, from: owners}]}]", change.Need{Count: 2, From: change.Owners}},
	} {
		p, err := policyfile.Parse("policy.yaml", []byte("approvals: "+test.approvals+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Asks(change.GroupSettingsPlan, ""); len(got.Needs) != 1 || got.Needs[0] != test.want {
			t.Errorf("%s: it needs %+v, want %+v", name, got.Needs, test.want)
		}
	}
	var none *policyfile.Policy
	if got := none.Asks(change.GroupSettingsPlan, ""); len(got.Needs) != 1 || got.Needs[0].Count != 2 {
		t.Errorf("no policy: it needs %+v", got.Needs)
	}
}

func TestWhatAChangeThatWaitsNeedsNow(t *testing.T) {
	p, err := policyfile.Parse("policy.yaml", []byte(`approvals:
  - {kinds: [access.grant], entitlements: [prod], quorum: [{count: 3, from: owners}]}
  - {kinds: [group.settings], quorum: [{count: 1, from: owners}], escalate: {after: 1h, to: owners}}
`))
	if err != nil {
		t.Fatal(err)
	}
	asked := func(kind change.Kind, target string, n int, from change.Selector) change.Change {
		return change.Change{
			Kind: kind, Target: change.Target{ID: target, Name: target}, State: change.Proposed, Policy: "before",
			Requirement: change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: n, From: from}}},
		}
	}
	same, done, reported := asked(change.AccessGrant, "prod", 1, "owners"), asked(change.AccessGrant, "prod", 1, "owners"), asked(change.AccessGrant, "prod", 1, "owners")
	same.Policy, done.State, reported.Requirement.Mode = p.Hash, change.Approved, change.Auto
	for _, test := range []struct {
		name string
		c    change.Change
		want []change.Need
	}{
		{"more people", asked(change.AccessGrant, "prod", 2, "owners"), []change.Need{{Count: 3, From: "owners"}}},
		{"fewer people", asked(change.AccessGrant, "prod", 4, "owners"), nil},
		{"another entitlement", asked(change.AccessGrant, "test", 1, "approvers"), nil},
		{"others, as many as were asked", asked(change.GroupSettings, "g1", 2, "approvers"), []change.Need{{Count: 2, From: "owners"}}},
		{"a plan, by what it lets through", asked(change.GroupSettingsPlan, "held", 2, "approvers"), []change.Need{{Count: 2, From: "owners"}}},
		{"the policy in force", same, nil},
		{"approved by now", done, nil},
		{"nobody is asked", reported, nil},
	} {
		got, tighter := p.AsksNow(test.c)
		if tighter != (test.want != nil) {
			t.Errorf("%s: tighter is %t", test.name, tighter)
		}
		if diff := cmp.Diff(test.want, got.Needs); tighter && diff != "" {
			t.Errorf("%s: needs (-want +got):\n%s", test.name, diff)
		}
	}
}
