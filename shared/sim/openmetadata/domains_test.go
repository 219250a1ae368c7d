package openmetadata_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/sim/openmetadata"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// newDomainWorld returns a catalogue with domains, of which one is in another, and an administrator.
func newDomainWorld(t *testing.T) *world {
	t.Helper()
	return newWorld(t, func(o *openmetadata.Options) {
		company, err := org.Parse("company.yaml", []byte(`
people:
  - {email: aiko@example.com}
  - {email: ken@example.com}
openmetadata:
  admins: [ken@example.com]
  domains: [{name: sales, users: [aiko@example.com]}, {name: sales.emea}, {name: hr}]
  tables: [{name: sample.fact_table, domains: [sales.emea]}, {name: scratch.trial}]
  teams:
    - {name: data, type: Division, users: [], domains: [hr]}
    - {name: loaders, parent: data, users: [aiko@example.com], domains: [sales, sales.emea]}
`))
		check(t, err)
		o.Company = company
	})
}

// shown lists the domains of something as the API shows them: full names, with a star where they are
// inherited.
func (w *world) shown(plural, name string) []string {
	w.t.Helper()
	var out []string
	for _, d := range w.ok("GET", plural+"/name/"+name+"?fields=domains", nil)["domains"].([]any) {
		r := d.(object)
		full := r["fullyQualifiedName"].(string)
		if r["type"] != "domain" || r["inherited"] == true {
			full += "*"
		}
		out = append(out, full)
	}
	return out
}

func TestDomains(t *testing.T) {
	w := newDomainWorld(t)
	for what, want := range map[[2]string][]string{
		{"users", "aiko"}:               {"sales", "sales.emea*", "hr*"},
		{"users", "ken"}:                nil,
		{"teams", "loaders"}:            {"sales", "sales.emea", "hr*"},
		{"teams", "data"}:               {"hr"},
		{"teams", "Organization"}:       nil,
		{"tables", "sample.fact_table"}: {"sales.emea"},
	} {
		if diff := cmp.Diff(want, w.shown(what[0], what[1])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	if d := w.ok("GET", "users/name/aiko", nil); d["domains"] != nil {
		t.Errorf("shown to who does not ask for them: %v", d["domains"])
	}
	if got := names(w.ok("GET", "tables/name/sample.fact_table?fields=domains", nil)["domains"]); got[0] != "emea" {
		t.Errorf("the domain is called %q", got)
	}
	for email, want := range map[string]openmetadata.Account{
		"Aiko@example.com": {Domains: []string{"sales", "sales.emea", "hr"}}, "ken@example.com": {Admin: true},
		"reader@open-metadata.org": {Bot: true}, "nobody@example.com": {},
	} {
		if diff := cmp.Diff(want, w.catalog.Account(email)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", email, diff)
		}
	}
}

// Who is in no team is in the organization, and so in its domains. A patch changes what is somebody's
// own, and leaves alone what is inherited.
func TestPatchesOfDomains(t *testing.T) {
	w := newDomainWorld(t)
	refs := w.ok("GET", "teams/name/data?fields=domains", nil)["domains"].([]any)
	hr := ref("domain", refs[0].(object)["id"].(string))
	aiko := "users/" + w.id("users", "aiko")
	w.ok("PATCH", "teams/"+w.id("teams", "Organization"), []object{patch("add", "/domains/-", hr)})
	if diff := cmp.Diff([]string{"hr*"}, w.shown("users", "ken")); diff != "" {
		t.Errorf("in no team (-want +got):\n%s", diff)
	}
	w.ok("PATCH", "tables/"+w.id("tables", "scratch.trial"), []object{patch("add", "/domains/-", hr)})
	if diff := cmp.Diff([]string{"hr"}, w.catalog.Tables()[1].Domains); diff != "" {
		t.Errorf("the table (-want +got):\n%s", diff)
	}
	w.ok("PATCH", aiko, []object{patch("add", "/description", "same domains")})
	if diff := cmp.Diff([]string{"sales", "sales.emea*", "hr*"}, w.shown("users", "aiko")); diff != "" {
		t.Errorf("after a patch of something else (-want +got):\n%s", diff)
	}
	w.ok("PATCH", aiko, []object{patch("replace", "/domains", []object{hr})})
	w.ok("PATCH", aiko, []object{patch("replace", "/teams", []object{})})
	if diff := cmp.Diff([]string{"hr"}, w.shown("users", "aiko")); diff != "" {
		t.Errorf("own domains (-want +got):\n%s", diff)
	}
	w.want(404, "PATCH", aiko, []object{patch("add", "/domains/-", ref("domain", w.id("teams", "data")))})
	w.want(400, "PATCH", aiko, []object{patch("add", "/domains/-", ref("team", hr["id"].(string)))})
	w.want(400, "POST", "users", object{"name": "yui", "email": "yui@example.com", "domains": []string{"hr"}})
}
