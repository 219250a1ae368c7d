package grant_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/domain/grant"
)

func TestExpression(t *testing.T) {
	tokyo := time.FixedZone("JST", 9*60*60)
	for _, test := range []struct {
		until time.Time
		and   string
		want  string
	}{
		{noon, "", `request.time < timestamp("2026-11-22T12:00:00Z")`},
		{noon.In(tokyo), "", `request.time < timestamp("2026-11-22T12:00:00Z")`},
		{noon.Add(999 * time.Millisecond), "", `request.time < timestamp("2026-11-22T12:00:00Z")`},
		{noon, "a || b", `request.time < timestamp("2026-11-22T12:00:00Z") && (a || b)`},
	} {
		if got := grant.Expression(test.until, test.and); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

func TestCheckCondition(t *testing.T) {
	for _, good := range []string{
		`resource.name.startsWith("projects/_/buckets/x/objects/a")`,
		`resource.type == "x" || resource.type != 'y'`,
		`!(a && b)`,
		`"a ) b" == 'it''s'`,
		`"\")" == x`,
		`r"\" == x`,
		`'''a'b''' == x`,
		`[1, 2][0] == {1: 2}[1]`,
		`"日本" == x`,
		`a / b == c`,
		strings.Repeat("a || ", 11) + "a",
	} {
		if err := grant.CheckCondition(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for bad, says := range map[string]string{
		"": "empty", "  ": "empty", " a": "space around", "a\n": "space around", "a\n|| b": "line",
		"true) || (true": "closes nothing", "(a": "not closed", "[a)": "closes nothing", "}": "closes nothing",
		"a // b": "comment", `"a`: "does not end", `'a"`: "does not end", `"\"`: "does not end", `r"\"" == x`: "does not end",
		"a 日": "letters outside", "a\x00b": "line", `"a` + "\n" + `b"`: "line",
		strings.Repeat("a || ", 12) + "a": "12 logical operators", strings.Repeat("!", 12) + "a": "12 logical operators",
		`"` + strings.Repeat("x", 1100) + `"`: "bytes",
	} {
		if err := grant.CheckCondition(bad); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %v, want %q in it", bad, err, says)
		}
	}
}

// language is what IAM evaluates, as far as these tests need it.
func language(t testing.TB) *cel.Env {
	t.Helper()
	env, err := cel.NewEnv(
		cel.Variable("request.time", cel.TimestampType), cel.Variable("resource.name", cel.StringType),
		cel.Variable("a", cel.BoolType), cel.Variable("b", cel.BoolType), cel.ClearMacros(),
	)
	if err != nil {
		t.Fatal(err)
	}
	return env
}

// ends reports whether an expression, as the language itself reads it, is of the form
// "request.time < … && …", or the first part alone: access by it ends, whatever else it says.
func ends(env *cel.Env, expression string) (compiles, ends bool) {
	ast, issues := env.Compile(expression)
	if issues.Err() != nil {
		return false, false
	}
	top := ast.NativeRep().Expr()
	if top.Kind() == celast.CallKind && top.AsCall().FunctionName() == operators.LogicalAnd {
		top = top.AsCall().Args()[0]
	}
	return true, top.Kind() == celast.CallKind && top.AsCall().FunctionName() == operators.Less &&
		top.AsCall().Args()[1].Kind() == celast.CallKind
}

// pieces are what conditions are made of, and what could break out of one.
var pieces = []string{
	"a", "b", "true", "false", "(", ")", "[", "]", " && ", " || ", "!", "==", `"`, `'`, `"""`, `'''`, `\`, `r"`, "//", "\n", " ", ",",
	`"x"`, "resource.name", ".startsWith(", "? a : b", "日", "#",
}

// Whatever a policy adds to the end of access, the end stays.
func TestAConditionNeverReachesOutOfItsParentheses(t *testing.T) {
	env := language(t)
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		condition := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 12).Draw(t, "condition"), "")
		if grant.CheckCondition(condition) != nil {
			return
		}
		compiles, ends := ends(env, grant.Expression(noon, condition))
		if compiles {
			accepted++
			if !ends {
				t.Fatalf("%s does not end", grant.Expression(noon, condition))
			}
		}
	})
	for _, c := range []string{"a", "a || b", `resource.name.startsWith("x")`, "a ? b : a"} {
		if compiles, ends := ends(env, grant.Expression(noon, c)); !compiles || !ends {
			t.Errorf("%s: compiles %t, ends %t", c, compiles, ends)
		}
	}
	t.Logf("%d conditions were ones", accepted)
}

func FuzzCondition(f *testing.F) {
	for _, p := range pieces {
		f.Add(p)
	}
	f.Add("true) || (true")
	f.Add(`"\"" == r"\" || a`)
	env := language(f)
	f.Fuzz(func(t *testing.T, condition string) {
		expression := grant.Expression(noon, condition)
		o, mark := grant.Recognize(grant.Binding{Members: []string{aiko}, Condition: &grant.Condition{Description: id(1), Expression: expression}})
		fits := condition == "" || grant.CheckCondition(condition) == nil
		if fits != (mark == grant.Exact) || fits && (o.And != condition || !o.Until.Equal(noon)) {
			t.Fatalf("%q: recognised as %v with %+v", condition, mark, o)
		}
		if compiles, ends := ends(env, expression); fits && compiles && !ends {
			t.Fatalf("%s does not end", expression)
		}
	})
}

func TestRecognize(t *testing.T) {
	good := func() grant.Binding {
		return grant.Binding{Role: "roles/run.admin", Members: []string{aiko}, Condition: &grant.Condition{
			Title: "T", Description: id(7), Expression: grant.Expression(noon, "a || b"),
		}}
	}
	o, mark := grant.Recognize(good())
	if want := (grant.Ours{ID: id(7), Role: "roles/run.admin", Member: aiko, Title: "T", Until: noon, And: "a || b"}); mark != grant.Exact || o != want {
		t.Errorf("got %+v, %v; want %+v", o, mark, want)
	}
	for name, test := range map[string]struct {
		change func(*grant.Binding)
		want   grant.Mark
	}{
		"no condition":             {func(b *grant.Binding) { b.Condition = nil }, grant.Foreign},
		"another description":      {func(b *grant.Binding) { b.Condition.Description = "of Terraform" }, grant.Foreign},
		"no description":           {func(b *grant.Binding) { b.Condition.Description = "" }, grant.Foreign},
		"an id without a number":   {func(b *grant.Binding) { b.Condition.Description = "abcdefghijklmnopqrstuvwx" }, grant.Foreign},
		"two members":              {func(b *grant.Binding) { b.Members = append(b.Members, ken) }, grant.Altered},
		"no member":                {func(b *grant.Binding) { b.Members = nil }, grant.Altered},
		"no end":                   {func(b *grant.Binding) { b.Condition.Expression = "true" }, grant.Altered},
		"no expression":            {func(b *grant.Binding) { b.Condition.Expression = "" }, grant.Altered},
		"another comparison":       {func(b *grant.Binding) { swap(b, "<", "<=") }, grant.Altered},
		"another zone":             {func(b *grant.Binding) { swap(b, "00Z", "00+09:00") }, grant.Altered},
		"a fraction":               {func(b *grant.Binding) { swap(b, "00Z", "00.5Z") }, grant.Altered},
		"no such day":              {func(b *grant.Binding) { swap(b, "11-22", "11-31") }, grant.Altered},
		"or":                       {func(b *grant.Binding) { swap(b, " && ", " || ") }, grant.Altered},
		"something more":           {func(b *grant.Binding) { b.Condition.Expression += " || true" }, grant.Altered},
		"out of the parentheses":   {func(b *grant.Binding) { swap(b, "a || b", "a) || (b") }, grant.Altered},
		"nothing in parentheses":   {func(b *grant.Binding) { swap(b, "a || b", "") }, grant.Altered},
		"a location":               {func(b *grant.Binding) { b.Condition.Location = "x" }, grant.Altered},
		"another title":            {func(b *grant.Binding) { b.Condition.Title = "" }, grant.Exact},
		"the time alone":           {func(b *grant.Binding) { b.Condition.Expression = grant.Expression(noon, "") }, grant.Exact},
		"cut before the instant":   {func(b *grant.Binding) { b.Condition.Expression = b.Condition.Expression[:30] }, grant.Altered},
		"cut after the instant":    {func(b *grant.Binding) { b.Condition.Expression = b.Condition.Expression[:47] }, grant.Altered},
		"a year of five digits":    {func(b *grant.Binding) { swap(b, "2026", "20260") }, grant.Altered},
		"space before the bracket": {func(b *grant.Binding) { swap(b, "timestamp(", "timestamp (") }, grant.Altered},
	} {
		b := good()
		test.change(&b)
		if o, got := grant.Recognize(b); got != test.want {
			t.Errorf("%s: %v with %+v, want %v", name, got, o, test.want)
		}
	}
}

func swap(b *grant.Binding, old, new string) {
	b.Condition.Expression = strings.Replace(b.Condition.Expression, old, new, 1)
}

func TestTitle(t *testing.T) {
	long := "https://example.com/" + strings.Repeat("very-", 30) + "long/1234"
	for reason, want := range map[string]string{
		because:                             because,
		" two\n lines\t":                    "two lines",
		"see https://example.com/t/1, ASAP": "https://example.com/t/1",
		"(https://example.com/t/1).":        "https://example.com/t/1",
		"対応（https://example.com/t/1）。":      "https://example.com/t/1",
		"":                                  "access for a time",
		"\x00":                              "access for a time",
		"障害対応":                              "障害対応",
	} {
		if got := grant.Title(reason); got != want {
			t.Errorf("%q: got %q, want %q", reason, got, want)
		}
	}
	if got := grant.Title(long); utf8.RuneCountInString(got) != 100 || !strings.HasPrefix(got, "https://example.com/very-") || !strings.HasSuffix(got, "long/1234") {
		t.Errorf("got %q of %d characters", got, utf8.RuneCountInString(got))
	}
	rapid.Check(t, func(t *rapid.T) {
		got := grant.Title(fmt.Sprint(rapid.String().Draw(t, "reason"), string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))))
		if n := utf8.RuneCountInString(got); n < 1 || n > 100 || !utf8.ValidString(got) || strings.ContainsAny(got, "\n\r\t\x00") {
			t.Fatalf("%q", got)
		}
	})
}
