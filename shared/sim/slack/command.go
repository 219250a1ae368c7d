package slack

import (
	"context"
	"fmt"
	"net/url"
	"strings"
)

// Command types a slash command in the person's direct messages with the app. What the app
// answers in place is posted there.
// See https://docs.slack.dev/interactivity/implementing-slash-commands.
func (s *Server) Command(ctx context.Context, person, command, text string) (Outcome, error) {
	s.mu.Lock()
	p, err := s.actor(person)
	if err == nil && s.stranger(p) {
		err = fmt.Errorf("%w: %s is of another workspace", ErrNoPerson, person)
	}
	if err != nil {
		s.mu.Unlock()
		return Outcome{}, err
	}
	ch, _ := s.directMessages(p)
	ts := s.nextTS()
	hook := s.newResponseURL(p, ch, nil)
	form := url.Values{
		"token": {"verification-token"}, "team_id": {s.opt.TeamID}, "team_domain": {teamDomain},
		"channel_id": {ch.id}, "channel_name": {payloadName(ch)},
		"user_id": {p.id}, "user_name": {p.handle},
		"command": {command}, "text": {text}, "api_app_id": {s.opt.AppID},
		"is_enterprise_install": {"false"}, "response_url": {hook}, "trigger_id": {s.newTrigger(p)},
	}
	s.mu.Unlock()

	o, err := s.sendForm(ctx, p, form)
	o.TS = ts
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.Notice == "" {
		o.Notice = s.commandAnswer(s.responses[strings.TrimPrefix(hook, s.opt.Hooks)], o.Body)
	}
	if o.Notice != "" {
		// Slackbot tells the person alone.
		s.post(&message{ch: ch, from: s.personByID(slackbotID), to: p, content: content{
			text: fmt.Sprintf("%s failed with the error \"%s\"", command, o.Notice),
		}})
	}
	return o, err
}

// commandAnswer posts what the app answered in place: nothing, plain text, or a message in
// JSON. It returns what to tell the person when the answer is none of these.
func (s *Server) commandAnswer(u *responseURL, body string) string {
	if strings.TrimSpace(body) == "" {
		return ""
	}
	answer := map[string]any{"text": body}
	if v, err := decodeJSON([]byte(body)); err == nil {
		if object, ok := v.(map[string]any); ok {
			answer = object
		}
	}
	if err := s.respond(u, answer); err != nil {
		return "invalid_command_response: " + err.Error()
	}
	return ""
}
