package describe_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/scripts/describe"
)

func TestDeployment(t *testing.T) {
	for text, want := range map[string]map[string]describe.Deployed{
		`module "one" {
  source    = "./modules/function"
  publishes = ["events"]
  enqueues  = [module.one.queue, module.two.queue]
  queue     = { name = "ones", rate = 1 }
}
module "two" {
  source = "./modules/function"
  queue  = { name = "twos" }
  roles  = ["roles/datastore.viewer"]
}
module "other" { source = "./modules/other" }
`: {
			"one": {Queue: "ones", Enqueues: []string{"ones", "twos"}, Publishes: []string{"events"}},
			"two": {Queue: "twos", ReadsOnly: true},
		},
		"module \"one\" {\n source = \"./modules/function\"\n enqueues = [module.two.queue]\n}": nil,
		"module \"one\" {\n source = \"./modules/function\"\n enqueues = [\"ones\"]\n}":         nil,
		"module \"one\" {\n source = \"./modules/function\"\n publishes = [local.topic]\n}":     nil,
		"module \"one\" {": nil,
	} {
		root := t.TempDir()
		if err := os.Mkdir(filepath.Join(root, "terraform"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "terraform", "main.tf"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, _, err := describe.Deployment(root)
		if (err == nil) != (want != nil) {
			t.Errorf("%s: error %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
