package docs_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/scripts/describe"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
)

// This file holds those steps of docs/adding.md that no other test holds: lists that stand in
// several packages and have to agree. It reads sources, because most of these lists are nobody's
// business outside of their package.

// sources are the files of some folders, without tests.
type sources struct {
	fset  *token.FileSet
	files []*ast.File
}

// source reads the folders that match a pattern.
func source(t *testing.T, pattern ...string) sources {
	t.Helper()
	s := sources{fset: token.NewFileSet()}
	paths, err := filepath.Glob(filepath.Join(top, filepath.Join(pattern...), "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no sources in %v: %v", pattern, err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(s.fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		s.files = append(s.files, file)
	}
	return s
}

// each visits everything of a type in the sources.
func each[T ast.Node](s sources, visit func(T)) {
	for _, file := range s.files {
		ast.Inspect(file, func(n ast.Node) bool {
			if one, ok := n.(T); ok {
				visit(one)
			}
			return true
		})
	}
}

// print is an expression as it is written; a text without its quotes.
func (s sources) print(e ast.Expr) string {
	if literal, ok := e.(*ast.BasicLit); ok && literal.Kind == token.STRING {
		if text, err := strconv.Unquote(literal.Value); err == nil {
			return text
		}
	}
	var out bytes.Buffer
	if err := printer.Fprint(&out, s.fset, e); err != nil {
		return err.Error()
	}
	return out.String()
}

// keys are the keys of a literal, or the items of one that is a list.
func (s sources) keys(literal *ast.CompositeLit) []string {
	var out []string
	for _, e := range literal.Elts {
		if pair, ok := e.(*ast.KeyValueExpr); ok {
			e = pair.Key
		}
		out = append(out, s.print(e))
	}
	return out
}

// variable returns the keys or items of a package's variable, sorted.
func (s sources) variable(t *testing.T, name string) []string {
	t.Helper()
	var out []string
	each(s, func(spec *ast.ValueSpec) {
		if len(spec.Names) == 1 && spec.Names[0].Name == name && len(spec.Values) == 1 {
			if literal, ok := spec.Values[0].(*ast.CompositeLit); ok {
				out = s.keys(literal)
			}
		}
	})
	if len(out) == 0 {
		t.Fatalf("there is no list %s", name)
	}
	slices.Sort(out)
	return out
}

// agree reports two lists of the same that differ; their order does not count.
func agree(t *testing.T, what string, want, got []string) {
	t.Helper()
	if diff := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(got))); diff != "" {
		t.Errorf("%s (-there are +has):\n%s", what, diff)
	}
}

// kinds are the constants of all kinds of change, as other packages write them.
func kinds(t *testing.T) []string {
	t.Helper()
	s := source(t, "shared", "domain", "change")
	var out []string
	each(s, func(spec *ast.ValueSpec) {
		if spec.Names[0].Name != "traits" {
			return
		}
		ast.Inspect(spec, func(n ast.Node) bool {
			if pair, ok := n.(*ast.KeyValueExpr); ok && s.print(pair.Key) == "Kind" {
				out = append(out, "change."+s.print(pair.Value))
			}
			return true
		})
	})
	var constants []string
	each(s, func(spec *ast.ValueSpec) {
		if spec.Type != nil && s.print(spec.Type) == "Kind" {
			constants = append(constants, "change."+spec.Names[0].Name)
		}
	})
	agree(t, "traits of kinds of change", constants, out)
	if len(out) != len(change.Kinds()) {
		t.Fatalf("%d kinds were found, there are %d", len(out), len(change.Kinds()))
	}
	return out
}

func TestEveryKindOfChangeHasWordsOnThePage(t *testing.T) {
	agree(t, "kindWords of the page", kinds(t), source(t, "scripts", "local", "console").variable(t, "kindWords"))
	var states []string
	for _, name := range source(t, "shared", "domain", "change").variable(t, "States") {
		states = append(states, "change."+name)
	}
	agree(t, "stateWords of the page", states, source(t, "scripts", "local", "console").variable(t, "stateWords"))
}

// Every kind of change has one applier, and a subscription that calls it.
func TestEveryKindOfChangeIsCarriedOut(t *testing.T) {
	s := source(t, "functions", "*")
	var appliers []string
	each(s, func(literal *ast.CompositeLit) {
		if literal.Type != nil && s.print(literal.Type) == "map[change.Kind]ledger.Applier" {
			appliers = append(appliers, s.keys(literal)...)
		}
	})
	agree(t, "appliers", kinds(t), appliers)

	s = source(t, "scripts", "local", "world")
	var heard, want []string
	each(s, func(literal *ast.CompositeLit) {
		filter := map[string][]string{}
		for _, e := range literal.Elts {
			if pair, ok := e.(*ast.KeyValueExpr); ok {
				if values, ok := pair.Value.(*ast.CompositeLit); ok {
					filter[s.print(pair.Key)] = s.keys(values)
				}
			}
		}
		if slices.Contains(filter["event.AttrState"], string(change.Approved)) {
			heard = append(heard, filter["event.AttrKind"]...)
		}
	})
	for _, k := range change.Kinds() {
		want = append(want, string(k))
	}
	agree(t, "subscriptions to what is approved", want, heard)
}

func TestEveryQueueIsInAllLists(t *testing.T) {
	var constants []string
	s := source(t, "shared", "domain", "event")
	each(s, func(spec *ast.ValueSpec) {
		if strings.HasPrefix(spec.Names[0].Name, "Queue") && len(spec.Values) == 1 {
			constants = append(constants, s.print(spec.Values[0]))
		}
	})
	agree(t, "event.Queues", constants, event.Queues())
	var names []string
	each(s, func(spec *ast.ValueSpec) {
		if strings.HasPrefix(spec.Names[0].Name, "Queue") && len(spec.Values) == 1 {
			names = append(names, "event."+spec.Names[0].Name)
		}
	})
	agree(t, "the world's Queues", names, source(t, "scripts", "local", "world").variable(t, "Queues"))
}

func TestTheWorldRunsEveryFunction(t *testing.T) {
	functions, err := describe.Functions(top)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, f := range functions {
		want = append(want, f.Name+".Function")
	}
	agree(t, "the world's Functions", want, source(t, "scripts", "local", "world").variable(t, "Functions"))
}

// vendors are those that are both called and simulated, besides the queues of Google Cloud.
func vendors(t *testing.T) []string {
	t.Helper()
	dirs, err := os.ReadDir(filepath.Join(top, "shared", "adapters"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range dirs {
		if _, err := os.Stat(filepath.Join(top, "shared", "sim", d.Name())); err == nil && d.Name() != "cloudtasks" {
			out = append(out, d.Name())
		}
	}
	if len(out) < 6 {
		t.Fatalf("too few vendors: %v", out)
	}
	return out
}

// Every vendor is in the world, can be spoken of in scenarios, and is known to what holds traffic
// against the vendors' descriptions.
func TestEveryVendorIsInTheWorld(t *testing.T) {
	fields := map[string]string{} // by the vendor's type
	s := source(t, "scripts", "local", "world")
	each(s, func(f *ast.Field) {
		if len(f.Names) == 1 {
			fields[s.print(f.Type)] = f.Names[0].Name
		}
	})
	used := map[string]bool{}
	s = source(t, "scripts", "local", "scenario")
	each(s, func(e *ast.SelectorExpr) { used[e.Sel.Name] = true })
	judged := map[string]bool{}
	s = source(t, "scripts", "local", "contract")
	each(s, func(e *ast.StarExpr) { judged[s.print(e)] = true })
	for _, vendor := range vendors(t) {
		server := "*sim" + vendor + ".Server"
		switch field := fields[server]; {
		case field == "":
			t.Errorf("%s is not in the world", vendor)
		case !used[field]:
			t.Errorf("no command of scenarios is about %s", vendor)
		}
		if !judged[server] {
			t.Errorf("scripts/local/contract does not say what is done with the traffic of %s", vendor)
		}
	}
}

// The names of the vendors' APIs, by which faults and quotas are ordered and calls are counted,
// are the same everywhere.
func TestEveryAPIHasTheSameNameEverywhere(t *testing.T) {
	apis := source(t, "scripts", "local", "scenario").variable(t, "apis")
	agree(t, "apiWords of the page", apis, source(t, "scripts", "local", "console").variable(t, "apiWords"))

	s := source(t, "scripts", "local", "world")
	quotas := []string{"slack"} // which has limits of its own, that cannot be set
	each(s, func(f *ast.FuncDecl) {
		if f.Name.Name != "Quota" {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if c, ok := n.(*ast.CaseClause); ok {
				for _, e := range c.List {
					quotas = append(quotas, s.print(e))
				}
			}
			return true
		})
	})
	agree(t, "the world's Quota", apis, quotas)

	written := map[string]bool{}
	for _, vendor := range vendors(t) {
		s := source(t, "shared", "sim", vendor)
		named := false
		each(s, func(literal *ast.BasicLit) {
			if name := s.print(literal); slices.Contains(apis, name) {
				written[name], named = true, true
			}
		})
		if !named {
			t.Errorf("no API of scenarios is one of %s", vendor)
		}
	}
	for _, api := range apis {
		if !written[api] {
			t.Errorf("no simulator has the API %s", api)
		}
	}
}
