package contract

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"google.golang.org/api/googleapi"
)

func statusOf(err error) int {
	var e *googleapi.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// listedApplications are the applications that the document knows.
func listedApplications(g *Google) []string {
	for _, d := range g.documents {
		for _, m := range d.methods {
			if m.ID == "reports.activities.list" {
				return m.Parameters["applicationName"].Enum
			}
		}
	}
	return nil
}

// requests are one good request for each method of the simulator, besides the query.
var requests = map[string]struct{ path, query, body string }{
	"directory.groups.list":        {"groups", "customer=my_customer", ""},
	"directory.groups.get":         {"groups/data@example.com", "", ""},
	"directory.members.list":       {"groups/data@example.com/members", "", ""},
	"directory.members.get":        {"groups/data@example.com/members/aiko@example.com", "", ""},
	"directory.members.hasMember":  {"groups/data@example.com/hasMember/aiko@example.com", "", ""},
	"directory.users.list":         {"users", "customer=my_customer", ""},
	"directory.users.get":          {"users/aiko@example.com", "", ""},
	"directory.users.update":       {"users/aiko@example.com", "", `{"suspended": false}`},
	"directory.users.patch":        {"users/aiko@example.com", "", `{"suspended": false}`},
	"groupsSettings.groups.get":    {"data@example.com", "alt=json", ""},
	"groupsSettings.groups.patch":  {"data@example.com", "alt=json", `{"whoCanJoin": "INVITED_CAN_JOIN"}`},
	"groupsSettings.groups.update": {"data@example.com", "alt=json", `{"whoCanJoin": "INVITED_CAN_JOIN"}`},
	"reports.activities.list":      {"activity/users/all/applications/admin", "", ""},
	"reports.activities.watch": {
		"activity/users/all/applications/admin/watch", "", `{"id": "UNIQUE", "type": "web_hook", "address": "https://hook.example.com/"}`,
	},
	"admin.channels.stop": {"channels/stop", "", `{"id": "none", "resourceId": "none"}`},
}

func (m *method) address(path string) string {
	switch {
	case m.ID == "admin.channels.stop":
		path = "admin/reports_v1/" + path
	case strings.HasPrefix(m.ID, "reports."):
		path = "admin/reports/v1/" + path
	case strings.HasPrefix(m.ID, "directory."):
		path = "admin/directory/v1/" + path
	default:
		path = m.document.ServicePath + path
	}
	return m.document.RootURL + path
}

// values returns good and bad values of a parameter, as far as the document tells them apart.
func (s *schema) values() (good, bad []string) {
	switch {
	case len(s.Enum) > 0:
		return s.Enum, []string{"nonsense"}
	case s.Type == "boolean":
		return []string{"true", "false"}, []string{"perhaps"}
	case s.Type == "integer":
		good, bad = []string{"1"}, []string{"many", "1.5"}
		if s.Minimum != "" {
			bad = append(bad, "-1")
		}
		if s.Maximum != "" {
			bad = append(bad, "99999999")
		}
		return good, bad
	case s.pattern != nil:
		for _, text := range []string{"my_customer", "2026-11-21T00:00:00Z", "id:abc123", "doc_id==12345"} {
			if s.pattern.MatchString(text) {
				good = append(good, text)
			}
		}
		return good, []string{"!"}
	}
	return []string{"something"}, nil
}

// Each method must know each of its documented parameters: it takes it, or says that the
// simulator does not support it. What the document excludes it must refuse.
func TestWorkspaceKnowsEveryParameter(t *testing.T) {
	recorder := NewRecorder(GoogleExceptions...)
	w := newGoogleWorld(t, recorder, true)
	for _, name := range w.google.Methods() {
		id := operationOf(name)
		m := w.method(id)
		base, ok := requests[id]
		if m == nil || !ok {
			t.Errorf("%s: there is no request for it here, or no such method", id)
			continue
		}
		send := func(name, value string) (int, string) {
			query, err := url.ParseQuery(base.query)
			check(t, err)
			if name == "domain" || name == "userKey" {
				query.Del("customer")
			}
			query.Set(name, value)
			return w.raw(m.HTTPMethod, m.address(base.path)+"?"+query.Encode(), fullToken, w.unique(base.body))
		}
		parameters := map[string]*schema{}
		for _, from := range []map[string]*schema{m.document.Parameters, m.Parameters} {
			for name, s := range from {
				if s.Location == "query" {
					parameters[name] = s
				}
			}
		}
		for _, name := range sortedKeys(parameters) {
			good, bad := parameters[name].values()
			for _, value := range good {
				status, answer := send(name, value)
				if status == http.StatusBadRequest && strings.Contains(answer, "Unknown name") {
					t.Errorf("%s: %s=%s: the simulator does not know the parameter: %s", id, name, value, answer)
				}
			}
			for _, value := range bad {
				send(name, value) // the recorder minds if it is accepted
			}
		}
		if status, _ := send("noSuchParameter", "1"); status != http.StatusBadRequest {
			t.Errorf("%s: an unknown parameter is answered with %d", id, status)
		}
	}
	recorder.Report().Verify(t)
}

func (w *googleWorld) method(id string) *method {
	for _, d := range w.spec.documents {
		if i := slices.IndexFunc(d.methods, func(m *method) bool { return m.ID == id }); i >= 0 {
			return d.methods[i]
		}
	}
	return nil
}

// What breaks the rules is refused, and refused in Google's form.
func TestWorkspaceRefusesWhatGoogleRefuses(t *testing.T) {
	recorder := NewRecorder(GoogleExceptions...)
	w := newGoogleWorld(t, recorder, true)
	const (
		directory = "https://admin.googleapis.com/admin/directory/v1/"
		settings  = "https://www.googleapis.com/groups/v1/groups/"
		reports   = "https://admin.googleapis.com/admin/reports/v1/"
	)
	for name, tt := range map[string]struct {
		method, url, token, body string
		want                     int
	}{
		"no token":              {"GET", directory + "groups/data@example.com", "", "", 401},
		"an unknown token":      {"GET", directory + "groups/data@example.com", "stolen", "", 401},
		"no scope":              {"GET", directory + "groups/data@example.com", poorToken, "", 403},
		"no scope, settings":    {"GET", settings + "data@example.com?alt=json", poorToken, "", 403},
		"no scope, reports":     {"GET", reports + "activity/users/all/applications/admin", poorToken, "", 403},
		"no such path":          {"GET", directory + "grooops", fullToken, "", 404},
		"no such method":        {"DELETE", directory + "users", fullToken, "", 404},
		"unknown field":         {"PATCH", settings + "data@example.com?alt=json", fullToken, `{"whoCanFly": "NONE"}`, 400},
		"wrong type":            {"PATCH", settings + "data@example.com?alt=json", fullToken, `{"isArchived": true}`, 400},
		"not JSON":              {"PATCH", settings + "data@example.com?alt=json", fullToken, `{`, 400},
		"a list":                {"PATCH", settings + "data@example.com?alt=json", fullToken, `[]`, 400},
		"unknown application":   {"GET", reports + "activity/users/all/applications/teapot", fullToken, "", 400},
		"not for watching":      {"POST", reports + "activity/users/all/applications/vault/watch", fullToken, `{"id":"a","type":"web_hook","address":"https://hook.example.com/"}`, 400},
		"number for a text":     {"POST", reports + "activity/users/all/applications/admin/watch", fullToken, `{"id":7,"type":"web_hook","address":"https://hook.example.com/"}`, 400},
		"number for an int64":   {"POST", reports + "activity/users/all/applications/admin/watch", fullToken, `{"id":"b","type":"web_hook","address":"https://hook.example.com/","expiration":1795000000000}`, 400},
		"unknown channel field": {"POST", reports + "activity/users/all/applications/admin/watch", fullToken, `{"id":"c","type":"web_hook","address":"https://hook.example.com/","colour":"red"}`, 400},
		"mask":                  {"GET", directory + "groups?customer=my_customer&fields=groups(id", fullToken, "", 400},
		"mask of no field":      {"GET", directory + "groups?customer=my_customer&fields=groups/colour", fullToken, "", 400},
		"settings mask":         {"GET", settings + "data@example.com?alt=json&fields=whoCanFly", fullToken, "", 400},
	} {
		t.Run(name, func(t *testing.T) {
			if status, answer := w.raw(tt.method, tt.url, tt.token, tt.body); status != tt.want {
				t.Errorf("got %d %s, want %d", status, answer, tt.want)
			}
		})
	}
	t.Run("not said to be JSON", func(t *testing.T) {
		r, err := http.NewRequestWithContext(t.Context(), "PATCH", settings+"data@example.com?alt=json", strings.NewReader("{}"))
		check(t, err)
		r.Header.Set("Authorization", "Bearer "+fullToken)
		resp, err := recorder.RoundTripper(w.tap, w.hosts).RoundTrip(r)
		check(t, err)
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("got %d", resp.StatusCode)
		}
	})
	recorder.Report().Verify(t)
}

// The simulator takes exactly the scopes that the documents list. A world has a token for each
// scope, which is its name.
func TestWorkspaceTakesTheDocumentedScopes(t *testing.T) {
	recorder := NewRecorder(GoogleExceptions...)
	w := newGoogleWorld(t, recorder, true)
	for _, scope := range w.spec.scopes() {
		for _, name := range w.google.Methods() {
			m, base := w.method(operationOf(name)), requests[operationOf(name)]
			w.raw(m.HTTPMethod, m.address(base.path)+"?"+base.query, scope, w.unique(base.body))
		}
	}
	recorder.Report().Verify(t)
}

// scopes are all scopes of the documents.
func (g *Google) scopes() []string {
	known := map[string]bool{}
	for _, d := range g.documents {
		for _, m := range d.methods {
			for _, s := range m.Scopes {
				known[s] = true
			}
		}
	}
	return sortedKeys(known)
}
