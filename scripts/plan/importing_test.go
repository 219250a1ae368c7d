package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
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

func TestACatalogueThatCannotBeReadIsNoPolicy(t *testing.T) {
	d := cataloguedCompany(t)
	d.faults.Add(sim.Fault{API: "openmetadata", Kind: sim.Fault500, Rate: 1, Left: -1})
	if got, err := importCatalog(t.Context(), &d.platform, io.Discard); err == nil {
		t.Errorf("got %s", got)
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
