package terraform_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/scripts/describe"
	"github.com/sekisho/sekisho/scripts/hcl"
)

func described(t *testing.T) []describe.Function {
	t.Helper()
	all, err := describe.Functions("..")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// roles returns the roles that modules/function gives to a function, by what its module says.
func roles(t *testing.T, deployed describe.Deployed, attributes map[string]any) []string {
	t.Helper()
	out := []string{"roles/datastore.user"}
	if attributes["roles"] != nil {
		out = texts(t, attributes, "roles")
	}
	for _, topic := range deployed.Publishes {
		out = append(out, "roles/pubsub.publisher on "+topic)
	}
	for _, queue := range deployed.Enqueues {
		out = append(out, "roles/cloudtasks.enqueuer on "+queue)
	}
	switch len(deployed.Enqueues) {
	case 0:
	case 1:
		out = append(out, "roles/iam.serviceAccountUser on its caller")
	default:
		out = append(out, "roles/iam.serviceAccountUser on their callers")
	}
	if len(texts(t, attributes, "scopes")) > 0 {
		out = append(out, "roles/iam.serviceAccountTokenCreator on itself")
	}
	for account := range as[map[string]any](t, attributes, "acts_as") {
		out = append(out, "roles/iam.serviceAccountTokenCreator on "+account)
	}
	for variable := range as[map[string]any](t, attributes, "secrets") {
		secret := text(t, as[map[string]any](t, attributes, "secrets"), variable)
		out = append(out, "roles/secretmanager.secretAccessor on "+strings.TrimSuffix(secret, "-former"))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// A function has the roles that its package comment lists, and no other.
func TestRolesAreThoseThatFunctionsName(t *testing.T) {
	all := modules(t)
	deployed, _, err := describe.Deployment("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range described(t) {
		if diff := cmp.Diff(f.Roles(), roles(t, deployed[f.Name], all[f.Name].Attributes)); diff != "" {
			t.Errorf("%s (-package comment +terraform):\n%s", f.Name, diff)
		}
	}
}

// own are the scopes of Google Cloud itself, for which an account needs roles and nobody's
// delegation.
var own = []string{"cloud-platform", "cloud-identity.groups"}

// A function may put work into every queue that its own code names. What packages do for it is
// seen in the scenarios, which compare with Terraform too.
func TestFunctionsReachTheQueuesThatTheyName(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("..", "shared", "domain", "event", "event.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, match := range regexp.MustCompile(`(Queue\w+) += "([a-z-]+)"`).FindAllStringSubmatch(string(source), -1) {
		names[match[1]] = match[2]
	}
	deployed, _, err := describe.Deployment("..")
	if err != nil {
		t.Fatal(err)
	}
	for function, d := range deployed {
		files, err := filepath.Glob(filepath.Join("..", "functions", function, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range regexp.MustCompile(`event\.(Queue\w+)`).FindAllStringSubmatch(string(source), -1) {
				if queue := names[match[1]]; !strings.HasSuffix(file, "_test.go") && !slices.Contains(d.Enqueues, queue) {
					t.Errorf("%s names the queue %q, into which Terraform lets it put nothing", file, queue)
				}
			}
		}
	}
}

// What an administrator delegates is what the code asks for, and what the comment says.
func TestScopesAreThoseThatTheCodeAsksFor(t *testing.T) {
	all := modules(t)
	for _, f := range described(t) {
		code := slices.DeleteFunc(slices.Clone(f.Scopes), func(s string) bool { return slices.Contains(own, s) })
		scopes := texts(t, all[f.Name].Attributes, "scopes")
		slices.Sort(scopes)
		if !slices.Equal(scopes, code) {
			t.Errorf("%s asks for %v, Terraform says %v", f.Name, code, scopes)
		}
		if said := f.Delegated(); !slices.Equal(scopes, said) {
			t.Errorf("%s asks for %v, its package comment says %v", f.Name, scopes, said)
		}
	}
}

// A function gets every variable without which it does not start, and none that it does not
// know.
func TestVariablesAreThoseThatFunctionsRead(t *testing.T) {
	all := modules(t)
	for _, f := range described(t) {
		known := map[string]bool{}
		set := map[string]bool{}
		for _, name := range []string{"environment", "secrets"} {
			for variable := range as[map[string]any](t, all[f.Name].Attributes, name) {
				set[variable] = true
			}
		}
		for _, v := range f.Variables {
			known[v.Name] = true
			if (v.Required || v.Conditional) && !set[v.Name] {
				t.Errorf("%s does not start without %s, which Terraform does not set", f.Name, v.Name)
			}
		}
		for variable := range set {
			if !known[variable] {
				t.Errorf("Terraform sets %s for %s, which does not read it", variable, f.Name)
			}
		}
	}
}

// The module sets what every function has in production, and nothing else.
func TestThePlatformIsConfigured(t *testing.T) {
	platform, err := describe.Platform("..")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, v := range platform {
		want = append(want, v.Name)
	}
	body, err := hcl.ReadDir("modules/function")
	if err != nil {
		t.Fatal(err)
	}
	environment := string(as[hcl.Expression](t, body.Locals(), "environment"))
	var got []string
	for _, match := range regexp.MustCompile(`(?m)^\s*([A-Z][A-Z_]+) +=`).FindAllStringSubmatch(environment, -1) {
		got = append(got, match[1])
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the module sets %v, the platform reads %v", got, want)
	}
}

// Functions find the policy where the buildpack leaves what was uploaded: scripts/bundle starts
// them so.
func TestThePolicyIsWhereFunctionsLook(t *testing.T) {
	body, err := hcl.ReadDir("modules/function")
	if err != nil {
		t.Fatal(err)
	}
	environment := string(as[hcl.Expression](t, body.Locals(), "environment"))
	if want := `POLICY_DIR = "serverless_function_source_code/policy"`; !strings.Contains(environment, want) {
		t.Errorf("the module does not set %s", want)
	}
}

// Whoever has a basic role may do nearly everything, now and with what Google adds later: nobody gets
// one, on whatever. Who calls a function may do that and no more.
func TestNobodyGetsABasicRole(t *testing.T) {
	var files []string
	for _, pattern := range []string{"*.tf", "modules/function/*.tf"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	basic := regexp.MustCompile(`roles/(owner|editor|viewer)"`)
	callers := regexp.MustCompile(`(?s)resource "google_cloud_run_v2_service_iam_member".*?\n}`)
	calling := 0
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		// Variables name basic roles to refuse them.
		if found := basic.FindString(string(text)); found != "" && path != "variables.tf" {
			t.Errorf("%s gives the basic role %s", path, found)
		}
		for _, resource := range callers.FindAllString(string(text), -1) {
			calling++
			if !regexp.MustCompile(`role += "roles/run.invoker"`).MatchString(resource) {
				t.Errorf("%s lets callers do something else than call:\n%s", path, resource)
			}
		}
	}
	if calling == 0 {
		t.Error("nobody may call a function")
	}
}
