package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

type workflow struct {
	Permissions map[string]string
	Jobs        map[string]struct {
		Permissions map[string]string
		Environment string
		Steps       []struct{ Uses, Run string }
	}
}

func workflows(t *testing.T) map[string]workflow {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(top, ".github", "workflows", "*.yml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no workflows: %v", err)
	}
	out := map[string]workflow{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var w workflow
		if err := yaml.Unmarshal(text, &w); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		out[filepath.Base(file)] = w
	}
	return out
}

// A tag can be moved to other code by whoever has stolen an action; a commit cannot.
func TestActionsArePinnedToCommits(t *testing.T) {
	pinned := regexp.MustCompile(`(?m)^\s*(?:- )?uses: ([\w./-]+)@([0-9a-f]{40}) # v\d+\.\d+\.\d+$`)
	files, err := filepath.Glob(filepath.Join(top, ".github", "workflows", "*.yml"))
	if err != nil {
		t.Fatal(err)
	}
	commits := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := pinned.FindAllStringSubmatch(string(text), -1)
		if uses := strings.Count(string(text), "uses: "); uses != len(found) {
			t.Errorf("%s uses %d actions, of which %d are pinned to a commit with its version", file, uses, len(found))
		}
		for _, match := range found {
			if before, ok := commits[match[1]]; ok && before != match[2] {
				t.Errorf("%s is pinned to two commits", match[1])
			}
			commits[match[1]] = match[2]
		}
	}
}

func TestWorkflowsMayReadUnlessAJobSaysMore(t *testing.T) {
	more := map[string][]string{}
	for name, w := range workflows(t) {
		if len(w.Permissions) != 1 || w.Permissions["contents"] != "read" {
			t.Errorf("%s may by itself %v, want to read the contents alone", name, w.Permissions)
		}
		for job, j := range w.Jobs {
			for permission, level := range j.Permissions {
				if level == "write" {
					more[name+" "+job] = append(more[name+" "+job], permission)
				}
			}
			slices.Sort(more[name+" "+job])
			if slices.Contains(more[name+" "+job], "id-token") && name == "deploy.yml" && j.Environment != "production" {
				t.Errorf("%s signs in without the environment that people guard", name)
			}
		}
	}
	want := map[string]string{"deploy.yml apply": "id-token", "release.yml bundles": "attestations contents id-token"}
	for job, permissions := range more {
		if got := strings.Join(permissions, " "); got != want[job] {
			t.Errorf("%s may write %q, want %q", job, got, want[job])
		}
	}
}

// What passes on a machine passes in hosted runs: there is one gate.
func TestTheGateIsTheSameEverywhere(t *testing.T) {
	var runs []string
	for _, step := range workflows(t)["check.yml"].Jobs["gate"].Steps {
		runs = append(runs, strings.TrimSpace(step.Run))
	}
	if !slices.Contains(runs, "scripts/check") {
		t.Errorf("the check runs %q, and not scripts/check", runs)
	}
	text, err := os.ReadFile(filepath.Join(top, ".ci", "run"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "\nscripts/check\n") {
		t.Error(".ci/run does not run scripts/check")
	}
}

// The gate leaves nothing out: each of its steps looks at everything, and what may be skipped where
// something is not installed is compulsory where it is.
func TestTheGateLeavesNothingOut(t *testing.T) {
	for file, lines := range map[string][]string{
		filepath.Join("scripts", "check"): {
			`set -euo pipefail`, `unformatted=\$\(git ls-files .* gofumpt -l\)`, `go mod verify`, `go mod tidy -diff`, `go vet \./\.\.\.`,
			`tool staticcheck \./\.\.\.`, `SEKISHO_ALL_STORIES=1 tests \./scripts/local/scenario`, `SEKISHO_ALL_BUNDLES=1 tests -race .*\./\.\.\.`,
		},
		filepath.Join(".ci", "run"): {
			`set -euo pipefail`, `  export SEKISHO_REQUIRE_EMULATORS=1`, `\[ -d \S+ \] && SEKISHO_SPECS=\S+ \S+ && pwd\) && export SEKISHO_SPECS`,
			`\[ -d \S+ \] && SEKISHO_DATA=\S+ \S+ && pwd\) && export SEKISHO_DATA`, `scripts/check`,
		},
	} {
		text, err := os.ReadFile(filepath.Join(top, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			if !regexp.MustCompile(`(?m)^` + line + `$`).Match(text) {
				t.Errorf("%s has no line %s", file, line)
			}
		}
	}
}
