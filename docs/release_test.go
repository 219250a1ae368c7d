package docs_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// step is what a workflow does at one time.
type step struct {
	Name, Uses, Run string
	With            map[string]any
	Env             map[string]string
}

// steps returns the steps of one job.
func steps(t *testing.T, file, job string) []step {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(top, ".github", "workflows", file))
	if err != nil {
		t.Fatal(err)
	}
	var w struct {
		Jobs map[string]struct{ Steps []step }
	}
	if err := yaml.Unmarshal(text, &w); err != nil {
		t.Fatal(err)
	}
	if len(w.Jobs[job].Steps) == 0 {
		t.Fatalf("%s has no job %s", file, job)
	}
	return w.Jobs[job].Steps
}

// lines are the commands of a step.
func (s step) lines() []string {
	var out []string
	for line := range strings.Lines(s.Run) {
		out = append(out, strings.TrimSpace(line))
	}
	return out
}

// expected is one thing that a job has to do: by an action with what it is told, or by commands in
// this order.
type expected struct {
	uses string
	with map[string]string
	runs []string
}

// in reports whether a step does what is expected.
func (e expected) in(s step) bool {
	if action, _, _ := strings.Cut(s.Uses, "@"); action != e.uses {
		return false
	}
	for name, value := range e.with {
		if strings.TrimSpace(fmt.Sprint(s.With[name])) != value {
			return false
		}
	}
	lines := s.lines()
	for _, command := range e.runs {
		i := slices.Index(lines, command)
		if i < 0 {
			return false
		}
		lines = lines[i+1:]
	}
	return true
}

// Every step that is promised is there, after those before it.
func TestWorkflowsDoWhatIsPromised(t *testing.T) {
	checkout := expected{uses: "actions/checkout", with: map[string]string{"persist-credentials": "false"}}
	fresh := expected{uses: "actions/setup-go", with: map[string]string{"go-version-file": "go.mod", "cache": "false"}}
	tests := map[string]struct {
		file, job string
		steps     []expected
	}{
		"a release holds bundles that anybody can make again, with checksums, what they are made of, and where they were built": {"release.yml", "bundles", []expected{
			// Others can write into a cache: a release is made without one.
			checkout, fresh,
			{runs: []string{
				"go run ./scripts/bundle -out dist all", `go run ./scripts/bundle -out "$RUNNER_TEMP/again" all`, `diff -r dist "$RUNNER_TEMP/again"`,
				"(cd dist && sha256sum *.zip >SHA256SUMS)",
			}},
			{uses: "anchore/sbom-action", with: map[string]string{"path": ".", "format": "spdx-json", "output-file": "dist/sekisho.spdx.json"}},
			{uses: "actions/attest-build-provenance", with: map[string]string{"subject-path": "dist/*.zip\ndist/sekisho.spdx.json"}},
			{runs: []string{`gh release create "$GITHUB_REF_NAME" --verify-tag --generate-notes dist/*`}},
		}},
		"the deployment signs in without a key and applies what it has planned": {"deploy.yml", "apply", []expected{
			{uses: "actions/checkout", with: map[string]string{"persist-credentials": "false", "ref": "${{ inputs.ref }}"}},
			fresh,
			{uses: "google-github-actions/auth", with: map[string]string{"workload_identity_provider": "${{ vars.GCP_PROVIDER }}", "service_account": "${{ vars.GCP_ACCOUNT }}"}},
			{runs: []string{"go run ./scripts/bundle -out terraform/bundles all"}},
			{runs: []string{"terraform plan -input=false -var-file=bundles/bundles.tfvars.json -out=plan", "terraform apply -input=false plan"}},
		}},
		"Terraform is checked with Google's own provider": {"check.yml", "terraform", []expected{
			checkout,
			{uses: "hashicorp/setup-terraform"},
			{runs: []string{"terraform fmt -check -recursive -diff", "terraform init -backend=false", "terraform validate", "terraform test"}},
		}},
		"known vulnerabilities are looked for": {"check.yml", "vulnerabilities", []expected{
			checkout, {runs: []string{"go run golang.org/x/vuln/cmd/govulncheck@v1.8.0 ./..."}},
		}},
		"every parser is fuzzed at night": {"nightly.yml", "fuzz", []expected{
			checkout, {runs: []string{`go test -run '^$' -fuzz "^${FUZZ}\$" -fuzztime "$FUZZTIME" -fuzzminimizetime 100x "$PACKAGE"`}},
		}},
		"changes are simulated at night": {"nightly.yml", "simulation", []expected{
			checkout, {runs: []string{"go test -timeout 170m ./shared/domain/... ./shared/state/... ./shared/ports/..."}},
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			rest := steps(t, tt.file, tt.job)
			for _, want := range tt.steps {
				i := slices.IndexFunc(rest, want.in)
				if i < 0 {
					t.Errorf("%s %s does not do %+v, or not where it should", tt.file, tt.job, want)
					continue
				}
				rest = rest[i+1:]
			}
		})
	}
}

// When workflows run: a release by its tag, a deployment by a person alone, the gate before anything
// is merged.
func TestWhenWorkflowsRun(t *testing.T) {
	want := map[string]string{
		"check.yml":   "map[pull_request:<nil> push:map[branches:[main]]]",
		"deploy.yml":  "map[workflow_dispatch:map[inputs:map[ref:map[description:The tag to deploy; an older one rolls back required:true]]]]",
		"nightly.yml": "map[schedule:[map[cron:17 16 * * *]] workflow_dispatch:map[inputs:map[fuzztime:map[default:10m description:How long each parser is fuzzed]]]]",
		"release.yml": "map[push:map[tags:[v*]]]",
	}
	for file := range workflows(t) {
		text, err := os.ReadFile(filepath.Join(top, ".github", "workflows", file))
		if err != nil {
			t.Fatal(err)
		}
		var w struct{ On map[string]any }
		if err := yaml.Unmarshal(text, &w); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(w.On); got != want[file] {
			t.Errorf("%s runs on %s, want %s", file, got, want[file])
		}
	}
}

// What people write, such as the name of a branch, comes into a script by a variable: put into its
// text it would be run.
func TestScriptsOfWorkflowsHoldNoText(t *testing.T) {
	for file, w := range workflows(t) {
		for job := range w.Jobs {
			for _, s := range steps(t, file, job) {
				if strings.Contains(s.Run, "${{") {
					t.Errorf("%s %s puts an expression into a script: %s", file, job, s.Run)
				}
			}
		}
	}
}

var (
	declared = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	named    = regexp.MustCompile(`-run '?([\w|]+)'?`)
	folder   = regexp.MustCompile(` \./(\S+)`)
)

// declarations returns the names of all tests by their folder, and all of the source in one.
func declarations(t *testing.T) (tests map[string][]string, source string) {
	t.Helper()
	var all strings.Builder
	tests = map[string][]string{}
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		for _, match := range declared.FindAllSubmatch(text, -1) {
			tests[filepath.Dir(path)] = append(tests[filepath.Dir(path)], string(match[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests, all.String()
}

// The nights run tests that there are, in packages that there are, and set variables that somebody
// reads: otherwise they would pass for ever.
func TestNightsRunTestsThatThereAre(t *testing.T) {
	tests, source := declarations(t)
	looked := 0
	for file, w := range workflows(t) {
		for job := range w.Jobs {
			for _, s := range steps(t, file, job) {
				for variable := range s.Env {
					if strings.HasPrefix(variable, "SEKISHO_") && !strings.Contains(source, `"`+variable+`"`) {
						t.Errorf("%s %s sets %s, which nothing reads", file, job, variable)
					}
				}
				match := named.FindStringSubmatch(s.Run)
				if match == nil || !strings.HasPrefix(s.Run, "go test ") {
					continue
				}
				looked++
				found := map[string]bool{}
				for _, dir := range folder.FindAllStringSubmatch(s.Run, -1) {
					for _, name := range tests[filepath.Join(top, dir[1])] {
						for part := range strings.SplitSeq(match[1], "|") {
							if strings.Contains(name, part) {
								found[part], found[dir[1]] = true, true
							}
						}
					}
					if !found[dir[1]] {
						t.Errorf("%s %s runs none of the tests of %s", file, job, dir[1])
					}
				}
				for part := range strings.SplitSeq(match[1], "|") {
					if !found[part] {
						t.Errorf("%s %s runs tests named %s, which there are not", file, job, part)
					}
				}
			}
		}
	}
	if looked == 0 {
		t.Error("no night names tests")
	}
}
