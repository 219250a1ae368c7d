package docs_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/policy"
	"github.com/sekisho/sekisho/shared/domain/settingsrule"
)

// This file holds docs/policy.md against what reads and judges a policy. Which keys are accepted
// is asked of policyfile itself: a value of the wrong shape is answered with the keys that could
// stand there. So a key cannot be added without being found here.

func policyPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("policy.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// accepted are the keys that a policy may have, by the way to the table that they stand in:
// "settings.exceptions[]". With each come the words that it takes, where it takes a few only.
type accepted map[string]map[string][]string

var (
	number  = regexp.MustCompile(`\[\d+\]`)
	choices = regexp.MustCompile(`is unknown: write one of (.+)$`)
)

// anyName is a name that a policy can choose.
const anyName = "chosen"

// ask asks policyfile about the value at a way and all that can lie in it. Wrap makes a policy
// with some value there.
func (a accepted) ask(t *testing.T, way string, wrap func(value any) any) {
	t.Helper()
	for _, probe := range []struct {
		value any
		found string
		in    func(any) any
	}{
		{"?", way, nil},
		{[]any{"?"}, way + "[]", func(v any) any { return []any{v} }},
		{map[string]any{anyName: "?"}, way + ".*", func(v any) any { return map[string]any{anyName: v} }},
	} {
		for _, p := range problemsOf(t, wrap(probe.value)) {
			_, keys, ok := strings.Cut(p.Text, ": write keys: ")
			if !ok || wayOf(p.Path) != probe.found {
				continue
			}
			a[probe.found] = map[string][]string{}
			inner := wrap
			if probe.in != nil {
				inner = func(v any) any { return wrap(probe.in(v)) }
			}
			for key := range strings.SplitSeq(keys, ", ") {
				below := strings.TrimPrefix(probe.found+"."+key, ".")
				with := func(v any) any { return inner(map[string]any{key: v}) }
				a[probe.found][key] = wordsAt(t, below, with)
				a.ask(t, below, with)
			}
		}
	}
}

// problemsOf returns what is wrong with a policy.
func problemsOf(t *testing.T, value any) policyfile.Problems {
	t.Helper()
	text, err := yaml.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	_, err = policyfile.Parse("policy.yaml", text)
	problems, _ := errors.AsType[policyfile.Problems](err)
	return problems
}

// wordsAt returns the words that a key takes; none where it takes others.
func wordsAt(t *testing.T, way string, wrap func(any) any) []string {
	t.Helper()
	for _, p := range problemsOf(t, wrap("?")) {
		if match := choices.FindStringSubmatch(p.Text); match != nil && wayOf(p.Path) == way {
			return strings.Split(match[1], ", ")
		}
	}
	return nil
}

// wayOf is the path of a problem without numbers and without chosen names.
func wayOf(path string) string {
	return strings.ReplaceAll(number.ReplaceAllString(path, "[]"), "."+anyName, ".*")
}

// rowsOf are the tables of a page whose first heading is one of its own, by that heading: the
// cells of each row.
func rowsOf(page string) map[string][][]string {
	out := map[string][][]string{}
	heading := ""
	for line := range strings.Lines(block.ReplaceAllString(page, "")) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			heading = ""
			continue
		}
		cells := strings.Split(strings.ReplaceAll(strings.Trim(line, "|"), `\|`, "¦"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case heading == "":
			heading = cells[0]
		case strings.Trim(cells[0], "-") != "":
			out[heading] = append(out[heading], cells)
		}
	}
	return out
}

// described are the rows of the page about keys, by the way to their table.
func described(page string) map[string]map[string]string {
	out := map[string]map[string]string{}
	for heading, rows := range rowsOf(page) {
		if !strings.HasPrefix(heading, "in ") {
			continue
		}
		ways := sortedMatches(inline, heading)
		if len(ways) == 0 {
			ways = []string{""}
		}
		for _, way := range ways {
			if out[way] == nil {
				out[way] = map[string]string{}
			}
			for _, cells := range rows {
				for _, key := range sortedMatches(inline, cells[0]) {
					out[way][key] = strings.Join(cells[1:], " | ")
				}
			}
		}
	}
	return out
}

func TestEveryKeyOfThePolicyIsDescribed(t *testing.T) {
	keys := accepted{}
	keys.ask(t, "", func(v any) any { return v })
	if len(keys) < 20 || keys[""] == nil || keys["settings.exceptions[]"] == nil || keys["connections.services.*"] == nil {
		t.Fatalf("policyfile does not tell its keys: %v", slices.Sorted(maps.Keys(keys)))
	}
	page := described(policyPage(t))
	for _, way := range slices.Sorted(maps.Keys(keys)) {
		for _, key := range slices.Sorted(maps.Keys(keys[way])) {
			row, ok := page[way][key]
			if !ok {
				t.Errorf("the key %q in %q is not described", key, way)
				continue
			}
			for _, word := range keys[way][key] {
				if !strings.Contains(row, "`"+word+"`") {
					t.Errorf("the key %q in %q takes %s, which its row does not say", key, way, word)
				}
			}
		}
	}
	for way, rows := range page {
		for key := range rows {
			if _, ok := keys[way][key]; !ok {
				t.Errorf("the key %q in %q is described and not accepted", key, way)
			}
		}
	}
}

// names returns the first names in code of the first cells below a heading, sorted.
func names(t *testing.T, page, heading string) []string {
	t.Helper()
	var out []string
	for _, cells := range rowsOf(page)[heading] {
		match := inline.FindStringSubmatch(cells[0])
		if match == nil {
			t.Errorf("below %q a row begins with %q", heading, cells[0])
			continue
		}
		name, _, _ := strings.Cut(match[1], "(")
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func TestWhatAPolicyCanNameIsDescribed(t *testing.T) {
	source, err := os.ReadFile(filepath.Join(top, "shared", "domain", "policy", "operations.go"))
	if err != nil {
		t.Fatal(err)
	}
	var operations, kinds []string
	for _, match := range regexp.MustCompile(`(?m)^\t\w+ +Operation = "(\w+)"`).FindAllStringSubmatch(string(source), -1) {
		operations = append(operations, match[1])
	}
	for _, k := range change.Kinds() {
		kinds = append(kinds, string(k))
	}
	page := policyPage(t)
	for heading, want := range map[string][]string{
		"operation": operations, "condition": policy.Functions(), "kind": kinds, "setting": settingsrule.Fields(),
	} {
		want = slices.Sorted(slices.Values(want))
		if diff := cmp.Diff(want, names(t, page, heading)); diff != "" {
			t.Errorf("%s (-the program has +the page has):\n%s", heading, diff)
		}
	}
}

func TestOperationsAreDescribedOnWhatTheyAreAskedOf(t *testing.T) {
	want := map[string][]string{}
	for _, p := range policy.Permissions() {
		want[string(p.Operation)] = append(want[string(p.Operation)], p.Type)
	}
	for _, cells := range rowsOf(policyPage(t))["operation"] {
		name := strings.Trim(cells[0], "`")
		types := slices.Compact(slices.Sorted(slices.Values(want[name])))
		if got := sortedMatches(inline, cells[1]); !slices.Equal(got, types) {
			t.Errorf("%s is described on %v, it is asked of %v", name, got, types)
		}
	}
}

func TestSettingsAreDescribedWithTheirValues(t *testing.T) {
	for _, cells := range rowsOf(policyPage(t))["setting"] {
		name := strings.Trim(cells[0], "`")
		want := slices.Sorted(slices.Values(settingsrule.Values(name)))
		if got := sortedMatches(inline, cells[1]); !slices.Equal(got, want) {
			t.Errorf("%s is described with %v, it takes %v", name, got, want)
		}
	}
}

// example is one policy of the page. Problems is what it shows to be wrong, empty where nothing is.
type example struct {
	line           int
	text, problems string
}

var shown = regexp.MustCompile("(?s)```yaml\n(.*?)```\n(?:\n```text\n(.*?)\n```\n)?")

func examples(page string) []example {
	var out []example
	for _, at := range shown.FindAllStringSubmatchIndex(page, -1) {
		e := example{line: 1 + strings.Count(page[:at[0]], "\n"), text: page[at[2]:at[3]]}
		if at[4] >= 0 {
			e.problems = page[at[4]:at[5]]
		}
		out = append(out, e)
	}
	return out
}

// Every example can be copied and loads without a warning, unless it is there to show what is
// wrong: then it says so in its first line, and what is shown below it is what comes of it.
func TestExamplesOfThePolicyLoad(t *testing.T) {
	for _, e := range examples(policyPage(t)) {
		t.Run(fmt.Sprintf("line %d", e.line), func(t *testing.T) {
			p, err := policyfile.Parse("policy.yaml", []byte(e.text))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(e.problems, got); diff != "" {
				t.Errorf("problems (-shown +got):\n%s", diff)
			}
			if strings.HasPrefix(e.text, "# wrong: ") != (e.problems != "") {
				t.Errorf("what is wrong is marked in the first line and shown below, what is right is not")
			}
			if p != nil && len(p.Warnings) > 0 {
				t.Errorf("warnings: %v", p.Warnings)
			}
		})
	}
}

// Every section has an example that can be copied.
func TestEverySectionOfThePolicyHasAnExample(t *testing.T) {
	has := map[string]bool{}
	for _, e := range examples(policyPage(t)) {
		var sections map[string]any
		if err := yaml.Unmarshal([]byte(e.text), &sections); err != nil {
			t.Fatalf("line %d: %v", e.line, err)
		}
		for name := range sections {
			has[name] = has[name] || e.problems == ""
		}
	}
	for name := range described(policyPage(t))[""] {
		if !has[name] {
			t.Errorf("%s has no example", name)
		}
	}
}

func TestAPageThatSaysTooLittleIsSeen(t *testing.T) {
	page := "| in `a` and `b[]` | value |\n|---|---|\n| `one`, `two` | `x` or `y` |\n\n| kind | is |\n|---|---|\n| `k.l` | it |\n\n```yaml\n# wrong: it\na: b\n```\n\n```text\nno\nnot\n```\n\n```yaml\nc: d\n```\n"
	row := map[string]string{"one": "`x` or `y`", "two": "`x` or `y`"}
	if diff := cmp.Diff(map[string]map[string]string{"a": row, "b[]": row}, described(page)); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if got := names(t, page, "kind"); !slices.Equal(got, []string{"k.l"}) {
		t.Errorf("kinds: %v", got)
	}
	want := []example{{9, "# wrong: it\na: b\n", "no\nnot"}, {19, "c: d\n", ""}}
	if diff := cmp.Diff(want, examples(page), cmp.AllowUnexported(example{})); diff != "" {
		t.Errorf("examples (-want +got):\n%s", diff)
	}
}
