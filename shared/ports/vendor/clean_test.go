package vendor_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/ports/vendor"
)

func TestTextsAreCleaned(t *testing.T) {
	long := strings.Repeat("k", 40)
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"a sentence", "Member already exists.", "Member already exists."},
		{"Japanese", "グループが見つかりません", "グループが見つかりません"},
		{"bytes that are no text", "a\xff\xfeb", "ab"},

		{"an address", "user aiko.sato@example.com, <ken+x@example.org>: no", "user (address), <(address)>: no"},
		{"an encoded address", "GET /groups/data%40example.com/members", "GET /groups/(address)/members"},
		{"an address with an @ before it", "@aiko@example.com", "(address)"},
		{"an address after an equals sign", "user=aiko@example.com", "user=(address)"},
		{"an address in Japanese", "佐藤@例え.jp は", "(address) は"},
		{"a name for many", "tell @here", "tell @here"},
		{"an @ at the end", "who@ and %40", "who@ and %40"},
		{"an @ at the end after another", "a@b@", "(address)"},

		{"a link", "see https://example.com/docs?a=b for more", "see (address) for more"},
		{"an encoded link", "see HTTPS%3A%2F%2Fexample.com", "see (address)"},
		{"a half encoded link", "see https:%2F%2Fexample.com and http%3a//example.org", "see (address) and (address)"},
		{"a link in a parameter", "redirect_uri=http://a/b?state=c is bad", "redirect_uri=(address) is bad"},
		{"a link in quotes", `dial "https://10.1.2.3/x": refused`, `dial "(address)": refused`},
		{"a link without a scheme", "see ://example.com", "see (address)"},
		{"two links in one word", "https://a,https://b", "(address)"},
		{"a link after Japanese", "詳細はhttps://example.com", "詳細は(address)"},

		{"a number of an account", "User 117000000000000000002 of project 123456789012", "User (number) of project 123456789012"},
		{"a number of fifteen digits", "a 123456789012345 b", "a (number) b"},
		{"a number in a word", "id-123456789012345", "id-(number)"},
		{"a very long number", strings.Repeat("1", 40), "(number)"},

		{"a token of letters", "key " + long, "key (hidden)"},
		{"a token of twenty", "key abcdefghij0123456789", "key (hidden)"},
		{"a word of nineteen", "key abcdefghij012345678", "key abcdefghij012345678"},
		{"a token of Slack's", "xoxb-1234567890-abcdefghij", "(hidden)"},
		{"a token of Google's", "Bearer ya29.a0AfH6SMBx", "Bearer ya29.a0AfH6SMBx"}, // too short for any
		{"a token of three parts", "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "(hidden)"},
		{"a token of Base64", "abc+def/ghi=jkl+mno/pqr=stu+vwx/yz==", "(hidden)"},
		{"a token with encoded characters", "abcdefgh%2Bijklmnop%2Fqrstuvwx%3D", "(hidden)"},
		{"a token in quotes", `{"token":"` + long + `"}`, `{"token":"(hidden)"}`},
		{"a token with a number in it", "t123456789012345678901234567890t", "(hidden)"},
		{"a short token in a longer run", "v1/abcdefghij0123456789", "v1/(hidden)"},
		{"a token in Japanese", "鍵abcdefghij0123456789は", "鍵(hidden)は"},
		{"a word in capitals", "WHO_CAN_MANAGE_MEMBERS_CANNOT_BE_BROADER", "WHO_CAN_MANAGE_MEMBERS_CANNOT_BE_BROADER"},
		{"a token in capitals", "JBSWY3DPEHPK3PXPJBSWY3DP JBSWYDPEHPKPXPJBSWYDPXX", "(hidden) (hidden)"},

		{"several lines", "one\n\ttwo\r\nthree\u2028four", "one two three four"},
		{"control characters", "two\x00lines \a\x1b[31mhere\u0085", "two lines [31mhere"},
		{"characters nobody sees", "a\u202eb\u200bc\ufeff", "a b c"},

		{"a long story", strings.Repeat("é", 400), strings.Repeat("é", 300) + "…"},
		{"three hundred characters", strings.Repeat("é", 300), strings.Repeat("é", 300)},
		{"a token at the cut", strings.Repeat("é ", 145) + long, strings.Repeat("é ", 145) + "(hidden)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := vendor.Clean(test.text); got != test.want {
				t.Errorf("Clean(%q) = %q, want %q", test.text, got, test.want)
			}
		})
	}
}

// What must not be in a cleaned text, written another way than the scanner does it.
var never = map[string]*regexp.Regexp{
	"a link":       regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*(:|%3a)(//|%2f%2f)`),
	"an address":   regexp.MustCompile(`[^\s"'<>()\[\],;:=/]+(@|%40)[^\s"'<>()\[\],;:=/]+`),
	"a number":     regexp.MustCompile(`\d{15,}`),
	"a token":      regexp.MustCompile(`[A-Za-z0-9_-]{20,}`),
	"a long token": regexp.MustCompile(`[A-Za-z0-9_.+/=%~-]{32,}`),
}

func TestNothingIsLeftOfWhatIsCutOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.OneOf(rapid.StringN(0, 5, -1), rapid.StringMatching(`[A-Za-z0-9_.+/=%~-]{0,40}|[0-9]{10,25}`),
			rapid.SampledFrom([]string{"://", "%3A%2f%2F", "@", "%40", " ", "\"", ":", "/", "https", "(", "\u202e", "K", "ſ"}))
		text := strings.Join(rapid.SliceOfN(part, 0, 12).Draw(t, "parts"), "")
		got := vendor.Clean(text)
		for what, pattern := range never {
			for _, found := range pattern.FindAllString(got, -1) {
				if strings.Trim(found, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" {
					t.Fatalf("%q holds %s: %q", got, what, found)
				}
			}
		}
		if n := utf8.RuneCountInString(got); n > 301 || !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) {
			t.Fatalf("%q with %d characters", got, n)
		}
		if again := vendor.Clean(got); utf8.RuneCountInString(got) <= 300 && again != got {
			t.Fatalf("cleaned again %q becomes %q", got, again)
		}
	})
}

func TestReasonsStayWords(t *testing.T) {
	for code, want := range map[string]string{
		"":                                    "",
		"quotaExceeded":                       "quotaExceeded",
		"ACCESS_TOKEN_SCOPE_INSUFFICIENT":     "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
		"restricted_action_read_only_channel": "restricted_action_read_only_channel",
		"NotFound_Group":                      "NotFound_Group",
		"abcdefghij0123456789":                "(hidden)",
		strings.Repeat("a", 49):               "(hidden)",
		"aiko@example.com\n":                  "(address)",
	} {
		if got := vendor.Reason(code); got != want {
			t.Errorf("Reason(%q) = %q, want %q", code, got, want)
		}
	}
}

func TestAStatusSpeaksForItself(t *testing.T) {
	for text, want := range map[string]string{"": "Conflict", " \n": "Conflict", "taken by aiko@example.com": "taken by (address)"} {
		if got := vendor.Message(409, text); got != want {
			t.Errorf("Message(409, %q) = %q, want %q", text, got, want)
		}
	}
}
