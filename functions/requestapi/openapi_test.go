package requestapi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/webapi/webapitest"
)

// Every answer, a problem too, is as the description says, and so is what is sent.
func TestTheDescriptionIsTrue(t *testing.T) {
	o := open(t)
	d := webapitest.Read(t, o.do("", "GET", "/v1/openapi.json", "").Body.Bytes())
	if d.OpenAPI != "3.1.0" || len(d.Paths) != 6 {
		t.Errorf("OpenAPI %s with %d paths", d.OpenAPI, len(d.Paths))
	}
	r := o.ask("aiko@example.com", prod, "first")
	for path, methods := range d.Paths {
		for method, op := range methods {
			if body, ok := op.RequestBody.Content["application/json"]; ok {
				for _, sent := range []string{etl, prod, `{"desk": "access", "fields": {"roles": ["a", "b"]}}`} {
					if problems := d.Check(t, body.Schema, sent); len(problems) > 0 {
						t.Errorf("%s: %s is sent: %v", path, sent, problems)
					}
				}
				for _, bad := range []string{`{"desk": "access", "fields": {"a": 7}}`, `{"desk": "access", "fields": {}, "for": "ken"}`, `{"desk": "access"}`} {
					if len(d.Check(t, body.Schema, bad)) == 0 {
						t.Errorf("%s is described as taking %s", path, bad)
					}
				}
			}
			for i, who := range []string{"aiko@example.com", "ken@example.com", "eve@outside.example", ""} {
				for _, body := range []string{etl, "{}", `{"desk": "access", "fields": {"entitlement": "etl"}}`} {
					if method == "get" {
						body = ""
					}
					w := o.do(who, strings.ToUpper(method), strings.ReplaceAll(path, "{request}", r.ID), body, fmt.Sprintf("Idempotency-Key: %s%d", cloudfntest.Canary, i))
					d.Answer(t, method, path, w)
				}
			}
		}
	}
}
