package policy

import (
	"slices"
	"strings"
)

// catalogOperations are OpenMetadata's (entity/policies/accessControl/resourceDescriptor.json of
// 2026-04), with those that its newer default policies and its older versions name. The list
// grows with its versions.
var catalogOperations = []Operation{
	"All", "Create", "BulkCreate", "BulkUpdate", "Delete", "ViewAll", "EditAll",
	"CreateIngestionPipelineAutomator", "CreateTests", "CreateTask", "CreateScim",
	"DeleteTestCaseFailedRowsSample", "DeleteScim",
	"ViewBasic", "ViewUsage", "ViewTests", "ViewQueries", "ViewDataProfile", "ViewProfilerGlobalConfiguration", "ViewSampleData",
	"ViewTestCaseFailedRowsSample", "ViewCustomFields", "ViewScim", "ViewTestDefinitionLibrary",
	"EditCustomFields", "EditDataProfile", "EditDescription", "EditDisplayName", "EditLineage", "EditEntityRelationship",
	"EditPolicy", "EditOwners", "EditOwner", "EditQueries", "EditReviewers", "EditRole", "EditSampleData", "EditStatus", "EditTags",
	"EditTask", "EditGlossaryTerms", "EditTeams", "EditTier", "EditCertification", "EditTests", "EditUsage", "EditUsers",
	"EditLifeCycle", "EditKnowledgePanel", "EditPage", "EditIngestionPipelineStatus", "EditUserNotificationTemplate", "EditScim",
	"EditTestDefinitionLibrary",
	"Deploy", "Trigger", "Kill", "GenerateToken", "Impersonate", "AuditLogs",
}

// families begin the names of operations that a later version of the catalogue, or another one of
// Sekisho, may have.
var families = []string{"Create", "Delete", "Edit", "View", "Bulk", "Request", "Approve"}

// catalogResources are types of resource that OpenMetadata has. There are more, and more to come.
var catalogResources = []string{
	"table", "database", "databaseSchema", "databaseService", "dashboard", "chart", "pipeline", "topic", "container", "mlmodel",
	"storedProcedure", "searchIndex", "apiCollection", "apiEndpoint", "dashboardDataModel", "dataProduct", "domain", "glossary",
	"glossaryTerm", "classification", "query", "metric", "report", "testCase", "testSuite", "testDefinition", "ingestionPipeline",
	"workflow", "team", "user", "role", "persona", "webhook", "eventsubscription", "feed", "kpi", "app", "type", "bot", "tag",
}

// Known reports whether this is an operation of Sekisho, or one that a catalogue has or may come to
// have.
func (o Operation) Known() bool {
	return o.own() || slices.Contains(catalogOperations, o) ||
		slices.ContainsFunc(families, func(f string) bool { return strings.HasPrefix(string(o), f) && len(o) > len(f) })
}

// Operations lists the operations that are known by name, sorted.
func Operations() []string {
	out := make([]string, 0, len(permissions)+len(catalogOperations))
	for _, p := range permissions {
		out = append(out, string(p.Operation))
	}
	for _, o := range catalogOperations {
		out = append(out, string(o))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Resources lists the types of resource that are known by name, sorted.
func Resources() []string {
	out := append(slices.Clone(catalogResources), anyType, scim)
	for _, p := range permissions {
		out = append(out, p.Type)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
