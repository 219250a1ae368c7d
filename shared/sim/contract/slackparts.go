package contract

import "strings"

// noSuchField is said of a field that no description has.
const noSuchField = "there is no such field"

// part returns the description of a part that many answers have, and that the OpenAPI document
// and the examples describe poorly: messages, blocks, metadata, the state of fields, and the
// texts of a view. It is nil for every other field.
func (v slackVisit) part(at, name string) *swagger {
	defined := func(definition string) *swagger {
		if v.web.openAPI.Definitions[definition] == nil {
			return nil
		}
		return &swagger{Ref: "#/definitions/" + definition}
	}
	switch {
	case name == "message":
		// Some methods describe a shorter one.
		return defined("objs_message")
	case name == "blocks":
		return defined("blocks")
	case name == "metadata":
		return messageMetadata
	case name == "state":
		return viewState
	case strings.HasSuffix(at, ".view") && (name == "title" || name == "submit" || name == "close"):
		return viewText
	}
	return nil
}

var (
	someText    = &swagger{Type: typeNames{"string"}}
	someTexts   = &swagger{Type: typeNames{"array"}, items: someText}
	someFlag    = &swagger{Type: typeNames{"boolean"}}
	someObject  = &swagger{Type: typeNames{"object"}}
	someObjects = &swagger{Type: typeNames{"array"}, items: someObject}
)

func closed(required []string, properties map[string]*swagger) *swagger {
	return &swagger{Type: typeNames{"object"}, Open: false, Required: required, Properties: properties}
}

var (
	// https://docs.slack.dev/messaging/message-metadata
	messageMetadata = closed([]string{"event_type", "event_payload"}, map[string]*swagger{"event_type": someText, "event_payload": someObject})

	// https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
	viewState = closed([]string{"values"}, map[string]*swagger{"values": someObject})

	// https://docs.slack.dev/reference/block-kit/composition-objects/text-object
	viewText = &swagger{alternatives: []*swagger{
		{Type: typeNames{"null"}},
		closed([]string{"type", "text"}, map[string]*swagger{
			"type": {Type: typeNames{"string"}, Enum: []any{"plain_text"}}, "text": someText, "emoji": someFlag, "verbatim": someFlag,
		}),
	}}

	// anywhere are the fields that any answer may have.
	// https://docs.slack.dev/apis/web-api#responses
	anywhere = map[string]*swagger{
		"answer.ok":      someFlag,
		"answer.warning": someText,
		"answer.response_metadata": closed(nil, map[string]*swagger{
			"next_cursor": someText, "messages": someTexts, "warnings": someTexts,
		}),
	}

	// responseMessage is a message to a response URL. Libraries send metadata without content
	// where there is none.
	// https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
	responseMessage = closed(nil, map[string]*swagger{
		"text": someText, "attachments": someObjects, "response_type": {Type: typeNames{"string"}, Enum: []any{"ephemeral", "in_channel"}},
		"replace_original": someFlag, "delete_original": someFlag, "thread_ts": someText, "mrkdwn": someFlag,
		"unfurl_links": someFlag, "unfurl_media": someFlag, "link_names": someFlag, "parse": someText,
	})
)
