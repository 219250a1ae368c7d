package org_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/sim/org"
)

func TestOpenMetadata(t *testing.T) {
	c := parse(t, `openmetadata:
  tables: [{name: sample.fact_table, owners: [Aiko@example.com], tags: [Tier.Tier1]}]
  users: [Ken@example.com]
  teams:
    - {name: data, type: Division, users: []}
    - {name: loaders, parent: data, users: [Ken@example.com]}
`)
	want := org.OpenMetadata{
		Tables: []org.Table{{Name: "sample.fact_table", Owners: []string{"aiko@example.com"}, Tags: []string{"Tier.Tier1"}}},
		Users:  []string{"ken@example.com"},
		Teams: []org.CatalogTeam{
			{Name: "data", Type: "Division", Users: []string{}},
			{Name: "loaders", Type: "Group", Parent: "data", Users: []string{"ken@example.com"}},
		},
	}
	if diff := cmp.Diff(want, c.OpenMetadata); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	c.Merge(parse(t, "openmetadata:\n  tables: [{name: sample.fact_table}, {name: b}]\n  users: [aiko@example.com]\n  teams: [{name: data, type: Department}]\n"))
	if m := c.OpenMetadata; len(m.Tables) != 2 || m.Tables[0].Owners != nil || len(m.Users) != 2 || len(m.Teams) != 2 || m.Teams[0].Type != "Department" {
		t.Errorf("after the merge: %+v", m)
	}
}

func TestOpenMetadataProblems(t *testing.T) {
	_, err := org.Parse("f.yaml", []byte(`openmetadata:
  tables:
    - {name: a, owners: [no@body, team]}
    - {name: a}
    - {tags: []}
  users: [x]
  teams:
    - {name: t, parent: later, type: Squad, users: [y]}
    - {name: later}
`))
	want := []string{
		`f.yaml:3: "no@body" is not an e-mail address; write one such as aiko@example.com`,
		"f.yaml:4: the table a is in the file twice; write each once",
		"f.yaml:5: the table has no name; write one",
		`f.yaml:6: "x" is not an e-mail address; write one such as aiko@example.com`,
		`f.yaml:8: the team "later" is not in the file before this one; write the name of one that is`,
		`f.yaml:8: a team cannot be "Squad"; write one of BusinessUnit, Division, Department, Group`,
		`f.yaml:8: "y" is not an e-mail address; write one such as aiko@example.com`,
	}
	if err == nil {
		t.Fatal("nothing is wrong with it")
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
