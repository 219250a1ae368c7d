package policyfile

import (
	"slices"
	"strings"
)

// AccessPolicy is a named set of rules about who may do what.
type AccessPolicy struct {
	Name  string
	Rules []AccessRule
}

// AccessRule allows or denies operations on resources.
type AccessRule struct {
	Name       string
	Effect     Effect
	Operations []string
	// Resources are types of resource: "group", "access", "table"; "all" stands alone.
	Resources []string
	// Condition is an expression as it is written; empty always holds.
	Condition string
}

// Effect is what a rule does.
type Effect string

// The effects. A deny goes before every allow.
const (
	Allow Effect = "allow"
	Deny  Effect = "deny"
)

// standard are policies that can be named without being defined: OpenMetadata creates them
// itself, and what is named alike means the same here and there.
var standard = []AccessPolicy{{
	Name: "organization",
	Rules: []AccessRule{
		{
			Name: "owner", Effect: Allow, Resources: []string{"all"}, Condition: "isOwner()",
			Operations: []string{"EditAll", "ViewAll", "Delete"},
		},
		{
			Name: "no-owner", Effect: Allow, Resources: []string{"all"}, Condition: "noOwner()",
			Operations: []string{"EditOwners"},
		},
	},
}}

func (l *loading) readPolicies(at place) {
	for _, item := range at.list("- {name: …, rules: […]}") {
		t := item.table("name", "rules")
		p := AccessPolicy{Name: t.need("name", "everyone").name()}
		const example = "[{name: ask, effect: allow, operations: [RequestAccess], resources: [access]}]"
		for _, rule := range t.need("rules", example).filled(example) {
			p.Rules = append(p.Rules, rule.rule(p.Rules))
		}
		if l.define(kindPolicy, p.Name, t.at("name")) {
			l.policy.Policies = append(l.policy.Policies, p)
		}
	}
}

func (p place) rule(others []AccessRule) AccessRule {
	t := p.table("name", "effect", "operations", "resources", "condition")
	r := AccessRule{
		Name:       t.need("name", "ask").name(),
		Effect:     oneOf(t.need("effect", "allow"), Allow, Deny),
		Operations: distinct(t.need("operations", "[RequestAccess]").filled("[RequestAccess]"), place.name),
		Resources:  distinct(t.need("resources", "[access]").filled("[access]"), place.name),
		Condition:  t.at("condition").condition(),
	}
	if slices.ContainsFunc(others, func(o AccessRule) bool { return o.Name == r.Name && r.Name != "" }) {
		t.at("name").problem("the policy has a rule %s already: write another name", quote(r.Name))
	}
	all := slices.IndexFunc(r.Resources, func(s string) bool { return strings.EqualFold(s, "all") })
	if all >= 0 && len(r.Resources) > 1 {
		t.at("resources").problem("all stands alone: write [all], or the others without it")
	}
	return r
}

// useStandard adds the standard policies that something names and nothing defines.
func (l *loading) useStandard() {
	for _, s := range standard {
		used := slices.ContainsFunc(l.references, func(r reference) bool { return r.kind == kindPolicy && r.name == s.Name })
		if used && !l.defined(kindPolicy, s.Name) {
			l.policy.Policies = append(l.policy.Policies, s)
		}
	}
}

func isStandard(name string) bool {
	return slices.ContainsFunc(standard, func(p AccessPolicy) bool { return p.Name == name })
}
