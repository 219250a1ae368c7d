// Package shared_test enforces which packages may import which others.
package shared_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/sekisho/sekisho/"

// allowed says, for each layer, which layers of this module it may import besides itself. The
// directions are explained in docs/decisions/0002-layers.md.
var allowed = map[string][]string{
	"shared/domain":   {"shared/domain"},
	"shared/ports":    {"shared/domain", "shared/ports"},
	"shared/state":    {"shared/domain", "shared/ports", "shared/state"},
	"shared/desk":     {"shared/domain", "shared/ports", "shared/state"},
	"shared/adapters": {"shared/domain", "shared/ports"},
	"shared/cloudfn":  {"shared/cloudfn", "shared/domain", "shared/ports", "shared/state", "shared/adapters"},
	"shared/webapi":   {},
	"shared/sim":      {"shared/sim"},
	"functions":       {"shared/domain", "shared/ports", "shared/state", "shared/desk", "shared/adapters", "shared/cloudfn", "shared/webapi"},
	"scripts":         {"shared", "functions", "scripts"},
}

// outside says which packages of other modules a layer may import; the standard library
// always. A layer that is not listed may import any.
var outside = map[string][]string{
	// Pure decisions: nothing but the standard library. Only policy parses conditions, see single.
	"shared/domain": {
		"cel.dev/cel-go/cel", "cel.dev/cel-go/common/ast", "cel.dev/cel-go/common/operators", "cel.dev/cel-go/common/types",
	},
	"shared/state": {},
	"shared/ports": {},
	// What answers HTTP for every API.
	"shared/webapi": {},
}

// single lists the SDKs that have one importer outside of tests.
var single = map[string]string{
	"cel.dev/cel-go":                                                  "shared/domain/policy",
	"modernc.org/sqlite":                                              "shared/adapters/embedded",
	"cloud.google.com/go/firestore":                                   "shared/adapters/firestore",
	"github.com/slack-go/slack":                                       "shared/adapters/slack",
	"github.com/goccy/go-yaml":                                        "shared/adapters/policyfile",
	"google.golang.org/api/groupssettings/v1":                         "shared/adapters/workspace",
	"google.golang.org/api/admin/directory/v1":                        "shared/adapters/workspace",
	"google.golang.org/api/admin/reports/v1":                          "shared/adapters/workspace",
	"cloud.google.com/go/pubsub/v2/apiv1":                             "shared/adapters/pubsub",
	"cloud.google.com/go/cloudtasks/apiv2":                            "shared/adapters/cloudtasks",
	"github.com/GoogleCloudPlatform/functions-framework-go/functions": "shared/cloudfn",
}

type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
	Standard     bool
	Name         string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports,Name", module+"...").Output()
	if err != nil {
		t.Fatalf("list packages: %v", err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("decode list of packages: %v", err)
		}
		all = append(all, p)
	}
}

// layer returns the layer of a package of this module; test suites of ports and the
// simulators' own tests count with what they test.
func layer(path string) string {
	rel := strings.TrimPrefix(path, module)
	best := ""
	for l := range allowed {
		if (rel == l || strings.HasPrefix(rel, l+"/")) && len(l) > len(best) {
			best = l
		}
	}
	return best
}

func TestImportDirections(t *testing.T) {
	for _, p := range packages(t) {
		from := layer(p.ImportPath)
		if from == "" {
			continue
		}
		for _, i := range p.Imports {
			if !strings.HasPrefix(i, module) {
				checkOutside(t, p.ImportPath, from, i)
				continue
			}
			rel := strings.TrimPrefix(i, module)
			ok := slices.ContainsFunc(allowed[from], func(l string) bool { return rel == l || strings.HasPrefix(rel, l+"/") })
			// An adapter never imports another one, nor a function another one; their own
			// subpackages are theirs.
			if ok && from == "shared/adapters" && strings.HasPrefix(rel, "shared/adapters/") || from == "functions" && strings.HasPrefix(rel, "functions/") {
				ok = false
			}
			if own := root(p.ImportPath); strings.HasPrefix(i+"/", own+"/") {
				ok = true
			}
			if !ok {
				t.Errorf("%s imports %s: %s may import %v", p.ImportPath, i, from, allowed[from])
			}
		}
	}
}

// root returns the adapter, function or other unit that a package belongs to: three path
// elements below the module for shared, two elsewhere.
func root(path string) string {
	parts := strings.Split(strings.TrimPrefix(path, module), "/")
	n := 2
	if parts[0] == "shared" {
		n = 3
	}
	return module + strings.Join(parts[:min(n, len(parts))], "/")
}

func checkOutside(t *testing.T, path, from, imported string) {
	t.Helper()
	standard := !strings.Contains(strings.SplitN(imported, "/", 2)[0], ".")
	if standard {
		if from == "shared/domain" && slices.Contains([]string{"net", "net/http", "os", "database/sql", "os/exec"}, imported) {
			t.Errorf("%s imports %s: a decision does no I/O", path, imported)
		}
		return
	}
	test := strings.HasSuffix(path, "test") // storetest, bustest, queuetest
	if list, limited := outside[from]; limited && !test && !slices.Contains(list, imported) {
		t.Errorf("%s imports %s: %s may import no other module", path, imported, from)
	}
	for sdk, only := range single {
		if (imported == sdk || strings.HasPrefix(imported, sdk+"/")) && !strings.HasPrefix(path, module+only) &&
			from != "scripts" && from != "shared/sim" {
			t.Errorf("%s imports %s: only %s may", path, imported, only)
		}
	}
}

func TestSimulatorsDoNotKnowTheCodeThatCallsThem(t *testing.T) {
	for _, p := range packages(t) {
		if layer(p.ImportPath) != "shared/sim" {
			continue
		}
		for _, i := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if strings.HasPrefix(i, module+"shared/adapters") || strings.HasPrefix(i, module+"functions") || strings.HasPrefix(i, module+"shared/domain") {
				t.Errorf("%s imports %s: a wrong field name on one side would be wrong on both", p.ImportPath, i)
			}
		}
	}
}
