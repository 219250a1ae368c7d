package policyfile_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/brake"
	"github.com/sekisho/sekisho/shared/domain/change"
)

func TestCatalogSection(t *testing.T) {
	tests := map[string]struct {
		text string
		want *policyfile.Catalog
	}{
		"no section":            {"version: 1\n", nil},
		"nothing said":          {"catalog: {}\n", &policyfile.Catalog{Mode: change.Auto, Brake: brake.Brake{Percent: 20, Max: 50}}},
		"no section and a team": {"teams: [{name: data}]\n", &policyfile.Catalog{Mode: change.Auto, Brake: brake.Brake{Percent: 20, Max: 50}, Implied: true}},
		"shown":                 {"catalog: {mode: report}\n", &policyfile.Catalog{Mode: change.Report, Brake: brake.Brake{Percent: 20, Max: 50}}},
		"all of it": {
			"catalog: {mode: auto, brake: {percent: 5, max: 20}, create_users: true}\n",
			&policyfile.Catalog{Mode: change.Auto, Brake: brake.Brake{Percent: 5, Max: 20}, CreateUsers: true},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := policyfile.Parse("policy.yaml", []byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, p.Catalog); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
