package webapi_test

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/webapi"
	"github.com/sekisho/sekisho/shared/webapi/webapitest"
)

func TestAProblemIsWrittenAsTheRFCSays(t *testing.T) {
	w := httptest.NewRecorder()
	p := webapi.NewProblem(http.StatusUnauthorized, "token", "A token is needed.", "")
	p.After = 5 * time.Second
	p.Write(w)
	if got := w.Body.String(); w.Code != 401 || got != `{"type":"/v1/problems/token","title":"A token is needed.","status":401}`+"\n" {
		t.Errorf("%d %s", w.Code, got)
	}
	for name, want := range map[string]string{"Content-Type": "application/problem+json", "Retry-After": "5", "Www-Authenticate": "Bearer"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestWhatAClientHasIsNotSentAgain(t *testing.T) {
	ask := func(known string) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
		r.Header.Set("If-None-Match", known)
		webapi.Write(w, r, []byte("{}\n"))
		return w
	}
	tag := ask("").Header().Get("ETag")
	for known, want := range map[string]int{"": 200, `"other"`: 200, tag: 304, "W/" + tag: 304, `"other", ` + tag: 304, "*": 304} {
		if w := ask(known); w.Code != want || (w.Body.Len() == 0) != (want == 304) {
			t.Errorf("with %q: %d %q, want %d", known, w.Code, w.Body, want)
		}
	}
}

type either struct{}

func (either) Schema() webapi.Object { return webapi.Object{"oneOf": []any{}} }

func TestSchemaOf(t *testing.T) {
	type inner struct {
		N int `json:"n"`
	}
	got := webapi.SchemaOf(reflect.TypeFor[struct {
		Text     string         `json:"text"`
		At       time.Time      `json:"at,omitzero"`
		Yes      bool           `json:"yes,omitempty"`
		List     []inner        `json:"list"`
		Map      map[string]int `json:"map,omitempty"`
		Pointer  *inner         `json:"pointer,omitempty"`
		Own      either         `json:"own"`
		Hidden   string         `json:"-"`
		Untagged string
	}]())
	n := webapi.Object{"type": "object", "properties": webapi.Object{"n": webapi.Object{"type": "integer"}}, "required": []string{"n"}}
	want := webapi.Object{"type": "object", "required": []string{"text", "list", "own"}, "properties": webapi.Object{
		"text": webapi.Object{"type": "string"}, "at": webapi.Object{"type": "string", "format": "date-time"}, "yes": webapi.Object{"type": "boolean"},
		"list": webapi.Object{"type": "array", "items": n}, "map": webapi.Object{"type": "object", "additionalProperties": webapi.Object{"type": "integer"}},
		"pointer": n, "own": webapi.Object{"oneOf": []any{}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDescribeNamesEveryOperation(t *testing.T) {
	text := webapi.Object{"type": "string"}
	d := webapitest.Read(t, webapi.Describe(webapi.API{Title: "T", Version: "1", PathText: "An id."}, []webapi.Operation{
		{Method: "GET", Path: "/v1/things/{thing}/why", Summary: "Why.", Answer: text, Problems: []int{404}},
		{
			Method: "POST", Path: "/v1/things/{thing}/why", Summary: "Because.", Answer: text, Status: 201, Body: text,
			Parameters: []webapi.Parameter{{Name: "Key", In: "header", Text: "A key.", Required: true, Schema: text}},
		},
	}))
	both := d.Paths["/v1/things/{thing}/why"]
	if both["get"].OperationID != "things_thing_why" || both["post"].OperationID != "post_things_thing_why" {
		t.Errorf("%+v", both)
	}
	if p := both["post"].Parameters; len(p) != 2 || p[0].In != "path" || !p[0].Required || p[1].In != "header" || !p[1].Required {
		t.Errorf("%+v", p)
	}
	if _, ok := both["post"].Responses["201"]; !ok || len(both["get"].RequestBody.Content) != 0 || len(both["post"].RequestBody.Content) != 1 {
		t.Errorf("%+v", both["post"])
	}
}
