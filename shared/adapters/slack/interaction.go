package slack

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Interaction is what a person did in Slack, as far as we use it. Only ids are taken from it:
// what a message showed is never read back.
type Interaction struct {
	// Type is block_actions, view_submission, view_closed or command.
	Type string
	// User and Team identify the person in Slack. Team is the person's own workspace, and the one
	// where it happened only where Slack does not tell that.
	User, Team string
	// Channel is where it happened, where it happened in one.
	Channel string
	// Action and Value are those of the button that was pressed.
	Action, Value string
	// Trigger opens a modal; it lives three seconds.
	Trigger string
	// Command and Text are those of a slash command.
	Command, Text string
	// View, Hash and Callback are those of the modal in which it happened; Entered is what stands
	// in its fields.
	View, Hash, Callback string
	Entered              Entered
}

// Link reports whether a button was pressed that only opens an address: Slack tells of those too.
func (i Interaction) Link() bool { return strings.HasPrefix(i.Action, actionLink) }

// ErrNoInteraction says that a body is none that Slack would send.
var ErrNoInteraction = errors.New("not an interaction")

// ParseInteraction reads the form that Slack posts for a button, a modal or a slash command
// (https://docs.slack.dev/interactivity/handling-user-interaction). Only the body counts;
// nothing in the query does.
func ParseInteraction(body []byte) (Interaction, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return Interaction{}, fmt.Errorf("%w: %w", ErrNoInteraction, err)
	}
	if form.Get("command") != "" {
		return complete(Interaction{
			Type: "command", User: form.Get("user_id"), Team: form.Get("team_id"), Channel: form.Get("channel_id"),
			Trigger: form.Get("trigger_id"), Command: form.Get("command"), Text: form.Get("text"),
		})
	}
	var p struct {
		Type string `json:"type"`
		User struct {
			ID     string `json:"id"`
			TeamID string `json:"team_id"`
		} `json:"user"`
		Team struct {
			ID string `json:"id"`
		} `json:"team"`
		Channel struct {
			ID string `json:"id"`
		} `json:"channel"`
		TriggerID string `json:"trigger_id"`
		Actions   []struct {
			ActionID string `json:"action_id"`
			Value    string `json:"value"`
		} `json:"actions"`
		View struct {
			ID       string `json:"id"`
			Hash     string `json:"hash"`
			Callback string `json:"callback_id"`
			State    struct {
				Values map[string]map[string]json.RawMessage `json:"values"`
			} `json:"state"`
		} `json:"view"`
	}
	if err := json.Unmarshal([]byte(form.Get("payload")), &p); err != nil {
		return Interaction{}, fmt.Errorf("%w: %w", ErrNoInteraction, err)
	}
	in := Interaction{
		Type: p.Type, User: p.User.ID, Team: cmp.Or(p.User.TeamID, p.Team.ID), Channel: p.Channel.ID, Trigger: p.TriggerID,
		View: p.View.ID, Hash: p.View.Hash, Callback: p.View.Callback, Entered: entered(p.View.State.Values),
	}
	if len(p.Actions) > 0 {
		in.Action, _, _ = strings.Cut(p.Actions[0].ActionID, rowMark)
		in.Value = p.Actions[0].Value
	}
	return complete(in)
}

// complete refuses what nobody did.
func complete(in Interaction) (Interaction, error) {
	if in.Type == "" || in.User == "" {
		return Interaction{}, fmt.Errorf("%w: no type or user", ErrNoInteraction)
	}
	return in, nil
}
