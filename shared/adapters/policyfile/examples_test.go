package policyfile_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
)

// What is to be written instead is a value of the field that the rule is about.
func TestTheValueToWriteIsTheFields(t *testing.T) {
	for field, want := range map[string]string{"whoCanViewGroup": "ANYONE_CAN_VIEW", "whoCanJoin": "_CAN_JOIN", "archiveOnly": "true"} {
		_, err := policyfile.Load(fstest.MapFS{"policy.yaml": {Data: []byte(`
settings: {rules: {general: [{field: ` + field + `, needles: [], replace: x}]}}
`)}})
		if err == nil || !strings.Contains(err.Error(), "is empty: write [") || !strings.Contains(err.Error(), want+"]") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// A type of resource that nobody knows may be one that the catalogue has: it is told, and refused only where another is near.
func TestAnUnknownTypeOfResourceIsTold(t *testing.T) {
	for name, warned := range map[string]bool{"zzzzzzzz": true, "table": false, "all": false} {
		p, err := policyfile.Load(fstest.MapFS{"policy.yaml": {Data: []byte(`
policies: [{name: p, rules: [{name: r, effect: deny, operations: [ViewAll], resources: [` + name + `]}]}]
`)}})
		if err != nil {
			t.Fatal(err)
		}
		told := false
		for _, w := range p.Warnings {
			told = told || strings.Contains(w.String(), name)
		}
		if told != warned {
			t.Errorf("%s: warned %t, of %v", name, told, p.Warnings)
		}
	}
}
