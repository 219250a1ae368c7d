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
	hopeless := map[rune]int{} // mark → position before which nothing closes it
	previous := rune(' ')
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if strings.ContainsRune(marks, r) && edge(previous) && opens(text[i+1:], r) && i >= hopeless[r] {
			line, _, _ := strings.Cut(text[i+1:], "\n")
			if end := closing(line, r); end > 0 {
				out.WriteString(stripWordMarks(line[:end], strings.ReplaceAll(marks, string(r), "")))
				i, previous = i+end+2, r
				continue
			}
			hopeless[r] = i + 1 + len(line)
		}
		out.WriteString(text[i : i+size])
		i, previous = i+size, r
	}
	return out.String()
}

// opens reports whether a mark can open a span when text follows it.
func opens(text string, mark rune) bool {
	first, size := utf8.DecodeRuneInString(text)
	return size > 0 && first != mark && !unicode.IsSpace(first)
}

// closing returns the position of the first mark that closes a span which begins with line,
// 0 when there is none.
func closing(line string, mark rune) int {
	for i, r := range line {
		if r != mark || i == 0 {
			continue
		}
		last, _ := utf8.DecodeLastRuneInString(line[:i])
		next, size := utf8.DecodeRuneInString(line[i+1:])
		if !unicode.IsSpace(last) && (size == 0 || edge(next)) {
			return i
		}
	}
	return 0
}

// edge reports whether a rune can stand outside of a formatted word.
func edge(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
