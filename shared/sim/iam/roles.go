package iam

import (
	"path"
	"slices"
	"strings"
)

// grants are the permissions of predefined roles, as patterns; one that begins with an
// exclamation mark takes away. The table has the roles that decide over policies and a few
// that are often given.
// https://cloud.google.com/iam/docs/understanding-roles
var grants = map[string][]string{
	"roles/owner":                             {"*"},
	"roles/editor":                            {"*", "!*.setIamPolicy", "!iam.serviceAccounts.getAccessToken"},
	"roles/viewer":                            {"*.get", "*.list", "*.getIamPolicy"},
	"roles/browser":                           {"resourcemanager.*.get", "resourcemanager.*.list", "resourcemanager.*.getIamPolicy"},
	"roles/iam.securityAdmin":                 {"*.getIamPolicy", "*.setIamPolicy", "resourcemanager.*.get", "resourcemanager.*.list"},
	"roles/iam.securityReviewer":              {"*.getIamPolicy", "*.list"},
	"roles/iam.serviceAccountTokenCreator":    {"iam.serviceAccounts.getAccessToken", "iam.serviceAccounts.signJwt", "iam.serviceAccounts.signBlob"},
	"roles/resourcemanager.projectIamAdmin":   {"resourcemanager.projects.getIamPolicy", "resourcemanager.projects.setIamPolicy", "resourcemanager.projects.get"},
	"roles/resourcemanager.folderIamAdmin":    {"resourcemanager.folders.getIamPolicy", "resourcemanager.folders.setIamPolicy", "resourcemanager.folders.get"},
	"roles/resourcemanager.folderAdmin":       {"resourcemanager.folders.*", "resourcemanager.projects.get", "resourcemanager.projects.getIamPolicy"},
	"roles/resourcemanager.organizationAdmin": {"resourcemanager.*"},
	"roles/storage.admin":                     {"storage.*"},
	"roles/storage.objectViewer":              {"storage.objects.get", "storage.objects.list"},
	"roles/storage.objectAdmin":               {"storage.objects.*"},
	"roles/bigquery.admin":                    {"bigquery.*"},
	"roles/bigquery.dataOwner":                {"bigquery.datasets.*", "bigquery.tables.*", "bigquery.models.*", "bigquery.routines.*"},
	"roles/bigquery.dataEditor":               {"bigquery.datasets.get", "bigquery.tables.*", "bigquery.models.*", "bigquery.routines.*", "!*.setIamPolicy"},
	"roles/bigquery.dataViewer":               {"bigquery.datasets.get", "bigquery.tables.get", "bigquery.tables.getData", "bigquery.tables.list"},
	"roles/run.invoker":                       {"run.jobs.run", "run.routes.invoke"},
}

// roleHolds reports whether a role has a permission. Of a predefined role that the table lacks it is
// taken that it has all of its own service's, but for those over policies: which it really has
// is long to say and seldom asked.
func (s *Server) roleHolds(role, permission string) bool {
	patterns, known := s.customRoles[role]
	if !known {
		patterns, known = grants[role]
	}
	if !known {
		name, predefined := strings.CutPrefix(role, "roles/")
		service, _, dotted := strings.Cut(name, ".")
		return predefined && dotted && strings.HasPrefix(permission, service+".") && !strings.HasSuffix(permission, ".setIamPolicy")
	}
	matches := func(negative bool) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool {
			rest, taken := strings.CutPrefix(pattern, "!")
			ok, err := path.Match(rest, permission)
			return taken == negative && ok && err == nil
		})
	}
	return matches(false) && !matches(true)
}
