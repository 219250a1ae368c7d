package policy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/sekisho/sekisho/shared/domain/spelling"
)

// This file looks over the text of a condition before it is parsed. It refuses what the parser
// takes and OpenMetadata reads in another way, or not at all: other operators, numbers and
// members, and in names the backslash and the doubled quote, which are escapes in one of the two
// languages only. And it says in words what is most often written wrong.

// scan returns what is wrong with a text, nil where nothing is.
func scan(text string) error {
	depth, afterText := 0, false
	for rest := text; rest != ""; {
		c := rest[0]
		wasText := afterText
		afterText = false
		switch {
		case c == '(':
			depth++
			rest = rest[1:]
		case c == ')':
			if depth--; depth < 0 {
				return errors.New("a parenthesis closes that was not opened")
			}
			rest = rest[1:]
		case c == '\'' || c == '"':
			end := strings.IndexByte(rest[1:], c)
			if end < 0 {
				return errors.New("a text in quotes does not end")
			}
			if err := scanName(rest[1:end+1], wasText); err != nil {
				return err
			}
			rest = rest[end+2:]
			afterText = true
		case strings.HasPrefix(rest, "&&") || strings.HasPrefix(rest, "||"):
			rest = rest[2:]
		case c == '!' || c == ',' || c == ' ' || c == '\t' || c == '\n':
			rest = rest[1:]
		default:
			word := rest[:wordLength(rest)]
			if word == "" {
				return fmt.Errorf("%s has no meaning in a condition: write functions, &&, ||, ! and parentheses", quoted(string([]rune(rest)[0])))
			}
			if err := scanWord(word, rest[len(word):]); err != nil {
				return err
			}
			rest = rest[len(word):]
		}
	}
	if depth > 0 {
		return errors.New("a parenthesis is not closed")
	}
	return nil
}

// scanName checks what is between quotes.
func scanName(name string, afterText bool) error {
	bad := func(r rune) bool { return r == '\\' || unicode.IsControl(r) || r == unicode.ReplacementChar }
	switch i := strings.IndexFunc(name, bad); {
	case afterText:
		return errors.New("two texts in quotes stand side by side: put a comma between them, and a name with ' into \"")
	case i >= 0:
		return fmt.Errorf("%s cannot be in a name", quoted(string([]rune(name[i:])[0])))
	}
	return nil
}

// operatorWords are how other languages write the operators.
var operatorWords = map[string]string{"and": "&&", "or": "||", "not": "!"}

// scanWord checks a word that stands outside of quotes: it calls a function.
func scanWord(word, after string) error {
	if operator, ok := operatorWords[strings.ToLower(word)]; ok {
		return fmt.Errorf("%s has no meaning in a condition: write %s", quoted(word), operator)
	}
	_, known := functionNamed(word)
	switch {
	case !known:
		return unknownFunction(word)
	case !strings.HasPrefix(strings.TrimLeft(after, " \t\n"), "("):
		return fmt.Errorf("%s is a function: write %s()", word, word)
	}
	return nil
}

func unknownFunction(name string) error {
	return fmt.Errorf("the function %s is unknown%s", quoted(name), spelling.Suggest(name, Functions()))
}

func wordLength(s string) int {
	i := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '.' })
	if i < 0 {
		return len(s)
	}
	return i
}

// quoted shows what was written, shortened where it is long.
func quoted(s string) string {
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return strconv.Quote(s)
}
