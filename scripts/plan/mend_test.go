package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/grant"
)

// Whatever vendors answer, a check that fails names a command, or the page with what to press there.
func TestEveryCheckThatFailsIsMended(t *testing.T) {
	answer := func(status int, kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	const page, object = "text/html", "application/json"
	tests := map[string]http.Handler{
		"nothing is reached":       nil,
		"all is out of order":      answer(500, object, "{}"),
		"a proxy answers":          answer(502, page, "<title>Bad gateway</title>"),
		"a page is not found":      answer(404, page, "<title>Not found</title>"),
		"too many requests":        answer(429, object, "{}"),
		"the token is not taken":   answer(401, object, `{"error":{"code":401,"message":"Invalid Credentials","errors":[{"reason":"authError"}]}}`),
		"nobody may":               answer(403, object, `{"error":{"code":403,"message":"Forbidden"}}`),
		"nobody may, in XML":       answer(403, "text/xml", "<errors/>"),
		"the request is not taken": answer(400, object, `{"error":{"code":400,"message":"Bad Request","errors":[{"reason":"badRequest"}]}}`),
		"an answer of nothing":     answer(200, object, ""),
		"an answer that is cut":    answer(200, object, `{"groups":[`),
	}
	ways := []string{"gcloud ", "curl ", "open https://", "open http://", "set ", "unset ", "wait", "correct ", "go run "}
	for name, handler := range tests {
		t.Run(name, func(t *testing.T) {
			d := company(t)
			for host := range d.transport {
				if d.transport[host] = handler; handler == nil {
					delete(d.transport, host)
				}
			}
			c, err := examined(t, d)
			if err == nil {
				t.Error("the doctor finds nothing wrong")
			}
			for _, x := range c.Checks {
				if x.State != isMissing {
					continue
				}
				if len(x.Mend) == 0 || x.Problem == "" {
					t.Errorf("%s: %q is mended by %q", x.Name, x.Problem, x.Mend)
				}
				for _, line := range x.Mend {
					known := false
					for _, way := range ways {
						known = known || strings.HasPrefix(line, way)
					}
					if !known {
						t.Errorf("%s: %q is nothing to type or to press", x.Name, line)
					}
				}
			}
		})
	}
}

// The right to read an access policy is given where the place is.
func TestReadingIsGivenWhereThePlaceIs(t *testing.T) {
	p := &platform{}
	p.Project = "home"
	const member = ` --member="user:$(gcloud config get-value account)" --role=`
	for at, want := range map[grant.Scope]string{
		{Kind: grant.Project, Name: "etl"}:       "gcloud projects add-iam-policy-binding etl" + member + "roles/iam.securityReviewer",
		{Kind: grant.Folder, Name: "415"}:        "gcloud resource-manager folders add-iam-policy-binding 415" + member + "roles/iam.securityReviewer",
		{Kind: grant.Organization, Name: "777"}:  "gcloud organizations add-iam-policy-binding 777" + member + "roles/iam.securityReviewer",
		{Kind: grant.Dataset, Name: "etl.sales"}: "gcloud projects add-iam-policy-binding etl" + member + "roles/bigquery.metadataViewer",
		{Kind: grant.Bucket, Name: "raw"}:        "gcloud projects add-iam-policy-binding home" + member + "roles/iam.securityReviewer",
	} {
		if got := bind(p, at); got != want {
			t.Errorf("%s: %s, want %s", at, got, want)
		}
	}
	p.Project = ""
	if got := enable(p, "x.googleapis.com"); got != `gcloud services enable x.googleapis.com --project="$(gcloud config get-value project)"` {
		t.Errorf("without a project: %s", got)
	}
}

// faultsOfGoogle are answers whose reasons mean other things too.
var faultsOfGoogle = map[string]fault{
	"no project is named": {
		func(d *demoCompany) {
			d.Project = ""
			d.transport["cloud.demo"] = refusing(d.transport["cloud.demo"], path("getIamPolicy"), 403, "SERVICE_DISABLED", "SERVICE_DISABLED",
				"The cloudresourcemanager.googleapis.com API requires a quota project, which is not set by default.")
		},
		"access policy of project etl-prj-prd", "export GOOGLE_CLOUD_PROJECT=",
	},
	"the project may not be used": {
		func(d *demoCompany) {
			d.transport["google.demo"] = refusing(d.transport["google.demo"], path("/users"), 403, "forbidden", "USER_PROJECT_DENIED",
				"Caller does not have required permission to use project sekisho-demo.")
		},
		"people of the directory",
		"gcloud projects add-iam-policy-binding sekisho-demo --member=\"user:$(gcloud config get-value account)\" --role=roles/serviceusage.serviceUsageConsumer",
	},
	"the token of Google Cloud has ended": {
		func(d *demoCompany) {
			d.transport["cloud.demo"] = refusing(d.transport["cloud.demo"], path("getIamPolicy"), 401, "authError", "", "Invalid Credentials")
		},
		"access policy of project etl-prj-prd", "gcloud auth application-default login",
	},
}
