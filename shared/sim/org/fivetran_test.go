package org_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/sim/org"
)

func TestFivetran(t *testing.T) {
	c := parse(t, `fivetran:
  groups: [{id: thicket_confronted, name: Snowflake_prod}, {id: lantern_quietly}]
  connections:
    - {name: legacy_crm, service: postgres, group: thicket_confronted, setup: broken, paused: true, created: 2025-03-01T09:00:00+09:00}
    - {name: finance.budget, service: google_sheets, group: lantern_quietly}
`)
	want := org.Fivetran{
		Groups: []org.FivetranGroup{{ID: "thicket_confronted", Name: "Snowflake_prod"}, {ID: "lantern_quietly", Name: "lantern_quietly"}},
		Connections: []org.FivetranConnection{
			{Name: "legacy_crm", Service: "postgres", Group: "thicket_confronted", Setup: "broken", Paused: true, Created: time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)},
			{Name: "finance.budget", Service: "google_sheets", Group: "lantern_quietly", Setup: "connected"},
		},
	}
	if diff := cmp.Diff(want, c.Fivetran); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	c.Merge(parse(t, "fivetran:\n  groups: [{id: lantern_quietly, name: BigQuery_dev}]\n  connections: [{name: finance.budget, service: google_sheets, group: lantern_quietly, setup: incomplete}]\n"))
	if got := c.Fivetran.Groups[1].Name; got != "BigQuery_dev" || len(c.Fivetran.Groups) != 2 {
		t.Errorf("groups after the merge: %+v", c.Fivetran.Groups)
	}
	if got := c.Fivetran.Connections[1].Setup; got != "incomplete" || len(c.Fivetran.Connections) != 2 {
		t.Errorf("connections after the merge: %+v", c.Fivetran.Connections)
	}
}

func TestFivetranProblems(t *testing.T) {
	_, err := org.Parse("f.yaml", []byte(`fivetran:
  groups:
    - {name: nameless}
    - {id: a}
    - {id: a}
  connections:
    - {service: postgres, group: a}
    - {name: x, group: a}
    - {name: x, service: postgres, group: b, setup: fine, created: yesterday}
`))
	want := []string{
		"f.yaml:3: the Fivetran group has no name; write one",
		"f.yaml:5: the Fivetran group a is in the file twice; write each once",
		"f.yaml:7: the Fivetran connection has no name; write one",
		"f.yaml:8: the Fivetran connection x has no service; write one such as postgres",
		"f.yaml:9: the Fivetran connection x is in the file twice; write each once",
		`f.yaml:9: the Fivetran group "b" is not in the file; write the id of one in fivetran.groups`,
		`f.yaml:9: a connection cannot be "fine"; write one of incomplete, connected, broken`,
		`f.yaml:9: "yesterday" is not a time; write one such as 2026-05-01T00:00:00Z`,
	}
	if err == nil {
		t.Fatal("nothing is wrong with it")
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
