// Package docs_test holds the documentation against the repository: links lead somewhere, and
// what is said of Slack and of variables is what the code says.
package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/sekisho/sekisho/scripts/describe"
	"github.com/sekisho/sekisho/scripts/hcl"
	"github.com/sekisho/sekisho/shared/desk"
)

const top = ".."

// pages returns the texts of all pages of the repository, by path.
func pages(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".github" && path != top:
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		out[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var (
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	fence    = regexp.MustCompile("(?s)```.*?```")
	heading  = regexp.MustCompile(`(?m)^#+ +(.+?) *$`)
	unlinked = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// anchors are the names by which the headings of a page can be linked to.
func anchors(text string) []string {
	var out []string
	for _, match := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		name := unlinked.ReplaceAllString(strings.ToLower(match[1]), "")
		out = append(out, strings.ReplaceAll(name, " ", "-"))
	}
	return out
}

func TestLinksLeadSomewhere(t *testing.T) {
	all := pages(t)
	for path, text := range all {
		for _, match := range link.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			if strings.Contains(match[1], "://") {
				continue
			}
			target, anchor, _ := strings.Cut(match[1], "#")
			to := path
			if target != "" {
				to = filepath.Join(filepath.Dir(path), filepath.FromSlash(target))
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s links to %s: %v", path, match[1], err)
				continue
			}
			if anchor != "" && !slices.Contains(anchors(all[to]), anchor) {
				t.Errorf("%s links to %s, which has no such heading", path, match[1])
			}
		}
	}
}

// What pages say to run and to read is there.
func TestCommandsAreThere(t *testing.T) {
	command := regexp.MustCompile(`go run \./([a-z/]+)`)
	for path, text := range pages(t) {
		for _, match := range command.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(top, match[1])); err != nil {
				t.Errorf("%s says %s: %v", path, match[0], err)
			}
		}
	}
}

// The variables of the installation are Terraform's, and every one that has no default is there.
func TestTheInstallationSetsTerraformsVariables(t *testing.T) {
	text, err := os.ReadFile("install.md")
	if err != nil {
		t.Fatal(err)
	}
	configuration, err := hcl.ReadDir(filepath.Join(top, "terraform"))
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "```hcl\n")
	example, _, _ = strings.Cut(example, "```")
	set, err := hcl.Parse(example)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, v := range configuration.Of("variable") {
		name := v.Labels[0]
		known[name] = true
		_, optional := v.Body.Attributes["default"]
		if _, ok := set.Attributes[name]; !ok && !optional && name != "bundles" {
			t.Errorf("the installation does not set %s", name)
		}
	}
	for name := range set.Attributes {
		if !known[name] {
			t.Errorf("the installation sets %s, which Terraform does not know", name)
		}
	}
}

// The Slack app has the scopes that functions name, and the commands that one of them takes.
func TestTheSlackAppIsWhatFunctionsNeed(t *testing.T) {
	text, err := os.ReadFile("slack-app.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var app struct {
		Features struct {
			Commands []struct{ Command string } `yaml:"slash_commands"`
		}
		OAuth struct{ Scopes struct{ Bot []string } } `yaml:"oauth_config"`
	}
	if err := yaml.Unmarshal(text, &app); err != nil {
		t.Fatal(err)
	}
	functions, err := describe.Functions(top)
	if err != nil {
		t.Fatal(err)
	}
	scopes := []string{"commands"}
	for _, f := range functions {
		if _, named, ok := strings.Cut(f.Headings["Permissions"], "Slack scopes "); ok {
			scopes = append(scopes, strings.Split(strings.TrimRight(named, ". "), ", ")...)
		}
	}
	slices.Sort(scopes)
	slices.Sort(app.OAuth.Scopes.Bot)
	if diff := cmp.Diff(slices.Compact(scopes), app.OAuth.Scopes.Bot); diff != "" {
		t.Errorf("scopes (-functions +app):\n%s", diff)
	}
	agree(t, "scopes of the simulated workspace", app.OAuth.Scopes.Bot, source(t, "scripts", "local", "world").variable(t, "slackScopes"))
	agree(t, "scopes that the doctor looks for", app.OAuth.Scopes.Bot, source(t, "scripts", "plan").variable(t, "slackScopes"))
	files, err := filepath.Glob(filepath.Join(top, "functions", "slackinteract", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, match := range regexp.MustCompile(`(?m)"(/[a-z]+)"$`).FindAllStringSubmatch(string(source), -1) {
			want = append(want, match[1])
		}
	}
	for _, word := range (desk.Desks{}).Words() {
		want = append(want, "/"+word)
	}
	for _, c := range app.Features.Commands {
		got = append(got, c.Command)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the app has the commands %v, slackinteract takes %v", got, want)
	}
	agree(t, "commands on the page", want, source(t, "scripts", "local", "console").variable(t, "commands"))
}
