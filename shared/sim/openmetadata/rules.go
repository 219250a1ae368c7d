package openmetadata

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// operations are those of which rules can speak, after OpenMetadata's resourceDescriptor.json.
// Servers add some from time to time, as they have added CreateTask and EditTask.
var operations = strings.Fields(`All Create BulkCreate CreateIngestionPipelineAutomator CreateTests Delete ViewAll ViewBasic ViewUsage
	ViewTests ViewQueries ViewDataProfile ViewProfilerGlobalConfiguration ViewSampleData ViewTestCaseFailedRowsSample ViewCustomFields
	EditAll BulkUpdate EditCustomFields EditDataProfile EditDescription EditDisplayName EditLineage EditEntityRelationship EditPolicy
	EditOwners EditQueries EditReviewers EditRole EditSampleData EditStatus EditTags EditGlossaryTerms EditTeams EditTier
	EditCertification EditTests EditUsage EditUsers EditLifeCycle EditKnowledgePanel EditPage EditIngestionPipelineStatus
	EditUserNotificationTemplate DeleteTestCaseFailedRowsSample Deploy Trigger Kill GenerateToken EditScim CreateScim DeleteScim
	ViewScim Impersonate AuditLogs ViewTestDefinitionLibrary EditTestDefinitionLibrary CreateTask EditTask`)

var (
	conditionCall = regexp.MustCompile(`([A-Za-z]+)\s*\(([^()]*)\)`)
	conditionText = regexp.MustCompile(`'([^']*)'|"([^"]*)"`)
	conditionRest = regexp.MustCompile(`^[\s!()&|]*$`)
)

// conditionFunctions are those that a condition can call, with what their arguments name; tables
// stand for tags.
var conditionFunctions = map[string]*kind{
	"noOwner": nil, "isOwner": nil, "isReviewer": nil, "matchTeam": nil, "hasDomain": nil, "noDomain": nil,
	"matchAllTags": tables, "matchAnyTag": tables, "matchAnyCertification": tables, "inAnyTeam": teams, "hasAnyRole": roles,
}

// checkRules refuses the rules that a policy cannot have. The caller holds the lock.
func (s *Server) checkRules(list []rule) error {
	if len(list) == 0 {
		return refuse(http.StatusBadRequest, "At least one rule is required in a policy")
	}
	names := map[string]bool{}
	for _, r := range list {
		switch {
		case r.Name == "":
			return refuse(http.StatusBadRequest, "rule name must not be null")
		case names[r.Name]:
			return refuse(http.StatusBadRequest, "Found multiple rules with name %s within policy", r.Name)
		case r.Effect != "allow" && r.Effect != "deny":
			return refuse(http.StatusBadRequest, "rule %s: effect must be allow or deny", r.Name)
		case len(r.Operations) == 0:
			return refuse(http.StatusBadRequest, "Operation all can't be empty in rule %s", r.Name)
		case len(r.Resources) == 0:
			return refuse(http.StatusBadRequest, "Resources can't be empty in rule %s", r.Name)
		}
		names[r.Name] = true
		for _, o := range r.Operations {
			if !slices.Contains(operations, o) {
				return refuse(http.StatusBadRequest, "rule %s: %s is no operation", r.Name, o)
			}
		}
		if err := s.checkCondition(r.Condition); err != nil {
			return err
		}
	}
	return nil
}

// checkCondition refuses a condition that calls something else than the functions there are, or
// names what does not exist.
func (s *Server) checkCondition(condition string) error {
	if condition == "" {
		return nil
	}
	rest := condition
	for _, m := range conditionCall.FindAllStringSubmatch(condition, -1) {
		rest = strings.Replace(rest, m[0], "", 1)
		named, known := conditionFunctions[m[1]]
		arguments := conditionText.FindAllStringSubmatch(m[2], -1)
		leftover := strings.Trim(conditionText.ReplaceAllString(m[2], ""), " ,")
		if !known || leftover != "" || (named == nil) != (len(arguments) == 0) {
			return refuse(http.StatusBadRequest, "Failed to evaluate - %s", m[0])
		}
		for _, a := range arguments {
			name := a[1] + a[2]
			if named == tables {
				if !s.tagExists(name) {
					return notFound("tag", name)
				}
				continue
			}
			if e := s.named(named, name); e == nil || e.deleted {
				return notFound(named.name, name)
			}
		}
	}
	if !conditionRest.MatchString(rest) || strings.Count(rest, "(") != strings.Count(rest, ")") {
		return refuse(http.StatusBadRequest, "Failed to parse - %s", condition)
	}
	return nil
}

// stored returns the rules of a policy as they are kept: sorted, without what others of the rule
// include (validateRules in OpenMetadata's PolicyRepository).
func stored(e *entity) []rule {
	var out []rule
	for _, r := range e.rules {
		r.FQN = e.fqn() + "." + quoted(r.Name)
		r.Operations, r.Resources = slices.Clone(r.Operations), slices.Clone(r.Resources)
		for _, all := range []string{"ViewAll", "EditAll"} {
			if slices.Contains(r.Operations, all) {
				r.Operations = slices.DeleteFunc(r.Operations, func(o string) bool { return o != all && o[:4] == all[:4] })
			}
		}
		slices.Sort(r.Operations)
		slices.Sort(r.Resources)
		if slices.ContainsFunc(r.Resources, func(s string) bool { return strings.EqualFold(s, "all") }) {
			r.Resources = []string{"All"}
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b rule) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// standardTags are those that every server has.
var standardTags = strings.Fields("PII.None PII.NonSensitive PII.Sensitive Tier.Tier1 Tier.Tier2 Tier.Tier3 Tier.Tier4 Tier.Tier5")

// allTags are the tags that rules are asked about: those of a table and those of its columns
// (TableRepository.getAllTags in OpenMetadata).
func (e *entity) allTags() []tag {
	out := slices.Clone(e.tags)
	for _, c := range e.columns {
		for _, t := range c.Tags {
			if !slices.ContainsFunc(out, func(have tag) bool { return have.FQN == t.FQN }) {
				out = append(out, t)
			}
		}
	}
	return out
}

func (s *Server) tagExists(fqn string) bool {
	if slices.Contains(standardTags, fqn) {
		return true
	}
	for _, e := range s.all(tables) {
		if slices.ContainsFunc(e.allTags(), func(t tag) bool { return t.FQN == fqn }) {
			return true
		}
	}
	return false
}
