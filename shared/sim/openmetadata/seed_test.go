package openmetadata_test

import (
	"encoding/json"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/sim/contract"
	"github.com/sekisho/sekisho/shared/sim/openmetadata"
)

// The policies with which a server begins are those of OpenMetadata's own files, rule by rule, where
// these are at hand.
func TestTheDefaultPoliciesAreOpenMetadatas(t *testing.T) {
	files, err := fs.Glob(contract.Specs(t), "openmetadata/defaults/*Policy.json")
	check(t, err)
	want := map[string][]openmetadata.Rule{}
	for _, name := range files {
		text, err := fs.ReadFile(contract.Specs(t), name)
		check(t, err)
		var p struct {
			Name  string              `json:"name"`
			Rules []openmetadata.Rule `json:"rules"`
		}
		// EditOwner is what EditOwners was called when a thing had one owner.
		check(t, json.Unmarshal([]byte(strings.ReplaceAll(string(text), `"EditOwner"`, `"EditOwners"`)), &p))
		want[p.Name] = asKept(p.Rules)
	}
	got := map[string][]openmetadata.Rule{}
	for _, p := range newWorld(t).catalog.Policies() {
		got[p.Name] = asKept(p.Rules)
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
		t.Errorf("of %d files (-want +got):\n%s", len(files), diff)
	}
}

// asKept sorts rules and what is in them, which a server keeps sorted.
func asKept(rules []openmetadata.Rule) []openmetadata.Rule {
	for i, r := range rules {
		slices.Sort(r.Operations)
		for k, name := range r.Resources {
			if strings.EqualFold(name, "all") {
				rules[i].Resources[k] = "All"
			}
		}
	}
	slices.SortFunc(rules, func(a, b openmetadata.Rule) int { return strings.Compare(a.Name, b.Name) })
	return rules
}
