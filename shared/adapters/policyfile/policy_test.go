package policyfile_test

import (
	"testing"
	"testing/fstest"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/change"
)

func TestNoPolicyIsReportOnly(t *testing.T) {
	none, err := policyfile.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	empty, err := policyfile.Load(fstest.MapFS{"README.md": {Data: []byte("nothing here")}})
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]*policyfile.Policy{"nil file system": none, "no YAML": empty, "nil policy": nil, "zero policy": {}} {
		rules := p.SettingsRules()
		if rules.Mode != change.Report || len(rules.General)+len(rules.Secure) > 0 {
			t.Errorf("%s: got %+v, want no rules in mode report", name, rules)
		}
		if _, ok := p.Requirement(change.AccessGrant, "any"); ok {
			t.Errorf("%s: got a requirement, want none", name)
		}
	}
	if none.Hash == "" || none.Hash != empty.Hash {
		t.Errorf("got hashes %q and %q, want the same for no policy", none.Hash, empty.Hash)
	}
}
