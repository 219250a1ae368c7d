package slack

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/sekisho/sekisho/shared/sim"
)

// OpenHome opens the app's home tab: the event app_home_opened is sent to the app, unless the
// fault script loses it, and twice where it duplicates it.
// See https://docs.slack.dev/reference/events/app_home_opened.
func (s *Server) OpenHome(ctx context.Context, person string) (Outcome, error) {
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
	event := map[string]any{"type": "app_home_opened", "user": p.id, "channel": ch.id, "tab": "home", "event_ts": ts}
	if p.home != nil {
		event["view"] = s.viewJSON(p.home)
	}
	n := s.next()
	raw, err := json.Marshal(map[string]any{
		"type": "event_callback", "token": "verification-token", "team_id": s.opt.TeamID, "api_app_id": s.opt.AppID,
		"event": event, "event_id": hashedID("Ev", fmt.Sprint(n)), "event_time": s.opt.Now().Unix(),
		"is_ext_shared_channel": false,
		"authorizations": []any{map[string]any{
			"enterprise_id": nil, "team_id": s.opt.TeamID, "user_id": s.bot.id, "is_bot": true, "is_enterprise_install": false,
		}},
	})
	s.mu.Unlock()
	if err != nil {
		return Outcome{}, fmt.Errorf("encode the event: %w", err)
	}
	req := s.sign(s.opt.SigningSecret, "application/json", raw)
	fault := s.draw(s.opt.Now(), sim.FaultLost, sim.FaultDuplicate)
	if fault == sim.FaultLost {
		return Outcome{TS: ts}, nil
	}
	o, err := s.send(ctx, req)
	if err == nil && fault == sim.FaultDuplicate {
		req.header.Set("X-Slack-Retry-Num", "1")
		req.header.Set("X-Slack-Retry-Reason", "http_timeout")
		o, err = s.send(ctx, req)
	}
	o.TS = ts
	return o, err
}
