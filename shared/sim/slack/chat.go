package slack

import (
	"slices"
	"unicode/utf8"
)

const (
	longestText       = 40000
	longestUpdateText = 4000
)

// readContent checks and decodes what is to be posted.
func readContent(c *call, longest int) (content, error) {
	var out content
	args := c.args
	for _, name := range []string{"attachments", "markdown_text", "file_ids"} {
		v, given, err := args.structured(name)
		if list, ok := v.([]any); given && (err != nil || !ok || len(list) > 0) {
			return out, refuse("invalid_arguments", name+" is not imitated")
		}
	}
	out.text = args.text("text")
	out.plain = args.text("mrkdwn") == "false"
	out.names = args.text("parse") == "full" || args.flag("link_names")
	if utf8.RuneCountInString(out.text) > longest {
		return out, refuse("msg_too_long")
	}
	var err error
	if out.blocks, err = readBlocks(args); err != nil {
		return out, err
	}
	if out.metadata, err = readMetadata(args); err != nil {
		return out, err
	}
	if len(out.blocks) > 0 && out.text == "" {
		c.warnings = append(c.warnings, "missing_text_in_message")
	}
	return out, nil
}

func readBlocks(args arguments) ([]any, error) {
	v, given, err := args.structured("blocks")
	if err != nil {
		return nil, refuse("invalid_blocks_format")
	}
	if !given {
		return nil, nil
	}
	blocks, ok := v.([]any)
	if !ok {
		return nil, refuse("invalid_blocks_format")
	}
	if reasons := checkMessageBlocks(blocks); len(reasons) > 0 {
		return nil, refuse("invalid_blocks", reasons...)
	}
	return blocks, nil
}

func readMetadata(args arguments) (map[string]any, error) {
	v, given, err := args.structured("metadata")
	if err != nil {
		return nil, refuse("invalid_metadata_format")
	}
	if !given {
		return nil, nil
	}
	metadata, ok := v.(map[string]any)
	if !ok {
		return nil, refuse("invalid_metadata_format")
	}
	if len(metadata) == 0 {
		return metadata, nil
	}
	eventType, _ := metadata["event_type"].(string)
	_, hasPayload := metadata["event_payload"].(map[string]any)
	if eventType == "" || !hasPayload || len(metadata) > 2 {
		return nil, refuse("invalid_metadata_schema")
	}
	return metadata, nil
}

func (s *Server) chatPostMessage(c *call) (map[string]any, error) {
	ch, err := s.destination(c.args.text("channel"))
	if err != nil {
		return nil, err
	}
	what, err := readContent(c, longestText)
	if err != nil {
		return nil, err
	}
	if what.text == "" && len(what.blocks) == 0 {
		return nil, refuse("no_text")
	}
	if err := s.takePost(c.now, ch); err != nil {
		return nil, err
	}
	if len(what.metadata) == 0 {
		what.metadata = nil
	}
	m := &message{content: what, ch: ch, from: s.bot}
	// A reply to a message that is gone is posted outside of any thread.
	if parent := s.messageAt(ch, c.args.text("thread_ts")); parent != nil {
		m.thread, m.replyShown = parent.ts, c.args.flag("reply_broadcast")
		if parent.thread == "" {
			parent.thread = parent.ts
		}
	}
	s.post(m)
	return map[string]any{"channel": ch.id, "ts": m.ts, "message": s.messageJSON(m, true)}, nil
}

func (s *Server) chatPostEphemeral(c *call) (map[string]any, error) {
	ch, err := s.destination(c.args.text("channel"))
	if err != nil {
		return nil, err
	}
	reader := s.personByID(c.args.text("user"))
	if reader == nil || !ch.has(reader) {
		return nil, refuse("user_not_in_channel")
	}
	what, err := readContent(c, longestText)
	if err != nil {
		return nil, err
	}
	if what.text == "" && len(what.blocks) == 0 {
		return nil, refuse("no_text")
	}
	m := s.post(&message{content: what, ch: ch, from: s.bot, to: reader})
	return map[string]any{"message_ts": m.ts}, nil
}

// changeable returns the message that chat.update or chat.delete names; denied is the error
// for a message of somebody else.
func (s *Server) changeable(c *call, denied string) (*message, error) {
	ch := s.channelByID(c.args.text("channel"))
	if ch == nil {
		return nil, refuse("channel_not_found")
	}
	m := s.messageAt(ch, c.args.text("ts"))
	switch {
	case m == nil:
		return nil, refuse("message_not_found")
	case m.from != s.bot:
		return nil, refuse(denied)
	}
	return m, nil
}

func (s *Server) chatUpdate(c *call) (map[string]any, error) {
	m, err := s.changeable(c, "cant_update_message")
	if err != nil {
		return nil, err
	}
	if m.ch.archived {
		return nil, refuse("is_inactive")
	}
	if w := s.opt.EditWindow; w > 0 && c.now.Sub(timeOfTS(m.ts)) > w {
		return nil, refuse("edit_window_closed")
	}
	what, err := readContent(c, longestUpdateText)
	if err != nil {
		return nil, err
	}
	if what.text == "" && len(what.blocks) == 0 {
		return nil, refuse("no_text")
	}
	s.replace(m, what)
	return map[string]any{"channel": m.ch.id, "ts": m.ts, "text": m.text, "message": s.messageJSON(m, true)}, nil
}

// replace gives a message new content. People are told of the edit only where the text is what
// is displayed.
func (s *Server) replace(m *message, what content) {
	edit := s.nextTS()
	if len(what.blocks) == 0 {
		m.edited = edit
	}
	if what.text == "" {
		what.text = m.text
	}
	switch {
	case what.metadata == nil:
		what.metadata = m.metadata
	case len(what.metadata) == 0:
		what.metadata = nil
	}
	what.blocks = s.nameBlocks(what.blocks, edit)
	m.content = what
	s.noteBroadcast(m)
}

func (s *Server) chatDelete(c *call) (map[string]any, error) {
	m, err := s.changeable(c, "cant_delete_message")
	if err != nil {
		return nil, err
	}
	s.remove(m)
	return map[string]any{"channel": m.ch.id, "ts": m.ts}, nil
}

func (s *Server) remove(m *message) {
	delete(s.byTS, m.ts)
	s.messages = slices.DeleteFunc(s.messages, func(other *message) bool { return other == m })
}
