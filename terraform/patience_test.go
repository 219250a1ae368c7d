package terraform_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/scripts/hcl"
	"github.com/sekisho/sekisho/shared/cloudfn"
)

// longest returns how long a function gives itself for one request: [cloudfn.Deadline], or more
// where it says so.
func longest(t *testing.T, name string) time.Duration {
	t.Helper()
	out := cloudfn.Deadline
	files, err := filepath.Glob(filepath.Join("..", "functions", name, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	constants := map[string]ast.Expr{}
	var limits []ast.Expr
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				for i, value := range n.Values {
					constants[n.Names[i].Name] = value
				}
			case *ast.CallExpr:
				if named(n.Fun, "cloudfn", "Within") {
					limits = append(limits, n.Args[0])
				}
			}
			return true
		})
	}
	for _, limit := range limits {
		if name, ok := limit.(*ast.Ident); ok {
			limit = constants[name.Name]
		}
		d, ok := duration(limit)
		if !ok {
			t.Errorf("%s gives itself a time that this test cannot read", name)
		}
		out = max(out, d)
	}
	return out
}

// duration returns the value of an expression such as 25 * time.Minute.
func duration(e ast.Expr) (time.Duration, bool) {
	product, ok := e.(*ast.BinaryExpr)
	if !ok || product.Op != token.MUL {
		return 0, false
	}
	factor, ok := product.X.(*ast.BasicLit)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(factor.Value)
	for unit, d := range map[string]time.Duration{"Second": time.Second, "Minute": time.Minute, "Hour": time.Hour} {
		if err == nil && named(product.Y, "time", unit) {
			return time.Duration(n) * d, true
		}
	}
	return 0, false
}

// A function ends what it does before its caller gives up, so that nothing is worked on twice at
// once.
func TestCallersAreMorePatientThanFunctions(t *testing.T) {
	module, err := hcl.ReadDir(filepath.Join("modules", "function"))
	if err != nil {
		t.Fatal(err)
	}
	usual := as[float64](t, module.Of("variable", "timeout")[0].Body.Attributes, "default")
	acknowledged := as[float64](t, module.Of("resource", "google_pubsub_subscription")[0].Body.Attributes, "ack_deadline_seconds")
	scheduled := module.Of("resource", "google_cloud_scheduler_job")[0].Body.Attributes["attempt_deadline"]
	if want := hcl.Expression(`"${var.timeout + 30}s"`); scheduled != want {
		t.Errorf("the scheduler waits %v, want %v", scheduled, want)
	}
	for name, body := range modules(t) {
		timeout := usual
		if body.Attributes["timeout"] != nil {
			timeout = as[float64](t, body.Attributes, "timeout")
		}
		own := longest(t, name)
		if timeout <= own.Seconds() || timeout+30 > 1800 {
			t.Errorf("%s takes up to %s and is ended after %vs; the scheduler waits half an hour at most", name, own, timeout)
		}
		if len(as[map[string]any](t, body.Attributes, "subscriptions")) > 0 && acknowledged <= cloudfn.Deadline.Seconds() {
			t.Errorf("%s takes up to %s for a message, which comes again after %vs", name, cloudfn.Deadline, acknowledged)
		}
	}
	if got := fmt.Sprint(longest(t, "inactivitysweep")); got != "25m0s" {
		t.Errorf("a night's sweep takes up to %s by this test's reading", got)
	}
}
