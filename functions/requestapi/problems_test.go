package requestapi_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
)

var update = flag.Bool("update", false, "write what is seen into the testdata")

// Every sort of problem as it is answered, in both languages. Nothing of a request is in it but the
// names of fields.
func TestProblems(t *testing.T) {
	o := open(t)
	o.ask("aiko@example.com", etl, "used")
	const submit, who = "POST /v1/requests", "aiko@example.com"
	var got strings.Builder
	for _, test := range []struct{ who, what, body, header string }{
		{"", "GET /v1/offers", "", ""},
		{"eve@outside.example", "GET /v1/offers", "", ""},
		{who, "GET /v1/nothing", "", ""},
		{who, "DELETE /v1/requests", "", ""},
		{who, "GET /v1/requests/nothing", "", ""},
		{who, submit, etl, ""},
		{who, submit, "{}", "Idempotency-Key: k"},
		{who, submit, etl, "Content-Type: text/plain"},
		{who, submit, strings.Repeat(" ", 64<<10) + etl, "Idempotency-Key: k"},
		{who, submit, prod, "Idempotency-Key: used"},
		{who, submit, strings.Replace(etl, `"etl"`, `"`+cloudfntest.Canary+`"`, 1), "Idempotency-Key: k"},
		{who, submit, `{"desk": "access", "fields": {"entitlement": "etl", "duration": "9h", "reason": "canary", "admin": "canary"}}`, "Idempotency-Key: k"},
		{who, "POST /v1/requests/" + o.all()[0].ID + "/extend", "", "Idempotency-Key: k"},
	} {
		for _, language := range []string{"en", "ja"} {
			method, path, _ := strings.Cut(test.what, " ")
			headers := []string{"Accept-Language: " + language}
			if test.header != "" {
				headers = append(headers, test.header)
			}
			w := o.do(test.who, method, path, test.body, headers...)
			if strings.Contains(w.Body.String(), cloudfntest.Canary) {
				t.Errorf("%s: a part of the request came back: %s", test.what, w.Body)
			}
			shown := strings.ReplaceAll(test.what, o.all()[0].ID, "{request}")
			fmt.Fprintf(&got, "%s (%s)\n%d %s\n", shown, language, w.Code, w.Body)
		}
	}
	o.Store.Break(2)
	for _, language := range []string{"en", "ja"} {
		w := o.do(who, "POST", "/v1/requests", prod, "Idempotency-Key: broken", "Accept-Language: "+language)
		fmt.Fprintf(&got, "%s, while the store is broken (%s)\n%d %s\n", submit, language, w.Code, w.Body)
	}
	path := filepath.Join("testdata", "problems.txt")
	if *update {
		check(t, os.MkdirAll("testdata", 0o755))
		check(t, os.WriteFile(path, []byte(got.String()), 0o644))
	}
	want, err := os.ReadFile(path)
	check(t, err)
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("(-want +got; go test -update writes it):\n%s", diff)
	}
}
