package slack

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// ErrNoOption is returned when a field does not take the value that a person wants to enter.
var ErrNoOption = errors.New("the field does not take this value")

// state is what is entered in a surface: block id → action id → the value in Slack's form.
type state map[string]map[string]any

// stateKey is the property of an element's value, by the type of the element.
var stateKey = map[string]string{
	"plain_text_input": "value", "email_text_input": "value", "url_text_input": "value", "number_input": "value",
	"static_select": "selected_option", "radio_buttons": "selected_option",
	"multi_static_select": "selected_options", "checkboxes": "selected_options",
	"users_select": "selected_user", "multi_users_select": "selected_users",
	"channels_select": "selected_channel", "multi_channels_select": "selected_channels",
	"conversations_select": "selected_conversation", "multi_conversations_select": "selected_conversations",
	"datepicker": "selected_date", "timepicker": "selected_time", "datetimepicker": "selected_date_time",
}

// initialKey is the property of an element that holds its first value.
func initialKey(stateKey string) string {
	return "initial_" + strings.TrimPrefix(stateKey, "selected_")
}

// initialState returns the state of blocks that nobody has touched.
func initialState(blocks []any) state {
	st := state{}
	for _, b := range blocks {
		for _, e := range elementsOf(b) {
			kind := stringOf(e, "type")
			key := stateKey[kind]
			if key == "" {
				continue
			}
			value := e[initialKey(key)]
			if value == nil && strings.HasSuffix(key, "s") {
				value = []any{}
			}
			st.set(stringOf(b, "block_id"), stringOf(e, "action_id"), map[string]any{"type": kind, key: value})
		}
	}
	return st
}

func (st state) set(blockID, actionID string, value any) {
	if st[blockID] == nil {
		st[blockID] = map[string]any{}
	}
	st[blockID][actionID] = value
}

// keep takes over what was entered before in elements that still exist with the same type.
func (st state) keep(old state) {
	for blockID, actions := range st {
		for actionID, value := range actions {
			before, ok := old[blockID][actionID]
			if ok && stringOf(before, "type") == stringOf(value, "type") {
				actions[actionID] = before
			}
		}
	}
}

// valueOf returns the value of an element in a state, nil when nothing is entered.
func (st state) valueOf(blockID string, e map[string]any) any {
	entered, _ := st[blockID][stringOf(e, "action_id")].(map[string]any)
	v := entered[stateKey[stringOf(e, "type")]]
	if list, ok := v.([]any); ok && len(list) == 0 {
		return nil
	}
	if v == "" {
		return nil
	}
	return v
}

// enter returns the state value of an element for what a person types or picks. Picking
// several things means separating them by commas; the empty text clears the field.
func (s *Server) enter(e map[string]any, text string) (map[string]any, error) {
	kind := stringOf(e, "type")
	key := stateKey[kind]
	if key == "" {
		return nil, fmt.Errorf("%w: nothing can be entered in a %s", ErrNoOption, kind)
	}
	entered := map[string]any{"type": kind, key: nil}
	if strings.HasSuffix(key, "s") {
		picked := []any{}
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
			v, err := s.pick(e, part)
			if err != nil {
				return nil, err
			}
			picked = append(picked, v)
		}
		entered[key] = picked
		return entered, nil
	}
	if text == "" {
		return entered, nil
	}
	v, err := s.pick(e, text)
	if err != nil {
		return nil, err
	}
	entered[key] = v
	return entered, nil
}

// pick returns one value of an element.
func (s *Server) pick(e map[string]any, text string) (any, error) {
	kind := strings.TrimPrefix(stringOf(e, "type"), "multi_")
	switch kind {
	case "static_select", "radio_buttons", "checkboxes":
		for _, o := range optionsOf(e) {
			if stringOf(o, "value") == text {
				return o, nil
			}
		}
		var known []string
		for _, o := range optionsOf(e) {
			label := optionLabel(o)
			if label == text {
				return o, nil
			}
			known = append(known, label)
		}
		return nil, fmt.Errorf("%w: %q is none of %q", ErrNoOption, text, known)
	case "users_select":
		if p := s.personByEmail(text); p != nil && !p.Deleted {
			return p.id, nil
		}
		return nil, fmt.Errorf("%w: no person %s", ErrNoOption, text)
	case "channels_select", "conversations_select":
		if ch := s.channelByName(text); ch != nil {
			return ch.id, nil
		}
		return nil, fmt.Errorf("%w: no channel %s", ErrNoOption, text)
	case "datepicker":
		return text, layout(time.DateOnly, text)
	case "timepicker":
		return text, layout("15:04", text)
	case "datetimepicker":
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoOption, err)
		}
		return t.Unix(), nil
	default:
		return text, nil
	}
}

func layout(layout, text string) error {
	if _, err := time.Parse(layout, text); err != nil {
		return fmt.Errorf("%w: %w", ErrNoOption, err)
	}
	return nil
}

// optionsOf returns the options of a menu, with those of its groups.
func optionsOf(e map[string]any) []map[string]any {
	var found []map[string]any
	lists := []any{e["options"]}
	groups, _ := e["option_groups"].([]any)
	for _, g := range groups {
		if group, ok := g.(map[string]any); ok {
			lists = append(lists, group["options"])
		}
	}
	for _, l := range lists {
		list, _ := l.([]any)
		for _, o := range list {
			if option, ok := o.(map[string]any); ok {
				found = append(found, option)
			}
		}
	}
	return found
}

func optionLabel(option map[string]any) string {
	return (&rendering{names: func(string) string { return "" }}).textObject(option["text"])
}

// copy returns a state that does not change when the original does. The values themselves are
// never changed.
func (st state) copy() state {
	out := state{}
	for _, blockID := range slices.Sorted(maps.Keys(st)) {
		out[blockID] = maps.Clone(st[blockID])
	}
	return out
}
