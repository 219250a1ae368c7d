package terraform_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sources calls visit with every file of the functions and of what they are made of.
func sources(t *testing.T, visit func(*ast.File)) {
	t.Helper()
	for _, dir := range []string{"functions", "shared/state", "shared/desk", "shared/cloudfn"} {
		err := filepath.WalkDir(filepath.Join("..", dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err == nil {
				visit(file)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// named reports whether an expression is a name of a package, such as store.Query.
func named(e ast.Expr, pkg, name string) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != name {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == pkg
}

// elements returns the elements of a struct's literal, by field.
func elements(literal *ast.CompositeLit) map[string]ast.Expr {
	out := map[string]ast.Expr{}
	for _, element := range literal.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok {
				out[key.Name] = pair.Value
			}
		}
	}
	return out
}

func constant(e ast.Expr) string {
	if literal, ok := e.(*ast.BasicLit); ok && literal.Kind == token.STRING {
		if text, err := strconv.Unquote(literal.Value); err == nil {
			return text
		}
	}
	return ""
}

// Every collection is exempt from an index on its contents, and what expires is removed.
func TestCollectionsAreThoseOfTheCode(t *testing.T) {
	want := map[string]any{}
	sources(t, func(file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if generic, ok := literal.Type.(*ast.IndexExpr); ok && named(generic.X, "store", "Collection") {
				fields := elements(literal)
				if name := constant(fields["Name"]); name != "" {
					want[name] = fields["Expires"] != nil
				}
			}
			return true
		})
	})
	got := as[map[string]any](t, configuration(t).Locals(), "collections")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-code +terraform; true where records expire):\n%s", diff)
	}
}

// indexed returns what the code asks the store for that needs a composite index: the fields
// and the order, without the collection, which the text of one query does not always tell. The
// test of the scenarios tells exactly which collections are asked.
func indexed(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	sources(t, func(file *ast.File) {
		for _, declaration := range file.Decls {
			var conds []*ast.CompositeLit
			var queries []*ast.CompositeLit
			ast.Inspect(declaration, func(n ast.Node) bool {
				literal, ok := n.(*ast.CompositeLit)
				if !ok {
					return true
				}
				list, isList := literal.Type.(*ast.ArrayType)
				switch {
				case named(literal.Type, "store", "Query"):
					queries = append(queries, literal)
				case named(literal.Type, "store", "Cond"):
					conds = append(conds, literal)
				case isList && named(list.Elt, "store", "Cond"):
					for _, element := range literal.Elts {
						if cond, ok := element.(*ast.CompositeLit); ok && cond.Type == nil {
							conds = append(conds, cond)
						}
					}
				}
				return true
			})
			for _, q := range queries {
				fields := elements(q)
				order := constant(fields["OrderBy"])
				var equal []string
				for _, c := range conds {
					inside := c.Pos() > q.Pos() && c.End() < q.End()
					_, byName := fields["Where"].(*ast.Ident)
					cond := elements(c)
					field := constant(cond["Field"])
					if (inside || byName) && field != order {
						if named(cond["Op"], "store", "Contains") {
							field += " contains"
						}
						equal = append(equal, field)
					}
				}
				if order == "" || len(equal) == 0 {
					continue
				}
				if fields["Desc"] != nil {
					order += " desc"
				}
				slices.Sort(equal)
				out[strings.Join(append(slices.Compact(equal), order), ", ")] = true
			}
		}
	})
	return out
}

func TestIndexesAreThoseThatQueriesNeed(t *testing.T) {
	want := indexed(t)
	got := map[string]bool{}
	indexes := texts(t, configuration(t).Locals(), "indexes")
	collections := as[map[string]any](t, configuration(t).Locals(), "collections")
	for _, index := range indexes {
		collection, fields, _ := strings.Cut(index, ": ")
		if _, ok := collections[collection]; !ok {
			t.Errorf("index %q is of no collection", index)
		}
		got[fields] = true
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("(-queries in the code +indexes in Terraform):\n%s", diff)
	}
	if !slices.IsSorted(indexes) || len(slices.Compact(indexes)) != len(indexes) {
		t.Error("the indexes are not sorted, or one stands there twice")
	}
}
