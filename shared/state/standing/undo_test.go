package standing_test

import (
	"testing"

	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// Who decides about changes and whom they concern may have them undone besides whom a rule lets, and why says no to
// neither.
func TestWhyOfAnUndo(t *testing.T) {
	m := model(rule(t, policy.Allow, policy.ApproveSettings, "group", ""))
	m.Policies = append(m.Policies, policy.Policy{Name: "q", Rules: []policy.Rule{rule(t, policy.Allow, policy.Undo, "group", "")}})
	m.Roles = append(m.Roles, policy.Role{Name: "desk", Policies: []string{"q"}, Members: []change.Selector{"user:zoe@example.com"}})
	r := harbour(t, m)
	c := change.Change{Kind: change.GroupSettings, Target: change.Target{ID: "eng", Name: "eng@example.com"}, Requirement: change.DefaultRequirement(), Concerned: []string{"flo"}}
	about, err := r.Describe(t.Context(), "group", "eng@example.com", standing.Sources{})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"bo", "flo", "zoe"} {
		v, err := r.MayUndo(t.Context(), c, id, id == "flo")
		if err != nil {
			t.Fatal(err)
		}
		x, err := r.Why(t.Context(), id, catalog.Account{}, policy.Undo, about, func(change.Kind, string) change.Requirement { return change.DefaultRequirement() })
		if err != nil {
			t.Fatal(err)
		}
		if v.May != (x.Answer() != policy.No) {
			t.Errorf("%s may undo: %t; /why: %s", id, v.May, x)
		}
	}
}
