package main

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/scripts/local/demo"
)

// watched records every request that leaves for a vendor, as METHOD host/path; those that can only
// read, by GET, are left out.
func watched(d *demoCompany) map[string]bool {
	sent := map[string]bool{}
	for host, next := range d.transport {
		d.transport[host] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet {
				sent[r.Method+" "+host+r.URL.Path] = true
			}
			next.ServeHTTP(w, r)
		})
	}
	return sent
}

// Whatever the command is asked for, it writes to no vendor: all that is no GET signs in, or reads by
// a method that is called with POST (https://cloud.google.com/resource-manager/reference/rest/v3/projects/getIamPolicy,
// https://docs.slack.dev/reference/methods/auth.test).
func TestNoRequestWrites(t *testing.T) {
	const signIn, policyOf, whoAmI = "POST looker.demo/api/4.0/login", "POST cloud.demo/v3/projects/etl-prj-prd:getIamPolicy", "POST slack.demo/api/auth.test"
	policy := loaded(t, "testdata/policy")
	tests := map[string]struct {
		ask  func(*demoCompany) error
		want []string
	}{
		"the plan": {func(d *demoCompany) error {
			_, err := opened(t, d, "").plan(t.Context(), policy, nil)
			return err
		}, []string{policyOf, signIn}},
		"why": {func(d *demoCompany) error {
			_, err := opened(t, d, "").why(t.Context(), policy, question{person: "ken@example.com", operation: "ApproveAccess", resource: "access:prod-write"})
			return err
		}, nil},
		"another policy": {func(d *demoCompany) error {
			o := options{demo: true, policy: "testdata/looser", rate: 10, log: io.Discard}
			_, err := o.whatIf(t.Context(), &d.platform, demo.Policy())
			if err != nil && !strings.Contains(err.Error(), errLooser.Error()) {
				return err
			}
			return nil
		}, nil},
		"the doctor": {func(d *demoCompany) error {
			_, err := examined(t, d)
			return err
		}, []string{policyOf, signIn, whoAmI}},
		"the catalogue": {func(d *demoCompany) error {
			_, err := importCatalog(t.Context(), &d.platform, io.Discard)
			return err
		}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := company(t)
			sent := watched(d)
			if err := tt.ask(d); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, slices.Sorted(maps.Keys(sent))); diff != "" {
				t.Errorf("requests that are no GET (-want +got):\n%s", diff)
			}
			for _, tally := range d.calls.Tallies() {
				if slices.ContainsFunc([]string{"insert", "update", "patch", "delete", "create", "set", "stop", "watch"}, func(verb string) bool {
					return strings.Contains(strings.ToLower(tally.Method), verb)
				}) {
					t.Errorf("%s %s was called", tally.API, tally.Method)
				}
			}
		})
	}
}
