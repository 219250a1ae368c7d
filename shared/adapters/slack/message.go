package slack

import (
	"unicode/utf8"

	api "github.com/slack-go/slack"
)

// Message is a message as we write them: a heading, lines of plain text, and buttons. All
// text is shown as it is. Whatever a person put into a reason or a name, it cannot mention a
// channel, make a link or look like a part of ours.
type Message struct {
	// Heading is shown large, and as the text of the notification.
	Heading string
	Lines   []string
	Buttons []Button
}

// Button is a button. Its value carries ids only.
type Button struct {
	Label  string
	Action string
	Value  string
	// Style is "", "primary" or "danger".
	Style string
	// URL makes it a link.
	URL string
}

// Slack's limits (https://docs.slack.dev/reference/block-kit/blocks).
const (
	maxHeading = 150
	maxText    = 3000
	maxLabel   = 75
	maxLines   = 40
)

func (m Message) options() []api.MsgOption {
	blocks := []api.Block{api.NewHeaderBlock(plain(m.Heading, maxHeading))}
	for i, line := range m.Lines {
		if line == "" {
			continue
		}
		if i == maxLines {
			blocks = append(blocks, api.NewSectionBlock(plain("…", maxText), nil, nil))
			break
		}
		blocks = append(blocks, api.NewSectionBlock(plain(line, maxText), nil, nil))
	}
	if len(m.Buttons) > 0 {
		var elements []api.BlockElement
		for _, b := range m.Buttons {
			e := api.NewButtonBlockElement(b.Action, b.Value, plain(b.Label, maxLabel))
			e.Style, e.URL = api.Style(b.Style), b.URL
			elements = append(elements, e)
		}
		blocks = append(blocks, api.NewActionBlock("", elements...))
	}
	// The text is what notifications and screen readers show. MsgOptionText with escape turns
	// &, < and > into entities, so that it cannot hold a mention.
	return []api.MsgOption{api.MsgOptionText(cut(m.Heading, maxText), true), api.MsgOptionBlocks(blocks...)}
}

func plain(s string, most int) *api.TextBlockObject {
	return api.NewTextBlockObject(api.PlainTextType, cut(s, most), false, false)
}

// cut shortens a text to a number of characters as Slack counts them.
func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	runes := []rune(s)
	return string(runes[:most-1]) + "…"
}
