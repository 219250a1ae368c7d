package policy_test

import (
	"testing"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

func TestAPastDecisionUnderAnotherPolicy(t *testing.T) {
	before, people := company(t)
	after, _ := company(t)
	after.Roles[0].Members = []change.Selector{"group:leads@example.com", "user:yui@example.com"} // in place of ken
	old, now := compiled(t, before, people), compiled(t, after, people)
	access := policy.Resource{Type: "access", Name: "etl-maintenance"}
	ask, approve := policy.RequestAccess, policy.ApproveAccess
	for _, tt := range []struct {
		subject       string
		operations    []policy.Operation
		allowed       bool
		inForce, then *policy.Engine
		before, after bool
		name          string
	}{
		{"102", []policy.Operation{approve}, true, old, now, true, false, "ken@example.com"},
		{"103", []policy.Operation{approve}, false, old, now, false, true, "yui@example.com"},
		{"103", []policy.Operation{ask}, true, old, now, true, true, "yui@example.com"},
		{"102", []policy.Operation{approve}, true, old, old, true, true, "ken@example.com"},
		// By now it is otherwise already: an earlier policy has decided.
		{"102", []policy.Operation{approve}, false, old, now, true, false, "ken@example.com"},
		{"102", []policy.Operation{ask, approve}, true, old, now, true, false, "ken@example.com"},
		{"102", []policy.Operation{approve}, true, old, nil, true, false, "ken@example.com"},
		{"left@example.com", []policy.Operation{ask}, true, old, now, false, false, "left@example.com"},
	} {
		r := policy.Recorded{ID: "c-1.0001", Request: policy.Request{Subject: tt.subject, Operations: tt.operations, Resource: access}, Allowed: tt.allowed}
		d := r.Under(tt.inForce, tt.then)
		if d.Before.Allowed != tt.before || d.After.Allowed != tt.after || d.Name != tt.name || d.ID != r.ID {
			t.Errorf("%s, %v, allowed %t: got %q, now %s, then %s", tt.subject, tt.operations, tt.allowed, d.Name, d.Before, d.After)
		}
	}
}
