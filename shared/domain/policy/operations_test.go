package policy_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
)

// constants returns the values of the constants of a type in a file.
func constants(t *testing.T, path, typeName string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && v.Type != nil {
			if name, ok := v.Type.(*ast.Ident); ok && name.Name == typeName && len(v.Values) == 1 {
				if text, ok := v.Values[0].(*ast.BasicLit); ok {
					out = append(out, strings.Trim(text.Value, `"`))
				}
			}
		}
		return true
	})
	return out
}

func TestEveryKindOfChangeHasItsOperations(t *testing.T) {
	kinds := constants(t, "../change/kind.go", "Kind")
	if len(kinds) < 10 {
		t.Fatalf("got the kinds %q, want all of package change", kinds)
	}
	for _, k := range kinds {
		for _, v := range []change.Verb{change.VerbApprove, change.VerbDeny, change.VerbRetry} {
			p, ok := policy.Needed(change.Kind(k), v)
			if !ok || p.Operation == "" || p.Type == "" {
				t.Errorf("%s of %s: got %+v, %t", v, k, p, ok)
			}
			if first, _ := policy.Needed(change.Kind(k), change.VerbApprove); p.Operation != first.Operation || p.Type != first.Type {
				t.Errorf("%s of %s needs %s on %s: who decides says yes and no alike", v, k, p.Operation, p.Type)
			}
		}
		// What can be asked for is in package desk, which tests that it is asked here.
		asked, _ := policy.Needed(change.Kind(k), change.VerbPropose)
		if decided, _ := policy.Needed(change.Kind(k), change.VerbApprove); asked.Operation == decided.Operation {
			t.Errorf("to ask for %s and to decide about it is the same operation %s", k, asked.Operation)
		}
	}
}

// What a brake holds is let through by those who may override it, and by nobody else.
func TestWhatEachKindNeeds(t *testing.T) {
	for operation, kinds := range map[policy.Operation]string{
		policy.ApproveSettings:   "group.settings",
		policy.OverrideBrake:     "group.settings.plan group.members.plan account.disable.plan account.listing",
		policy.ApproveAccount:    "account.disable account.enable account.create",
		policy.ApproveAccess:     "access.grant access.revoke access.review",
		policy.ApproveConnection: "connection.create connection.renew",
		policy.ApproveCatalog:    "catalog.apply",
	} {
		var got []string
		for _, k := range constants(t, "../change/kind.go", "Kind") {
			if p, _ := policy.Needed(change.Kind(k), change.VerbApprove); p.Operation == operation {
				got = append(got, k)
			}
		}
		want := strings.Fields(kinds)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s is needed for %q, want %q", operation, got, want)
		}
	}
}

// TestWhatCanBeUndoneNeedsUndo holds the table to what package change can reverse.
func TestWhatCanBeUndoneNeedsUndo(t *testing.T) {
	for _, k := range constants(t, "../change/kind.go", "Kind") {
		c := change.Change{Kind: change.Kind(k), State: change.Applied, Diff: []change.Delta{{Field: "enabled", Before: "false", After: "true"}}}
		_, can := c.Reverse(actor("aiko"), "wrong", time.Time{})
		p, ok := policy.Needed(change.Kind(k), change.VerbUndo)
		if ok != can || ok && p.Operation != policy.Undo {
			t.Errorf("undo of %s: needs %+v, %t; it can be undone: %t", k, p, ok, can)
		}
	}
}

func TestEveryOperationOfSekishoIsNeededForSomething(t *testing.T) {
	needed := map[policy.Operation]bool{policy.All: true, policy.EditAll: true, policy.ViewAll: true}
	for _, p := range policy.Permissions() {
		needed[p.Operation] = true
	}
	operations := constants(t, "operations.go", "Operation")
	if len(operations) < 12 {
		t.Fatalf("got the operations %q", operations)
	}
	for _, o := range operations {
		if !needed[policy.Operation(o)] {
			t.Errorf("nothing needs %s", o)
		}
		own := o != string(policy.EditAll) && o != string(policy.ViewAll)
		if own && (strings.HasPrefix(o, "Edit") || strings.HasPrefix(o, "View")) {
			t.Errorf("%s is covered by what lets people edit or view the catalogue", o)
		}
	}
}

func TestTimeAndAppliersNeedNoOperation(t *testing.T) {
	for _, v := range change.Verbs {
		_, ok := policy.Needed(change.AccessGrant, v)
		want := slices.Contains([]change.Verb{change.VerbPropose, change.VerbApprove, change.VerbDeny, change.VerbRetry, change.VerbUndo}, v)
		if ok != want {
			t.Errorf("%s: got an operation: %t, want %t", v, ok, want)
		}
	}
	if _, ok := policy.Needed("", change.VerbApprove); ok {
		t.Error("no kind of change has an operation")
	}
}
