package contract

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const host = "https://library.googleapis.com/library/"

func TestGoogleRequests(t *testing.T) {
	g := library(t)
	good := `{"name": "poems"}`
	for name, tt := range map[string]struct {
		method, path, body string
		headers            []string
		want               []string
	}{
		"good":                        {"GET", "shelves?owner=me&room=HALL&maxResults=100&tag=a&tag=b&all=true&fields=items(name,books/title),nextPageToken", "", nil, nil},
		"unknown parameter":           {"GET", "shelves?owner=me&colour=red", "", nil, []string{"request query.colour: the method has no such parameter"}},
		"value outside of the enum":   {"GET", "shelves?owner=me&room=ATTIC", "", nil, []string{`request query.room: "ATTIC" is none of HALL, CELLAR`}},
		"no integer":                  {"GET", "shelves?owner=me&maxResults=ten", "", nil, []string{`request query.maxResults: "ten" is no integer`}},
		"fraction":                    {"GET", "shelves?owner=me&maxResults=1.5", "", nil, []string{`request query.maxResults: "1.5" is no integer`}},
		"too small":                   {"GET", "shelves?owner=me&maxResults=0", "", nil, []string{`request query.maxResults: 0 is not between 1 and 100`}},
		"too large":                   {"GET", "shelves?owner=me&maxResults=101", "", nil, []string{`request query.maxResults: 101 is not between 1 and 100`}},
		"no boolean":                  {"GET", "shelves?owner=me&all=yes", "", nil, []string{`request query.all: "yes" is neither true nor false`}},
		"pattern":                     {"GET", "shelves?owner=me&tag=A1", "", nil, []string{`request query.tag: "A1" does not have the form [a-z]+`}},
		"pattern holds for all of it": {"GET", "shelves?owner=me&tag=a1", "", nil, []string{`request query.tag: "a1" does not have the form [a-z]+`}},
		"twice":                       {"GET", "shelves?owner=me&owner=you", "", nil, []string{`request query.owner: it is there 2 times`}},
		"missing parameter":           {"GET", "shelves", "", nil, []string{`request query.owner: it is required and not there`}},
		"standard parameter":          {"GET", "shelves?owner=me&alt=xml", "", nil, []string{`request query.alt: "xml" is none of json, media`}},
		"mask of an unknown field":    {"GET", "shelves?owner=me&fields=items(colour)", "", nil, []string{`request query.fields: it asks for colour, which is no field`}},
		"mask that is not closed":     {"GET", "shelves?owner=me&fields=items(name", "", nil, []string{`request query.fields: the mask "items(name" cannot be read: a parenthesis is not closed before ""`}},
		"query that cannot be read":   {"GET", "shelves?owner=me&room=%zz", "", nil, []string{`request query: it cannot be read: invalid URL escape "%zz"`}},
		"no token":                    {"GET", "shelves?owner=me", "", []string{"Authorization", ""}, []string{"request header.Authorization: there is no bearer token"}},
		"body of a reading":           {"GET", "shelves?owner=me", "{}", nil, []string{"request body: the method takes none"}},
		"path pattern":                {"GET", "shelves/A1", "", nil, []string{`request path.name: "A1" does not have the form [a-z]+`}},
		"escaped path":                {"GET", "shelves/a%2Fb", "", nil, []string{`request path.name: "a/b" does not have the form [a-z]+`}},
		"several segments":            {"POST", "v1/houses/h/shelves/s:setRights", `{"title": "x"}`, nil, nil},
		"good body":                   {"POST", "shelves", good, nil, nil},
		"unknown field":               {"POST", "shelves", `{"name": "a", "colour": "red"}`, nil, []string{"request body.colour: there is no such field"}},
		"unknown field, deep":         {"POST", "shelves", `{"name": "a", "books": [{"titel": "x"}]}`, nil, []string{"request body.books[].titel: there is no such field"}},
		"wrong type":                  {"POST", "shelves", `{"name": 7}`, nil, []string{"request body.name: it is a number, not a string"}},
		"number for int64":            {"POST", "shelves", `{"name": "a", "count": 7}`, nil, []string{"request body.count: it is a number, not a string"}},
		"text for a number":           {"POST", "shelves", `{"name": "a", "metres": "7"}`, nil, []string{"request body.metres: it is a string, not a number"}},
		"text for a boolean":          {"POST", "shelves", `{"name": "a", "open": "true"}`, nil, []string{"request body.open: it is a string, not a boolean"}},
		"object for an array":         {"POST", "shelves", `{"name": "a", "books": {}}`, nil, []string{"request body.books: it is an object, not an array"}},
		"array for an object":         {"POST", "shelves", `{"name": "a", "labels": []}`, nil, []string{"request body.labels: it is an array, not an object"}},
		"free map":                    {"POST", "shelves", `{"name": "a", "labels": {"x": "y"}, "note": {"a": [1]}}`, nil, nil},
		"map of a wrong type":         {"POST", "shelves", `{"name": "a", "labels": {"x": 1}}`, nil, []string{"request body.labels.x: it is a number, not a string"}},
		"enum in a body":              {"POST", "shelves", `{"name": "a", "room": "ATTIC"}`, nil, []string{`request body.room: "ATTIC" is none of HALL, CELLAR`}},
		"pattern in a body":           {"POST", "shelves", `{"name": "a", "code": "abc"}`, nil, []string{`request body.code: "abc" does not have the form [A-Z]{2}`}},
		"range in a body":             {"POST", "shelves", `{"name": "a", "floor": 10}`, nil, []string{`request body.floor: 10 is not between -2 and 9`}},
		"format int64":                {"POST", "shelves", `{"name": "a", "count": "many"}`, nil, []string{`request body.count: "many" does not have the format int64`}},
		"format byte":                 {"POST", "shelves", `{"name": "a", "cover": "*"}`, nil, []string{`request body.cover: "*" does not have the format byte`}},
		"format duration":             {"POST", "shelves", `{"name": "a", "loan": "3 days"}`, nil, []string{`request body.loan: "3 days" does not have the format google-duration`}},
		"only for reading":            {"POST", "shelves", `{"name": "a", "made": "2026-11-22T00:00:00Z"}`, nil, []string{"request body.made: it is only for reading"}},
		"missing field":               {"POST", "shelves", `{"room": "HALL"}`, nil, []string{"request body.name: it is required and not there"}},
		"null":                        {"POST", "shelves", `{"name": "a", "room": null}`, nil, []string{"request body.room: it is null"}},
		"null in a patch":             {"PATCH", "shelves/a", `{"room": null}`, nil, nil},
		"no JSON":                     {"POST", "shelves", `{`, nil, []string{"request body: it is no JSON: unexpected EOF"}},
		"two values":                  {"POST", "shelves", `{"name": "a"} {}`, nil, []string{"request body: there is something after the JSON"}},
		"a list":                      {"POST", "shelves", `[]`, nil, []string{"request body: it is an array, not an object"}},
		"not said to be JSON":         {"POST", "shelves", good, []string{"Content-Type", "text/plain"}, []string{`request header.Content-Type: "text/plain", and the body is JSON`}},
		"no such path":                {"GET", "books", "", nil, []string{"not of this API"}},
		"no such method of HTTP":      {"PUT", "shelves/a", good, nil, []string{"not of this API"}},
	} {
		t.Run(name, func(t *testing.T) {
			headers := append([]string{"Authorization", "Bearer reader", "Content-Type", "application/json"}, tt.headers...)
			x := exchange(tt.method, host+tt.path, tt.body, 0, "", headers...)
			if diff := cmp.Diff(tt.want, judgement(t, g, x)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	elsewhere := exchange("GET", "https://www.googleapis.com/library/shelves?owner=me", "", 0, "", "Authorization", "Bearer reader")
	if got := judgement(t, g, elsewhere); len(got) != 1 || !strings.Contains(got[0], "the API is at library.googleapis.com") {
		t.Errorf("another host of Google: got %v", got)
	}
}

func TestGoogleAnswers(t *testing.T) {
	g := library(t)
	for name, tt := range map[string]struct {
		method, path string
		status       int
		answer       string
		headers      []string
		want         []string
	}{
		"good":                {"GET", "shelves/a", 200, `{"kind": "library#shelf", "count": "7", "metres": 1.5, "made": "2026-11-22T00:00:00.123Z"}`, nil, nil},
		"unknown field":       {"GET", "shelves/a", 200, `{"colour": "red"}`, nil, []string{"answer answer.colour: there is no such field"}},
		"deep":                {"GET", "shelves/a", 200, `{"books": [{"on": {"books": [{"x": 1}]}}]}`, nil, []string{"answer answer.books[].on.books[].x: there is no such field"}},
		"wrong type":          {"GET", "shelves/a", 200, `{"open": "true"}`, nil, []string{"answer answer.open: it is a string, not a boolean"}},
		"number for int64":    {"GET", "shelves/a", 200, `{"count": 7}`, nil, []string{"answer answer.count: it is a number, not a string"}},
		"null":                {"GET", "shelves/a", 200, `{"name": null}`, nil, []string{"answer answer.name: it is null"}},
		"wrong kind":          {"GET", "shelves/a", 200, `{"kind": "library#book"}`, nil, []string{`answer answer.kind: it is "library#book", not "library#shelf"`}},
		"no time":             {"GET", "shelves/a", 200, `{"made": "yesterday"}`, nil, []string{`answer answer.made: "yesterday" does not have the format date-time`}},
		"not asked for":       {"GET", "shelves/a?fields=books/title", 200, `{"name": "a", "books": [{"title": "x", "on": {}}]}`, nil, []string{"answer answer.books[].on: it was not asked for", "answer answer.name: it was not asked for"}},
		"all was asked for":   {"GET", "shelves/a?fields=*", 200, `{"name": "a"}`, nil, nil},
		"a list":              {"GET", "shelves/a", 200, `[]`, nil, []string{"answer answer: it is an array, not an object"}},
		"nothing":             {"GET", "shelves/a", 200, ``, nil, []string{"answer answer: it is no JSON: EOF"}},
		"not said to be JSON": {"GET", "shelves/a", 200, `{}`, []string{"answer Content-Type", "text/html"}, []string{`answer header.Content-Type: "text/html", and the answer is JSON`}},
		"created":             {"GET", "shelves/a", 201, `{}`, nil, []string{"answer status: 201 for an answer with content"}},
		"elsewhere":           {"GET", "shelves/a", 302, ``, nil, []string{"answer status: 302 is no answer of this API"}},
		"media":               {"GET", "shelves/a?alt=media", 200, `{}`, nil, []string{"answer answer: there is one in the form media, which cannot be judged here"}},
		"no content":          {"DELETE", "shelves/a", 204, ``, nil, nil},
		"content":             {"DELETE", "shelves/a", 200, `{}`, nil, []string{"answer answer: the method answers nothing, and there are 2 bytes", "answer status: 200 for an answer without content"}},
		"good error":          {"GET", "shelves/a", 404, `{"error": {"code": 404, "message": "no", "status": "NOT_FOUND", "errors": [{"message": "no", "domain": "global", "reason": "notFound"}]}}`, nil, nil},
		"error with details":  {"GET", "shelves/a", 403, `{"error": {"code": 403, "message": "no", "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "A_B", "domain": "googleapis.com"}]}}`, nil, nil},
		"error without form":  {"GET", "shelves/a", 404, `{"message": "no"}`, nil, []string{"answer error: it is not an object with the single field error"}},
		"error in words":      {"GET", "shelves/a", 500, `oops`, []string{"answer Content-Type", "text/plain"}, []string{"answer error: it is no JSON: invalid character 'o' looking for beginning of value", `answer error: its Content-Type is "text/plain"`}},
		"error in all details": {"GET", "shelves/a", 404, `{"error": {"code": 400, "status": "ABORTED", "colour": 1, "errors": [{"message": "no", "locationType": "body", "x": 1}], "details": [{"@type": "x"}, {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "lower", "more": 1}]}}`, nil, []string{
			"answer error.code: it is 400, and the status is 404",
			"answer error.colour: there is no such field",
			"answer error.details[].@type: it is x",
			"answer error.details[].domain: there is none",
			"answer error.details[].more: there is no such field",
			"answer error.details[].reason: it is lower",
			"answer error.errors[].domain: there is none",
			"answer error.errors[].locationType: it is body",
			"answer error.errors[].locationType: location and locationType come together",
			"answer error.errors[].reason: there is none",
			"answer error.errors[].x: there is no such field",
			"answer error.message: there is none",
			"answer error.status: ABORTED does not go with 404",
		}},
		"errors that are no list": {"GET", "shelves/a", 404, `{"error": {"code": 404, "message": "no", "errors": {}, "details": {}}}`, nil, []string{
			"answer error.details: it is an object, not an array", "answer error.errors: it is an object, not an array",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			token := "reader"
			if tt.method == "DELETE" {
				token = "writer"
			}
			headers := append([]string{"Authorization", "Bearer " + token}, tt.headers...)
			x := exchange(tt.method, host+tt.path, "", tt.status, tt.answer, headers...)
			if diff := cmp.Diff(tt.want, judgement(t, g, x)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestGoogleScopes(t *testing.T) {
	g := library(t)
	lacking := `{"error": {"code": 403, "message": "no", "errors": [{"message": "no", "domain": "global", "reason": "insufficientPermissions"}]}}`
	for name, tt := range map[string]struct {
		token  string
		status int
		answer string
		want   []string
	}{
		"enough":                  {"reader", 200, `{}`, nil},
		"refused rightly":         {"writer", 403, lacking, nil},
		"accepted without scope":  {"writer", 200, `{}`, []string{"answer scopes: accepted with [write], and one of [read] is needed"}},
		"accepted without token":  {"nobody", 200, `{}`, []string{"answer scopes: accepted with a token that does not exist"}},
		"refused although enough": {"reader", 403, lacking, []string{"answer scopes: refused with [read], and one of [read] is enough"}},
	} {
		t.Run(name, func(t *testing.T) {
			x := exchange("GET", host+"shelves/a", "", tt.status, tt.answer, "Authorization", "Bearer "+tt.token)
			if diff := cmp.Diff(tt.want, judgement(t, g, x)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDocumentsThatCannotBeRead(t *testing.T) {
	method := `"methods": {"m": {"id": "m", "httpMethod": "GET", "path": "p"%s}}`
	for name, document := range map[string]string{
		"no JSON":                 `{`,
		"no methods":              `{}`,
		"a reference to nothing":  `{"schemas": {"A": {"type": "object", "properties": {"b": {"$ref": "B"}}}}, ` + strings.ReplaceAll(method, "%s", "") + `}`,
		"an answer of nothing":    `{` + strings.ReplaceAll(method, "%s", `, "response": {"$ref": "B"}`) + `}`,
		"a pattern that is none":  `{` + strings.ReplaceAll(method, "%s", `, "parameters": {"q": {"pattern": "("}}`) + `}`,
		"a type of items unknown": `{"schemas": {"A": {"type": "array", "items": {"$ref": "B"}}}, ` + strings.ReplaceAll(method, "%s", "") + `}`,
		"a root that is none":     `{"rootUrl": ":", ` + strings.ReplaceAll(method, "%s", "") + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := LoadGoogle(fstest.MapFS{"google/x.json": {Data: []byte(document)}}, "x"); err == nil {
				t.Error("it was read")
			}
		})
	}
	if _, err := LoadGoogle(fstest.MapFS{}, "x"); err == nil {
		t.Error("a document that is not there was read")
	}
	if _, err := LoadNotifications(fstest.MapFS{"google/admin.reports.v1.admin.json": {Data: []byte(libraryDocument)}}); err == nil {
		t.Error("a document without activities was read for notifications")
	}
}

func TestMasks(t *testing.T) {
	for text, want := range map[string]mask{
		"a":          {"a": nil},
		"a,b/c":      {"a": nil, "b": {"c": nil}},
		"a(b,c/d),e": {"a": {"b": nil, "c": {"d": nil}}, "e": nil},
		"a/b,a/c":    {"a": {"b": nil, "c": nil}},
		"a,a/b":      {"a": nil},
		"a/b,a":      {"a": nil},
		"*":          {"*": nil},
	} {
		got, err := parseMask(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", text, err, diff)
		}
	}
	for _, text := range []string{"", ",", "a,", "a(", "a)", "a()", "a/", "(a)", strings.Repeat("a/", 30) + "a", strings.Repeat("a(", 30)} {
		if got, err := parseMask(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

func FuzzMask(f *testing.F) {
	f.Add("nextPageToken,groups(id,name/fullName)")
	f.Add("a(b,c/d),e,*")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseMask(text)
		if err == nil && len(m) == 0 {
			t.Errorf("%q asks for nothing and was read", text)
		}
	})
}
