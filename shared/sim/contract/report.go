package contract

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
)

// FolderVariable names the environment variable that holds the folder of the vendors'
// descriptions.
const FolderVariable = "SEKISHO_SPECS"

// Folder returns the folder of the vendors' descriptions. The boolean is false without one.
func Folder() (fs.FS, bool) {
	folder := os.Getenv(FolderVariable)
	if folder == "" {
		return nil, false
	}
	return os.DirFS(folder), true
}

// Specs returns the folder of the vendors' descriptions. Without one the test is skipped.
func Specs(t testing.TB) fs.FS {
	t.Helper()
	specs, ok := Folder()
	if !ok {
		t.Skipf("%s names no folder with the vendors' descriptions of their APIs: nothing to hold the traffic against", FolderVariable)
	}
	return specs
}

// Report is what a [Recorder] met, everything sorted.
type Report struct {
	Violations []Violation
	// Excepted are the exceptions that were needed, Unused those that were not.
	Excepted []Excepted
	Unused   []Exception
	// Operations are the vendors' operations that were asked for.
	Operations []Coverage
}

// Excepted is an exception with how often it was needed.
type Excepted struct {
	Exception
	Count int
}

// Coverage is one operation with how its requests ended.
type Coverage struct {
	Operation string
	Outcomes  []Outcome
}

// Outcome is one way in which requests ended, with their number.
type Outcome struct {
	Name  string
	Count int
}

// Verify fails the test with all violations at once, and prints what was exercised.
func (r Report) Verify(t testing.TB) {
	t.Helper()
	t.Logf("exercised:\n%s", r.Coverage())
	t.Logf("excepted:\n%s", r.Exceptions())
	if len(r.Operations) == 0 {
		t.Error("nothing passed: there is nothing to judge")
	}
	if len(r.Violations) > 0 {
		var b strings.Builder
		for _, v := range r.Violations {
			fmt.Fprintf(&b, "%s: %s: %s\n\t%d times, first in %s\n", v.Operation, v.At, v.Text, v.Count, v.Example)
		}
		t.Errorf("%d violations of the vendors' descriptions:\n%s", len(r.Violations), b.String())
	}
}

// Coverage lists the operations with how their requests ended, one line each.
func (r Report) Coverage() string {
	var b strings.Builder
	for _, c := range r.Operations {
		fmt.Fprintf(&b, "%s:", c.Operation)
		for _, o := range c.Outcomes {
			fmt.Fprintf(&b, " %s ×%d,", o.Name, o.Count)
		}
		b.WriteString("\n")
	}
	return strings.ReplaceAll(b.String(), ",\n", "\n")
}

// Exceptions lists the exceptions that were needed, one line each.
func (r Report) Exceptions() string {
	var b strings.Builder
	for _, e := range r.Excepted {
		fmt.Fprintf(&b, "%s: %s: %s (×%d): %s\n", e.Operation, e.At, e.Text, e.Count, e.Reason)
	}
	return b.String()
}

// Missing returns those of the operations that were never asked for, sorted.
func (r Report) Missing(operations []string) []string {
	var out []string
	for _, name := range operations {
		if !slices.ContainsFunc(r.Operations, func(c Coverage) bool { return c.Operation == name }) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
