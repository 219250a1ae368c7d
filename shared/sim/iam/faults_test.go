package iam_test

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/api/cloudresourcemanager/v3"
	"google.golang.org/api/iamcredentials/v1"
	"google.golang.org/api/storage/v1"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/iam"
)

func TestFaultsOfCalls(t *testing.T) {
	for kind, want := range map[sim.FaultKind]struct {
		code    int
		applied bool
	}{
		sim.Fault429: {429, false}, sim.Fault403Quota: {403, false}, sim.Fault500: {500, false}, sim.FaultDown: {503, false},
		sim.FaultConflict: {409, false}, sim.FaultAppliedBut500: {500, true},
	} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t)
			p := w.read(3)
			p.Bindings = append(p.Bindings, &cloudresourcemanager.Binding{Role: "roles/browser", Members: []string{aiko}})
			w.faults.Add(sim.Fault{API: "iam", Kind: kind, Rate: 1, Left: 1})
			_, err := w.as(w.cloud.Token(robot, iam.ScopeCloudPlatform)).credentials.Projects.ServiceAccounts.GenerateAccessToken(grants, &iamcredentials.GenerateAccessTokenRequest{}).Do()
			refused(t, err, 400) // another API is not affected
			_, err = w.write(p)
			refused(t, err, want.code)
			if applied := w.cloud.Bindings(prj) == 2; applied != want.applied {
				t.Errorf("applied: %t, want %t", applied, want.applied)
			}
			_, err = w.write(p)
			if (err == nil) == want.applied {
				t.Errorf("once more: %v", err)
			}
			if calls, refused := w.calls.Count("iam", "projects.setIamPolicy"); calls != 2 || refused != 0 {
				t.Errorf("%d calls, %d refused for quota", calls, refused)
			}
		})
	}
	w := newWorld(t)
	w.faults.Add(sim.Fault{API: "iam", Kind: sim.FaultTimeout, Rate: 1, Left: 1})
	_, err := w.manager.Projects.GetIamPolicy(prj, &cloudresourcemanager.GetIamPolicyRequest{}).Do()
	if timeout, ok := errors.AsType[net.Error](err); !ok || !timeout.Timeout() {
		t.Errorf("got %v, want a timeout", err)
	}
	w.faults.Add(sim.Fault{API: "iam", Kind: sim.FaultConflict, Rate: 1, Left: 1})
	w.read(3) // a read has no conflict
	_, err = w.storage.Buckets.SetIamPolicy("etl-dumps", &storage.Policy{}).Do()
	refused(t, err, 412)
}

func TestQuotas(t *testing.T) {
	w := newWorld(t)
	for _, api := range []string{iam.Policies, iam.Credentials, iam.Identity} {
		if n, per := w.cloud.Quota(api).Limit(); n == 0 || per != time.Minute {
			t.Errorf("%s: %d per %s", api, n, per)
		}
	}
	w.cloud.Quota("iam").Set(1, time.Minute)
	w.read(3)
	_, err := w.manager.Projects.GetIamPolicy(prj, &cloudresourcemanager.GetIamPolicyRequest{}).Do()
	refused(t, err, 429)
	if calls, refused := w.calls.Count("iam", ""); calls != 2 || refused != 1 {
		t.Errorf("%d calls, %d refused", calls, refused)
	}
	if w.cloud.Quota("none") != nil {
		t.Error("a quota of nothing")
	}
}

// Requests that Google's clients would not send.
func TestOddRequests(t *testing.T) {
	w := newWorld(t)
	send := func(method, path, kind, body string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, "https://cloudresourcemanager.googleapis.com"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if kind != "" {
			r.Header.Set("Content-Type", kind)
		}
		// Beside the recorder: these belong to no API.
		resp, err := (bearer{"the-token", sim.Transport{"cloudresourcemanager.googleapis.com": w.cloud}}).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	const js = "application/json"
	for _, test := range []struct {
		method, path, kind, body string
		want                     int
	}{
		{"GET", "/v3/projects/etl-prj-prd:getIamPolicy", "", "", 404},
		{"POST", "/v3/projects/etl-prj-prd:getIamPolicy", js, "{}", 200},
		{"POST", "/v3/projects/etl-prj-prd:getIamPolicy", "text/plain", "{}", 400},
		{"POST", "/v3/projects/etl-prj-prd:getIamPolicy", "", "{}", 400},
		{"POST", "/v3/projects/etl-prj-prd:getIamPolicy", js, "", 400},
		{"POST", "/v3/projects/etl-prj-prd:getIamPolicy", js, `{"colour":1}`, 400},
		{"POST", "/v3/projects/etl-prj-prd:getIamPolicy", js, `{"options":{"requestedPolicyVersion":"x"}}`, 400},
		{"POST", "/v3/projects/etl-prj-prd:setIamPolicy", js, `{}`, 400},
		{"POST", "/v3/projects/etl-prj-prd:getIamPolicy?alt=proto", js, "{}", 400},
		{"POST", "/v3/projects/etl-prj-prd:getIamPolicy?colour=1", js, "{}", 400},
		{"POST", "/v3/projects/etl-prj-prd:getIamPolicy?callback=f", js, "{}", 400},
		{"POST", "/v3/projects/etl-prj-prd/x:getIamPolicy", js, "{}", 404},
		{"GET", "/storage/v1/b/etl-dumps/iam?optionsRequestedPolicyVersion=x", "", "", 400},
	} {
		if got := send(test.method, test.path, test.kind, test.body); got != test.want {
			t.Errorf("%s %s %s: %d, want %d", test.method, test.path, test.body, got, test.want)
		}
	}
	if methods := w.cloud.Methods(); !slices.Contains(methods, "iam.projects.setIamPolicy") || !slices.Contains(methods, "cloudidentity.memberships.create") || len(methods) != 22 {
		t.Errorf("%d methods: %v", len(methods), methods)
	}
}
