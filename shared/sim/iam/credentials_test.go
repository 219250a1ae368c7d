package iam_test

import (
	"testing"
	"time"

	"google.golang.org/api/cloudresourcemanager/v3"
	"google.golang.org/api/iamcredentials/v1"

	"github.com/sekisho/sekisho/shared/sim/iam"
)

const (
	grants = "projects/-/serviceAccounts/grants@etl-prj-prd.iam.gserviceaccount.com"
	middle = "projects/-/serviceAccounts/middle@etl-prj-prd.iam.gserviceaccount.com"
	fn     = "projects/-/serviceAccounts/fn@etl-prj-prd.iam.gserviceaccount.com"
)

func TestTokens(t *testing.T) {
	w := newWorld(t)
	ask := func(member, account string, r iamcredentials.GenerateAccessTokenRequest) (*iamcredentials.GenerateAccessTokenResponse, error) {
		if r.Scope == nil {
			r.Scope = []string{iam.ScopeCloudPlatform}
		}
		return w.as(w.cloud.Token(member, iam.ScopeCloudPlatform)).credentials.Projects.ServiceAccounts.GenerateAccessToken(account, &r).Do()
	}
	const function = "serviceAccount:fn@etl-prj-prd.iam.gserviceaccount.com"
	got := must[*iamcredentials.GenerateAccessTokenResponse](t)(ask(function, grants, iamcredentials.GenerateAccessTokenRequest{Lifetime: "600s"}))
	if got.ExpireTime != "2026-11-22T00:10:00Z" {
		t.Errorf("it ends at %s", got.ExpireTime)
	}
	read := func() error {
		_, err := w.as(got.AccessToken).manager.Projects.GetIamPolicy(prj, &cloudresourcemanager.GetIamPolicyRequest{}).Do()
		return err
	}
	check(t, read())
	w.now = begin.Add(10 * time.Minute)
	refused(t, read(), 401)
	w.now = begin

	got = must[*iamcredentials.GenerateAccessTokenResponse](t)(ask(function, grants, iamcredentials.GenerateAccessTokenRequest{Scope: []string{iam.ScopeGroups}}))
	if got.ExpireTime != "2026-11-22T01:00:00Z" {
		t.Errorf("it ends at %s", got.ExpireTime)
	}
	refused(t, read(), 403) // it has another scope

	// Who may not, may not; a chain needs every link.
	_, err := ask(ken, grants, iamcredentials.GenerateAccessTokenRequest{})
	refused(t, err, 403)
	must[*iamcredentials.GenerateAccessTokenResponse](t)(ask(ken, grants, iamcredentials.GenerateAccessTokenRequest{Delegates: []string{middle, fn}}))
	_, err = ask(ken, grants, iamcredentials.GenerateAccessTokenRequest{Delegates: []string{fn}})
	refused(t, err, 403)
	_, err = ask(ken, grants, iamcredentials.GenerateAccessTokenRequest{Delegates: []string{middle}})
	refused(t, err, 403)
	// The role can be held from above.
	check(t, w.cloud.SetBinding(folder, "roles/iam.serviceAccountTokenCreator", aiko))
	must[*iamcredentials.GenerateAccessTokenResponse](t)(ask(aiko, grants, iamcredentials.GenerateAccessTokenRequest{}))

	for name, test := range map[string]struct {
		account string
		request iamcredentials.GenerateAccessTokenRequest
		want    int
	}{
		"no such account":      {"projects/-/serviceAccounts/none@etl-prj-prd.iam.gserviceaccount.com", iamcredentials.GenerateAccessTokenRequest{}, 404},
		"a project":            {"projects/etl-prj-prd/serviceAccounts/grants@etl-prj-prd.iam.gserviceaccount.com", iamcredentials.GenerateAccessTokenRequest{}, 400},
		"no scope":             {grants, iamcredentials.GenerateAccessTokenRequest{Scope: []string{}}, 400},
		"too long":             {grants, iamcredentials.GenerateAccessTokenRequest{Lifetime: "3601s"}, 400},
		"no time":              {grants, iamcredentials.GenerateAccessTokenRequest{Lifetime: "0s"}, 400},
		"another form":         {grants, iamcredentials.GenerateAccessTokenRequest{Lifetime: "1h"}, 400},
		"a delegate's address": {grants, iamcredentials.GenerateAccessTokenRequest{Delegates: []string{"middle@etl-prj-prd.iam.gserviceaccount.com"}}, 400},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ask(function, test.account, test.request)
			refused(t, err, test.want)
		})
	}
	if _, ok := w.cloud.Scopes("none"); ok {
		t.Error("a token that there is not has scopes")
	}
}
