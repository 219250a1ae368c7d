package slack

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// stripMarks takes the marks of formatting out of mrkdwn text: *bold*, _italic_, ~strike~,
// `code` and ```preformatted```. A mark formats only when the pair stands at the edges of
// words on one line, so that the underscores of ALL_MEMBERS_CAN_VIEW stay; what is code stays
// as it is.
func stripMarks(text string) string {
	var out strings.Builder
	for text != "" {
		before, rest, found := strings.Cut(text, "`")
		if !found {
			out.WriteString(stripWordMarks(text, "*_~"))
			break
		}
		out.WriteString(stripWordMarks(before, "*_~"))
		fence := "`"
		if strings.HasPrefix(rest, "``") {
			fence, rest = "```", rest[2:]
		}
		code, after, closed := strings.Cut(rest, fence)
		if !closed || code == "" || (fence == "`" && strings.Contains(code, "\n")) {
			out.WriteString(fence)
			text = rest
			continue
		}
		out.WriteString(strings.Trim(code, "\n"))
		text = after
	}
	return out.String()
}

// stripWordMarks takes out these marks. A mark within a span of its own kind does not format,
// so that spans are at most as deep as there are marks.
func stripWordMarks(text, marks string) string {
	if marks == "" {
		return text
	}
	var out strings.Builder
	previous := rune(' ')
	for text != "" {
		r, size := utf8.DecodeRuneInString(text)
		if strings.ContainsRune(marks, r) && edge(previous) {
			if inner, after, ok := marked(text[size:], r); ok {
				out.WriteString(stripWordMarks(inner, strings.ReplaceAll(marks, string(r), "")))
				text, previous = after, r
				continue
			}
		}
		out.WriteString(text[:size])
		text, previous = text[size:], r
	}
	return out.String()
}

// marked finds the closing mark of a span that begins with text.
func marked(text string, mark rune) (inner, after string, ok bool) {
	if first, _ := utf8.DecodeRuneInString(text); first == mark || unicode.IsSpace(first) {
		return "", "", false
	}
	line, _, _ := strings.Cut(text, "\n")
	for i := 0; ; {
		k := strings.IndexRune(line[i:], mark)
		if k < 0 {
			return "", "", false
		}
		i += k
		last, _ := utf8.DecodeLastRuneInString(line[:i])
		next, size := utf8.DecodeRuneInString(line[i+1:])
		if i > 0 && !unicode.IsSpace(last) && (size == 0 || edge(next)) {
			return text[:i], text[i+1:], true
		}
		i++
	}
}

// edge reports whether a rune can stand outside of a formatted word.
func edge(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
