package policyfile_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
)

var update = flag.Bool("update", false, "write what is seen into the testdata")

// TestBadPolicies loads each archive as one folder and compares all problems with the file
// "want" in it.
func TestBadPolicies(t *testing.T) {
	archives, err := filepath.Glob("testdata/bad/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("got %d archives, %v", len(archives), err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files := fstest.MapFS{}
			want, at := "", len(archive.Files)
			for i, f := range archive.Files {
				if f.Name == "want" {
					want, at = string(f.Data), i
					continue
				}
				files[f.Name] = &fstest.MapFile{Data: f.Data}
			}
			policy, err := policyfile.Load(files)
			problems, ok := errors.AsType[policyfile.Problems](err)
			if !ok || policy != nil {
				t.Fatalf("got policy %v and error %v, want Problems only", policy, err)
			}
			got := problems.Error() + "\n"
			if *update {
				archive.Files = append(archive.Files[:at], txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}
