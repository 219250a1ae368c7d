package slack

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf16"
)

// shown returns a text as it goes to Slack, so that people see it as it is: the three
// characters that mean something to Slack as entities
// (https://docs.slack.dev/messaging/formatting-message-text#escaping), on one line, without
// what would change the text around it, and no longer than a number of characters. It is never
// empty.
//
// Slack's limits do not say what a character is. Counted is what is sent, entities in full, in
// UTF-16: of all the ways to count that gives the most, short of bytes.
func shown(text string, most int) string {
	text = clean(text)
	if text == "" {
		return ellipsis
	}
	var out strings.Builder
	left := most
	whole := units(escape.Replace(text)) <= most
	if !whole {
		left-- // for the ellipsis
	}
	for character := range characters(text) {
		character = escape.Replace(character)
		if left -= units(character); left < 0 {
			break
		}
		out.WriteString(character)
	}
	if !whole {
		out.WriteString(ellipsis)
	}
	return out.String()
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// units is the length of a text in UTF-16.
func units(text string) int {
	n := 0
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	return n
}

// clean returns a text as valid UTF-8 on one line. A line break would let a reason go on as
// what looks like a line of ours, and the marks that set the direction of writing would let it
// turn our own words round; text in Hebrew or Arabic needs neither.
func clean(text string) string {
	one := strings.Map(func(r rune) rune {
		switch {
		case r == '\u3000', r == '\u00a0': // spaces of Japanese and French
			return r
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	return strings.TrimSpace(one)
}

// longestCharacter is how many runes are taken for one character at most. A family of emojis
// has eleven.
const longestCharacter = 32

// characters yields a text by what people see as one character: a letter with its marks, an
// emoji with its skin colour, a flag. It knows less than Unicode's standard annex 29, which
// takes tables that are not in the standard library; where it knows nothing, a character is a
// rune.
func characters(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		start, runes, flags := 0, 0, 0 // of the character that is being read
		var last rune
		for i, r := range text {
			if r >= '\U0001F1E6' && r <= '\U0001F1FF' {
				flags++ // two letters are one flag
			} else {
				flags = 0
			}
			joined := extends(r) || last == zeroWidthJoiner || flags == 2
			if i > start && (!joined || runes == longestCharacter) {
				if !yield(text[start:i]) {
					return
				}
				start, runes = i, 0
			}
			if flags == 2 {
				flags = 0
			}
			runes++
			last = r
		}
		if start < len(text) {
			yield(text[start:])
		}
	}
}

const zeroWidthJoiner = '\u200d'

// extends reports whether a rune belongs to the character before it.
func extends(r rune) bool {
	return unicode.Is(unicode.M, r) || // marks and variation selectors
		r == zeroWidthJoiner || r == '\u200c' ||
		r >= '\U0001F3FB' && r <= '\U0001F3FF' || // skin colours
		r >= '\U000E0020' && r <= '\U000E007F' || // the flags of England, Scotland, Wales
		r >= '\u1160' && r <= '\u11FF' // vowels and last consonants of Korean in pieces
}
