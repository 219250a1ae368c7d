package slacknotify

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"unicode"
)

// The words that are translated are those that some function leaves.
func TestProblemsAreWordedAsTheyAreLeft(t *testing.T) {
	var source strings.Builder
	for _, folder := range []string{"..", "../../shared/state"} {
		err := fs.WalkDir(os.DirFS(folder), ".", func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "slacknotify/") {
				return err
			}
			text, err := os.ReadFile(folder + "/" + path)
			source.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for text, said := range japaneseProblems {
		if !strings.Contains(source.String(), `"`+text+`"`) {
			t.Errorf("nothing leaves %q", text)
		}
		if !strings.ContainsFunc(said, func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana) }) {
			t.Errorf("%q is worded %q", text, said)
		}
	}
	const vendors = "403: quota exceeded"
	if got := japanese.problemOf(vendors); got != vendors {
		t.Errorf("what a vendor answered became %q", got)
	}
	if got := english.problemOf("the group is gone"); got != "the group is gone" {
		t.Errorf("in English it is %q", got)
	}
}
