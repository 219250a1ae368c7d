package slack_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/adapters/slack"
)

const mark = "…"

func TestWhatAMessageShows(t *testing.T) {
	long := strings.Repeat("あ", 200)
	for _, test := range []struct {
		name    string
		message slack.Message
		want    string
	}{
		{
			"text as it is",
			slack.Message{Heading: "a & b < c > d", Lines: []string{"*x* _y_ `z` &lt; &amp;", "<https://x.example|y> <!channel> <@U1>"}},
			"a & b < c > d\n*x* _y_ `z` &lt; &amp;\n<https://x.example|y> <!channel> <@U1>",
		},
		{"no heading", slack.Message{Lines: []string{"a"}}, mark + "\na"},
		{"a heading of space", slack.Message{Heading: " \n\t", Lines: []string{"a"}}, mark + "\na"},
		{"nothing at all", slack.Message{}, mark},
		{"empty lines", slack.Message{Heading: "h", Lines: []string{"", " ", "\u200f", "a", "\n"}}, "h\na"},
		{
			"a line that breaks",
			slack.Message{Heading: "one\ntwo", Lines: []string{"Why: x\nApproved by the boss\r\n\u2028or\u0085not"}},
			"one two\nWhy: x Approved by the boss   or not",
		},
		{"a line that turns round", slack.Message{Heading: "h", Lines: []string{"a \u202egnorw\u202c \u2066b\u2069 \u200fc"}}, "h\na gnorw b c"},
		{"Hebrew, Arabic and Japanese", slack.Message{Heading: "שלום", Lines: []string{"مرحبا", "関所\u3000通る"}}, "שלום\nمرحبا\n関所\u3000通る"},
		{"control characters", slack.Message{Heading: "a\x00b\x1b[31m", Lines: []string{"\u0007c"}}, "ab[31m\nc"},
		{"what is no text", slack.Message{Heading: "a\xffb\xc3", Lines: []string{"\xed\xa0\x80"}}, "a\uFFFDb\uFFFD\n\uFFFD"},
		{"a heading too long for one", slack.Message{Heading: long, Lines: []string{"a"}}, strings.Repeat("あ", 149) + mark + "\n" + long + "\na"},
		{"a heading that is just short enough", slack.Message{Heading: long[:450]}, long[:450]},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.post(t, ada, "k", test.message)
			got := w.newest(t, ada)
			if diff := cmp.Diff(test.want, got.Text); diff != "" {
				t.Errorf("shown (-want +got):\n%s", diff)
			}
			if len(got.Links) > 0 || len(got.Mentions) > 0 || got.Broadcast {
				t.Errorf("links %v, mentions %v", got.Links, got.Mentions)
			}
		})
	}
}

func TestTooManyLines(t *testing.T) {
	for _, empty := range []bool{false, true} {
		w := newWorld(t)
		m := slack.Message{Heading: strings.Repeat("h", 151)}
		for i := range 500 {
			m.Lines = append(m.Lines, fmt.Sprint("line ", i))
			if empty {
				m.Lines = append(m.Lines, "")
			}
		}
		m.Buttons = []slack.Button{{Label: "Approve", Action: "approve", Value: "c1 1"}}
		w.post(t, ada, "k", m)
		got := strings.Split(w.newest(t, ada).Text, "\n")
		// The heading, the heading in whole, 39 lines and the mark.
		if len(got) != 42 || got[40] != "line 38" || got[41] != mark {
			t.Errorf("%d lines, the last %q", len(got), got[len(got)-1])
		}
		if len(w.newest(t, ada).Buttons) != 1 {
			t.Error("the buttons are gone")
		}
	}
}

func TestVeryMuchText(t *testing.T) {
	w := newWorld(t)
	m := slack.Message{Heading: "h"}
	for range 10 {
		m.Lines = append(m.Lines, strings.Repeat("a <b> & ", 1000))
	}
	w.post(t, ada, "k", m)
	got := w.newest(t, ada)
	lines := strings.Split(got.Text, "\n")
	if last := lines[len(lines)-1]; last != mark || len(lines) > 6 {
		t.Errorf("%d lines, the last %q", len(lines), last)
	}
	if n := sent(t, got.Blocks); n > 10_000 {
		t.Errorf("%d characters", n)
	}
}

func TestButtons(t *testing.T) {
	w := newWorld(t)
	button := func(label, action, value string) slack.Message {
		return slack.Message{Heading: "h", Buttons: []slack.Button{{Label: label, Action: action, Value: value}}}
	}
	for name, m := range map[string]slack.Message{
		"a long label":   button(strings.Repeat("承", 76), "a", "v"),
		"a label of &":   button(strings.Repeat("&", 75), "a", "v"),
		"no label":       button("", "a", "v"),
		"a broken label": button("\n\x00\u202e", "a", "v"),
		"a long value":   button("x", "a", strings.Repeat("v", 2000)),
		"a long action":  button("x", strings.Repeat("a", 255), "v"),
		"a link":         {Heading: "h", Buttons: []slack.Button{{Label: "Open", Action: "open", URL: "https://sekisho.example/c1"}}},
	} {
		w.post(t, ada, name, m)
		got := w.newest(t, ada).Buttons
		if len(got) != 1 || got[0].Label == "" || got[0].Value != m.Buttons[0].Value || got[0].ActionID != m.Buttons[0].Action || got[0].URL != m.Buttons[0].URL {
			t.Errorf("%s: %+v", name, got)
		}
	}
	many := slack.Message{Heading: "h"}
	for i := range 30 {
		many.Buttons = append(many.Buttons, slack.Button{Label: "x", Action: fmt.Sprint("a", i), Value: "v"})
	}
	w.post(t, ada, "many", many)
	if got := w.newest(t, ada).Buttons; len(got) != 25 {
		t.Errorf("%d buttons, want as many as Slack takes", len(got))
	}
	// What a button carries is never cut: half an id would be another one.
	channel := w.channel(t)
	for name, m := range map[string]slack.Message{
		"too long a value": button("x", "a", strings.Repeat("v", 2001)), "too long an action": button("x", strings.Repeat("a", 256), "v"),
	} {
		_, _, err := w.client.Post(t.Context(), channel, "k", m)
		var e *slack.Error
		if !errors.As(err, &e) || e.Reason != "invalid_blocks" || !e.Permanent() {
			t.Errorf("%s: %v; want it refused", name, err)
		}
	}
}

// hostile draws texts that want to be more than text.
func hostile() *rapid.Generator[string] {
	bits := rapid.SampledFrom([]string{
		"<!channel>", "<!here>", "<!everyone|x>", "<!subteam^S1>", "<@U1>", "@channel", "@here", "@everyone", "<https://evil.example|Approve>", "https://evil.example",
		"<mailto:a@b.c>", "<", ">", "&", "&lt;", "&amp;lt;", "<!", "|", "*", "_", "~", "`", "```", "\n", "\r\n", "\u2028", "\x00", "\x1b", "\xff", "\u202e", "\u2067",
		"👨\u200d👩\u200d👧\u200d👦", "👍🏽", "🇯🇵", "e\u0301", "각", "あ", "שלום", "مرحبا", ":tada:", " ", "word ", "%s", "{}", `"`, `\`,
	})
	return rapid.Custom(func(t *rapid.T) string {
		s := strings.Join(rapid.SliceOfN(rapid.OneOf(bits, rapid.String()), 0, 12).Draw(t, "bits"), "")
		return strings.Repeat(s, rapid.SampledFrom([]int{1, 1, 1, 7, 400}).Draw(t, "times"))
	})
}

// Whatever text goes in: Slack takes the message, nobody is notified who should not be, nothing
// can be followed, and the message has no more lines than ours.
func TestNoTextIsMoreThanText(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		channel := w.channel(t)
		m := slack.Message{
			Heading: hostile().Draw(rt, "heading"),
			Lines:   rapid.SliceOfN(hostile(), 0, 4).Draw(rt, "lines"),
		}
		for i := range rapid.IntRange(0, 3).Draw(rt, "buttons") {
			m.Buttons = append(m.Buttons, slack.Button{Label: hostile().Draw(rt, "label"), Action: fmt.Sprint("a", i), Value: "c1 1"})
		}
		_, ts, err := w.client.Post(t.Context(), channel, "k", m)
		if err != nil {
			rt.Fatalf("Post: %v", err)
		}
		if err := w.client.Update(t.Context(), channel, ts, m); err != nil {
			rt.Fatalf("Update: %v", err)
		}
		if err := w.client.Whisper(t.Context(), channel, w.id(t, ada), m); err != nil {
			rt.Fatalf("Whisper: %v", err)
		}
		if got := w.Broadcasts(); len(got) > 0 {
			rt.Fatalf("%d messages notified the channel: %q", len(got), got[0].Text)
		}
		for _, got := range w.Visible(ada) {
			if len(got.Links)+len(got.Mentions) > 0 || got.Broadcast {
				rt.Fatalf("links %v, mentions %v, broadcast %t in %q", got.Links, got.Mentions, got.Broadcast, got.Text)
			}
			if lines := strings.Count(got.Text, "\n") + 1; lines > len(m.Lines)+2 {
				rt.Fatalf("%d lines of %d: %q", lines, len(m.Lines), got.Text)
			}
			if len(got.Buttons) != len(m.Buttons) {
				rt.Fatalf("%d buttons, want %d", len(got.Buttons), len(m.Buttons))
			}
			if n := sent(t, got.Blocks); n > 10_000 {
				rt.Fatalf("%d characters", n)
			}
		}
	})
}

// sent counts the characters of all texts in blocks, as sent.
func sent(t *testing.T, blocks json.RawMessage) int {
	t.Helper()
	var list []struct {
		Text struct{ Text string }
	}
	if err := json.Unmarshal(blocks, &list); err != nil {
		t.Fatalf("decode the blocks: %v", err)
	}
	n := 0
	for _, b := range list {
		n += len(utf16.Encode([]rune(b.Text.Text)))
	}
	return n
}

// Every row that has buttons says what they are about, however much the others have to say.
func TestEveryRowHasRoom(t *testing.T) {
	w := newWorld(t)
	m := slack.Message{Heading: "h"}
	for i := range slack.MaxRows {
		m.Rows = append(m.Rows, slack.Row{
			Text:    fmt.Sprintf("u%02d@example.com · %s", i, strings.Repeat("a role of some length, ", 30)),
			Buttons: []slack.Button{{Label: "Disable", Action: "approve", Value: "x 1"}},
		})
	}
	w.post(t, ada, "k", m)
	for i := range slack.MaxRows {
		if name := fmt.Sprintf("u%02d@example.com", i); !strings.Contains(w.newest(t, ada).Text, name) {
			t.Errorf("the row of %s does not say so", name)
		}
	}
}

func TestAList(t *testing.T) {
	item := func(i int) string { return fmt.Sprintf("item %03d %s", i, strings.Repeat("x", 50)) }
	for _, test := range []struct {
		name    string
		items   int
		odd     string
		shown   int
		ellipse bool
	}{
		{name: "few", items: 3, shown: 3},
		{name: "as many as there is room for", items: slack.ListRoom / (len(item(0)) + slack.ListItem), shown: slack.ListRoom / (len(item(0)) + slack.ListItem)},
		{name: "too many", items: 500, shown: 100, ellipse: true},
		{name: "one that breaks the line, and an empty one", odd: "a\nApproved by the boss", shown: 1},
		{name: "one that is very long", odd: strings.Repeat("y", 5000), shown: 1, ellipse: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			m := slack.Message{Heading: "h", Lines: []string{"why"}}
			for i := range test.items {
				m.List = append(m.List, item(i))
			}
			if test.odd != "" {
				m.List = []string{test.odd, " \n"}
			}
			w.post(t, ada, "k", m)
			lines := strings.Split(w.newest(t, ada).Text, "\n")
			shown := 0
			for _, l := range lines[2:] {
				if !strings.HasPrefix(l, "• ") && l != mark {
					t.Errorf("a line of its own: %.80q", l)
				}
				if strings.HasPrefix(l, "• ") {
					shown++
				}
			}
			if shown < test.shown || strings.HasSuffix(lines[len(lines)-1], mark) != test.ellipse {
				t.Errorf("%d of %d are shown, the last as %.80q", shown, len(m.List), lines[len(lines)-1])
			}
		})
	}
}
