package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"
)

// section is a part of what is printed: sentences, then a table.
type section struct {
	Title string
	Lines []string
	// Head names the columns. Without rows the table is left out.
	Head []string
	Rows [][]string
}

// printable is something that can be printed in every format.
type printable interface{ sections() []section }

// formats are the ways of printing.
var formats = map[string]func(io.Writer, printable) error{
	"table": asTable, "markdown": asMarkdown, "json": asJSON,
}

func asJSON(w io.Writer, p printable) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(p)
}

func asTable(w io.Writer, p printable) error {
	var out strings.Builder
	for i, s := range p.sections() {
		if i > 0 {
			out.WriteString("\n")
		}
		title := shown(s.Title)
		fmt.Fprintf(&out, "%s\n%s\n", title, strings.Repeat("-", utf8.RuneCountInString(title)))
		for _, line := range s.Lines {
			fmt.Fprintf(&out, "%s\n", shown(line))
		}
		if len(s.Rows) == 0 {
			continue
		}
		out.WriteString("\n")
		t := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
		for _, row := range append([][]string{s.Head}, s.Rows...) {
			cells := make([]string, len(row))
			for i, cell := range row {
				cells[i] = shown(cell)
			}
			fmt.Fprintln(t, strings.Join(cells, "\t"))
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func asMarkdown(w io.Writer, p printable) error {
	var out strings.Builder
	for i, s := range p.sections() {
		mark := "##"
		if i == 0 {
			mark = "#"
		} else {
			out.WriteString("\n")
		}
		fmt.Fprintf(&out, "%s %s\n", mark, inMarkdown(s.Title))
		for _, line := range s.Lines {
			fmt.Fprintf(&out, "\n%s\n", inMarkdown(line))
		}
		if len(s.Rows) == 0 {
			continue
		}
		fmt.Fprintf(&out, "\n| %s |\n|%s\n", strings.Join(s.Head, " | "), strings.Repeat(" --- |", len(s.Head)))
		for _, row := range s.Rows {
			cells := make([]string, len(row))
			for i, cell := range row {
				cells[i] = inMarkdown(cell)
			}
			fmt.Fprintf(&out, "| %s |\n", strings.Join(cells, " | "))
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// shown is text of others on one line, without what could move a terminal's cursor or turn the
// direction of what follows.
func shown(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// markdownMarks mean something in Markdown, or in the HTML that it may hold. An underline inside a
// word does not, and is left for the sake of whoever reads the source.
var markdownMarks = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "<", `\<`, ">", `\>`, "*", `\*`, "`", "\\`", "[", `\[`, "]", `\]`, "#", `\#`,
)

func inMarkdown(text string) string { return markdownMarks.Replace(shown(text)) }
