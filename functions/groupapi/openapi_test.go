package groupapi_test

import (
	"net/http"
	"strings"
	"testing"

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
	}
}
