package catalog

import (
	"slices"
	"strings"
)

// covers reports whether a rule plainly allows whatever another does: both allow, the operations and the
// resources of the other are among those of the rule, and the rule has no condition or the same one. Which of
// two conditions is narrower nobody can tell from their texts.
func (r Rule) covers(other Rule) bool {
	r, other = normalRules([]Rule{r})[0], normalRules([]Rule{other})[0]
	return r.Effect != deny && other.Effect != deny && (r.Condition == "" || r.Condition == other.Condition) &&
		!slices.ContainsFunc(other.Operations, func(o string) bool { return !r.does(o) }) &&
		!slices.ContainsFunc(other.Resources, func(s string) bool { return !r.reaches(s) })
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
