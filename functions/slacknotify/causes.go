package slacknotify

import (
	"fmt"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// This file says in a reader's language why something is to be done, or could not be done. Such a
// text is kept in English, as it was written by whoever found out. What is ours in it is worded
// anew; what a vendor has said stays as it is, in quotation marks.

// causes are the words of a language other than English.
type causes struct {
	// own are whole sentences of ours, by their English ones. begun are those that end with
	// something that is not ours, by what they begin with; %s is the end.
	own, begun map[string]string
	// fields are what may be wrong with something that was asked for; %s is the field.
	fields map[string]string
	// vendors are what vendors are called, by the names in their errors, kinds what their answers
	// come to. failed is for an answer of no kind.
	vendors, kinds map[string]string
	failed         string
	// answered says what a vendor has answered: its name, and what that comes to. quoted stands
	// around what a vendor says, other around what nobody knows.
	answered, quoted, other string
}

// causeOf words why something came about with a change.
func (l language) causeOf(c change.Change, text string) string {
	if l.causes == nil || text == "" {
		return text
	}
	for _, step := range []string{"look at ", "change ", "read back "} {
		text = strings.TrimPrefix(text, step+c.Target.Name+": ")
	}
	if said, ok := l.causes.ours(text); ok {
		return said
	}
	if said, ok := l.causes.answer(text); ok {
		return said
	}
	return fmt.Sprintf(l.causes.other, text)
}

// ours words a sentence of ours.
func (w *causes) ours(text string) (string, bool) {
	if said, ok := w.own[text]; ok {
		return said, true
	}
	for begin, said := range w.begun {
		if end, ok := strings.CutPrefix(text, begin); ok {
			return fmt.Sprintf(said, end), true
		}
	}
	field, problem, _ := strings.Cut(text, " ")
	problem, choices, _ := strings.Cut(problem, ": ")
	if said, ok := w.fields[problem]; ok {
		return strings.TrimSuffix(fmt.Sprintf(said, field)+": "+choices, ": "), true
	}
	return "", false
}

// answer words the error of a vendor's adapter: the API and its method, a kind, a status and a
// reason, and a message, of which each but the first may be missing.
func (w *causes) answer(text string) (string, bool) {
	method, rest, _ := strings.Cut(text, ": ")
	api, _, _ := strings.Cut(method, " ")
	name, ok := w.vendors[api]
	if !ok {
		return "", false
	}
	said := w.failed
	if kind, after, _ := strings.Cut(rest, ": "); w.kinds[kind] != "" {
		said, rest = w.kinds[kind], after
	}
	if status, after, _ := strings.Cut(rest, ": "); status != "" && strings.Trim(status[:1], "0123456789") == "" {
		said, rest = said+" ("+status+")", after
	}
	said = fmt.Sprintf(w.answered, name, said)
	if rest == "" {
		return said, true
	}
	message, ok := w.ours(rest)
	if !ok {
		message = fmt.Sprintf(w.quoted, rest)
	}
	return said + message, true
}
