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
	// own are whole sentences of ours, by their English ones.
	own map[string]string
	// forms are sentences of ours with something in them that is not: %s in both languages.
	forms map[string]string
	// leads are how sentences of ours begin after which a cause of its own follows.
	leads map[string]string
	// fields are what may be wrong with something that was asked for; %s is the field.
	fields map[string]string
	// vendors are what vendors are called, by the names in their errors, kinds what their answers
	// come to. failed is for an answer of no kind.
	vendors, kinds map[string]string
	failed         string
	// answered says what a vendor has answered: its name, and what that comes to. quoted stands
	// around what a vendor says, other around what nobody knows, and between between two sentences.
	answered, quoted, other, between string
}

// causeOf words why something came about with a change.
func (l language) causeOf(c change.Change, text string) string {
	bare := text
	for _, step := range []string{"look at ", "change ", "read back "} {
		bare = strings.TrimPrefix(bare, step+c.Target.Name+": ")
	}
	if l.causes != nil {
		return l.cause(bare)
	}
	for form, said := range englishForms {
		if blanks, ok := fill(form, bare); ok {
			return fmt.Sprintf(said, blanks...)
		}
	}
	return text
}

// englishForms are by errors of ours that people meet who have done nothing wrong. A text must not fit two of them.
var englishForms = map[string]string{
	"give %s: the membership is not ours: %s is in %s for good":      "%[2]s is a member of %[3]s without an end already: %[1]s would give nothing.",
	"take %s back: the membership is not ours: %s is in %s for good": "%[2]s has been made a member of %[3]s without an end by others: giving back %[1]s does not change that.",
	"take %s back: the membership is not ours: %s is in %s until %s": "%[2]s has been made a member of %[3]s until %[4]s by others: giving back %[1]s does not change that.",
}

// cause words why something came about.
func (l language) cause(text string) string {
	if l.causes == nil || text == "" {
		return text
	}
	for lead, said := range l.causes.leads {
		if rest, ok := strings.CutPrefix(text, lead); ok {
			return said + l.cause(rest)
		}
	}
	if said, ok := l.causes.ours(text); ok {
		return said
	}
	for rest, more := text, true; more; _, rest, more = strings.Cut(rest, ": ") { // what was attempted stands before
		if said, ok := l.causes.answer(rest); ok {
			return said
		}
	}
	return fmt.Sprintf(l.causes.other, text)
}

// ours words sentences of ours: one, or several that are joined by semicolons.
func (w *causes) ours(text string) (string, bool) {
	var all []string
	for part := range strings.SplitSeq(text, "; ") {
		said, ok := w.sentence(part)
		if !ok {
			return w.sentence(text) // the semicolon is part of one
		}
		all = append(all, said)
	}
	return strings.Join(all, w.between), true
}

// sentence words one sentence of ours.
func (w *causes) sentence(text string) (string, bool) {
	if said, ok := w.own[text]; ok {
		return said, true
	}
	for form, said := range w.forms {
		if blanks, ok := fill(form, text); ok {
			return fmt.Sprintf(said, blanks...), true
		}
	}
	field, problem, _ := strings.Cut(text, " ")
	problem, choices, _ := strings.Cut(problem, ": ")
	if said, ok := w.fields[problem]; ok {
		return strings.TrimSuffix(fmt.Sprintf(said, field)+": "+choices, ": "), true
	}
	return "", false
}

// fill returns what stands in a text where its form has %s, or false for a text of another form.
func fill(form, text string) ([]any, bool) {
	parts := strings.Split(form, "%s")
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return nil, false
	}
	var blanks []any
	for i, part := range parts[1:] {
		blank, after, found := strings.Cut(rest, part)
		if i == len(parts)-2 { // the last one goes as far as it can
			blank, found = strings.CutSuffix(rest, part)
		}
		if !found || blank == "" {
			return nil, false
		}
		blanks, rest = append(blanks, blank), after
	}
	return blanks, true
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
