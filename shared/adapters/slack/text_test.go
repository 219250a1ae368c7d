package slack

import (
	"html"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestCharacters(t *testing.T) {
	for text, want := range map[string][]string{
		"":                       nil,
		"abc":                    {"a", "b", "c"},
		"e\u0301x":               {"e\u0301", "x"},
		"👨\u200d👩\u200d👧x":       {"👨\u200d👩\u200d👧", "x"},
		"👍🏽👍":                    {"👍🏽", "👍"},
		"❤\ufe0f!":               {"❤\ufe0f", "!"},
		"🇯🇵🇫🇷🇮":                  {"🇯🇵", "🇫🇷", "🇮"},
		"🏴\U000E0067\U000E007Fx": {"🏴\U000E0067\U000E007F", "x"},
		"\u1100\u1161\u11a8각":    {"\u1100\u1161\u11a8", "각"},
		"か\u3099き":               {"か\u3099", "き"},
		"\u0301a":                {"\u0301", "a"},
		"a\u200d":                {"a\u200d"},
	} {
		if got := slices.Collect(characters(text)); !slices.Equal(got, want) {
			t.Errorf("characters of %q: %q, want %q", text, got, want)
		}
	}
	for c := range characters("a" + strings.Repeat("\u0301", 1000)) {
		if n := utf8.RuneCountInString(c); n > longestCharacter {
			t.Errorf("a character of %d runes", n)
		}
	}
}

func TestShown(t *testing.T) {
	family := "👨\u200d👩\u200d👧" // eight in UTF-16
	for _, test := range []struct {
		text string
		most int
		want string
	}{
		{"abcd", 4, "abcd"},
		{"abcde", 4, "abc…"},
		{"abcde", 1, "…"},
		{"", 4, "…"},
		{"&&", 10, "&amp;&amp;"},
		{"&&", 9, "&amp;…"},
		{"<<<", 9, "&lt;&lt;…"},
		{"> a quote", 40, "&gt; a quote"},
		{"a<", 4, "a…"},
		{family + "x", 9, family + "x"},
		{family + "xy", 9, family + "…"},
		{family + "xy", 8, "…"},
		{"a" + family, 8, "a…"},
		{"😀😀", 4, "😀😀"},
		{"😀😀", 3, "😀…"},
		{"🇯🇵🇯🇵", 7, "🇯🇵…"},
		{"e\u0301e\u0301", 3, "e\u0301…"},
	} {
		if got := shown(test.text, test.most); got != test.want {
			t.Errorf("shown(%q, %d) = %q, want %q", test.text, test.most, got, test.want)
		}
	}
}

// FuzzShown: what is sent is short enough, never empty, valid, harmless, and the beginning of
// what was given, whole characters only.
func FuzzShown(f *testing.F) {
	f.Add("abc", 2)
	f.Add("<!channel> & 👨\u200d👩\u200d👧", 12)
	f.Add("\xff\u202e\n🇯🇵🇯", 3)
	f.Add("&lt;", 4)
	f.Fuzz(func(t *testing.T, text string, most int) {
		checkShown(t, text, 1+max(0, most)%200)
	})
}

func TestShownIsTheBeginning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkShown(t, rapid.String().Draw(t, "text"), rapid.IntRange(1, 60).Draw(t, "most"))
	})
}

func checkShown(t interface{ Fatalf(string, ...any) }, text string, most int) {
	got := shown(text, most)
	if got == "" || units(got) > most || !utf8.ValidString(got) || strings.ContainsAny(got, "<>\n\r") {
		t.Fatalf("shown(%q, %d) = %q, of %d", text, most, got, units(got))
	}
	for i, r := range got {
		if r == '&' && !strings.HasPrefix(got[i:], "&amp;") && !strings.HasPrefix(got[i:], "&lt;") && !strings.HasPrefix(got[i:], "&gt;") {
			t.Fatalf("shown(%q, %d) = %q holds half an entity", text, most, got)
		}
	}
	whole := clean(text)
	read := html.UnescapeString(got)
	if read == whole || whole == "" && read == ellipsis {
		return
	}
	kept, cut := strings.CutSuffix(read, ellipsis)
	rest, begins := strings.CutPrefix(whole, kept)
	if !cut || !begins {
		t.Fatalf("shown(%q, %d) reads %q", text, most, read)
	}
	if !slices.Equal(slices.Collect(characters(whole)), slices.Concat(slices.Collect(characters(kept)), slices.Collect(characters(rest)))) {
		t.Fatalf("shown(%q, %d) is cut inside a character: %q", text, most, read)
	}
}
