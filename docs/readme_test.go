package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/scripts/describe"
)

// shape is what a page and its translation have in common.
type shape struct {
	// Headings are their levels, Blocks the blocks of code without what is said about them.
	Headings []string
	Blocks   []string
	// Links are where they lead, Code what stands as code in a text, in the order of the page
	// line by line; Bullets and Rows are how many there are in each section.
	Links, Code   []string
	Bullets, Rows []int
}

var (
	block   = regexp.MustCompile("(?s)```(\\w*)\n(.*?)```")
	inline  = regexp.MustCompile("`([^`]+)`")
	comment = regexp.MustCompile(`(?m)[ \t]+#[ \t].*$`)
)

func shapeOf(text string) shape {
	var s shape
	for _, match := range block.FindAllStringSubmatch(text, -1) {
		s.Blocks = append(s.Blocks, match[1]+"\n"+comment.ReplaceAllString(match[2], ""))
	}
	for section := range strings.SplitSeq("\n"+block.ReplaceAllString(text, ""), "\n#") {
		if level, _, ok := strings.Cut("#"+section, " "); ok && section != "" {
			s.Headings = append(s.Headings, level)
		}
		s.Bullets = append(s.Bullets, strings.Count(section, "\n- "))
		s.Rows = append(s.Rows, strings.Count(section, "\n|"))
		for line := range strings.Lines(section) {
			s.Links = append(s.Links, sortedMatches(link, line)...)
			s.Code = append(s.Code, sortedMatches(inline, line)...)
		}
	}
	return s
}

// sortedMatches returns what an expression finds in a line, in an order that does not depend on
// that of the words in it.
func sortedMatches(e *regexp.Regexp, line string) []string {
	var out []string
	for _, match := range e.FindAllStringSubmatch(line, -1) {
		out = append(out, match[1])
	}
	slices.Sort(out)
	return out
}

// The Japanese page says what the English one says: the same headings, the same commands, the
// same links, and as many rows and promises.
func TestTheJapaneseReadmeIsInStep(t *testing.T) {
	read := func(name string) shape {
		text, err := os.ReadFile(filepath.Join(top, name))
		if err != nil {
			t.Fatal(err)
		}
		return shapeOf(string(text))
	}
	if diff := cmp.Diff(read("README.md"), read("README.ja.md")); diff != "" {
		t.Errorf("(-README.md +README.ja.md):\n%s", diff)
	}
}

// The table of terms names what there is, each in its column, and leaves out no function and no
// section of the policy.
func TestTheTermsOfTheReadmeAreThere(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(top, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	keys := accepted{}
	keys.ask(t, "", func(v any) any { return v })
	folders := []string{filepath.Join("shared", "domain"), filepath.Join("shared", "state"), "functions", filepath.Join("shared", "adapters")}
	rows := rowsOf(string(text))["what"]
	if len(rows) == 0 {
		t.Fatal("there is no table of terms")
	}
	named := map[string]bool{}
	for _, cells := range rows {
		for _, key := range sortedMatches(inline, cells[1]) {
			if _, ok := keys[""][key]; !ok {
				t.Errorf("the policy has no section %s", key)
			}
			named[key] = true
		}
		for i, folder := range folders {
			for _, name := range sortedMatches(inline, cells[2+i]) {
				if _, err := os.Stat(filepath.Join(top, folder, name)); err != nil {
					t.Errorf("%s: %v", cells[0], err)
				}
				named[folder+"/"+name] = true
			}
		}
	}
	for key := range keys[""] {
		if key != "version" && !named[key] {
			t.Errorf("no term is about the section %s", key)
		}
	}
	functions, err := describe.Functions(top)
	if err != nil {
		t.Fatal(err)
	}
	var listed, want []string
	for _, cells := range rowsOf(string(text))["function"] {
		name, _, _ := strings.Cut(strings.TrimPrefix(cells[0], "["), "]")
		listed = append(listed, name)
	}
	for _, f := range functions {
		want = append(want, f.Name)
		if !named["functions/"+f.Name] {
			t.Errorf("no term is about the function %s", f.Name)
		}
	}
	agree(t, "the README's table of functions", want, listed)
}

func TestAPageThatIsNotInStepIsSeen(t *testing.T) {
	const page = "# A\n\n```sh\ngo run ./x   # run it\n```\n\n## B\n\n- `one` is [here](one)\n- two\n\n| a | b |\n|---|---|\n"
	same := strings.NewReplacer("run it", "走らせる", "- two", "- 二", "# A", "# あ").Replace(page)
	if diff := cmp.Diff(shapeOf(page), shapeOf(same)); diff != "" {
		t.Errorf("a translation is out of step:\n%s", diff)
	}
	for _, change := range [][2]string{
		{"go run ./x", "go run ./y"}, {"## B", "### B"}, {"- two\n", ""}, {"(one)", "(two)"}, {"`one`", "one"}, {"|---|---|\n", ""}, {"## B\n", ""},
	} {
		if cmp.Equal(shapeOf(page), shapeOf(strings.Replace(page, change[0], change[1], 1))) {
			t.Errorf("%q instead of %q is not seen", change[1], change[0])
		}
	}
}
