package policy_test

import (
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

func TestWhatAnotherPolicyWouldChange(t *testing.T) {
	before, people := company(t)
	after, _ := company(t)
	after.Roles[0].Members = []change.Selector{"group:leads@example.com", "user:yui@example.com"} // in place of ken
	after.Policies[5].Rules = after.Policies[5].Rules[:1]                                         // stewards lose tags
	old, now := compiled(t, before, people), compiled(t, after, people)
	access := policy.Resource{Type: "access", Name: "etl-maintenance"}
	table := policy.Resource{Type: "table", Name: "sample.fact_table", Tags: []string{"Tier.Tier1"}, Domains: []string{"sales"}, Owners: []policy.Reference{user("ken@example.com")}}
	q := policy.Questions{
		People:     []string{"105", "103", "ken@example.com", "101", "nobody@example.com"},
		Operations: []policy.Operation{policy.ApproveAccess, "EditTags", "Delete"},
		Resources:  []policy.Resource{table, access},
		Recorded: []policy.Recorded{
			{ID: "c-3.0002", Request: policy.Request{Subject: "102", Operations: []policy.Operation{policy.ApproveAccess}, Resource: access}, Allowed: true},
			{ID: "c-1.0001", Request: policy.Request{Subject: "103", Operations: []policy.Operation{policy.RequestAccess}, Resource: access}, Allowed: true},
			{ID: "c-2.0001", Request: policy.Request{Subject: "103", Operations: []policy.Operation{policy.ApproveAccess}, Resource: access}, Allowed: false},
			{ID: "c-4.0001", Request: policy.Request{Subject: "106", Operations: []policy.Operation{policy.RequestAccess, policy.ApproveAccess}, Resource: access}, Allowed: true},
		},
	}
	d := policy.Compare(old, now, q)
	golden(t, "difference.txt", d.String()+"\n")
	if len(d.Gains) != 1 || d.Gains[0].Person != "103" || d.Gains[0].Name != "yui@example.com" || d.Gains[0].Before.Allowed || !d.Gains[0].After.Allowed {
		t.Errorf("got the gains %+v, want yui", d.Gains)
	}
	reverse := policy.Compare(now, old, q)
	if len(reverse.Gains) != len(d.Loses) || len(reverse.Loses) != len(d.Gains) {
		t.Errorf("the other way around: got %d gains and %d losses, want %d and %d", len(reverse.Gains), len(reverse.Loses), len(d.Loses), len(d.Gains))
	}
	q.Recorded = nil
	if same := policy.Compare(old, old, q); !same.Empty() || same.String() != "Nothing would change." {
		t.Errorf("the same policy: got %s", same)
	}
}

func TestWithoutNamesEverybodyIsAsked(t *testing.T) {
	m, people := company(t)
	q := policy.Questions{Operations: []policy.Operation{policy.RequestAccess}, Resources: []policy.Resource{{Type: "access", Name: "x"}}}
	var got []string
	for _, s := range policy.Compare(nil, compiled(t, m, people), q).Gains {
		got = append(got, s.Name)
	}
	if want := "aiko@example.com ken@example.com root@example.com yui@example.com"; strings.Join(got, " ") != want {
		t.Errorf("from no policy to one: got gains for %q, want %q", got, want)
	}
}
