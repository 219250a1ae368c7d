package slack

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// message is what was posted, as the API stores it.
type message struct {
	content
	ch         *channel
	ts         string
	thread     string // ts of the parent
	replyShown bool   // a reply that is shown in the channel too
	from       *person
	to         *person // the only reader of an ephemeral message
	edited     string  // ts of the edit that people are told of
}

// content is the part of a message that an update replaces.
type content struct {
	text     string
	blocks   []any
	metadata map[string]any
	names    bool // @channel and the like in text are found without brackets
	plain    bool // marks of formatting in text are shown as they are
}

// Message is what a person sees, with what tests want to know of it.
type Message struct {
	Channel     string // C… or D…
	ChannelName string // "#name", empty for direct messages
	TS          string // unique in the workspace, increasing
	ThreadTS    string
	At          time.Time
	From        string // name of the author
	Ephemeral   bool   // "only visible to you"
	// Text is what is displayed, without formatting marks: the blocks' text where there are
	// blocks, one line for each, and the message's own text otherwise. Button labels are not
	// part of it.
	Text string
	// Notification is the text shown outside of the channel.
	Notification string
	Blocks       json.RawMessage // as stored, nil when there are none
	Buttons      []Button
	Links        []Link
	Mentions     []string // user ids
	Broadcast    bool     // would notify a whole channel
	Edited       bool
	Metadata     *Metadata
}

// Metadata is what an app attached to a message for itself.
type Metadata struct {
	EventType string
	Payload   map[string]any // numbers are json.Number
}

// Visible returns the messages that a person sees now, or, for a name with "#", that are in a
// channel without the ephemeral ones; oldest first. It returns nothing for who or what does
// not exist.
func (s *Server) Visible(personOrChannel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.channelByName(personOrChannel)
	var out []Message
	for _, m := range s.messages {
		if ch != nil && m.ch == ch && m.to == nil {
			out = append(out, s.shown(m))
		}
	}
	if ch != nil {
		return out
	}
	p, err := s.actor(personOrChannel)
	if err != nil {
		return nil
	}
	for _, m := range s.visibleTo(p) {
		out = append(out, s.shown(m))
	}
	return out
}

// Ephemerals returns the ephemeral messages that a person sees and that are newer than the
// timestamp since, which may be empty or [Outcome.TS]; oldest first.
func (s *Server) Ephemerals(person, since string) []Message {
	after, _ := parseTS(since)
	var out []Message
	for _, m := range s.Visible(person) {
		if at, _ := parseTS(m.TS); m.Ephemeral && at > after {
			out = append(out, m)
		}
	}
	return out
}

// Broadcasts returns every message of the app that would have notified a whole channel, as it
// was when it did so, even if it was changed or deleted later.
func (s *Server) Broadcasts() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.broadcasts)
}

// Say posts a message by a person in a channel. The app cannot change it.
func (s *Server) Say(person, channel, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.actor(person)
	if err != nil {
		return err
	}
	ch := s.channelByName(channel)
	if ch == nil || !ch.has(p) {
		return fmt.Errorf("%w: %s", ErrNoChannel, channel)
	}
	s.post(&message{ch: ch, from: p, content: content{text: text}})
	return nil
}

func (s *Server) visibleTo(p *person) []*message {
	var out []*message
	for _, m := range s.messages {
		if m.ch.has(p) && (m.to == nil || m.to == p) {
			out = append(out, m)
		}
	}
	return out
}

// shown renders a message for people.
func (s *Server) shown(m *message) Message {
	r := s.render(m.content)
	out := Message{
		Channel: m.ch.id, TS: m.ts, ThreadTS: m.thread, At: timeOfTS(m.ts), From: m.from.Name,
		Ephemeral: m.to != nil, Edited: m.edited != "",
		Text: r.text(), Notification: r.notification,
		Buttons: r.buttons, Links: r.links, Mentions: r.mentions, Broadcast: r.broadcast,
	}
	if m.ch.im == nil {
		out.ChannelName = "#" + m.ch.name
	}
	if len(m.blocks) > 0 {
		out.Blocks, _ = json.Marshal(m.blocks) // decoded from JSON, so it encodes
	}
	if m.metadata != nil {
		eventType, _ := m.metadata["event_type"].(string)
		payload, _ := m.metadata["event_payload"].(map[string]any)
		out.Metadata = &Metadata{EventType: eventType, Payload: payload}
	}
	return out
}

// messageJSON is a message as the API and the payloads of interactions give it.
func (s *Server) messageJSON(m *message, metadata bool) map[string]any {
	j := map[string]any{"type": "message", "ts": m.ts, "text": m.text, "user": m.from.id, "team": s.teamOf(m.from)}
	if m.from == s.bot {
		j["bot_id"], j["app_id"] = s.botID, s.opt.AppID
		const icon = "https://a.slack-edge.com/80588/img/plugins/app/bot_"
		j["bot_profile"] = map[string]any{
			"id": s.botID, "app_id": s.opt.AppID, "name": s.bot.Name, "team_id": s.opt.TeamID, "deleted": false, "updated": s.made,
			"icons": map[string]any{"image_36": icon + "36.png", "image_48": icon + "48.png", "image_72": icon + "72.png"},
		}
	}
	if len(m.blocks) > 0 {
		j["blocks"] = m.blocks
	}
	if m.thread != "" {
		j["thread_ts"] = m.thread
	}
	if m.edited != "" {
		j["edited"] = map[string]any{"user": m.from.id, "ts": m.edited}
	}
	if metadata && m.metadata != nil {
		j["metadata"] = m.metadata
	}
	return j
}

// post stores a message and notes whether it notified a whole channel.
func (s *Server) post(m *message) *message {
	m.ts = s.nextTS()
	m.blocks = s.nameBlocks(m.blocks, m.ts)
	s.messages = append(s.messages, m)
	s.byTS[m.ts] = m
	s.noteBroadcast(m)
	return m
}

func (s *Server) noteBroadcast(m *message) {
	if shown := s.shown(m); shown.Broadcast && m.from == s.bot {
		s.broadcasts = append(s.broadcasts, shown)
	}
}

// messageAt returns the message with a timestamp in a channel. Ephemeral messages are not
// stored in a sense that the API could find them again.
func (s *Server) messageAt(ch *channel, ts string) *message {
	m := s.byTS[ts]
	if m == nil || m.ch != ch || m.to != nil {
		return nil
	}
	return m
}

// stored reports whether a message still exists.
func (s *Server) stored(m *message) bool { return s.byTS[m.ts] == m }
