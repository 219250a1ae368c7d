package bench

import (
	"fmt"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/settingsrule"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// BenchmarkEvaluate holds one group's settings against the rules: those that are as they should
// be, which is nearly always so, and those that are not and have others follow them.
func BenchmarkEvaluate(b *testing.B) {
	rules := settingsrule.Rules{Mode: change.Auto, Anchor: "anchor@example.com", General: []settingsrule.Rule{
		{Field: "whoCanViewGroup", Needles: []string{"ANYONE_CAN_VIEW", "ALL_IN_DOMAIN_CAN_VIEW"}, Replace: "ALL_MEMBERS_CAN_VIEW"},
		{Field: "whoCanJoin", Needles: []string{"ANYONE_CAN_JOIN"}, Replace: "INVITED_CAN_JOIN"},
		{Field: "whoCanDiscoverGroup", Needles: []string{"ANYONE_CAN_DISCOVER"}, Replace: "ALL_MEMBERS_CAN_DISCOVER"},
		{Field: "allowExternalMembers", Needles: []string{"true"}, Replace: "false"},
	}, Secure: []settingsrule.Rule{
		{Field: "whoCanModerateMembers", Needles: []string{"ALL_MEMBERS"}, Replace: "OWNERS_AND_MANAGERS"},
	}}
	for i := range 50 {
		rules.Exceptions = append(rules.Exceptions, settingsrule.Exception{
			Group: fmt.Sprintf("g%d@example.com", i), Field: "whoCanJoin", Until: noon.Add(time.Hour), Reason: "a fair",
		})
	}
	if problems := rules.Validate(); len(problems) > 0 {
		b.Fatal(problems)
	}
	closed := map[string]string{
		"whoCanViewGroup": "ALL_MEMBERS_CAN_VIEW", "whoCanJoin": "INVITED_CAN_JOIN", "whoCanDiscoverGroup": "ALL_MEMBERS_CAN_DISCOVER",
		"allowExternalMembers": "false", "whoCanViewMembership": "ALL_MEMBERS_CAN_VIEW", "whoCanModerateMembers": "OWNERS_AND_MANAGERS",
	}
	open := map[string]string{
		"whoCanViewGroup": "ANYONE_CAN_VIEW", "whoCanJoin": "ANYONE_CAN_JOIN", "whoCanDiscoverGroup": "ANYONE_CAN_DISCOVER",
		"allowExternalMembers": "true", "whoCanViewMembership": "ALL_IN_DOMAIN_CAN_VIEW", "whoCanModerateMembers": "ALL_MEMBERS",
	}
	for _, c := range []struct {
		name     string
		settings map[string]string
		findings int
	}{{"closed", closed, 0}, {"open", open, 1}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			subject := settingsrule.Subject{Group: "data@example.com", Settings: c.settings, Secure: true}
			for b.Loop() {
				if f := rules.Evaluate(subject, noon); len(f.Corrections) != c.findings {
					b.Fatalf("%d corrections, want %d", len(f.Corrections), c.findings)
				}
			}
		})
	}
}

// BenchmarkTransitions takes one change from its proposal over two approvals to its end.
func BenchmarkTransitions(b *testing.B) {
	proposal := change.Proposal{
		Kind: change.GroupSettings, Target: change.Target{ID: "g1", Name: "data@example.com"}, Reason: "The company's rules ask for it.",
		Diff:        []change.Delta{{Field: "whoCanViewGroup", Before: "ANYONE_CAN_VIEW", After: "ALL_MEMBERS_CAN_VIEW"}},
		Requester:   change.Actor{Kind: change.ByRule, ID: "settings-rules"},
		Requirement: change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: 2, From: "owners"}}},
	}
	holds := []change.Selector{"owners"}
	person := func(id string) change.Actor {
		return change.Actor{Kind: change.ByPerson, ID: id, Name: id + "@example.com"}
	}
	robot := change.Actor{Kind: change.ByFunction, ID: "groupsettings"}
	actions := []change.Action{
		change.Approve{By: person("1"), Revision: 1, Counts: holds},
		change.Approve{By: person("2"), Revision: 1, Counts: holds},
		change.ClaimIt{By: robot, For: time.Minute, Standing: change.Standing{"1": holds, "2": holds}},
		change.Complete{By: robot, Fence: 1},
	}
	b.ReportAllocs()
	for b.Loop() {
		c, _, err := change.Propose(proposal, 1, noon)
		if err != nil {
			b.Fatal(err)
		}
		for _, a := range actions {
			if c, _, err = c.Apply(a, noon.Add(time.Minute)); err != nil {
				b.Fatal(err)
			}
		}
		if c.State != change.Applied {
			b.Fatalf("the change is %s", c.State)
		}
	}
}
