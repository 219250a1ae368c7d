package main

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
)

// Whose a table is, the data catalogue says.
func TestWhyAsksTheCatalogue(t *testing.T) {
	d, err := newDemo(nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := policyfile.Load(fstest.MapFS{"policy.yaml": {Data: []byte(`
teams: [{name: Organization, type: Organization, policies: [own]}]
policies:
  - name: own
    rules:
      - {name: own, effect: allow, operations: [EditTags], resources: [table], condition: "isOwner() && matchAnyTag('Tier.Tier1')"}
`)}})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		question
		allowed bool
		part    string
	}{
		"the owner":              {question{person: "aiko@example.com", operation: "EditTags", resource: "table:sample.fact_table"}, true, "its owner is aiko@example.com"},
		"another one":            {question{person: "ken@example.com", operation: "EditTags", resource: "table:sample.fact_table"}, false, "its owner is aiko@example.com"},
		"as if another owned it": {question{person: "ken@example.com", operation: "EditTags", resource: "table:sample.fact_table", owners: []string{"ken@example.com"}}, true, "its owner is ken@example.com"},
		"what is not there":      {question{person: "aiko@example.com", operation: "EditTags", resource: "table:no.such"}, false, "it has no owner"},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := opened(t, d, "").why(t.Context(), p, test.question)
			if err != nil {
				t.Fatal(err)
			}
			if b := answer.(because); b.Allowed != test.allowed || !strings.Contains(b.Why, test.part) {
				t.Errorf("allowed is %v, want %v and %q:\n%s", b.Allowed, test.allowed, test.part, b.Why)
			}
		})
	}
}
