package main

import (
	"net/http"
	"testing"
)

func TestWhoPaysForRequests(t *testing.T) {
	for credentials, want := range map[string]string{
		`{"type":"authorized_user","quota_project_id":"written-down"}`: "wanted",
		`{"type":"authorized_user"}`:                                   "wanted",
		`{"type":"service_account","quota_project_id":"x"}`:            "",
		`{"type":"external_account"}`:                                  "",
		``:                                                             "", // on a machine of Google's
	} {
		if got := payer([]byte(credentials), "wanted"); got != want {
			t.Errorf("%s: %q, want %q", credentials, got, want)
		}
	}
	if got := payer([]byte(`{"type":"authorized_user","quota_project_id":"written-down"}`), ""); got != "written-down" {
		t.Errorf("without a project: %q", got)
	}
}

// With somebody's own sign-in a project is named on every request, and on none of a service account.
func TestRequestsNameWhoPays(t *testing.T) {
	for subject, want := range map[string]map[string]string{
		"":                 {"google.demo": "mine", "cloud.demo": "mine"},
		"mika@example.com": {"google.demo": "", "cloud.demo": "mine"},
	} {
		d := company(t)
		d.pays, d.Subject = "mine", subject
		seen := map[string]int{}
		for host := range want {
			next := d.transport[host]
			d.transport[host] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				seen[host]++
				if got := r.Header.Get("X-Goog-User-Project"); got != want[host] {
					t.Errorf("as %q %s is asked in the name of %q, want %q", subject, r.URL.Path, got, want[host])
				}
				next.ServeHTTP(w, r)
			})
		}
		if _, err := examined(t, d); err != nil {
			t.Error(err)
		}
		if len(seen) != 2 {
			t.Errorf("as %q these were asked: %v", subject, seen)
		}
	}
}
