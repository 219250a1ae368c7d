package policyfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

// FuzzParse holds that any file is either a policy, which can be compiled, or has problems that
// can be shown, each in a line that the file has.
func FuzzParse(f *testing.F) {
	good, err := os.ReadFile(goodFile)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	archives, err := filepath.Glob("testdata/bad/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			f.Add(file.Data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := policyfile.Parse("policy.yaml", data)
		if err == nil {
			p.Asks(change.AccessGrant, "")
			p.SettingsRules()
			if _, err := policy.Compile(p.Model(), nil); err != nil {
				t.Fatalf("what was read cannot be compiled: %v", err)
			}
			if again, err := policyfile.Parse("policy.yaml", data); err != nil || again.Hash != p.Hash {
				t.Fatalf("the second time: got %v, %v", again, err)
			}
			return
		}
		problems, ok := errors.AsType[policyfile.Problems](err)
		if !ok || len(problems) == 0 || p != nil {
			t.Fatalf("got %v, %v, want Problems alone", p, err)
		}
		for _, problem := range problems {
			if problem.File != "policy.yaml" || problem.Text == "" || problem.Line < 0 || problem.Line > len(data)+1 {
				t.Fatalf("got problem %+v", problem)
			}
		}
		if utf8.Valid(data) && !utf8.ValidString(err.Error()) {
			t.Fatalf("got %q, which is not UTF-8", err)
		}
	})
}
