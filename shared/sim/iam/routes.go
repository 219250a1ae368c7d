package iam

import (
	"fmt"
	"regexp"
)

// method is one method of an API.
type method struct {
	api, name, service string
	verb               string
	path               *regexp.Regexp // its groups are the path parameters
	scopes             []string       // any of them is enough
	params             []string       // query parameters besides the standard ones
	missing            []string       // parameters that Google has and this simulator does not
	writes, lists      bool
	precondition       bool // a lost race is 412 and not 409
	answer             func(*call) (any, error)
}

// routes binds Google's paths to the methods.
func routes() []method {
	var out []method
	add := func(verb, path string, m method) {
		m.verb, m.path = verb, regexp.MustCompile("^"+path+"$")
		out = append(out, m)
	}

	read := []string{ScopeCloudPlatform, ScopeCloudPlatformReadOnly}
	write := []string{ScopeCloudPlatform}
	manager := func(path string, m method) {
		m.api, m.service = Policies, "cloudresourcemanager.googleapis.com"
		add("POST", path, m)
	}
	for _, collection := range []string{"projects", "folders", "organizations"} {
		at := fmt.Sprintf("/v3/(%s)/([^/]+)", collection)
		manager(at+":getIamPolicy", method{name: collection + ".getIamPolicy", scopes: read, answer: getPolicy})
		manager(at+":setIamPolicy", method{name: collection + ".setIamPolicy", scopes: write, writes: true, answer: setPolicy})
		manager(at+":testIamPermissions", method{name: collection + ".testIamPermissions", scopes: read, answer: testPermissions})
	}

	storage := func(verb, path string, m method) {
		m.api, m.service, m.scopes, m.precondition = Policies, "storage.googleapis.com", []string{ScopeCloudPlatform, ScopeStorage}, true
		m.missing = []string{"userProject"}
		add(verb, path, m)
	}
	storage("GET", "/storage/v1/b/([^/]+)/iam", method{
		name: "buckets.getIamPolicy", params: []string{"optionsRequestedPolicyVersion"}, answer: getBucketPolicy,
	})
	storage("PUT", "/storage/v1/b/([^/]+)/iam", method{name: "buckets.setIamPolicy", writes: true, answer: setBucketPolicy})
	storage("GET", "/storage/v1/b/([^/]+)/iam/testPermissions", method{
		name: "buckets.testIamPermissions", params: []string{"permissions"}, answer: testBucketPermissions,
	})

	warehouse := func(verb string, m method) {
		m.api, m.service, m.scopes, m.precondition = Policies, "bigquery.googleapis.com", []string{ScopeCloudPlatform, ScopeBigQuery}, true
		add(verb, "/bigquery/v2/projects/([^/]+)/datasets/([^/]+)", m)
	}
	warehouse("GET", method{name: "datasets.get", params: []string{"accessPolicyVersion", "datasetView"}, answer: getDataset})
	warehouse("PATCH", method{name: "datasets.patch", params: []string{"accessPolicyVersion", "updateMode"}, writes: true, answer: patchDataset})

	add("POST", "/v1/projects/([^/]+)/serviceAccounts/([^/]+):generateAccessToken", method{
		api: Credentials, name: "serviceAccounts.generateAccessToken", service: "iamcredentials.googleapis.com",
		scopes: write, answer: generateToken,
	})

	look := []string{ScopeGroups, ScopeGroupsReadOnly, ScopeCloudPlatform}
	change := []string{ScopeGroups, ScopeCloudPlatform}
	identity := func(verb, path string, m method) {
		m.api, m.service = Identity, "cloudidentity.googleapis.com"
		add(verb, path, m)
	}
	identity("GET", "/v1/groups:lookup", method{
		name: "groups.lookup", scopes: look, params: []string{"groupKey.id"}, missing: []string{"groupKey.namespace"}, answer: lookUpGroup,
	})
	in := "/v1/groups/([^/]+)/memberships"
	identity("GET", in+":lookup", method{
		name: "memberships.lookup", scopes: look, params: []string{"memberKey.id"}, missing: []string{"memberKey.namespace"}, answer: lookUpMembership,
	})
	identity("GET", in, method{
		name: "memberships.list", scopes: look, params: []string{"pageSize", "pageToken", "view"}, lists: true, answer: listMemberships,
	})
	identity("POST", in, method{name: "memberships.create", scopes: change, writes: true, answer: createMembership})
	one := in + "/([^/:]+)"
	identity("GET", one, method{name: "memberships.get", scopes: look, answer: getMembership})
	identity("DELETE", one, method{name: "memberships.delete", scopes: change, writes: true, answer: deleteMembership})
	identity("POST", one+":modifyMembershipRoles", method{
		name: "memberships.modifyMembershipRoles", scopes: change, writes: true, answer: modifyRoles,
	})
	return out
}
