package slack

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func testNames(id string) string {
	return map[string]string{"U1": "@Aiko Tanaka", "C1": "#general", "S1": "@data-owners"}[id]
}

func TestMrkdwn(t *testing.T) {
	tests := map[string]struct {
		in, want  string
		mentions  []string
		links     []Link
		broadcast bool
	}{
		"plain words":              {in: "hello there", want: "hello there"},
		"entities":                 {in: "a &lt;b&gt; &amp; c", want: "a <b> & c"},
		"entities once":            {in: "&amp;lt;!channel&amp;gt;", want: "&lt;!channel&gt;"},
		"an escaped broadcast":     {in: "&lt;!channel&gt;", want: "<!channel>"},
		"a broadcast":              {in: "<!channel> look", want: "@channel look", broadcast: true},
		"a broadcast with a label": {in: "<!here|here>", want: "@here", broadcast: true},
		"everyone, in code":        {in: "`<!everyone>`", want: "@everyone", broadcast: true},
		"a person":                 {in: "ask <@U1>", want: "ask @Aiko Tanaka", mentions: []string{"U1"}},
		"an unknown person":        {in: "ask <@U9>", want: "ask @U9", mentions: []string{"U9"}},
		"an unknown, labelled":     {in: "ask <@U9|zoe>", want: "ask @zoe", mentions: []string{"U9"}},
		"a channel":                {in: "in <#C1>", want: "in #general"},
		"a user group":             {in: "<!subteam^S1>", want: "@data-owners", mentions: []string{"S1"}},
		"a date":                   {in: "<!date^1392734382^{date}|18 February>", want: "18 February"},
		"a link":                   {in: "see <https://example.com/a?b=1&amp;c=2|the &lt;page&gt;>", want: "see the <page>", links: []Link{{"https://example.com/a?b=1&c=2", "the <page>"}}},
		"a link without label":     {in: "<https://example.com>", want: "https://example.com", links: []Link{{"https://example.com", "https://example.com"}}},
		"a mail link":              {in: "<mailto:a@example.com>", want: "a@example.com", links: []Link{{"mailto:a@example.com", "a@example.com"}}},
		"a bare URL":               {in: "at https://example.com/x now", want: "at https://example.com/x now", links: []Link{{"https://example.com/x", "https://example.com/x"}}},
		"no known sequence":        {in: "<script>", want: "<script>"},
		"a javascript link":        {in: "<javascript:alert(1)|click>", want: "<javascript:alert(1)|click>"},
		"an open bracket":          {in: "1 < 2", want: "1 < 2"},
		"a bracket in a bracket":   {in: "<a <!here>", want: "<a @here", broadcast: true},
		"bold, italic, struck":     {in: "*bold* _italic_ ~struck~ *_both_*", want: "bold italic struck both"},
		"marks within words":       {in: "ALL_MEMBERS_CAN_VIEW and 2*3*4", want: "ALL_MEMBERS_CAN_VIEW and 2*3*4"},
		"marks in a list":          {in: "* one\n* two", want: "* one\n* two"},
		"code keeps its marks":     {in: "set `_x_` now", want: "set _x_ now"},
		"preformatted":             {in: "```\na_b *c*\n```", want: "a_b *c*"},
		"an open code span":        {in: "a ` b *c*", want: "a ` b c"},
		"code over two lines":      {in: "`a\nb`", want: "`a\nb`"},
		"nothing":                  {in: "", want: ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := &rendering{names: testNames}
			if got := r.mrkdwn(tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if diff := cmp.Diff(tt.mentions, r.mentions); diff != "" {
				t.Errorf("mentions (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.links, r.links); diff != "" {
				t.Errorf("links (-want +got):\n%s", diff)
			}
			if r.broadcast != tt.broadcast {
				t.Errorf("got broadcast %v, want %v", r.broadcast, tt.broadcast)
			}
		})
	}
}

func TestPlainTextStaysLiteral(t *testing.T) {
	tests := map[string]string{
		"<!channel>":              "<!channel>",
		"<@U1> *bold*":            "<@U1> *bold*",
		"<https://example.com|a>": "<https://example.com|a>",
		"a &amp; b":               "a & b",
	}
	for in, want := range tests {
		r := &rendering{names: testNames}
		got := r.textObject(map[string]any{"type": "plain_text", "text": in})
		if got != want || r.broadcast || len(r.mentions)+len(r.links) != 0 {
			t.Errorf("%q: got %q, broadcast %v, mentions %v, links %v, want the literal %q", in, got, r.broadcast, r.mentions, r.links, want)
		}
	}
}

func TestBlocksAreRenderedLineByLine(t *testing.T) {
	const blocks = `[
		{"type":"header","text":{"type":"plain_text","text":"Idle accounts"}},
		{"type":"section","text":{"type":"mrkdwn","text":"*Aiko*"},"fields":[{"type":"plain_text","text":"since May"}],
		 "accessory":{"type":"button","action_id":"keep1","value":"1","text":{"type":"plain_text","text":"Keep"}}},
		{"type":"divider"},
		{"type":"section","text":{"type":"mrkdwn","text":"*Ben*"}},
		{"type":"actions","elements":[{"type":"button","action_id":"keep2","value":"2","style":"danger","url":"https://a.example","text":{"type":"plain_text","text":"Keep"}}]},
		{"type":"context","elements":[{"type":"image","image_url":"https://a.example/i","alt_text":"an icon"},{"type":"mrkdwn","text":"<!here>"}]},
		{"type":"image","image_url":"https://a.example/i","alt_text":"a chart","title":{"type":"plain_text","text":"Chart"}},
		{"type":"input","label":{"type":"plain_text","text":"Reason"},"hint":{"type":"plain_text","text":"be brief"},"element":{"type":"plain_text_input","action_id":"r"}},
		{"type":"rich_text","elements":[
			{"type":"rich_text_section","elements":[{"type":"text","text":"<!channel> is text; "},{"type":"user","user_id":"U1"},{"type":"link","url":"https://b.example","text":" here"},{"type":"emoji","name":"ok"},{"type":"channel","channel_id":"C1"},{"type":"usergroup","usergroup_id":"S1"}]},
			{"type":"rich_text_list","style":"bullet","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"one"}]},{"type":"rich_text_section","elements":[{"type":"text","text":"two"}]}]}]}
	]`
	v, err := decodeJSON([]byte(blocks))
	if err != nil {
		t.Fatal(err)
	}
	list := v.([]any)
	if reasons := checkMessageBlocks(list); len(reasons) != 0 {
		t.Fatalf("refused: %v", reasons)
	}
	r := &rendering{names: testNames}
	r.blocks(list)
	want := strings.Join([]string{
		"Idle accounts", "Aiko", "since May", "---", "Ben", "an icon @here", "Chart", "a chart", "Reason", "be brief",
		"<!channel> is text; @Aiko Tanaka here:ok:#general@data-owners", "• one\n• two",
	}, "\n")
	if diff := cmp.Diff(want, r.text()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	wantButtons := []Button{
		{Label: "Keep", ActionID: "keep1", Value: "1", Near: "Aiko\nsince May"},
		{Label: "Keep", ActionID: "keep2", Value: "2", URL: "https://a.example", Style: "danger", Near: "Idle accounts\nAiko\nsince May\n---\nBen"},
	}
	if diff := cmp.Diff(wantButtons, r.buttons); diff != "" {
		t.Errorf("buttons (-want +got):\n%s", diff)
	}
	if !r.broadcast {
		t.Error("the broadcast in the context block is not seen")
	}

	rich, err := decodeJSON([]byte(`[{"type":"rich_text","elements":[{"type":"rich_text_quote","elements":[{"type":"broadcast","range":"channel"}]}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	r = &rendering{names: testNames}
	if r.blocks(rich.([]any)); !r.broadcast || r.text() != "@channel" {
		t.Errorf("got %q, broadcast %v, want a broadcast", r.text(), r.broadcast)
	}
}

func TestWordsThatNotifyWhenNamesAreLinked(t *testing.T) {
	s := New(Options{Now: func() time.Time { return time.Unix(1, 0) }})
	for text, want := range map[string]bool{"@channel look": true, "mail a@example.com": false} {
		if got := s.render(content{text: text, names: true}).broadcast; got != want {
			t.Errorf("%q: got broadcast %v, want %v", text, got, want)
		}
		if s.render(content{text: text}).broadcast {
			t.Errorf("%q notifies without being asked to", text)
		}
	}
}

// What is escaped as Slack asks for shows as it was and does nothing else.
func TestEscapedTextIsHarmless(t *testing.T) {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("ab<>!@#|&;^ :/chanelhrevyo\n"))).Draw(t, "text")
		r := &rendering{names: testNames}
		if got := r.mrkdwn(escape.Replace(text)); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
		if r.broadcast || len(r.mentions) != 0 {
			t.Errorf("%q notifies", text)
		}
	})
}

func FuzzMrkdwn(f *testing.F) {
	for _, seed := range []string{"", "<", "<>", "<!>", "<@>", "<!subteam^|>", "```", "`", "*", "* *a", "*_~`x`~_*", "&lt;&amp;", "<a|<b|>>", "\xff*\xfe*"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := &rendering{names: testNames}
		got := r.mrkdwn(text)
		if utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("%q became the invalid %q", text, got)
		}
		if r.broadcast && !strings.Contains(text, "<!") {
			t.Errorf("%q notifies a channel without a control sequence", text)
		}
	})
}

func FuzzBlocks(f *testing.F) {
	f.Add(`[{"type":"section","text":{"type":"mrkdwn","text":"a"}}]`)
	f.Add(`[{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"a"}}]}]`)
	f.Add(`[{"type":"input","label":{"type":"plain_text","text":"a"},"element":{"type":"static_select","options":[{"text":{"type":"plain_text","text":"a"},"value":"b"}]}}]`)
	f.Add(`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"a"}]}]}]`)
	f.Add(`[null,1,"a",[],{"type":1},{"type":"section","text":[]},{"type":"actions","elements":{}}]`)
	f.Fuzz(func(t *testing.T, raw string) {
		v, err := decodeJSON([]byte(raw))
		if err != nil {
			return
		}
		list, ok := v.([]any)
		if !ok {
			return
		}
		s := New(Options{Now: func() time.Time { return time.Unix(1, 0) }})
		accepted := len(checkMessageBlocks(list)) == 0
		s.nameBlocks(list, "seed")
		r := &rendering{names: s.nameOf}
		r.blocks(list)
		if !accepted {
			return
		}
		view := &view{id: "V1", blocks: list, state: initialState(list)}
		view.fields(r)
		view.complaints()
		if _, err := json.Marshal(view.state); err != nil {
			t.Errorf("the state of %s does not encode: %v", raw, err)
		}
		if again := checkMessageBlocks(list); len(again) != 0 {
			t.Errorf("%s was accepted, but not with ids given to it: %v", raw, again)
		}
	})
}
