package slack

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// ErrNoButton is returned when a person sees no such button.
var ErrNoButton = errors.New("no such button is visible")

// Click presses a button by its label, on the newest message that the person sees with such a
// button and whose text matches on; a nil on matches every message. Where a message has several
// buttons with the label, the first is pressed whose own row matches. A confirmation dialog is
// confirmed.
func (s *Server) Click(ctx context.Context, person, label string, on *regexp.Regexp) (Outcome, error) {
	s.mu.Lock()
	p, err := s.actor(person)
	if err != nil {
		s.mu.Unlock()
		return Outcome{}, err
	}
	for _, m := range slices.Backward(s.visibleTo(p)) {
		r := s.render(m.content)
		if on != nil && !on.MatchString(r.text()) {
			continue
		}
		if b, ok := choose(r.buttons, label, on); ok {
			payload, ts := s.messageActions(p, m, b)
			s.mu.Unlock()
			return s.pressed(ctx, p, payload, b, ts)
		}
	}
	s.mu.Unlock()
	return Outcome{}, fmt.Errorf("%w: %s looked for %q", ErrNoButton, person, label)
}

// ClickHome presses a button on the app's home tab, as [Server.Click] does on messages.
func (s *Server) ClickHome(ctx context.Context, person, label string, on *regexp.Regexp) (Outcome, error) {
	return s.clickView(ctx, person, label, on, homeOf)
}

// ClickModal presses a button inside the modal that is open for the person.
func (s *Server) ClickModal(ctx context.Context, person, label string) (Outcome, error) {
	return s.clickView(ctx, person, label, nil, modalOf)
}

func (s *Server) clickView(ctx context.Context, email, label string, on *regexp.Regexp, which func(*person) *view) (Outcome, error) {
	s.mu.Lock()
	p, err := s.actor(email)
	if err != nil {
		s.mu.Unlock()
		return Outcome{}, err
	}
	if v := which(p); v != nil {
		r := &rendering{names: s.nameOf}
		r.blocks(v.blocks)
		if b, ok := choose(r.buttons, label, on); ok {
			payload, ts := s.viewActions(p, v, buttonAction(b))
			s.mu.Unlock()
			return s.pressed(ctx, p, payload, b, ts)
		}
	}
	s.mu.Unlock()
	return Outcome{}, fmt.Errorf("%w: %s looked for %q", ErrNoButton, email, label)
}

func (s *Server) pressed(ctx context.Context, p *person, payload map[string]any, b Button, ts string) (Outcome, error) {
	o, err := s.sendPayload(ctx, p, payload)
	o.URL, o.TS = b.URL, ts
	return o, err
}

// choose returns the button with a label, preferring one whose own row matches.
func choose(buttons []Button, label string, on *regexp.Regexp) (Button, bool) {
	var first *Button
	for i, b := range buttons {
		if b.Label != label {
			continue
		}
		if on == nil || on.MatchString(b.Near) {
			return b, true
		}
		if first == nil {
			first = &buttons[i]
		}
	}
	if first == nil {
		return Button{}, false
	}
	return *first, true
}

func buttonAction(b Button) map[string]any {
	a := map[string]any{
		"type": "button", "action_id": b.ActionID, "block_id": b.BlockID,
		"text": map[string]any{"type": "plain_text", "text": b.Label, "emoji": true},
	}
	if b.Value != "" {
		a["value"] = b.Value
	}
	if b.Style != "" {
		a["style"] = b.Style
	}
	return a
}

// interaction is the part that all payloads of interactions share.
// See https://docs.slack.dev/reference/interaction-payloads.
func (s *Server) interaction(kind string, p *person) map[string]any {
	return map[string]any{
		"type": kind, "api_app_id": s.opt.AppID, "token": "verification-token",
		"team":       map[string]any{"id": s.opt.TeamID, "domain": teamDomain},
		"user":       map[string]any{"id": p.id, "username": p.handle, "name": p.handle, "team_id": s.teamOf(p)},
		"enterprise": nil, "is_enterprise_install": false,
		"trigger_id": s.newTrigger(p),
	}
}

// messageActions is the payload of a press on a message, with its timestamp. For an ephemeral
// message Slack does not send the message along.
func (s *Server) messageActions(p *person, m *message, b Button) (map[string]any, string) {
	ts := s.nextTS()
	action := buttonAction(b)
	action["action_ts"] = ts
	payload := s.interaction("block_actions", p)
	payload["container"] = map[string]any{
		"type": "message", "message_ts": m.ts, "channel_id": m.ch.id, "is_ephemeral": m.to != nil,
	}
	payload["channel"] = map[string]any{"id": m.ch.id, "name": payloadName(m.ch)}
	if m.to == nil {
		payload["message"] = s.messageJSON(m, true)
	}
	payload["state"] = map[string]any{"values": initialState(m.blocks)}
	payload["response_url"] = s.newResponseURL(p, m.ch, m)
	payload["actions"] = []any{action}
	return payload, ts
}

// payloadName is how payloads name a channel.
func payloadName(ch *channel) string {
	switch {
	case ch.im != nil:
		return "directmessage"
	case ch.private:
		return "privategroup"
	default:
		return ch.name
	}
}

// viewActions is the payload of an action in a view, with its timestamp.
func (s *Server) viewActions(p *person, v *view, action map[string]any) (map[string]any, string) {
	ts := s.nextTS()
	action["action_ts"] = ts
	payload := s.interaction("block_actions", p)
	payload["container"] = map[string]any{"type": "view", "view_id": v.id}
	payload["view"] = s.viewJSON(v)
	payload["actions"] = []any{action}
	return payload, ts
}
