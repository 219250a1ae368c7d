package terraform_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/scripts/describe"
)

var update = flag.Bool("update", false, "write tests/roles.json anew")

// granted returns the roles that a package comment lists, each with what it is on: "their callers"
// are the accounts that call for the queues of the same comment.
func granted(f describe.Function) []string {
	const enqueuer, user = "roles/cloudtasks.enqueuer on ", "roles/iam.serviceAccountUser on "
	var out, queues []string
	for _, role := range f.Roles() {
		if queue, ok := strings.CutPrefix(role, enqueuer); ok {
			queues = append(queues, queue)
		}
	}
	for _, role := range f.Roles() {
		if role != user+"its caller" && role != user+"their callers" {
			out = append(out, role)
			continue
		}
		for _, queue := range queues {
			out = append(out, user+"the caller of "+queue)
		}
	}
	slices.Sort(out)
	return out
}

// Terraform's own tests compare the roles that would be given with tests/roles.json, which says
// what the package comments say.
func TestTerraformTestsTheRolesOfThePackageComments(t *testing.T) {
	want := map[string][]string{}
	for _, f := range described(t) {
		want[f.Name] = granted(f)
	}
	name := filepath.Join("tests", "roles.json")
	if *update {
		text, err := json.MarshalIndent(want, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("write it anew with go test ./terraform -run PackageComments -update (-package comments +%s):\n%s", name, diff)
	}
}

// Who has which right is all in these resources, and each is accounted for: those of functions by
// the tests of roles, the others by what is said here. A right that is given elsewhere would be in
// no list that anybody reads.
func TestRightsAreGivenWhereTheyAreLookedFor(t *testing.T) {
	want := map[string]string{
		"modules/function/main.tf google_project_iam_member.role":                        "each.value",
		"modules/function/main.tf google_pubsub_topic_iam_member.publishes":              `"roles/pubsub.publisher"`,
		"modules/function/main.tf google_cloud_tasks_queue_iam_member.enqueues":          `"roles/cloudtasks.enqueuer"`,
		"modules/function/main.tf google_service_account_iam_member.enqueues":            `"roles/iam.serviceAccountUser"`,
		"modules/function/main.tf google_service_account_iam_member.itself":              `"roles/iam.serviceAccountTokenCreator"`,
		"modules/function/main.tf google_service_account_iam_member.acts_as":             `"roles/iam.serviceAccountTokenCreator"`,
		"modules/function/main.tf google_secret_manager_secret_iam_member.secret":        `"roles/secretmanager.secretAccessor"`,
		"modules/function/main.tf google_cloud_run_v2_service_iam_member.invoker":        `"roles/run.invoker"`,
		"modules/function/triggers.tf google_pubsub_subscription_iam_member.dead_letter": `"roles/pubsub.subscriber"`,
		// Google's own agents: what cannot be delivered, and the organisation's sink.
		"topics.tf google_pubsub_topic_iam_member.dead_letter": `"roles/pubsub.publisher"`,
		"intake.tf google_pubsub_topic_iam_member.workspace":   `"roles/pubsub.publisher"`,
		// Cloud Build, and GitHub's workflow: the rights of all whom it deploys.
		"build.tf google_project_iam_member.builder":           "each.value",
		"build.tf google_project_iam_member.builder_sources":   `"roles/storage.objectViewer"`,
		"deploy.tf google_service_account_iam_member.deployer": `"roles/iam.workloadIdentityUser"`,
		"deploy.tf google_project_iam_member.deployer":         "each.value",
		// The account behind accessgrant, within its condition; and visitors of the page.
		"function_accessgrant.tf google_project_iam_member.granter": `"roles/resourcemanager.projectIamAdmin"`,
		"function_connectcard.tf google_project_iam_member.connect": `"roles/iap.httpsResourceAccessor"`,
	}
	resource := regexp.MustCompile(`(?ms)^resource "(\w+_iam_(?:member|binding|policy|custom_role))" "(\w+)" \{$(.*?)^\}$`)
	role := regexp.MustCompile(`(?m)^  role +=\s*(.+)$`)
	got := map[string]string{}
	for _, pattern := range []string{"*.tf", "modules/*/*.tf"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range resource.FindAllStringSubmatch(string(text), -1) {
				gives := ""
				if found := role.FindStringSubmatch(match[3]); found != nil {
					gives = found[1]
				}
				got[filepath.ToSlash(file)+" "+match[1]+"."+match[2]] = gives
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-accounted for +in the configuration):\n%s", diff)
	}
}
