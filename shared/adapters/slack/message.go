package slack

import (
	"fmt"

	api "github.com/slack-go/slack"
)

// Message is a message as we write them: a heading, lines of plain text, and buttons. All
// text is shown as it is. Whatever a person put into a reason or a name, it cannot mention a
// channel, make a link, begin a line of its own or turn the text around it: see shown.
type Message struct {
	// Heading is shown large, and as the text of the notification. One that is too long for
	// that is repeated in whole as the first line.
	Heading string
	// Lines are paragraphs. Empty ones are left out; where there are too many, or too long
	// ones, an ellipsis says so.
	Lines []string
	// List stands below the lines: things of one kind, one under the other, in as few blocks as
	// they fit in. There is room for [ListRoom] characters of them.
	List []string
	// Chart is drawn with characters, below the lines: Slack shows it in letters of one width, with
	// its spaces and line ends. It is cut at a line's end where it is too long.
	Chart []string
	// Rows stand below the lines, each with its own buttons. No more than [MaxRows] are shown.
	Rows    []Row
	Buttons []Button
}

// Row is one of several things that a message is about.
type Row struct {
	Text    string
	Buttons []Button
}

// MaxRows is how many rows a message has room for, each of two blocks.
const MaxRows = 20

// Button is a button.
type Button struct {
	Label string
	// Action and Value come back when the button is pressed, unchanged: they are never cut.
	// They hold ids only. Slack takes 255 and 2,000 characters, and refuses a message with
	// longer ones.
	Action string
	Value  string
	// Style is "", "primary" or "danger".
	Style string
	// URL makes it a link.
	URL string
}

// Slack's limits (https://docs.slack.dev/reference/block-kit/blocks), and our own below them.
const (
	maxHeading = 150
	maxText    = 3000
	maxLabel   = 75
	maxLines   = 40 // of 50 blocks
	// maxLinesAboveRows leaves room for the rows: 50 blocks less the heading, the buttons at the
	// end, twice MaxRows, and one for the ellipsis.
	maxLinesAboveRows = 6
	maxButtons        = 25
	// maxAll bounds the text of all lines. Slack's own bound is not documented; messages of
	// 11,300 characters have been refused
	// (https://github.com/slackapi/bolt-js/issues/2867).
	maxAll = 9000
)

// ListRoom is how many characters of items a message has room for, with [ListItem] more for each
// item, beside a heading and some lines. An item is cut where it has more than a quarter of a
// thousand.
const (
	ListRoom = 6500
	ListItem = 3
	maxItem  = 250
)

// ellipsis stands for text that is left out, and where there is none at all: Slack takes no
// message and no block without text.
const ellipsis = "…"

func (m Message) options() []api.MsgOption {
	return []api.MsgOption{
		// Notifications and screen readers use the text, in which Slack looks for mentions.
		api.MsgOptionText(shown(m.Heading, maxText), false),
		// An update that brought no blocks would keep the old ones.
		api.MsgOptionBlocks(m.blocks()...),
		// Without it, chat.update looks for names and links in the text by itself.
		api.MsgOptionParse(false),
		api.MsgOptionLinkNames(false),
	}
}

func (m Message) blocks() []api.Block {
	blocks := []api.Block{api.NewHeaderBlock(plain(shown(m.Heading, maxHeading)))}
	lines, left := 0, maxAll
	most := maxLines
	if len(m.Rows) > 0 {
		most = maxLinesAboveRows
	}
	add := func(line string) {
		switch {
		case clean(line) == "" || lines > most:
			return
		case lines == most || left <= 0:
			line, lines = ellipsis, most
		}
		text := shown(line, min(maxText, max(left, 1)))
		blocks = append(blocks, api.NewSectionBlock(plain(text), nil, nil))
		lines++
		left -= units(text)
	}
	if shown(m.Heading, maxHeading) != shown(m.Heading, maxText) {
		add(m.Heading)
	}
	for _, line := range m.Lines {
		add(line)
	}
	for _, text := range m.list(left) {
		blocks = append(blocks, api.NewSectionBlock(plain(text), nil, nil))
		left -= units(text)
	}
	if chart := m.chart(min(maxText, left)); chart != "" {
		blocks = append(blocks, api.NewRichTextBlock("", &api.RichTextPreformatted{
			Type: api.RTEPreformatted, Elements: []api.RichTextSectionElement{api.NewRichTextSectionTextElement(chart, nil)},
		}))
		left -= units(chart)
	}
	rows := m.Rows[:min(len(m.Rows), MaxRows)]
	for i, row := range rows {
		// Each has its share, so that nobody decides about one whose name found no room.
		text := shown(row.Text, min(maxText, max(left/(len(rows)-i), 1)))
		left -= units(text)
		blocks = append(blocks, api.NewSectionBlock(plain(text), nil, nil))
		blocks = append(blocks, actions(row.Buttons, fmt.Sprint(rowMark, i))...)
	}
	return append(blocks, actions(m.Buttons, "")...)
}

// list returns the texts of the blocks that the list takes, as much of it as there is room for.
func (m Message) list(room int) []string {
	var out []string
	text := ""
	for _, item := range m.List {
		if clean(item) == "" {
			continue
		}
		line := "• " + shown(item, maxItem)
		if room -= units(line) + 1; room < units(ellipsis) {
			line = ellipsis
		}
		switch {
		case text == "":
			text = line
		case units(text)+1+units(line) > maxText:
			out = append(out, text)
			text = line
		default:
			text += "\n" + line
		}
		if line == ellipsis {
			break
		}
	}
	if text != "" {
		out = append(out, text)
	}
	return out
}

// chart is as much of the chart as there is room for.
func (m Message) chart(room int) string {
	text := ""
	for i, line := range m.Chart {
		longer := clean(line)
		if i > 0 {
			longer = text + "\n" + longer
		}
		if units(longer)+len("\n"+ellipsis) > room {
			return text + "\n" + ellipsis
		}
		text = longer
	}
	return text
}

// actionLink begins the action of a button that only opens an address.
const actionLink = "link-"

// rowMark stands between a button's action and the number of its row, because no two buttons of a
// message may have the same action. [ParseInteraction] takes it off again.
const rowMark = "#"

// actions returns the block of some buttons; none where there are none. The suffix is added to
// their actions.
func actions(buttons []Button, suffix string) []api.Block {
	var elements []api.BlockElement
	for i, b := range buttons[:min(len(buttons), maxButtons)] {
		action := b.Action
		if b.URL != "" && action == "" {
			action = fmt.Sprint(actionLink, i) // one block takes no action twice
		}
		e := api.NewButtonBlockElement(action+suffix, b.Value, plain(shown(b.Label, maxLabel)))
		e.Style, e.URL = api.Style(b.Style), b.URL
		elements = append(elements, e)
	}
	if len(elements) == 0 {
		return nil
	}
	return []api.Block{api.NewActionBlock("", elements...)}
}

func plain(text string) *api.TextBlockObject {
	return api.NewTextBlockObject(api.PlainTextType, text, false, false)
}
