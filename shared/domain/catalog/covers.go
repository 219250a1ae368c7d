package catalog

import (
	"slices"
	"strings"
)

// allows reports whether a rule allows anything.
func (r Rule) allows() bool { return r.Effect != deny && r.Condition != nothing().Condition }

// covered reports whether rules plainly allow whatever another does: each of its operations on each of its
// types of resource is one that a rule allows, without a condition or under the same one. Which of two
// conditions is narrower nobody can tell from their texts.
func covered(r Rule, rules []Rule) bool { return r.within(rules, Rule.allows) }

// denies reports whether a rule denies anything.
func (r Rule) denies() bool { return r.Effect == deny && r.Condition != nothing().Condition }

// denied is [covered] for what a rule denies, and others do.
func denied(r Rule, rules []Rule) bool { return r.within(rules, Rule.denies) }

// within reports whether each of a rule's operations on each of its types of resource is one of a rule of a kind.
func (r Rule) within(rules []Rule, kind func(Rule) bool) bool {
	for _, operation := range r.Operations {
		for _, resource := range r.Resources {
			if !slices.ContainsFunc(rules, func(other Rule) bool {
				return kind(other) && (other.Condition == "" || other.Condition == r.Condition) && other.does(operation) && other.reaches(resource)
			}) {
				return false
			}
		}
	}
	return true
}

// does reports whether an operation is one of those of a rule
// (OperationContext and CompiledRule.matchOperation in OpenMetadata).
func (r Rule) does(operation string) bool {
	return slices.ContainsFunc(r.Operations, func(o string) bool {
		return o == operation || o == "All" || (o == "EditAll" || o == "ViewAll") && strings.HasPrefix(operation, o[:4])
	})
}

// reaches reports whether a type of resource is one of those of a rule. The accounts and groups of SCIM are
// those of no rule that does not name them (CompiledRule.matchResource in OpenMetadata).
func (r Rule) reaches(resource string) bool {
	return slices.Contains(r.Resources, resource) || slices.Contains(r.Resources, allResources) && !strings.EqualFold(resource, "scim")
}
