package policyfile_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

func TestThePolicyDecides(t *testing.T) {
	p, err := policyfile.Parse("policy.yaml", readGood(t))
	if err != nil {
		t.Fatal(err)
	}
	e, err := policy.Compile(p.Model(), policy.Roster{
		{ID: "1", Email: "captain@harbour.example"},
		{ID: "2", Email: "crane@harbour.example", Groups: []policy.InGroup{{Group: "cranes@harbour.example"}}},
		{ID: "3", Email: "analyst@harbour.example"},
	})
	if err != nil {
		t.Fatal(err)
	}
	access := policy.Resource{Type: policy.AccessResource, Name: "cargo-write", Owners: []policy.Reference{{Type: policy.TypeTeam, Name: "fleet"}}}
	cargo := policy.Resource{Type: "table", Name: "cargo.manifest", Owners: []policy.Reference{{Type: policy.TypeTeam, Name: "loading"}}}
	for name, tt := range map[string]struct {
		who  string
		o    policy.Operation
		on   policy.Resource
		want policy.Reason
	}{
		"everybody asks, by the organization":      {"3", policy.RequestAccess, access, policy.Allowed},
		"the captain approves, by a role":          {"captain@harbour.example", policy.ApproveAccess, access, policy.Allowed},
		"nobody else does":                         {"2", policy.ApproveAccess, access, policy.NotAllowed},
		"a team's deny reaches outsiders":          {"3", "EditOwners", cargo, policy.Denied},
		"and not who is in the team below":         {"2", "EditOwners", cargo, policy.NotAllowed},
		"the standard policy, for what is unowned": {"3", "EditOwners", policy.Resource{Type: "topic", Name: "t"}, policy.Allowed},
	} {
		got := e.Decide(policy.Request{Subject: tt.who, Operations: []policy.Operation{tt.o}, Resource: tt.on})
		if got.Reason != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
}

func TestNoPolicyIsAnEmptyModel(t *testing.T) {
	var none *policyfile.Policy
	for name, p := range map[string]*policyfile.Policy{"nil": none, "no files": mustLoad(t, nil)} {
		e, err := policy.Compile(p.Model(), nil)
		if err != nil || !e.Empty() {
			t.Errorf("%s: got an engine that is empty: %t, %v", name, e.Empty(), err)
		}
	}
}

func TestAnOperationThatNothingAsksAboutIsAWarning(t *testing.T) {
	p, err := policyfile.Parse("policy.yaml", []byte(`policies:
  - name: p
    rules:
      - {name: right, effect: deny, operations: [Undo, ApproveAccess, EditOwners], resources: [access]}
      - {name: everywhere, effect: deny, operations: [Undo, ReadAudit], resources: [all]}
      - {name: catalogue, effect: deny, operations: [Trigger], resources: [ingestionPipeline]}
      - {name: elsewhere, effect: deny, operations: [Undo], resources: [connection, catalog]}
      - {name: nowhere, effect: deny, operations: [RequestSettings], resources: [all]}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := policyfile.Problems{
		{
			File: "policy.yaml", Line: 7, Path: "policies[0].rules[3].operations",
			Text: "nothing asks about Undo on connection, catalog: the rule has no effect there. Sekisho asks about it on access, account, group",
		},
		{
			File: "policy.yaml", Line: 8, Path: "policies[0].rules[4].operations",
			Text: "nothing asks about RequestSettings on all: the rule has no effect there. Sekisho asks about ApproveAccess, ApproveAccount, " +
				"ApproveCatalog, ApproveConnection, ApproveSettings, ChangePolicy, OverrideBrake, ReadAudit, RequestAccess, RequestAccount, RequestConnection, Undo",
		},
	}
	if diff := cmp.Diff(want, p.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

func TestAllowingEverythingIsAWarning(t *testing.T) {
	p, err := policyfile.Parse("policy.yaml", []byte(`policies:
  - name: p
    rules:
      - {name: wide, effect: allow, operations: [ViewAll, All], resources: [ALL], condition: hasDomain()}
      - {name: types, effect: allow, operations: [All], resources: [table, topic]}
      - {name: operations, effect: allow, operations: [EditAll, ViewAll], resources: [all]}
      - {name: deny, effect: deny, operations: [All], resources: [all]}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := policyfile.Problems{{
		File: "policy.yaml", Line: 4, Path: "policies[0].rules[0].operations",
		Text: "All on all is more than the catalogue: it lets people approve, undo and change the policy as well. Write the operations or the resources that are meant",
	}}
	if diff := cmp.Diff(want, p.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

// large is a policy of 500 teams and 1,000 rules, each with a condition of its own.
func large() fstest.MapFS {
	var teams, policies strings.Builder
	teams.WriteString("teams:\n  - {name: Organization, type: Organization, default_roles: [role-0]}\n")
	for i := 1; i < 500; i++ {
		fmt.Fprintf(&teams, "  - {name: team-%d, type: Department, group: team-%d@example.com, policies: [policy-%d]", i, i, i%200)
		if i > 8 {
			fmt.Fprintf(&teams, ", parent: team-%d", i/4+1)
		}
		teams.WriteString("}\n")
	}
	teams.WriteString("roles:\n")
	for i := range 50 {
		fmt.Fprintf(&teams, "  - {name: role-%d, policies: [policy-%d, policy-%d], members: [group:role-%d@example.com, user:person-%d@example.com]}\n", i, i, i+50, i, i)
	}
	policies.WriteString("policies:\n")
	for i := range 200 {
		fmt.Fprintf(&policies, "  - name: policy-%d\n    rules:\n", i)
		for j := range 5 {
			fmt.Fprintf(&policies, "      - {name: rule-%d, effect: allow, operations: [EditTags, ViewBasic], resources: [table, topic], condition: \"!isOwner() && (matchAnyTag('Tier.Tier%d') || inAnyTeam('team-%d'))\"}\n", j, j, i+1)
		}
	}
	return fstest.MapFS{"teams.yaml": {Data: []byte(teams.String())}, "policies.yaml": {Data: []byte(policies.String())}}
}

// BenchmarkLoad reads a policy as large as is meant to be written: under 200 ms.
func BenchmarkLoad(b *testing.B) {
	files := large()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := policyfile.Load(files); err != nil {
			b.Fatal(err)
		}
	}
}
