package slack_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	slackgo "github.com/slack-go/slack"
)

func TestBlockKitLimits(t *testing.T) {
	long := strings.Repeat
	many := func(n int, item string) string { return strings.TrimSuffix(strings.Repeat(item+",", n), ",") }
	sectionOf := func(text string) string {
		return `[{"type":"section","text":{"type":"mrkdwn","text":"` + text + `"}}]`
	}
	actions := func(elements string) string { return `[{"type":"actions","elements":[` + elements + `]}]` }
	buttonOf := func(more string) string {
		return actions(`{"type":"button","text":{"type":"plain_text","text":"Go"}` + more + `}`)
	}
	option := func(text, value string) string {
		return `{"text":{"type":"plain_text","text":"` + text + `"},"value":"` + value + `"}`
	}
	selectOf := func(more string) string { return actions(`{"type":"static_select"` + more + `}`) }
	numbered := func(n int) string {
		var out []string
		for i := range n {
			out = append(out, fmt.Sprintf(`{"type":"button","action_id":"a%d","text":{"type":"plain_text","text":"Go"}}`, i))
		}
		return strings.Join(out, ",")
	}
	tests := map[string]struct{ blocks, want string }{
		"section text of 3000":         {sectionOf(long("あ", 3000)), ""},
		"section text of 3001":         {sectionOf(long("あ", 3001)), "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"},
		"empty section text":           {sectionOf(""), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"},
		"section without text":         {`[{"type":"section"}]`, "must define one of the fields"},
		"section with fields":          {`[{"type":"section","fields":[{"type":"plain_text","text":"` + long("a", 2000) + `"}]}]`, ""},
		"field of 2001":                {`[{"type":"section","fields":[{"type":"plain_text","text":"` + long("a", 2001) + `"}]}]`, "less than 2001"},
		"eleven fields":                {`[{"type":"section","fields":[` + many(11, `{"type":"plain_text","text":"a"}`) + `]}]`, "no more than 10 items allowed [json-pointer:/blocks/0/fields]"},
		"header of 150":                {`[{"type":"header","text":{"type":"plain_text","text":"` + long("a", 150) + `"}}]`, ""},
		"header of 151":                {`[{"type":"header","text":{"type":"plain_text","text":"` + long("a", 151) + `"}}]`, "less than 151"},
		"mrkdwn header":                {`[{"type":"header","text":{"type":"mrkdwn","text":"a"}}]`, "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"},
		"button text of 76":            {actions(`{"type":"button","text":{"type":"plain_text","text":"` + long("a", 76) + `"}}`), "less than 76"},
		"mrkdwn button text":           {actions(`{"type":"button","text":{"type":"mrkdwn","text":"a"}}`), "unsupported type: mrkdwn"},
		"button without text":          {actions(`{"type":"button"}`), "missing required field: text"},
		"button value of 2000":         {buttonOf(`,"value":"` + long("a", 2000) + `"`), ""},
		"button value of 2001":         {buttonOf(`,"value":"` + long("a", 2001) + `"`), "less than 2001"},
		"button URL of 3001":           {buttonOf(`,"url":"` + long("a", 3001) + `"`), "less than 3001"},
		"button style":                 {buttonOf(`,"style":"green"`), "must be a valid enum value"},
		"disabled button":              {buttonOf(`,"disabled":true`), "invalid additional property: disabled [json-pointer:/blocks/0/elements/0]"},
		"action id of 255":             {buttonOf(`,"action_id":"` + long("a", 255) + `"`), ""},
		"action id of 256":             {buttonOf(`,"action_id":"` + long("a", 256) + `"`), "less than 256"},
		"block id of 256":              {`[{"type":"divider","block_id":"` + long("a", 256) + `"}]`, "less than 256"},
		"block id twice":               {`[{"type":"divider","block_id":"a"},{"type":"divider","block_id":"a"}]`, "`block_id` must be unique: a"},
		"action id twice in a block":   {actions(many(2, `{"type":"button","action_id":"a","text":{"type":"plain_text","text":"Go"}}`)), "`action_id` must be unique: a"},
		"action id twice in a message": {`[` + many(2, strings.Trim(buttonOf(`,"action_id":"a"`), "[]")) + `]`, "`action_id` must be unique: a"},
		"25 elements":                  {actions(numbered(25)), ""},
		"26 elements":                  {actions(numbered(26)), "no more than 25 items allowed [json-pointer:/blocks/0/elements]"},
		"no elements":                  {actions(""), "no less than 1 items"},
		"50 blocks":                    {`[` + many(50, `{"type":"divider"}`) + `]`, ""},
		"51 blocks":                    {`[` + many(51, `{"type":"divider"}`) + `]`, "no more than 50 items allowed [json-pointer:/blocks]"},
		"an unknown block":             {`[{"type":"shout"}]`, "unsupported type: shout [json-pointer:/blocks/0/type]"},
		"a block that is not imitated": {`[{"type":"markdown","text":"a"}]`, "unsupported type: markdown"},
		"a block without type":         {`[{}]`, "missing required field: type"},
		"a block that is text":         {`["a"]`, "must provide an object"},
		"an unknown element":           {actions(`{"type":"lever"}`), "unsupported type: lever"},
		"an input among actions":       {actions(`{"type":"plain_text_input"}`), "unsupported type: plain_text_input"},
		"options":                      {selectOf(`,"options":[` + option("a", "1") + `]`), ""},
		"option text of 76":            {selectOf(`,"options":[` + option(long("a", 76), "1") + `]`), "less than 76"},
		"option value of 151":          {selectOf(`,"options":[` + option("a", long("1", 151)) + `]`), "less than 151"},
		"101 options":                  {selectOf(`,"options":[` + many(101, option("a", "1")) + `]`), "no more than 100"},
		"no options":                   {selectOf(``), "must define one of the fields"},
		"options and groups":           {selectOf(`,"options":[` + option("a", "1") + `],"option_groups":[{"label":{"type":"plain_text","text":"g"},"options":[` + option("a", "1") + `]}]`), "only one of the fields"},
		"an initial option":            {selectOf(`,"options":[` + option("a", "1") + `],"initial_option":` + option("a", "1")), ""},
		"an initial option of its own": {selectOf(`,"options":[` + option("a", "1") + `],"initial_option":` + option("b", "1")), "must exactly match"},
		"external select":              {actions(`{"type":"external_select"}`), "unsupported type: external_select"},
		"number as text":               {`[{"type":"section","text":{"type":"mrkdwn","text":1}}]`, "must provide a string"},
		"text as boolean":              {`[{"type":"section","expand":"yes","text":{"type":"mrkdwn","text":"a"}}]`, "must provide a boolean"},
		"text as list":                 {`[{"type":"actions","elements":"a"}]`, "must provide an array"},
		"text as number":               {`[{"type":"header","level":"1","text":{"type":"plain_text","text":"a"}}]`, "must provide a number"},
		"a number too large":           {`[{"type":"header","level":9,"text":{"type":"plain_text","text":"a"}}]`, "from 1 to 4"},
		"context":                      {`[{"type":"context","elements":[{"type":"mrkdwn","text":"a"},{"type":"image","image_url":"https://a","alt_text":"b"}]}]`, ""},
		"eleven context elements":      {`[{"type":"context","elements":[` + many(11, `{"type":"mrkdwn","text":"a"}`) + `]}]`, "no more than 10"},
		"image without alternative":    {`[{"type":"image","image_url":"https://a"}]`, "missing required field: alt_text"},
		"image without source":         {`[{"type":"image","alt_text":"a"}]`, "must define one of the fields"},
		"rich text":                    {`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"a","style":{"bold":true}}]}]}]`, ""},
		"rich text of another kind":    {`[{"type":"rich_text","elements":[{"type":"rich_text_poem","elements":[]}]}]`, "unsupported type: rich_text_poem"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			var blocks []json.RawMessage
			if err := json.Unmarshal([]byte(tt.blocks), &blocks); err != nil {
				t.Fatalf("the test's own JSON: %v", err)
			}
			var options []slackgo.Block
			for _, b := range blocks {
				options = append(options, rawBlock{b})
			}
			_, _, err := w.api.PostMessage("#looker-admins", slackgo.MsgOptionText("a", false), slackgo.MsgOptionBlocks(options...))
			if tt.want == "" {
				wantCode(t, err, "")
				return
			}
			wantCode(t, err, "invalid_blocks")
			var e slackgo.SlackErrorResponse
			if errors.As(err, &e) && !strings.Contains(strings.Join(e.ResponseMetadata.Messages, "\n"), tt.want) {
				t.Errorf("got reasons %q, want one with %q", e.ResponseMetadata.Messages, tt.want)
			}
			if n := len(w.Visible("#looker-admins")); n != 0 {
				t.Errorf("a refused message was posted")
			}
		})
	}
}

// rawBlock is a block that the client library sends as it is.
type rawBlock struct{ json.RawMessage }

func (rawBlock) BlockType() slackgo.MessageBlockType { return "" }
func (rawBlock) ID() string                          { return "" }
