package main

import (
	"bytes"
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
