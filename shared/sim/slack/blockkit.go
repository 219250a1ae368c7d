package slack

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
)

// The tables below are Block Kit with its lengths, from
// https://docs.slack.dev/reference/block-kit.

const (
	mostMessageBlocks = 50
	mostViewBlocks    = 100
	longestID         = 255
)

// textObject accepts a plain_text or, where mrkdwn is true, a mrkdwn object.
func textObject(most int, mrkdwn bool) check {
	types := map[string]check{
		"plain_text": object(map[string]property{
			"type": must(anything), "text": must(str(1, most)), "emoji": may(boolean),
			// Slack and its libraries send verbatim with plain text too.
			"verbatim": may(boolean),
		}),
	}
	if mrkdwn {
		types["mrkdwn"] = object(map[string]property{
			"type": must(anything), "text": must(str(1, most)), "verbatim": may(boolean),
		})
	}
	return oneOf(types)
}

func plain(most int) check  { return textObject(most, false) }
func either(most int) check { return textObject(most, true) }

var (
	option = object(map[string]property{
		"text": must(plain(75)), "value": must(str(1, 150)), "description": may(nullable(plain(75))), "url": may(str(1, 3000)),
	})
	// richOption is an option of checkboxes and radio buttons, which may be mrkdwn.
	richOption = object(map[string]property{
		"text": must(either(75)), "value": must(str(1, 150)), "description": may(nullable(either(75))),
	})
	optionGroup = object(map[string]property{"label": must(plain(75)), "options": must(list(1, 100, option))})
	confirm     = object(map[string]property{
		"title": must(plain(100)), "text": must(either(300)), "confirm": must(plain(30)),
		"deny": may(nullable(plain(30))), "style": may(word("primary", "danger")),
	})
	dispatchConfig = object(map[string]property{
		"trigger_actions_on": may(list(1, 2, word("on_enter_pressed", "on_character_entered"))),
	})
	conversationFilter = object(map[string]property{
		"include":                          may(list(1, 4, word("im", "mpim", "private", "public"))),
		"exclude_external_shared_channels": may(boolean), "exclude_bot_users": may(boolean),
	})
	imageProperties = map[string]property{
		"image_url": may(str(1, 3000)), "slack_file": may(anything), "alt_text": must(str(1, 2000)),
	}
	optionLists = exactlyOne("options", "option_groups")
)

// initialsAreOptions demands that what is picked at first is one of the options, in every detail.
func initialsAreOptions(f *report, at string, v any) {
	e, _ := v.(map[string]any)
	initials, _ := e["initial_options"].([]any)
	if e["initial_option"] != nil {
		initials = append(slices.Clip(initials), e["initial_option"])
	}
	for _, initial := range initials {
		same := func(o map[string]any) bool { return reflect.DeepEqual(any(o), initial) }
		if !slices.ContainsFunc(optionsOf(e), same) {
			f.add(at, "initial option must exactly match one of the options")
		}
	}
}

// element accepts an interactive element with these properties beside the usual ones.
func element(own map[string]property) check {
	properties := map[string]property{
		"type": must(anything), "action_id": may(str(1, longestID)),
		"confirm": may(confirm), "focus_on_load": may(boolean),
	}
	maps.Copy(properties, own)
	return object(properties)
}

// textInput accepts an element that is typed into.
func textInput(own map[string]property) check {
	properties := map[string]property{
		"placeholder": may(plain(150)), "initial_value": may(str(1, 3000)), "dispatch_action_config": may(dispatchConfig),
	}
	maps.Copy(properties, own)
	return element(properties)
}

// menu accepts a select menu.
func menu(own map[string]property) check {
	properties := map[string]property{"placeholder": may(plain(150))}
	maps.Copy(properties, own)
	return element(properties)
}

func idList() check { return list(1, 100, str(1, longestID)) }

// elements are the block elements by type.
var elements = map[string]check{
	"button": object(map[string]property{
		"type": must(anything), "action_id": may(str(1, longestID)), "text": must(plain(75)),
		"value": may(str(1, 2000)), "url": may(str(1, 3000)), "style": may(word("primary", "danger")),
		"confirm": may(confirm), "accessibility_label": may(str(1, 75)),
	}),
	"image":    object(withType(imageProperties)),
	"overflow": element(map[string]property{"options": must(list(1, 5, option))}),
	"static_select": also(menu(map[string]property{
		"options": may(list(1, 100, option)), "option_groups": may(list(1, 100, optionGroup)), "initial_option": may(option),
	}), optionLists, initialsAreOptions),
	"multi_static_select": also(menu(map[string]property{
		"options": may(list(1, 100, option)), "option_groups": may(list(1, 100, optionGroup)),
		"initial_options": may(list(1, 100, option)), "max_selected_items": may(integer(1, 1e9)),
	}), optionLists, initialsAreOptions),
	"users_select":       menu(map[string]property{"initial_user": may(str(1, longestID))}),
	"multi_users_select": menu(map[string]property{"initial_users": may(idList()), "max_selected_items": may(integer(1, 1e9))}),
	"channels_select":    menu(map[string]property{"initial_channel": may(str(1, longestID)), "response_url_enabled": may(boolean)}),
	"multi_channels_select": menu(map[string]property{
		"initial_channels": may(idList()), "max_selected_items": may(integer(1, 1e9)),
	}),
	"conversations_select": menu(map[string]property{
		"initial_conversation": may(str(1, longestID)), "default_to_current_conversation": may(boolean),
		"response_url_enabled": may(boolean), "filter": may(conversationFilter),
	}),
	"multi_conversations_select": menu(map[string]property{
		"initial_conversations": may(idList()), "default_to_current_conversation": may(boolean),
		"filter": may(conversationFilter), "max_selected_items": may(integer(1, 1e9)),
	}),
	"checkboxes": also(element(map[string]property{
		"options": must(list(1, 10, richOption)), "initial_options": may(list(1, 10, richOption)),
	}), initialsAreOptions),
	"radio_buttons": also(element(map[string]property{
		"options": must(list(1, 10, richOption)), "initial_option": may(richOption),
	}), initialsAreOptions),
	"datepicker": menu(map[string]property{"initial_date": may(str(10, 10))}),
	"timepicker": menu(map[string]property{"initial_time": may(str(5, 5)), "timezone": may(str(1, 100))}),
	"datetimepicker": element(map[string]property{
		"initial_date_time": may(integer(1_000_000_000, 9_999_999_999)),
	}),
	"plain_text_input": textInput(map[string]property{
		"multiline": may(boolean), "min_length": may(integer(0, 3000)), "max_length": may(integer(1, 3000)),
	}),
	"email_text_input": textInput(nil),
	"url_text_input":   textInput(nil),
	"number_input": textInput(map[string]property{
		"is_decimal_allowed": must(boolean), "min_value": may(str(1, 100)), "max_value": may(str(1, 100)),
	}),
}

var (
	actionElements = only(elements, "button", "overflow", "static_select", "users_select", "channels_select",
		"conversations_select", "checkboxes", "radio_buttons", "datepicker", "timepicker", "datetimepicker")
	accessories = only(elements, "button", "image", "overflow", "static_select", "multi_static_select", "users_select",
		"multi_users_select", "channels_select", "multi_channels_select", "conversations_select",
		"multi_conversations_select", "checkboxes", "radio_buttons", "datepicker", "timepicker")
	inputElements = only(elements, "plain_text_input", "email_text_input", "url_text_input", "number_input",
		"static_select", "multi_static_select", "users_select", "multi_users_select", "channels_select",
		"multi_channels_select", "conversations_select", "multi_conversations_select", "checkboxes", "radio_buttons",
		"datepicker", "timepicker", "datetimepicker")
)

// block accepts a layout block with these properties beside the usual ones.
func block(own map[string]property) check {
	properties := map[string]property{"type": must(anything), "block_id": may(str(1, longestID))}
	maps.Copy(properties, own)
	return object(properties)
}

func withType(own map[string]property) map[string]property {
	properties := map[string]property{"type": must(anything)}
	maps.Copy(properties, own)
	return properties
}

// blocks are the layout blocks by type.
var blocks = map[string]check{
	"section": also(block(map[string]property{
		"text": may(either(3000)), "fields": may(list(1, 10, either(2000))),
		"accessory": may(accessories), "expand": may(boolean),
	}), atLeastOne("text", "fields")),
	"header":  block(map[string]property{"text": must(plain(150)), "level": may(integer(1, 4))}),
	"divider": block(nil),
	"context": block(map[string]property{"elements": must(list(1, 10, oneOf(map[string]check{
		"plain_text": either(2000), "mrkdwn": either(2000), "image": elements["image"],
	})))}),
	"actions": block(map[string]property{"elements": must(list(1, 25, actionElements))}),
	"image": also(block(map[string]property{
		"image_url": may(str(1, 3000)), "slack_file": may(anything), "alt_text": must(str(1, 2000)), "title": may(plain(2000)),
	}), exactlyOne("image_url", "slack_file")),
	"input": block(map[string]property{
		"label": must(plain(2000)), "element": must(inputElements), "hint": may(plain(2000)),
		"optional": may(boolean), "dispatch_action": may(boolean),
	}),
	"rich_text": block(map[string]property{"elements": must(list(1, 1000, richText))}),
}

// checkMessageBlocks returns Slack's reasons to refuse the blocks of a message.
func checkMessageBlocks(given []any) []string {
	f := &report{}
	list(0, mostMessageBlocks, oneOf(blocks))(f, "/blocks", any(given))
	if len(f.reasons) == 0 {
		checkIDs(f, "/blocks", given, true)
	}
	return f.reasons
}

// checkIDs demands that block ids are unique, that action ids are unique within a block, and
// that those of buttons are unique everywhere where wide is true.
func checkIDs(f *report, at string, blocks []any, wide bool) {
	blockIDs, buttonIDs := map[string]bool{}, map[string]bool{}
	for i, b := range blocks {
		here := at + "/" + strconv.Itoa(i)
		if id := stringOf(b, "block_id"); id != "" {
			if blockIDs[id] {
				f.add(here+"/block_id", "`block_id` must be unique: %s", id)
			}
			blockIDs[id] = true
		}
		inBlock := map[string]bool{}
		for _, e := range elementsOf(b) {
			id := stringOf(e, "action_id")
			if id == "" {
				continue
			}
			again := inBlock[id]
			if wide && stringOf(e, "type") == "button" {
				again = again || buttonIDs[id]
				buttonIDs[id] = true
			}
			if again {
				f.add(here, "`action_id` must be unique: %s", id)
			}
			inBlock[id] = true
		}
	}
}

// elementsOf returns the interactive elements of a block.
func elementsOf(block any) []map[string]any {
	b, _ := block.(map[string]any)
	var found []map[string]any
	add := func(v any) {
		if e, ok := v.(map[string]any); ok && stringOf(e, "type") != "image" {
			found = append(found, e)
		}
	}
	switch stringOf(b, "type") {
	case "section":
		add(b["accessory"])
	case "input":
		add(b["element"])
	case "actions":
		list, _ := b["elements"].([]any)
		for _, e := range list {
			add(e)
		}
	}
	return found
}

// nameBlocks gives ids to the blocks and elements that came without one, as Slack does.
func (s *Server) nameBlocks(list []any, seed string) []any {
	for i, b := range list {
		o, ok := b.(map[string]any)
		if !ok {
			continue
		}
		if stringOf(o, "block_id") == "" {
			o["block_id"] = hashedID("", fmt.Sprint(seed, i))[:5]
		}
		for k, e := range elementsOf(o) {
			if stringOf(e, "action_id") == "" {
				e["action_id"] = hashedID("", fmt.Sprint(seed, i, "/", k))[:5]
			}
		}
	}
	return list
}

// stringOf returns a property of an object as a string, "" when it is none.
func stringOf(v any, name string) string {
	o, _ := v.(map[string]any)
	s, _ := o[name].(string)
	return s
}
