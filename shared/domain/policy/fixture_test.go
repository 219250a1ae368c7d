package policy_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/domain/policy"
)

var update = flag.Bool("update", false, "write what is seen into the testdata")

// golden compares a text with a file of the testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("read the expected text (go test -update writes it): %v", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// condition reads a condition that must be right; nil for an empty text.
func condition(tb testing.TB, text string) *policy.Condition {
	tb.Helper()
	if text == "" {
		return nil
	}
	c, err := policy.ParseCondition(text)
	if err != nil {
		tb.Fatalf("ParseCondition(%q): %v", text, err)
	}
	return c
}
