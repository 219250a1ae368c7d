package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type sectionsOnly []section

func (s sectionsOnly) sections() []section { return s }

// What others wrote into a group or a policy must not become a table, a link or a command to the
// terminal.
func TestTextOfOthersStaysText(t *testing.T) {
	evil := "a|b\n# c\x1b[2J<script>\u202e`x` [y](z)"
	answer := sectionsOnly{{Title: evil, Lines: []string{evil}, Head: []string{"H"}, Rows: [][]string{{evil}}}}
	for _, format := range []string{"table", "markdown"} {
		var out bytes.Buffer
		if err := formats[format](&out, answer); err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"\x1b", "\u202e", "\n# c"} {
			if strings.Contains(out.String(), bad) {
				t.Errorf("%s has %q:\n%q", format, bad, out.String())
			}
		}
	}
	var out bytes.Buffer
	if err := formats["markdown"](&out, answer); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"a|b", " <script>", "`x` ", "[y](z)"} {
		if strings.Contains(strings.ReplaceAll(out.String(), `\`+bad[:1], ""), bad) {
			t.Errorf("markdown has %q:\n%s", bad, out.String())
		}
	}
}

// With -out a file is replaced as a whole, and nothing is printed. Others may read names in JSON as they
// are: "Data <data@example.com>".
func TestPrintsIntoAFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(name, bytes.Repeat([]byte("old "), 1<<16), 0o600); err != nil {
		t.Fatal(err)
	}
	answer := checkup{Checks: []check{{Name: "Data <data@example.com>", State: isFine}}}
	var out bytes.Buffer
	if err := (options{format: "json", out: name}).print(&out, answer); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var got checkup
	if err := json.Unmarshal(text, &got); err != nil || len(got.Checks) != 1 || !strings.Contains(string(text), "Data <data@example.com>") {
		t.Errorf("the file is %s, %v", text, err)
	}
	if out.Len() > 0 {
		t.Errorf("printed as well: %s", out.String())
	}
	if err := (options{format: "json", out: filepath.Join(name, "x")}).print(&out, answer); err == nil {
		t.Error("a file was written into a file")
	}
}
