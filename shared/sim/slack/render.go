package slack

import (
	"regexp"
	"strings"
)

// Button is a button that a person can press.
type Button struct {
	Label    string
	ActionID string
	BlockID  string
	Value    string
	URL      string // opened beside the interaction that is sent
	Style    string // "primary", "danger" or empty
	// Near is the text that the button belongs to: of its own section, or of the blocks
	// between the previous row of buttons and this one.
	Near string
}

// Link is a link that a person can follow.
type Link struct {
	URL  string
	Text string // as displayed; the URL where it has no other text
}

// rendering collects what a message or view looks like.
type rendering struct {
	names        namer
	lines        []string
	notification string
	buttons      []Button
	links        []Link
	mentions     []string
	broadcast    bool
}

// namer tells the names behind ids: "@aiko" for U…, "#general" for C…, "" for the unknown.
type namer func(id string) string

func (r *rendering) text() string { return strings.Join(r.lines, "\n") }

// render renders a message.
func (s *Server) render(c content) *rendering {
	r := &rendering{names: s.nameOf}
	r.notification = r.sequences(c.text)
	if !c.plain {
		r.notification = stripMarks(r.notification)
	}
	if c.names && wideWord.MatchString(c.text) {
		r.broadcast = true
	}
	if len(c.blocks) == 0 {
		r.lines = append(r.lines, r.notification)
		return r
	}
	r.links = nil // those of the notification cannot be followed
	r.blocks(c.blocks)
	return r
}

var wideWord = regexp.MustCompile(`@(channel|here|everyone|group)\b`)

// nameOf is the namer of the workspace.
func (s *Server) nameOf(id string) string {
	if p := s.personByID(id); p != nil {
		return "@" + p.Name
	}
	if ch := s.channelByID(id); ch != nil && ch.im == nil {
		return "#" + ch.name
	}
	for _, g := range s.groups {
		if hashedID("S", g.Handle) == id {
			return "@" + g.Handle
		}
	}
	return ""
}

func (r *rendering) add(line string) { r.lines = append(r.lines, line) }

// blocks renders blocks, one line or more for each.
func (r *rendering) blocks(list []any) {
	start := 0 // of the lines that the next row of buttons belongs to
	for _, v := range list {
		b, _ := v.(map[string]any)
		first := len(r.lines)
		r.block(b)
		near := strings.Join(r.lines[first:], "\n")
		if stringOf(b, "type") == "actions" {
			near = strings.Join(r.lines[start:], "\n")
			start = len(r.lines)
		}
		for _, e := range elementsOf(b) {
			if stringOf(e, "type") == "button" {
				r.buttons = append(r.buttons, Button{
					Label: r.textObject(e["text"]), ActionID: stringOf(e, "action_id"), BlockID: stringOf(b, "block_id"),
					Value: stringOf(e, "value"), URL: stringOf(e, "url"), Style: stringOf(e, "style"), Near: near,
				})
			}
		}
	}
}

func (r *rendering) block(b map[string]any) {
	switch stringOf(b, "type") {
	case "section":
		if b["text"] != nil {
			r.add(r.textObject(b["text"]))
		}
		fields, _ := b["fields"].([]any)
		for _, f := range fields {
			r.add(r.textObject(f))
		}
	case "header":
		r.add(r.textObject(b["text"]))
	case "context":
		var words []string
		list, _ := b["elements"].([]any)
		for _, e := range list {
			if alt := stringOf(e, "alt_text"); alt != "" {
				words = append(words, alt)
			} else {
				words = append(words, r.textObject(e))
			}
		}
		r.add(strings.Join(words, " "))
	case "divider":
		r.add("---")
	case "image":
		if b["title"] != nil {
			r.add(r.textObject(b["title"]))
		}
		r.add(stringOf(b, "alt_text"))
	case "input":
		r.add(r.textObject(b["label"]))
		if b["hint"] != nil {
			r.add(r.textObject(b["hint"]))
		}
	case "rich_text":
		list, _ := b["elements"].([]any)
		for _, e := range list {
			part, _ := e.(map[string]any)
			r.add(r.richLine(part))
		}
	}
}

// textObject renders a text object according to its type.
func (r *rendering) textObject(v any) string {
	text := stringOf(v, "text")
	if stringOf(v, "type") == "mrkdwn" {
		return r.mrkdwn(text)
	}
	return unescape.Replace(text)
}

var unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// mrkdwn renders Slack's markup: control sequences in angle brackets become names and links,
// marks of formatting vanish, the three entities are decoded.
// See https://docs.slack.dev/messaging/formatting-message-text.
func (r *rendering) mrkdwn(text string) string { return stripMarks(r.sequences(text)) }

// sequences renders everything of mrkdwn but the marks of formatting.
func (r *rendering) sequences(text string) string {
	var out strings.Builder
	for text != "" {
		before, rest, found := strings.Cut(text, "<")
		before = unescape.Replace(before)
		for _, url := range bareURL.FindAllString(before, -1) {
			r.links = append(r.links, Link{URL: url, Text: url})
		}
		out.WriteString(before)
		if !found {
			break
		}
		inner, after, closed := strings.Cut(rest, ">")
		if !closed || strings.Contains(inner, "<") {
			out.WriteString("<")
			text = rest
			continue
		}
		out.WriteString(r.sequence(inner))
		text = after
	}
	return out.String()
}

// sequence renders what stood between angle brackets.
func (r *rendering) sequence(inner string) string {
	target, label, _ := strings.Cut(inner, "|")
	label = unescape.Replace(label)
	switch {
	case strings.HasPrefix(target, "@"):
		return r.user(target[1:], label)
	case strings.HasPrefix(target, "#"):
		return r.channel(target[1:], label)
	case strings.HasPrefix(target, "!subteam^"):
		return r.userGroup(strings.TrimPrefix(target, "!subteam^"), label)
	case strings.HasPrefix(target, "!date^") && label != "":
		return label
	case target == "!channel", target == "!here", target == "!everyone", target == "!group":
		return r.broadcastTo(target[1:])
	case linkScheme.MatchString(target):
		return r.link(unescape.Replace(target), label)
	default:
		return "<" + unescape.Replace(inner) + ">"
	}
}

// bareURL is what Slack makes a link of without being asked.
var bareURL = regexp.MustCompile(`\bhttps?://[^\s<>|]+`)

var linkScheme = regexp.MustCompile(`^(?i)(https?|mailto|tel|slack):`)

func (r *rendering) user(id, label string) string {
	r.mentions = append(r.mentions, id)
	return firstNonEmpty(r.names(id), at("@", label), "@"+id)
}

func (r *rendering) channel(id, label string) string {
	return firstNonEmpty(r.names(id), at("#", label), "#"+id)
}

func (r *rendering) userGroup(id, label string) string {
	r.mentions = append(r.mentions, id)
	return firstNonEmpty(r.names(id), label, "@"+id)
}

func (r *rendering) broadcastTo(who string) string {
	r.broadcast = true
	return "@" + who
}

func (r *rendering) link(url, label string) string {
	label = firstNonEmpty(label, strings.TrimPrefix(url, "mailto:"))
	r.links = append(r.links, Link{URL: url, Text: label})
	return label
}

func at(sign, label string) string {
	if label == "" {
		return ""
	}
	return sign + strings.TrimPrefix(label, sign)
}

func firstNonEmpty(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}
