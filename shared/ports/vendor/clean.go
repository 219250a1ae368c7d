package vendor

import (
	"net/http"
	"strings"
	"unicode"
)

// What is cut out of a vendor's text leaves one of these behind.
const (
	address = "(address)"
	number  = "(number)"
	hidden  = "(hidden)"
)

const (
	// maxMessage is the length in characters to which a vendor's text is cut.
	maxMessage = 300
	// maxReason is the length in bytes of the longest word that is taken for a reason.
	maxReason = 48
	// A run of letters, digits, dashes and underscores may be a token from minToken on. With
	// the other characters of tokens, which stand in names and paths too, it may be one from
	// minLongToken on.
	minToken, minLongToken = 20, 32
	// minNumber is the number of digits from which a number may be somebody's account.
	minNumber = 15
)

// Clean makes a vendor's text fit for a log: one line of at most 300 characters, without links,
// addresses of people, numbers of accounts, and anything that may be a token. Where in doubt it
// hides: a vendor may repeat whatever it was sent.
//
// It scans by hand, because a function that starts cold should not compile expressions that it
// needs for errors only.
func Clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	text = replaceRuns(text, inLink, cutLink)
	text = replaceRuns(text, inAddress, cutAddress)
	text = replaceRuns(text, inLongToken, cutToken)
	if runes := []rune(text); len(runes) > maxMessage {
		text = string(runes[:maxMessage]) + "…"
	}
	return text
}

// Reason makes a vendor's code for an error fit for a log. A word of letters and underscores
// stays as it is, even where it is as long as a token: "ACCESS_TOKEN_SCOPE_INSUFFICIENT".
// Anything else is cleaned as [Clean] does.
func Reason(code string) string {
	if len(code) <= maxReason && strings.Trim(code, letters+"_") == "" {
		return code
	}
	return Clean(code)
}

// Message is what a vendor says of an HTTP status, cleaned, or the status's own name where it
// says nothing.
func Message(status int, text string) string {
	if text = Clean(text); text == "" {
		return http.StatusText(status)
	}
	return text
}

const (
	capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	letters  = "abcdefghijklmnopqrstuvwxyz" + capitals
	digits   = "0123456789"
)

func inLink(b byte) bool      { return strings.IndexByte(" \"'<>", b) < 0 }
func inAddress(b byte) bool   { return strings.IndexByte(" \"'<>()[],;:=/", b) < 0 }
func inLongToken(b byte) bool { return inToken(b) || strings.IndexByte(".+/=%~", b) >= 0 }
func inToken(b byte) bool     { return strings.IndexByte(letters+digits+"_-", b) >= 0 }
func inNumber(b byte) bool    { return strings.IndexByte(digits, b) >= 0 }

// replaceRuns replaces each longest run of characters.
func replaceRuns(text string, in func(byte) bool, replace func(run string) string) string {
	var out strings.Builder
	for i := 0; i < len(text); {
		end := i
		for end < len(text) && in(text[end]) {
			end++
		}
		if end > i {
			out.WriteString(replace(text[i:end]))
			i = end
			continue
		}
		out.WriteByte(text[i])
		i++
	}
	return out.String()
}

// cutLink cuts a run from the scheme of a link to its end. A link may be percent-encoded.
func cutLink(run string) string {
	at := -1
	for _, mark := range []string{"://", "%3a//", ":%2f%2f", "%3a%2f%2f"} {
		if i := strings.Index(lower(run), mark); i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	if at < 0 {
		return run
	}
	return strings.TrimRight(run[:at], letters+digits+"+.-") + address
}

// cutAddress hides a run with an @ that has something on both sides.
func cutAddress(run string) string {
	for _, mark := range []string{"@", "%40"} {
		if i := strings.Index(run[1:], mark); i >= 0 && 1+i+len(mark) < len(run) {
			return address
		}
	}
	return run
}

// cutToken hides a run that is long enough for a token, or the parts of it that are.
func cutToken(run string) string {
	switch {
	case strings.Trim(run, digits) == "":
		return cutNumber(run)
	case constant(run):
		return run
	case len(run) >= minLongToken:
		return hidden
	}
	return replaceRuns(run, inToken, func(part string) string {
		if len(part) >= minToken && strings.Trim(part, digits) != "" && !constant(part) {
			return hidden
		}
		return replaceRuns(part, inNumber, cutNumber)
	})
}

// constant reports whether a run is one of the words in capitals by which Google says what is
// wrong, such as "WHO_CAN_VIEW_MEMBERSHIP_CANNOT_BE_BROADER_THAN_WHO_CAN_SEE_GROUP". The encodings
// of tokens that have capitals only have no underscores.
func constant(run string) bool {
	return strings.Contains(run, "_") && strings.Trim(run, capitals+"_") == ""
}

func cutNumber(run string) string {
	if len(run) >= minNumber {
		return number
	}
	return run
}

// lower folds the letters of ASCII. Unlike [strings.ToLower] it keeps the length.
func lower(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}
