package demo

import (
	"testing"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/sim/org"
)

func TestPolicyLoadsWithoutWarning(t *testing.T) {
	p, err := policyfile.Load(Policy())
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Warnings) > 0 {
		t.Errorf("warnings: %v", p.Warnings)
	}
	rules := p.SettingsRules()
	if rules.Mode != change.Auto {
		t.Errorf("mode %q, want auto", rules.Mode)
	}
	modes := map[change.Mode]bool{}
	for _, r := range append(rules.General, rules.Secure...) {
		modes[r.Mode] = true
	}
	for _, want := range []change.Mode{"", change.Ask, change.Report} {
		if !modes[want] {
			t.Errorf("no rule with mode %q: the demo shows all of them", want)
		}
	}
}

func TestPolicyNamesGroupsOfTheDemoCompany(t *testing.T) {
	p, err := policyfile.Load(Policy())
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, g := range org.Demo().Groups {
		known[g.Email] = true
	}
	rules := p.SettingsRules()
	if !known[rules.Anchor] {
		t.Errorf("the anchor %s is no group", rules.Anchor)
	}
	if len(rules.Exceptions) == 0 {
		t.Error("no exception: the demo shows one")
	}
	for _, e := range rules.Exceptions {
		if !known[e.Group] {
			t.Errorf("the exception for %s names no group", e.Group)
		}
	}
}
