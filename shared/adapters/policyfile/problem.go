package policyfile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing in a policy file that has to be written differently.
type Problem struct {
	// File is the name within the folder that was loaded.
	File string
	// Line counts from 1; 0 means the file as a whole.
	Line int
	// Path leads to the value: "settings.rules.general[0].field". It is empty for the file as a
	// whole.
	Path string
	// Text says what is wrong and what to write instead.
	Text string
}

// String returns the problem as compilers print theirs: "policy.yaml:12: access[0].max: …".
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	b.WriteString(": ")
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Text)
	return b.String()
}

// Problems is the error for a policy that cannot be used: all that is wrong with it, sorted by
// file and line. Get it with errors.As.
type Problems []Problem

// Error returns one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// sorted orders problems by place and says each only once: what an anchor holds is read again
// at each of its aliases.
func sorted(ps Problems) Problems {
	slices.SortFunc(ps, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Path, b.Path),
			cmp.Compare(a.Text, b.Text),
		)
	})
	return slices.Compact(ps)
}

// problem notes that a value has to be written differently, warning that it is probably wrong and may be right.
func (p place) problem(format string, args ...any) {
	p.from.problems = append(p.from.problems, p.note(format, args...))
}

func (p place) warning(format string, args ...any) {
	p.from.warnings = append(p.from.warnings, p.note(format, args...))
}

func (p place) note(format string, args ...any) Problem {
	line := p.line
	if p.given() {
		line = p.node.line
	}
	return Problem{File: p.file, Line: line, Path: p.path, Text: fmt.Sprintf(format, args...)}
}
