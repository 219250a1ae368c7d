package slacknotify

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/ports/vendor"
)

func TestCausesInJapanese(t *testing.T) {
	c := change.Change{Target: change.Target{Name: "sales"}}
	for text, want := range map[string]string{
		"":                                      "",
		connection.WhyOwnerGone:                 "データの所有者が在籍していないか、停止中です",
		"look at sales: " + connection.WhyThere: "接続先に、ここで作成したものではない同じスキーマの接続があります",
		"look at sales: " + connection.WhyTaken + "letters":            "このスキーマは接続 letters で使われています",
		"settings.host is missing":                                     "settings.host が記入されていません",
		"service is not a service that the policy has: klaviyo, mysql": "service: ポリシーにないサービスです: klaviyo, mysql",
		"change sales: " + (&vendor.Error{API: "fivetran", Op: "create_connection", Kind: vendor.ErrForbidden, Code: 401, Reason: "AuthFailed", Message: "the API key is not taken: it may have been replaced"}).Error(): "Fivetran: 許可されていません (401 AuthFailed)。Sekisho の API キーが受け付けられません。キーが交換された可能性があります",
		"look at sales: " + (&vendor.Error{API: "fivetran", Op: "list_connections", Kind: vendor.ErrNotFound, Code: 404, Reason: "NotFound_Group", Message: "Group with id 'x' does not exist"}).Error():                 "Fivetran: 対象が見つかりません (404 NotFound_Group)。メッセージ: 「Group with id 'x' does not exist」",
		(&vendor.Error{API: "fivetran", Op: "create_connection", Message: "no answer before the deadline"}).Error():                                                                                                      "Fivetran: エラーが発生しました。時間内に応答がありませんでした",
		(&vendor.Error{API: "looker", Op: "users", Code: 500}).Error(): "Looker: エラーが発生しました (500)。",
		"the group is gone": "グループがなくなりました",
		"7 accounts at once are more than the brake lets pass":                                                     "一度に停止するアカウントが 7 件あり、ブレーキの上限を超えています",
		"500 accounts at once are more than the brake lets pass; 7 more are left for the next plan":                "一度に停止するアカウントが 500 件あり、ブレーキの上限を超えています。残りの 7 件は次の計画に回ります",
		"3 more steps follow after these; 40 removals at once are more than the brake lets pass":                   "このほかに 3 件の作業が続きます。一度に削除するものが 40 件あり、ブレーキの上限を超えています",
		"3 more steps follow after these; the moon is full":                                                        "詳細 (英語): 「3 more steps follow after these; the moon is full」",
		"The rules want what the API cannot do: whoCanJoin X needs a wider allowExternalMembers than false":        "ルールの求める設定を Google の API で実現できません。whoCanJoin を X にするには、allowExternalMembers の範囲を false より広くする必要があります",
		"whoCanJoin has a value that is not known here: NEW. It is not taken for compliant; a person has to look.": "whoCanJoin に未知の値 NEW が設定されています。ルールに適合しているとは判断できないため、ご確認ください",
		"change sales: does not converge: 5 times change sales: acknowledged, but not seen when read back":         "5 回実施しましたが、反映されませんでした",
		"change sales: give etl: the membership is not ours: aiko@example.com is in etl@example.com for good":      "aiko@example.com は、申請によらず無期限で etl@example.com のメンバーになっています",
		"is too large for one change: 700000 bytes of at most 614400. Make several of it":                          "1 件の変更に収まりません (700000 バイト、上限 614400 バイト)。複数に分けてください",
		"the moon is full": "詳細 (英語): 「the moon is full」",
	} {
		if got := japanese.causeOf(c, text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
		if got := english.causeOf(c, text); got != text && !strings.Contains(text, "the membership is not ours") {
			t.Errorf("in English: got %s, want %s", got, text)
		}
	}
}

// An error that people meet who have done nothing wrong is told in words that are not an error's, and what was attempted is
// left out where a vendor says what is wrong.
func TestErrorsInWords(t *testing.T) {
	c := change.Change{Target: change.Target{Name: "sales"}}
	for text, want := range map[string]string{
		"change sales: give etl: the membership is not ours: aiko@example.com is in etl@example.com for good":                         "aiko@example.com is a member of etl@example.com without an end already: etl would give nothing.",
		"change sales: take etl back: the membership is not ours: aiko@example.com is in etl@example.com for good":                    "aiko@example.com has been made a member of etl@example.com without an end by others: giving back etl does not change that.",
		"change sales: take etl back: the membership is not ours: aiko@example.com is in etl@example.com until 22 Nov 2026 10:00 UTC": "aiko@example.com has been made a member of etl@example.com until 22 Nov 2026 10:00 UTC by others: giving back etl does not change that.",
	} {
		if got := english.causeOf(c, text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	text := "change sales: read the policy of project p: " + (&vendor.Error{API: "cloudresourcemanager", Op: "projects.getIamPolicy", Code: 503, Reason: "backendError", Message: "try again"}).Error()
	if got, want := japanese.causeOf(c, text), "Google Cloud: エラーが発生しました (503 backendError)。メッセージ: 「try again」"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What people write is theirs, whatever it says.
func TestReasonsOfPeopleAreNotReworded(t *testing.T) {
	c := change.Change{Reason: connection.WhyBroken, Requester: change.Actor{Kind: change.ByPerson}}
	if got := japanese.reasonOf(c); !strings.Contains(got, connection.WhyBroken) {
		t.Errorf("got %s", got)
	}
	c.Requester.Kind = change.ByFunction
	if got := japanese.reasonOf(c); strings.Contains(got, "work") {
		t.Errorf("got %s", got)
	}
}

// A message about what could not be done says why in its reader's language.
func TestAMessageSaysWhyInItsReadersLanguage(t *testing.T) {
	for _, state := range []change.State{change.Failed, change.Withdrawn} {
		c := change.Change{Kind: change.ConnectionCreate, State: state, Target: change.Target{Name: "sales"}, Problem: connection.WhyOwnerGone}
		for _, test := range []struct {
			in   language
			want string
		}{{japanese, "状況: データの所有者が在籍していないか、停止中です"}, {english, "What happened: " + connection.WhyOwnerGone}} {
			if m := test.in.write(c, letter{Part: asked}, latest, nil, time.Time{}); !slices.Contains(m.Lines, test.want) {
				t.Errorf("%s in %s: %q", state, test.in.name, m.Lines)
			}
		}
	}
}

func TestEveryCodeOfARequestIsWorded(t *testing.T) {
	for _, code := range connection.Codes() {
		text := connection.Problem{Field: "settings.host", Code: code}.Error()
		if got := japanese.causeOf(change.Change{}, text); strings.Contains(got, "(英語)") || !strings.Contains(got, "settings.host") {
			t.Errorf("%s: %s", code, got)
		}
	}
	for _, kind := range []error{vendor.ErrNotFound, vendor.ErrQuota, vendor.ErrForbidden, vendor.ErrIncomplete, vendor.ErrConflict, vendor.ErrInvalid} {
		if japaneseCauses.kinds[kind.Error()] == "" {
			t.Errorf("no words for %q", kind)
		}
	}
}

// Each sentence that is worded is one that the code still says.
func TestCausesAreWordedAsTheyAreLeft(t *testing.T) {
	var source strings.Builder
	for _, folder := range []string{"..", "../../shared"} {
		check := func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "slacknotify/") {
				return err
			}
			text, err := os.ReadFile(filepath.Join(folder, path))
			source.Write(text)
			return err
		}
		if err := fs.WalkDir(os.DirFS(folder), ".", check); err != nil {
			t.Fatal(err)
		}
	}
	worded := func(text, said string, left func(string) bool) {
		if !left(text) {
			t.Errorf("nothing leaves %q", text)
		}
		if !strings.ContainsFunc(said, func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana) }) {
			t.Errorf("%q is worded %q", text, said)
		}
	}
	whole := func(text string) bool { return strings.Contains(source.String(), `"`+text+`"`) }
	for _, sentences := range []map[string]string{japaneseCauses.own, japaneseCauses.leads, japanese.targets} {
		for text, said := range sentences {
			worded(text, said, whole)
		}
	}
	// What a form is made of may be said in several places: an error within an error.
	inParts := func(form string) bool {
		for part := range strings.FieldsFuncSeq(form, func(r rune) bool { return r == ':' || r == ',' }) {
			for text := range strings.SplitSeq(part, "%s") {
				if !strings.Contains(source.String(), strings.TrimSpace(text)) {
					return false
				}
			}
		}
		return true
	}
	for form, said := range japaneseCauses.forms {
		worded(form, said, inParts)
		for other := range japaneseCauses.forms {
			if _, fits := fill(other, strings.ReplaceAll(form, "%s", "x")); fits && other != form {
				t.Errorf("what fits %q fits %q too", form, other)
			}
		}
		if got, _ := japaneseCauses.sentence(strings.ReplaceAll(form, "%s", "x")); strings.Contains(got, "%!") {
			t.Errorf("%q: %s", form, got)
		}
	}
}

// Every sentence that Fivetran's adapter says itself, which is each that it gives to one of the
// functions below, or puts into an error.
func TestEverySentenceOfTheAdapterIsWorded(t *testing.T) {
	makers := map[string]int{"incomplete": 1, "invalid": 1, "conflict": 1}
	found := 0
	inspect(t, "../../shared/adapters/fivetran/*.go", func(n ast.Node) {
		switch n := n.(type) {
		case *ast.CallExpr:
			if called, ok := n.Fun.(*ast.SelectorExpr); ok && makers[called.Sel.Name] > 0 && len(n.Args) > 1 {
				found += wordedIn(t, n.Args[1])
			}
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Message" {
				found += wordedIn(t, n.Value)
			}
		case *ast.AssignStmt:
			if left, ok := n.Lhs[0].(*ast.SelectorExpr); ok && left.Sel.Name == "Message" {
				found += wordedIn(t, n.Rhs[0])
			}
		}
	})
	if found < 15 {
		t.Errorf("%d sentences were found: the test is blind", found)
	}
}

// Why a change is not wanted any more is what whoever finds out gives to the ledger, or to those
// functions of it that withdraw.
func TestEveryReasonToWithdrawIsWorded(t *testing.T) {
	found := 0
	for _, files := range []string{"../*/*.go", "../../shared/state/ledger/*.go"} {
		inspect(t, files, func(n ast.Node) {
			switch n := n.(type) {
			case *ast.CallExpr:
				called, ok := n.Fun.(*ast.SelectorExpr)
				if ok && (called.Sel.Name == "Replace" || called.Sel.Name == "WithdrawOthers") && len(n.Args) > 3 {
					found += wordedIn(t, n.Args[2])
				}
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Obsolete" {
					found += wordedIn(t, n.Value)
				}
			case *ast.AssignStmt:
				if left, ok := n.Lhs[0].(*ast.SelectorExpr); ok && left.Sel.Name == "Obsolete" {
					found += wordedIn(t, n.Rhs[0])
				}
			}
		})
	}
	if found < 12 {
		t.Errorf("%d reasons were found: the test is blind", found)
	}
}

// inspect shows the source of some files, without tests, node by node.
func inspect(t *testing.T, pattern string, see func(ast.Node)) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			see(n)
			return true
		})
	}
}

// wordedIn checks that a sentence in the source is worded. It returns how many it has found: none
// where the expression is no text, or joins one with something else.
func wordedIn(t *testing.T, e ast.Expr) int {
	t.Helper()
	literal, ok := e.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return 0
	}
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := japaneseCauses.ours(text); !ok && text != "" {
		t.Errorf("no words for %q", text)
	}
	return 1
}
