package grant

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// Expression returns the condition under which a binding holds until an instant, in the
// language that IAM evaluates at every request. A policy may ask for more by a condition of its
// own, which is empty where there is none; then both must hold. The instant is cut to whole
// seconds, so that access never lasts longer than was decided.
//
// https://cloud.google.com/iam/docs/conditions-attribute-reference#date-time
func Expression(until time.Time, and string) string {
	out := before + until.UTC().Truncate(time.Second).Format(stamp) + after
	if and != "" {
		out += " && (" + and + ")"
	}
	return out
}

const (
	before = `request.time < timestamp("`
	after  = `")`
	stamp  = "2006-01-02T15:04:05Z"
)

// parseExpression reads an expression that [Expression] wrote, and no other.
func parseExpression(expression string) (until time.Time, and string, ok bool) {
	rest, found := strings.CutPrefix(expression, before)
	if !found || len(rest) < len(stamp) {
		return time.Time{}, "", false
	}
	until, err := time.Parse(stamp, rest[:len(stamp)])
	if err != nil {
		return time.Time{}, "", false
	}
	if rest, found = strings.CutPrefix(rest[len(stamp):], after); !found {
		return time.Time{}, "", false
	}
	if rest != "" {
		and, found = strings.CutPrefix(rest, " && (")
		if and, ok = strings.CutSuffix(and, ")"); !found || !ok || CheckCondition(and) != nil {
			return time.Time{}, "", false
		}
	}
	return until, and, Expression(until, and) == expression
}

// maxCondition is how long a policy's own condition may be, in bytes: it stands in every
// binding, and a whole policy has 64 KB.
const maxCondition = 1024

// CheckCondition reports why a condition cannot be joined to the one that ends access. It does
// not know the language whole, which IAM checks itself. It makes sure of what IAM cannot know:
// that in "ends && (condition)" the second part cannot reach out of its parentheses and make
// the first one void, and that both together stay within IAM's twelve logical operators.
func CheckCondition(condition string) error {
	switch {
	case strings.TrimSpace(condition) == "":
		return errors.New("is empty: leave it out")
	case strings.TrimSpace(condition) != condition:
		return errors.New("has space around it: leave that out")
	case len(condition) > maxCondition:
		return fmt.Errorf("has %d bytes: at most %d fit into every binding", len(condition), maxCondition)
	}
	operators, err := scan(condition)
	if err != nil {
		return err
	}
	if operators+1 > maxOperators {
		return fmt.Errorf("has %d logical operators: at most %d are left beside the one that joins it to the end",
			operators, maxOperators-1)
	}
	return nil
}

// quotes are the ways to begin text, the longer before the shorter; r in front of them makes it
// raw, so that a backslash is itself. https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
var quotes = []string{`"""`, `'''`, `"`, `'`}

var rawPrefix = regexp.MustCompile(`(^|[^A-Za-z0-9_])([bB]?[rR][bB]?)$`)

// scan counts the logical operators of an expression, and refuses brackets that do not match,
// text that does not end, and comments, which would swallow what comes after.
func scan(expression string) (operators int, err error) {
	var open []byte
	for i := 0; i < len(expression); {
		rest := expression[i:]
		if q := quoteAt(rest); q != "" {
			n, err := textLength(rest, q, rawPrefix.MatchString(expression[:i]))
			if err != nil {
				return 0, err
			}
			i += n
			continue
		}
		switch c := expression[i]; {
		case strings.HasPrefix(rest, "//"):
			return 0, errors.New("has a comment: leave it out")
		case c == '\n' || c == '\r' || c < ' ' || c == 0x7f:
			return 0, errors.New("is longer than a line: write it on one")
		case c >= 0x80:
			return 0, errors.New("has letters outside of text that the language does not have: write them in quotes")
		case strings.IndexByte("([{", c) >= 0:
			open = append(open, c)
		case strings.IndexByte(")]}", c) >= 0:
			if len(open) == 0 || closing[open[len(open)-1]] != c {
				return 0, fmt.Errorf("has a %q that closes nothing", c)
			}
			open = open[:len(open)-1]
		case strings.HasPrefix(rest, "&&"), strings.HasPrefix(rest, "||"):
			operators++
			i++ // both characters
		case c == '!' && !strings.HasPrefix(rest, "!="):
			operators++
		}
		i++
	}
	if len(open) > 0 {
		return 0, fmt.Errorf("has a %q that is not closed", open[len(open)-1])
	}
	return operators, nil
}

var closing = map[byte]byte{'(': ')', '[': ']', '{': '}'}

func quoteAt(s string) string {
	for _, q := range quotes {
		if strings.HasPrefix(s, q) {
			return q
		}
	}
	return ""
}

// textLength returns how many bytes a text takes that begins with a quote.
func textLength(s, quote string, raw bool) (int, error) {
	for i := len(quote); i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], quote):
			return i + len(quote), nil
		case s[i] == '\\' && !raw:
			i++
		case s[i] < ' ' || s[i] == 0x7f:
			return 0, errors.New("is longer than a line: write it on one")
		}
	}
	return 0, errors.New("has text that does not end: close the quotes")
}

// maxTitle is how many characters a condition's title may have. Google does not publish a
// figure with the API; its console takes this many.
const maxTitle = 100

var link = regexp.MustCompile(`https?://[^\s<>"]+`)

// Title returns what a condition is titled after a reason: the link in it or, where there is
// none, its words, on one line. What is too long loses its middle, because the number of a
// ticket stands at the end.
func Title(reason string) string {
	title := strings.Join(strings.FieldsFunc(strings.ToValidUTF8(reason, "?"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	if l := strings.TrimRight(link.FindString(title), ".,;:!?)]}'、。」）"); l != "" {
		title = l
	}
	if title == "" {
		return "access for a time"
	}
	runes := []rune(title)
	if len(runes) <= maxTitle {
		return title
	}
	const end = 40
	return string(runes[:maxTitle-end-1]) + "…" + string(runes[len(runes)-end:])
}
