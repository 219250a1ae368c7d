package policyfile

import (
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/policy"
)

// Model returns what the policy says about who may do what, to be compiled. It may be called on
// a nil policy, whose model is empty.
func (p *Policy) Model() policy.Model {
	if p == nil {
		return policy.Model{}
	}
	return policy.Model{Teams: p.Teams, Roles: p.Roles, Policies: p.Policies, Tags: p.Tags}
}

func (l *loading) readPolicies(at place) {
	for _, item := range at.list("- {name: …, rules: […]}") {
		t := item.table("name", "description", "rules")
		p := policy.Policy{Name: t.need("name", "everyone").name(), Description: t.at("description").text()}
		const example = "[{name: ask, effect: allow, operations: [RequestAccess], resources: [access]}]"
		for _, rule := range t.need("rules", example).filled(example) {
			p.Rules = append(p.Rules, rule.rule(p.Rules))
		}
		if l.define(kindPolicy, p.Name, t.at("name")) {
			l.policy.Policies = append(l.policy.Policies, p)
		}
	}
}

func (p place) rule(others []policy.Rule) policy.Rule {
	t := p.table("name", "description", "effect", "operations", "resources", "condition")
	r := policy.Rule{
		Name:        t.need("name", "ask").name(),
		Description: t.at("description").text(),
		Effect:      oneOf(t.need("effect", "allow"), policy.Allow, policy.Deny),
		Operations:  distinct(t.need("operations", "[RequestAccess]").filled("[RequestAccess]"), place.operation),
		Resources:   distinct(t.need("resources", "[access]").filled("[access]"), place.resource),
		Condition:   t.at("condition").condition(),
	}
	if slices.ContainsFunc(others, func(o policy.Rule) bool { return o.Name == r.Name && r.Name != "" }) {
		t.at("name").problem("the policy has a rule %s already: write another name", quote(r.Name))
	}
	all := slices.IndexFunc(r.Resources, func(s string) bool { return strings.EqualFold(s, "all") })
	switch {
	case all >= 0 && len(r.Resources) > 1:
		t.at("resources").problem("all stands alone: write [all], or the others without it")
	case all >= 0 && r.Effect == policy.Allow && slices.Contains(r.Operations, policy.All):
		t.at("operations").warning("All on all is more than the catalogue: it lets people approve, undo and change the policy as well. Write the operations or the resources that are meant")
	}
	for _, o := range r.Operations {
		if !asked(o, r.Resources) {
			t.at("operations").warning("nothing asks about %s on %s: the rule has no effect there. Sekisho asks about %s", o, strings.Join(r.Resources, ", "), askedAbout(o))
		}
	}
	return r
}

// ours are how the names of operations begin that the catalogue does not have.
var ours = []string{"Request", "Approve"}

// asked reports whether something asks about an operation on one of some types of resource. Of the
// catalogue's operations that is not known here.
func asked(o policy.Operation, resources []string) bool {
	known := slices.ContainsFunc(ours, func(prefix string) bool { return strings.HasPrefix(string(o), prefix) })
	for _, p := range policy.Permissions() {
		if p.Operation != o {
			continue
		}
		if known = true; slices.ContainsFunc(resources, func(t string) bool { return t == p.Type || strings.EqualFold(t, "all") }) {
			return true
		}
	}
	return !known
}

// askedAbout lists where an operation is asked about, and the operations that are for one that
// nothing asks about.
func askedAbout(o policy.Operation) string {
	var on, all []string
	for _, p := range policy.Permissions() {
		all = append(all, string(p.Operation))
		if p.Operation == o {
			on = append(on, p.Type)
		}
	}
	if len(on) > 0 {
		slices.Sort(on)
		return "it on " + strings.Join(slices.Compact(on), ", ")
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), ", ")
}

// operation reads an operation. A slip of the pen is a mistake: see [policy.Operation.Meant].
func (p place) operation() policy.Operation {
	o := policy.Operation(p.name())
	near, ok := o.Meant()
	switch {
	case o == "", ok:
	case near != "":
		p.problem("the operation %s is not known: did you mean %s?", quote(string(o)), near)
	default:
		p.problem("the operation %s is not known: docs/policy.md lists them", quote(string(o)))
	}
	return o
}

// resource reads a type of resource, of which the catalogue has more than are known here.
func (p place) resource() string {
	name := p.name()
	switch near, ok := policy.MeantResource(name); {
	case !ok:
		p.problem("the type of resource %s is not known: did you mean %s?", quote(name), near)
	case name != "" && !policy.KnownResource(name):
		p.warning("no type of resource called %s is known here: where your data catalogue has none either, the rule has no effect on it", quote(name))
	}
	return name
}

// useStandard adds the standard policies that something names and nothing defines.
func (l *loading) useStandard() {
	for _, s := range policy.Standard() {
		used := slices.ContainsFunc(l.references, func(r reference) bool { return r.kind == kindPolicy && r.name == s.Name })
		if used && !l.defined(kindPolicy, s.Name) {
			l.policy.Policies = append(l.policy.Policies, s)
		}
	}
}

func isStandard(name string) bool {
	return slices.ContainsFunc(policy.Standard(), func(p policy.Policy) bool { return p.Name == name })
}
