package describe_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/scripts/describe"
)

const source = `// Package one does one thing. It does nothing else.
//
// Trigger: HTTP; job "walk"
// nightly.
//
// Reads: nothing.
//
// Writes: nothing.
//
// Calls: Some API, as its only caller.
//
// A second paragraph of it.
//
// Permissions: roles/datastore.user, roles/pubsub.publisher on change-events and group-changed,
// roles/cloudtasks.enqueuer on directory; scopes a.readonly and b; Slack scopes users:read.
//
// On failure: 503.
package one

type config struct {
	// Token opens it.
	Token string ` + "`env:\"TOKEN\"`" + `
	// Percent and Max are the brake.
	Percent float64 ` + "`env:\"PERCENT, default=2\"`" + `
	Max int ` + "`env:\"MAX, default=50\"`" + `
	Names []string ` + "`env:\"NAMES, default=a,b\"`" + `
	Wait time.Duration ` + "`env:\"WAIT\"`" + `
	inner int
}

func (c *config) Validate() error {
	if c.Names != nil {
		problems = append(problems, cloudfn.Missing(map[string]string{"WAIT": c.Wait})...)
	}
	return errors.Join(cloudfn.Missing(map[string]string{"TOKEN": c.Token})...)
}

var Function = cloudfn.Function{Name: "One", Build: build}

func build() { google("https://www.googleapis.com/auth/b", "https://www.googleapis.com/auth/a.readonly", "https://example.com") }
`

func repository(t *testing.T, text string) string {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, "functions", "one")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "function.go"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestAFunction(t *testing.T) {
	got, err := describe.Functions(repository(t, source))
	if err != nil {
		t.Fatal(err)
	}
	want := []describe.Function{{
		Name: "one", EntryPoint: "One", Synopsis: "Package one does one thing.",
		Headings: map[string]string{
			"Trigger": `HTTP; job "walk" nightly.`, "Reads": "nothing.", "Writes": "nothing.",
			"Calls":       "Some API, as its only caller. A second paragraph of it.",
			"Permissions": "roles/datastore.user, roles/pubsub.publisher on change-events and group-changed, roles/cloudtasks.enqueuer on directory; scopes a.readonly and b; Slack scopes users:read.",
			"On failure":  "503.",
		},
		Variables: []describe.Variable{
			{Name: "TOKEN", Type: "string", Doc: "Token opens it.", Required: true},
			{Name: "PERCENT", Type: "float64", Default: "2", Doc: "Percent and Max are the brake."},
			{Name: "MAX", Type: "int", Default: "50", Doc: "Percent and Max are the brake."},
			{Name: "NAMES", Type: "[]string", Default: "a,b"},
			{Name: "WAIT", Type: "time.Duration", Conditional: true},
		},
		Scopes: []string{"a.readonly", "b"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	roles := []string{
		"roles/cloudtasks.enqueuer on directory", "roles/datastore.user",
		"roles/pubsub.publisher on change-events", "roles/pubsub.publisher on group-changed",
	}
	if diff := cmp.Diff(roles, got[0].Roles()); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a.readonly", "b"}, got[0].Delegated()); diff != "" {
		t.Errorf("delegated (-want +got):\n%s", diff)
	}
}

func TestWhatIsNoFunction(t *testing.T) {
	if _, err := describe.Functions(t.TempDir()); err == nil {
		t.Error("functions were found in an empty folder")
	}
	if got, err := describe.Functions(repository(t, "package one")); err == nil {
		t.Errorf("a folder in which nothing registers itself holds %v", got)
	}
	if _, err := describe.Functions(repository(t, "no Go")); err == nil || !strings.Contains(err.Error(), "read one") {
		t.Errorf("error %v, want one that names the function", err)
	}
	if _, err := describe.Platform(t.TempDir()); err == nil {
		t.Error("a platform was found in an empty folder")
	}
}

// Every function says of itself what a reader looks for, in the same order.
func TestEveryFunctionHasAllHeadings(t *testing.T) {
	all, err := describe.Functions("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		for _, h := range describe.Headings {
			if f.Headings[h] == "" {
				t.Errorf("the package comment of %s has no %q", f.Name, h)
			}
		}
		for _, v := range f.Variables {
			if v.Doc == "" {
				t.Errorf("nobody says what %s of %s means", v.Name, f.Name)
			}
		}
		if !strings.EqualFold(f.EntryPoint, f.Name) {
			t.Errorf("%s registers itself as %q", f.Name, f.EntryPoint)
		}
	}
	platform, err := describe.Platform("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range platform {
		if v.Doc == "" {
			t.Errorf("nobody says what %s means", v.Name)
		}
	}
	if len(platform) < 5 {
		t.Errorf("the platform has the variables %v", platform)
	}
}
