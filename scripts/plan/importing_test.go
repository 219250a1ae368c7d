package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/catalog"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// cataloguedCompany has teams that somebody made in the catalogue by hand.
func cataloguedCompany(t *testing.T) *demoCompany {
	t.Helper()
	c, err := org.Parse("company.yaml", []byte(`
domain: example.com
people: [{email: aiko@example.com}, {email: ken@example.com}]
openmetadata:
  teams:
    - {name: data, type: Division, users: [ken@example.com]}
    - {name: etl, type: Department, parent: data, users: [aiko@example.com]}
`))
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDemo(c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWhatACatalogueHasIsAPolicyFile(t *testing.T) {
	d := cataloguedCompany(t)
	var log bytes.Buffer
	got, err := importCatalog(t.Context(), &d.platform, &log)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "imported.yaml", []byte(got))
	p, err := policyfile.Parse("imported.yaml", []byte(got))
	if err != nil || log.Len() > 0 {
		t.Fatalf("it is no policy: %v\n%s", err, log.String())
	}
	if len(p.Teams) != 3 || p.Catalog.Mode != "report" {
		t.Errorf("got %d teams in mode %s", len(p.Teams), p.Catalog.Mode)
	}
	for _, tally := range d.calls.Tallies() {
		if !strings.HasPrefix(tally.Method, "list") {
			t.Errorf("%s was called", tally.Method)
		}
	}
}

// OpenMetadata's own policies allow and deny everything on everything, which was never meant for what
// Sekisho is asked about.
func TestAnImportedCatalogueDecidesNothingOfSekishos(t *testing.T) {
	all := func(effect, condition string) catalog.Rule {
		return catalog.Rule{Name: effect, Effect: effect, Operations: []string{"All"}, Resources: []string{"All"}, Condition: condition}
	}
	found, notes := catalog.Import(catalog.Present{
		Policies: []catalog.PresentPolicy{
			{Entity: catalog.Entity{Name: "DomainOnlyAccessPolicy", System: true}, Rules: []catalog.Rule{all("deny", "!hasDomain()"), all("allow", "hasDomain()")}},
			{Entity: catalog.Entity{Name: "TeamOnlyPolicy", System: true}, Rules: []catalog.Rule{all("deny", "!matchTeam()")}},
		},
		Roles: []catalog.PresentRole{{Entity: catalog.Entity{Name: "DomainOnlyAccessRole", System: true}, Policies: []string{"DomainOnlyAccessPolicy"}}},
		Teams: []catalog.PresentTeam{
			{Entity: catalog.Entity{Name: "Organization", System: true}, Type: "Organization", DefaultRoles: []string{"DomainOnlyAccessRole"}},
			{Entity: catalog.Entity{Name: "data"}, Type: "Division", Policies: []string{"TeamOnlyPolicy"}},
		},
	}, theCatalogues(), ours())
	if len(notes) != 3 {
		t.Errorf("notes %q", notes)
	}
	text := strings.Replace(found.PolicyFile(), `{name: "data",`, `{name: "data", group: data@example.com,`, 1)
	read, err := policyfile.Parse("imported", []byte(text))
	if err != nil || len(read.Warnings) > 0 {
		t.Fatalf("%v, warnings %v\n%s", err, read.Warnings, text)
	}
	e, err := policy.Compile(read.Model(), policy.Roster{
		{ID: "aiko", Email: "aiko@example.com"}, {ID: "ken", Email: "ken@example.com", Groups: []policy.InGroup{{Group: "data@example.com"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"aiko", "ken"} {
		for _, p := range policy.Permissions() {
			q := policy.Request{Subject: who, Operations: []policy.Operation{p.Operation}, Resource: policy.Resource{Type: p.Type, Name: "x"}}
			if d := e.Decide(q); d.Reason != policy.NotAllowed || !e.Silent(p.Operation, p.Type) {
				t.Errorf("%s, %s on %s: %s", who, p.Operation, p.Type, d)
			}
		}
	}
	look := policy.Request{Subject: "aiko", Operations: []policy.Operation{"ViewBasic", "EditOwners", "Create", "Trigger"}, Resource: policy.Resource{Type: "table", Name: "sales"}}
	if d := e.Decide(look); !d.Allowed {
		t.Errorf("aiko on a table: %s", d)
	}
	look.Resource.Domains = []string{"Finance"}
	if d := e.Decide(look); d.Reason != policy.Denied {
		t.Errorf("aiko on a table of a domain: %s", d)
	}
}

func TestACatalogueThatCannotBeReadIsNoPolicy(t *testing.T) {
	d := cataloguedCompany(t)
	d.faults.Add(sim.Fault{API: "openmetadata", Kind: sim.Fault500, Rate: 1, Left: -1})
	if got, err := importCatalog(t.Context(), &d.platform, io.Discard); err == nil {
		t.Errorf("got %s", got)
	}
	part := cataloguedCompany(t)
	part.faults.Add(sim.Fault{API: "openmetadata", Kind: sim.FaultPartial, Rate: 1, Left: -1})
	if got, err := importCatalog(t.Context(), &part.platform, io.Discard); !errors.Is(err, catalog.ErrNotWhole) {
		t.Errorf("of a part: %v\n%s", err, got)
	}
	d.CatalogToken = ""
	if _, err := importCatalog(t.Context(), &d.platform, io.Discard); err == nil || !strings.Contains(err.Error(), "OPENMETADATA_TOKEN") {
		t.Errorf("got %v", err)
	}
}

func TestImportGoesAlone(t *testing.T) {
	for _, args := range [][]string{{"import-catalog", "-doctor"}, {"import-catalog", "x"}, {"import-catalog", "-tag", "a.b"}} {
		if _, err := parse(args, io.Discard); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}
