package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/scripts/local/world"
)

const top = "../.."

// sources copies what bundles are made of, so that a test may change it.
func sources(t *testing.T) (root string) {
	t.Helper()
	root = t.TempDir()
	for _, part := range []string{"functions", "shared", "go.mod", "go.sum"} {
		err := filepath.WalkDir(filepath.Join(top, part), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
				return err
			}
			rel, err := filepath.Rel(top, path)
			if err != nil {
				return err
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return write(filepath.Join(root, rel), string(content))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func write(path, content string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(content), 0o600)
}

// touch adds a line to a file.
func touch(t *testing.T, path, line string) {
	t.Helper()
	before, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if err := write(path, string(before)+line+"\n"); err != nil {
		t.Fatal(err)
	}
}

// bundled returns the hash of a function's bundle.
func bundled(t *testing.T, root, function string) string {
	t.Helper()
	files, err := assemble(context.Background(), root, filepath.Join(root, "policy"), function)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := pack(files)
	if err != nil {
		t.Fatal(err)
	}
	return hash(archive)
}

func TestOnlyWhatAFunctionIsMadeOfChangesItsBundle(t *testing.T) {
	root := sources(t)
	functions := []string{"changesweep", "groupsettings"} // without the policy, and with it
	before := map[string]string{}
	for _, f := range functions {
		before[f] = bundled(t, root, f)
	}
	for _, step := range []struct {
		name, file, line string
		changes          []string
	}{
		{"nothing", "README.md", "", nil},
		{"another function", "functions/slacknotify/handler.go", "// touched", nil},
		{"a test", "functions/groupsettings/new_test.go", "package groupsettings", nil},
		{"its own code", "functions/groupsettings/handler.go", "// touched", []string{"groupsettings"}},
		{"a package that both use", "shared/domain/change/change.go", "// touched", functions},
		{"what no policy is", "policy/README.md", "Read me.", nil},
		{"the policy", "policy/policy.yaml", "settings: {mode: report}", []string{"groupsettings"}},
	} {
		touch(t, filepath.Join(root, step.file), step.line)
		for _, f := range functions {
			after := bundled(t, root, f)
			if got, want := after != before[f], slices.Contains(step.changes, f); got != want {
				t.Errorf("%s was touched: the bundle of %s is another one: %v, want %v", step.name, f, got, want)
			}
			before[f] = after
		}
	}
}

// The functions that the all-in-one program runs are those that are deployed.
func TestEveryFunctionCanBeBundled(t *testing.T) {
	got, err := functions(top)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, f := range world.Functions {
		want = append(want, strings.ToLower(f.Name))
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("there are folders for %v, the world runs %v", got, want)
	}
}

func TestTheCommandWritesBundlesAndTheirHashes(t *testing.T) {
	to := filepath.Join(t.TempDir(), "new")
	var first, second bytes.Buffer
	args := []string{"-root", top, "-policy", filepath.Join(top, "terraform", "policy"), "-out", to, "changesweep", "groupwebhook"}
	for _, out := range []*bytes.Buffer{&first, &second} {
		if err := run(context.Background(), args, out); err != nil {
			t.Fatal(err)
		}
	}
	if first.String() != second.String() {
		t.Errorf("the same code was bundled as\n%sand as\n%s", first.String(), second.String())
	}
	text, err := os.ReadFile(filepath.Join(to, manifest))
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Bundles map[string]string }
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"changesweep", "groupwebhook"} {
		archive, err := os.ReadFile(filepath.Join(to, name+".zip"))
		if err != nil {
			t.Fatal(err)
		}
		if got.Bundles[name] != hash(archive) || !strings.Contains(first.String(), hash(archive)) {
			t.Errorf("%s has the hash %s, the manifest says %q, the output\n%s", name, hash(archive), got.Bundles[name], first.String())
		}
	}
	if len(got.Bundles) != 2 {
		t.Errorf("the manifest lists %v", slices.Sorted(maps.Keys(got.Bundles)))
	}
}

func TestWhatCannotBeBundled(t *testing.T) {
	policy := t.TempDir()
	if err := write(filepath.Join(policy, "policy.yaml"), "sttings: {}"); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"no function", []string{"-root", top}, "which function?"},
		{"an unknown function", []string{"-root", top, "groupwebhok"}, `no function "groupwebhok"`},
		{"a path", []string{"-root", top, "../scripts/local"}, "no function"},
		{"elsewhere", []string{"-root", t.TempDir(), "all"}, "run it from the top"},
		{"a policy with a mistake", []string{"-root", top, "-policy", policy, "changesweep"}, "sttings"},
		{"a folder that is a file", []string{"-root", top, "-out", "main.go", "changesweep"}, "main.go"},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := test.args
			if !slices.Contains(args, "-out") {
				args = append([]string{"-out", t.TempDir()}, args...)
			}
			err := run(context.Background(), args, &bytes.Buffer{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q in it", err, test.want)
			}
		})
	}
}
