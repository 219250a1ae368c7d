package org_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/sim/org"
)

func TestOpenMetadata(t *testing.T) {
	c := parse(t, `openmetadata:
  tables: [{name: sample.fact_table, owners: [Aiko@example.com], tags: [Tier.Tier1], domains: [sales.emea]}]
  users: [Ken@example.com]
  admins: [Ken@example.com]
  domains: [{name: sales, users: [Ken@example.com]}, {name: sales.emea}]
  teams:
    - {name: data, type: Division, users: [], domains: [sales]}
    - {name: loaders, parent: data, users: [Ken@example.com]}
`)
	want := org.OpenMetadata{
		Tables:  []org.Table{{Name: "sample.fact_table", Owners: []string{"aiko@example.com"}, Tags: []string{"Tier.Tier1"}, Domains: []string{"sales.emea"}}},
		Users:   []string{"ken@example.com"},
		Admins:  []string{"ken@example.com"},
		Domains: []org.Domain{{Name: "sales", Users: []string{"ken@example.com"}}, {Name: "sales.emea"}},
		Teams: []org.CatalogTeam{
			{Name: "data", Type: "Division", Users: []string{}, Domains: []string{"sales"}},
			{Name: "loaders", Type: "Group", Parent: "data", Users: []string{"ken@example.com"}},
		},
	}
	if diff := cmp.Diff(want, c.OpenMetadata); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	c.Merge(parse(t, "openmetadata:\n  tables: [{name: sample.fact_table}, {name: b}]\n  users: [aiko@example.com]\n  admins: [aiko@example.com]\n  domains: [{name: sales}]\n  teams: [{name: data, type: Department}]\n"))
	if m := c.OpenMetadata; len(m.Tables) != 2 || m.Tables[0].Owners != nil || len(m.Users) != 2 || len(m.Teams) != 2 || m.Teams[0].Type != "Department" ||
		len(m.Admins) != 2 || len(m.Domains) != 2 || m.Domains[0].Users != nil {
		t.Errorf("after the merge: %+v", m)
	}
}

func TestOpenMetadataProblems(t *testing.T) {
	_, err := org.Parse("f.yaml", []byte(`openmetadata:
  domains: [{name: sales.emea}, {name: sales, users: [u]}, {name: sales}]
  tables:
    - {name: a, owners: [no@body, team], domains: [hr]}
    - {name: a}
    - {tags: []}
  users: [x]
  admins: [z]
  teams:
    - {name: t, parent: later, type: Squad, users: [y], domains: [emea]}
    - {name: later}
`))
	want := []string{
		`f.yaml:2: the domain "sales" is not in the file before sales.emea; write the domain above it first`,
		`f.yaml:2: "u" is not an e-mail address; write one such as aiko@example.com`,
		"f.yaml:2: the domain of the catalogue sales is in the file twice; write each once",
		`f.yaml:4: "no@body" is not an e-mail address; write one such as aiko@example.com`,
		`f.yaml:4: the domain "hr" is not among the domains of the catalogue; write it there`,
		"f.yaml:5: the table a is in the file twice; write each once",
		"f.yaml:6: the table has no name; write one",
		`f.yaml:7: "x" is not an e-mail address; write one such as aiko@example.com`,
		`f.yaml:8: "z" is not an e-mail address; write one such as aiko@example.com`,
		`f.yaml:10: the team "later" is not in the file before this one; write the name of one that is`,
		`f.yaml:10: a team cannot be "Squad"; write one of BusinessUnit, Division, Department, Group`,
		`f.yaml:10: "y" is not an e-mail address; write one such as aiko@example.com`,
		`f.yaml:10: the domain "emea" is not among the domains of the catalogue; write it there`,
	}
	if err == nil {
		t.Fatal("nothing is wrong with it")
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
