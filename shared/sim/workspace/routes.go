package workspace

import (
	"encoding/json"
	"net/http"
	"reflect"

	admin "google.golang.org/api/admin/directory/v1"
	reports "google.golang.org/api/admin/reports/v1"
)

// routes binds Google's paths to the methods.
func (s *Server) routes() *http.ServeMux {
	readGroup := []string{ScopeGroup, ScopeGroupReadonly}
	readMember := []string{ScopeGroup, ScopeMember, ScopeGroupReadonly, ScopeMemberReadonly}
	readUser := []string{ScopeUser, ScopeUserReadonly}
	mux := http.NewServeMux()
	mux.HandleFunc("/", unknownPath)
	add := func(pattern string, m method) {
		s.served = append(s.served, m.api+"."+m.name)
		mux.HandleFunc(pattern, s.handler(m))
	}

	directory := func(pattern string, m method) {
		m.api, m.service = Directory, "admin.googleapis.com"
		add(pattern, m)
	}
	directory("GET /admin/directory/v1/groups", method{
		name: "groups.list", scopes: readGroup, lists: true, answer: listGroups, result: reflect.TypeFor[admin.Groups](),
		params:  []string{"customer", "domain", "userKey", "maxResults", "pageToken", "orderBy", "sortOrder"},
		missing: []string{"query"},
	})
	directory("GET /admin/directory/v1/groups/{groupKey}", method{
		name: "groups.get", scopes: readGroup, answer: getGroup, result: reflect.TypeFor[admin.Group](),
	})
	directory("GET /admin/directory/v1/groups/{groupKey}/members", method{
		name: "members.list", scopes: readMember, lists: true, answer: listMembers, result: reflect.TypeFor[admin.Members](),
		params: []string{"roles", "includeDerivedMembership", "maxResults", "pageToken"},
	})
	directory("GET /admin/directory/v1/groups/{groupKey}/members/{memberKey}", method{
		name: "members.get", scopes: readMember, answer: getMember, result: reflect.TypeFor[admin.Member](),
	})
	directory("GET /admin/directory/v1/groups/{groupKey}/hasMember/{memberKey}", method{
		name: "members.hasMember", scopes: readMember, answer: hasMember, result: reflect.TypeFor[admin.MembersHasMember](),
	})
	directory("GET /admin/directory/v1/users", method{
		name: "users.list", scopes: append([]string{scopeCloudPlatform}, readUser...), lists: true, answer: listUsers, result: reflect.TypeFor[admin.Users](),
		params:  []string{"customer", "domain", "maxResults", "pageToken", "orderBy", "sortOrder", "projection", "viewType"},
		missing: []string{"query", "showDeleted", "customFieldMask", "event"},
	})
	directory("GET /admin/directory/v1/users/{userKey}", method{
		name: "users.get", scopes: readUser, answer: getUser, result: reflect.TypeFor[admin.User](),
		params: []string{"projection", "viewType"}, missing: []string{"customFieldMask"},
	})

	for pattern, name := range map[string]string{
		"PUT /admin/directory/v1/users/{userKey}": "users.update", "PATCH /admin/directory/v1/users/{userKey}": "users.patch",
	} {
		directory(pattern, method{name: name, scopes: []string{ScopeUser}, writes: true, answer: updateUser, result: reflect.TypeFor[admin.User]()})
	}

	settings := func(pattern string, m method) {
		m.api, m.service, m.scopes = Settings, "groupssettings.googleapis.com", []string{ScopeSettings}
		add(pattern, m)
	}
	settings("GET /groups/v1/groups/{groupUniqueId}", method{name: "groups.get", answer: getSettings})
	settings("PATCH /groups/v1/groups/{groupUniqueId}", method{name: "groups.patch", answer: patchSettings, writes: true})
	settings("PUT /groups/v1/groups/{groupUniqueId}", method{name: "groups.update", answer: putSettings, writes: true})

	audited := func(pattern string, m method) {
		m.api, m.service, m.scopes = Reports, "admin.googleapis.com", []string{ScopeAudit}
		add(pattern, m)
	}
	audited("GET /admin/reports/v1/activity/users/{userKey}/applications/{applicationName}", method{
		name: "activities.list", lists: true, answer: listActivities, result: reflect.TypeFor[reports.Activities](),
		params: []string{"actorIpAddress", "customerId", "endTime", "eventName", "maxResults", "pageToken", "startTime"},
		missing: []string{
			"agentInfoFilter", "applicationInfoFilter", "deviceFilter", "filters", "groupIdFilter", "includeSensitiveData",
			"networkInfoFilter", "orgUnitID", "resourceDetailsFilter", "statusFilter",
		},
	})
	audited("POST /admin/reports/v1/activity/users/{userKey}/applications/{applicationName}/watch", method{
		name: "activities.watch", writes: true, answer: watchActivities, result: reflect.TypeFor[reports.Channel](),
		params:  []string{"customerId", "eventName"},
		missing: []string{"actorIpAddress", "endTime", "filters", "groupIdFilter", "maxResults", "orgUnitID", "pageToken", "startTime"},
	})
	audited("POST /admin/reports_v1/channels/stop", method{name: "channels.stop", writes: true, answer: stopChannel})
	return mux
}

// unknownPath answers what none of the APIs has, or this simulator lacks.
func unknownPath(w http.ResponseWriter, r *http.Request) {
	e := notFound(r.Method + " " + r.URL.Path)
	body, err := json.Marshal(e)
	if err != nil {
		body = nil
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(e.code)
	_, _ = w.Write(body) // the client may be gone; there is nobody to tell
}
