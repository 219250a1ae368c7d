package policy

import (
	"slices"
	"strings"
	"sync"

	"github.com/sekisho/sekisho/shared/domain/spelling"
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
	"task", "messagingService", "dashboardService", "pipelineService", "storageService", "mlmodelService", "metadataService",
	"searchService", "apiService", "driveService", "directory", "file", "spreadsheet", "worksheet", "dataContract", "dataInsightChart",
	"dataInsightCustomChart", "document", "page", "suggestion", "alert", "appMarketPlaceDefinition", "testConnectionDefinition",
	"webAnalyticEvent", "testCaseResolutionStatus", "testCaseResult", "workflowDefinition", "notificationTemplate",
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

// What is known is looked up for every rule of a policy, and made once.
var (
	knownOperations = sync.OnceValue(Operations)
	knownResources  = sync.OnceValue(Resources)
)

// Meant reports whether an operation can be meant as it is written. The catalogue's grow with its
// versions, so that one which nobody knows may be right; a slip of the pen is not, by which a rule or a
// question would mean nothing. Then near is what was meant, where something is near.
func (o Operation) Meant() (near string, ok bool) {
	known := knownOperations()
	if slices.Contains(known, string(o)) {
		return "", true
	}
	if near = spelling.Slip(string(o), known); near != "" {
		return near, false
	}
	if !o.Known() {
		return spelling.Near(string(o), known), false
	}
	return "", true
}

// KnownResource reports whether a type of resource is known by name here.
func KnownResource(name string) bool {
	return slices.Contains(knownResources(), name) || strings.EqualFold(name, anyType)
}

// MeantResource reports whether a type of resource can be meant as it is written. The catalogue has more
// of them than are known here; a slip of the pen is none. Then near is what was meant.
func MeantResource(name string) (near string, ok bool) {
	if KnownResource(name) {
		return "", true
	}
	near = spelling.Slip(name, knownResources())
	return near, near == ""
}
