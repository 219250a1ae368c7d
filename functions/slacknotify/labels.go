package slacknotify

import (
	"slices"
	"strings"
	"unicode"
)

// This file lets scripts press a button by its English name, whatever language its reader has. The
// labels themselves are in english.go, japanese.go and wordsof….go.

// Labels returns how a button that is called so in English is called in every language that people
// are told in, the English label first. What it is called may depend on the kind of change: then
// each of the ways is in the answer. A number in it, as in "Disable all 3", stays in it.
func Labels(label string) []string {
	out := []string{label}
	add := func(inEnglish, other string) {
		number, ok := numbered(inEnglish, label)
		other = strings.TrimSpace(strings.Replace(other, "%d", number, 1))
		if ok && other != "" && !slices.Contains(out, other) {
			out = append(out, other)
		}
	}
	for action, text := range english.buttons {
		add(text, japanese.buttons[action])
	}
	for kind, words := range english.kinds {
		for action, text := range words.labels {
			add(text, japanese.kinds[kind].labels[action])
		}
		add(words.approveAll, japanese.kinds[kind].approveAll)
	}
	slices.Sort(out[1:])
	return out
}

// numbered reports whether a label is what a format with one %d makes of a number, which it
// returns, or of none.
func numbered(format, label string) (number string, ok bool) {
	number = strings.TrimFunc(label, func(r rune) bool { return !unicode.IsDigit(r) })
	return number, format != "" && strings.TrimSpace(strings.Replace(format, "%d", number, 1)) == label
}

// Unnumbered returns a label without the numbers in it: "Disable all" for "Disable all 3".
func Unnumbered(label string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, label))
}
