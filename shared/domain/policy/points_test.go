package policy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The package's own description names a test for each of OpenMetadata's points. They are there.
func TestThePointsAreHeldByTests(t *testing.T) {
	source, err := os.ReadFile("policy.go")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(text)
	}
	description, _, _ := strings.Cut(string(source), "\npackage policy")
	for point := 1; point <= 8; point++ {
		_, after, found := strings.Cut(description, "\n//  "+string(rune('0'+point))+". ")
		text, _, _ := strings.Cut(after, "\n//  "+string(rune('0'+point+1))+". ")
		named := regexp.MustCompile(`Test[A-Z]\w+`).FindAllString(text, -1)
		if !found || len(named) == 0 {
			t.Errorf("no test is named for point %d", point)
		}
		for _, name := range named {
			if !strings.Contains(tests.String(), "\nfunc "+name+"(") {
				t.Errorf("point %d is held by %s, and there is no such test", point, name)
			}
		}
	}
}
