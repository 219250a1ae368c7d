package policyfile

import (
	"strings"
	"unicode"

	"github.com/sekisho/sekisho/shared/domain/settingsrule"
)

// functions are those that a condition can call, in OpenMetadata's words.
var functions = []string{
	"noOwner", "isOwner", "isReviewer", "matchAllTags", "matchAnyTag", "matchTeam", "inAnyTeam", "hasAnyRole", "hasDomain",
}

// condition reads an expression and keeps it as text. Parentheses have to close and the
// functions have to be known; the rest of its grammar is for who evaluates it.
func (p place) condition() string {
	s := p.text()
	if s == "" {
		return ""
	}
	if wrong := checkCondition(s); wrong != "" {
		p.problem("%s", wrong)
		return ""
	}
	return s
}

// checkCondition returns what is wrong with an expression, "" where nothing is.
func checkCondition(s string) string {
	depth := 0
	for rest := s; rest != ""; {
		switch c := rest[0]; {
		case c == '(':
			depth++
			rest = rest[1:]
		case c == ')':
			if depth--; depth < 0 {
				return "a parenthesis closes that was not opened"
			}
			rest = rest[1:]
		case c == '\'' || c == '"':
			end := strings.IndexByte(rest[1:], c)
			if end < 0 {
				return "a text in quotes does not end"
			}
			rest = rest[end+2:]
		case strings.HasPrefix(rest, "&&") || strings.HasPrefix(rest, "||"):
			rest = rest[2:]
		case c == '!' || c == ',' || c == ' ' || c == '\t' || c == '\n':
			rest = rest[1:]
		default:
			word := rest[:wordLength(rest)]
			if word == "" {
				return quote(string([]rune(rest)[0])) + " has no meaning in a condition: write functions, &&, ||, ! and parentheses"
			}
			if wrong := checkCall(word, rest[len(word):]); wrong != "" {
				return wrong
			}
			rest = rest[len(word):]
		}
	}
	if depth > 0 {
		return "a parenthesis is not closed"
	}
	return ""
}

// operatorWords are how other languages write the operators.
var operatorWords = map[string]string{"and": "&&", "or": "||", "not": "!"}

func checkCall(word, after string) string {
	if operator, ok := operatorWords[strings.ToLower(word)]; ok {
		return quote(word) + " has no meaning in a condition: write " + operator
	}
	for _, f := range functions {
		switch {
		case f != word:
		case strings.HasPrefix(strings.TrimLeft(after, " "), "("):
			return ""
		default:
			return word + " is a function: write " + word + "()"
		}
	}
	return "the function " + quote(word) + " is unknown" + settingsrule.Suggest(word, functions)
}

func wordLength(s string) int {
	i := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '.' })
	if i < 0 {
		return len(s)
	}
	return i
}
