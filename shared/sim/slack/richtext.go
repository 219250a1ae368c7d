package slack

import "strings"

// The rich_text block of https://docs.slack.dev/reference/block-kit/blocks/rich-text-block:
// text in it is never parsed, so that a mention is always an element of its own.

var (
	richStyle = object(map[string]property{
		"bold": may(boolean), "italic": may(boolean), "strike": may(boolean), "code": may(boolean), "underline": may(boolean),
	})
	richLeaf = oneOf(map[string]check{
		"text":      leaf(map[string]property{"text": must(str(1, 12000))}),
		"link":      leaf(map[string]property{"url": must(str(1, 3000)), "text": may(str(1, 12000)), "unsafe": may(boolean)}),
		"user":      leaf(map[string]property{"user_id": must(str(1, longestID))}),
		"channel":   leaf(map[string]property{"channel_id": must(str(1, longestID))}),
		"usergroup": leaf(map[string]property{"usergroup_id": must(str(1, longestID))}),
		"broadcast": leaf(map[string]property{"range": must(word("here", "channel", "everyone"))}),
		"emoji":     leaf(map[string]property{"name": must(str(1, longestID)), "unicode": may(str(1, longestID)), "skin_tone": may(integer(1, 6))}),
	})
	richLeaves = list(0, 1000, richLeaf)
	richParts  = map[string]check{
		"rich_text_section":      object(map[string]property{"type": must(anything), "elements": must(richLeaves)}),
		"rich_text_quote":        object(map[string]property{"type": must(anything), "elements": must(richLeaves), "border": may(integer(0, 1))}),
		"rich_text_preformatted": object(map[string]property{"type": must(anything), "elements": must(richLeaves), "border": may(integer(0, 1)), "language": may(str(1, 100))}),
		"rich_text_list": object(map[string]property{
			"type": must(anything), "style": must(word("bullet", "ordered")), "indent": may(integer(0, 8)), "offset": may(integer(0, 1e6)), "border": may(integer(0, 1)),
			"elements": must(list(1, 1000, oneOf(map[string]check{
				"rich_text_section": object(map[string]property{"type": must(anything), "elements": must(richLeaves)}),
			}))),
		}),
	}
	richText = oneOf(richParts)
)

func leaf(own map[string]property) check {
	own["type"], own["style"] = must(anything), may(richStyle)
	return object(own)
}

// richLine renders one part of a rich_text block, lists with one line for each item.
func (r *rendering) richLine(part map[string]any) string {
	var line strings.Builder
	parts, _ := part["elements"].([]any)
	for i, v := range parts {
		e, _ := v.(map[string]any)
		switch stringOf(e, "type") {
		case "text":
			line.WriteString(stringOf(e, "text"))
		case "link":
			line.WriteString(r.link(stringOf(e, "url"), stringOf(e, "text")))
		case "user":
			line.WriteString(r.user(stringOf(e, "user_id"), ""))
		case "channel":
			line.WriteString(r.channel(stringOf(e, "channel_id"), ""))
		case "usergroup":
			line.WriteString(r.userGroup(stringOf(e, "usergroup_id"), ""))
		case "broadcast":
			line.WriteString(r.broadcastTo(stringOf(e, "range")))
		case "emoji":
			line.WriteString(":" + stringOf(e, "name") + ":")
		case "rich_text_section": // an item of a list
			if i > 0 {
				line.WriteString("\n")
			}
			line.WriteString("• " + r.richLine(e))
		}
	}
	return line.String()
}
