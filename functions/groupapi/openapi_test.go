package groupapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/groupapi"
	"github.com/sekisho/sekisho/shared/webapi/webapitest"
)

// The description names every path, and every answer is as the description says.
func TestTheDescriptionIsTrue(t *testing.T) {
	d := open(t)
	d.company(t)
	w := d.ask("", "/v1/openapi.json") // it holds nothing of the company
	if w.Code != http.StatusOK {
		t.Fatalf("status %d", w.Code)
	}
	document := webapitest.Read(t, w.Body.Bytes())
	if document.OpenAPI != "3.1.0" || len(document.Paths) != 8 {
		t.Errorf("OpenAPI %q with %d paths", document.OpenAPI, len(document.Paths))
	}
	for path := range document.Paths {
		url := strings.NewReplacer("{group}", "g1", "{person}", "ken").Replace(path)
		document.Answer(t, "GET", path, d.ask(all, url))
		// What it says may be asked may be asked, and what goes wrong is in it too.
		var asked []string
		for _, p := range document.Paths[path]["get"].Parameters {
			if p.In == "query" {
				asked = append(asked, p.Name)
				document.Answer(t, "GET", path, d.ask(all, url+"?"+p.Name+"="+samples[p.Name]))
				document.Answer(t, "GET", path, d.ask(all, url+"?"+p.Name+"=%25"))
			}
		}
		if !slices.Contains(asked, "max_age") {
			t.Errorf("%s takes %v, without max_age", path, asked)
		}
	}
}

// samples has a value for each parameter that there is.
var samples = map[string]string{"max_age": "86400", "limit": "5", "effective": "true", "since": "2026-11-22T00:00:00Z", "cursor": ""}

// Problems that few questions have are described as well.
func TestRareProblemsAreDescribed(t *testing.T) {
	d := open(t)
	d.company(t)
	d.chain(t, 60)
	document := webapitest.Read(t, d.ask("", "/v1/openapi.json").Body.Bytes())
	for path, url := range map[string]string{
		"/v1/groups/{group}/members":      "/v1/groups/c0/members?effective=true",
		"/v1/groups/{group}/why/{person}": "/v1/groups/c0/why/lena",
		"/v1/people/{person}/groups":      "/v1/people/lena/groups?effective=true",
	} {
		w := d.ask(all, url)
		if w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", url, w.Code)
		}
		document.Answer(t, "GET", path, w)
	}
	var list []groupapi.Change
	cursor := d.answer(t, all, "/v1/changes", &list).Next
	d.Clock.Advance(40 * 24 * time.Hour)
	w := d.ask(all, "/v1/changes?cursor="+cursor)
	if w.Code != http.StatusGone {
		t.Errorf("status %d, want 410", w.Code)
	}
	document.Answer(t, "GET", "/v1/changes", w)
}
