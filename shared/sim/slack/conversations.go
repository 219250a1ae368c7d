package slack

import (
	"slices"
	"strings"
)

func (s *Server) channelJSON(ch *channel) map[string]any {
	if ch.im != nil {
		return map[string]any{
			"id": ch.id, "created": ch.created, "is_im": true, "is_org_shared": false,
			"user": ch.im.id, "is_user_deleted": ch.im.Deleted, "is_open": true, "priority": 0,
		}
	}
	return map[string]any{
		"id": ch.id, "name": ch.name, "name_normalized": ch.name, "created": ch.created,
		"is_channel": !ch.private, "is_group": ch.private, "is_private": ch.private,
		"is_im": false, "is_mpim": false, "is_archived": ch.archived, "is_general": false,
		"is_shared": s.shared(ch), "is_ext_shared": s.shared(ch), "is_org_shared": false,
		"is_member": ch.bot, "creator": s.bot.id, "context_team_id": s.opt.TeamID,
	}
}

// shared reports whether a channel is shared with another workspace through Slack Connect.
func (s *Server) shared(ch *channel) bool { return slices.ContainsFunc(ch.members, s.stranger) }

// memberIDs returns the user ids of a channel's members, the app's last.
func (s *Server) memberIDs(ch *channel) []string {
	var ids []string
	if ch.im != nil {
		ids = append(ids, ch.im.id)
	}
	for _, p := range ch.members {
		if !p.Deleted {
			ids = append(ids, p.id)
		}
	}
	if ch.bot {
		ids = append(ids, s.bot.id)
	}
	return ids
}

func (s *Server) conversationsOpen(c *call) (map[string]any, error) {
	var ch *channel
	wasOpen := true
	if id := c.args.text("channel"); id != "" {
		ch = s.channelByID(id)
		if ch == nil {
			return nil, refuse("channel_not_found")
		}
		if ch.im == nil {
			return nil, refuse("method_not_supported_for_channel_type")
		}
	} else {
		users := strings.FieldsFunc(c.args.text("users"), func(r rune) bool { return r == ',' || r == ' ' })
		switch {
		case len(users) == 0:
			return nil, refuse("users_list_not_supplied")
		case len(users) > 8:
			return nil, refuse("too_many_users")
		case len(users) > 1:
			return nil, refuse("method_not_supported_for_channel_type", "multi-person direct messages are not imitated")
		}
		p, err := s.addressee(users[0])
		if err != nil {
			return nil, err
		}
		ch, wasOpen = s.directMessages(p)
	}
	body := map[string]any{"channel": map[string]any{"id": ch.id}}
	if wasOpen {
		body["no_op"], body["already_open"] = true, true
	}
	if c.args.flag("return_im") {
		body["channel"] = s.channelJSON(ch)
	}
	return body, nil
}

func (s *Server) conversationsList(c *call) (map[string]any, error) {
	types := c.args.text("types")
	if types == "" {
		types = "public_channel"
	}
	wanted := map[string]bool{}
	for t := range strings.SplitSeq(types, ",") {
		switch t = strings.TrimSpace(t); t {
		case "public_channel", "private_channel", "im", "mpim":
			wanted[t] = true
		default:
			return nil, refuse("invalid_types")
		}
	}
	var listed []*channel
	for _, ch := range s.channels {
		kind := "public_channel"
		switch {
		case ch.im != nil:
			kind = "im"
		case ch.private && !ch.bot:
			continue
		case ch.private:
			kind = "private_channel"
		}
		if wanted[kind] && (!ch.archived || !c.args.flag("exclude_archived")) {
			listed = append(listed, ch)
		}
	}
	slices.SortFunc(listed, func(a, b *channel) int { return strings.Compare(a.id, b.id) })
	found, next, err := page(s, c, listed, 100, 1000, func(ch *channel) string { return "channel:" + ch.id })
	if err != nil {
		return nil, err
	}
	channels := make([]any, 0, len(found))
	for _, ch := range found {
		j := s.channelJSON(ch)
		if ch.im == nil {
			j["num_members"] = len(s.memberIDs(ch))
		}
		channels = append(channels, j)
	}
	return map[string]any{"channels": channels, "response_metadata": map[string]any{"next_cursor": next}}, nil
}

func (s *Server) conversationsInfo(c *call) (map[string]any, error) {
	ch := s.channelByID(c.args.text("channel"))
	if ch == nil {
		return nil, refuse("channel_not_found")
	}
	j := s.channelJSON(ch)
	if c.args.flag("include_num_members") {
		j["num_members"] = len(s.memberIDs(ch))
	}
	if c.args.flag("include_locale") {
		j["locale"] = "en-US"
	}
	return map[string]any{"channel": j}, nil
}

func (s *Server) conversationsMembers(c *call) (map[string]any, error) {
	ch := s.channelByID(c.args.text("channel"))
	if ch == nil {
		return nil, refuse("channel_not_found")
	}
	members, next, err := page(s, c, s.memberIDs(ch), 100, 1000, func(id string) string { return "user_id:" + id })
	if err != nil {
		return nil, err
	}
	if members == nil {
		members = []string{}
	}
	return map[string]any{"members": members, "response_metadata": map[string]any{"next_cursor": next}}, nil
}

func (s *Server) conversationsHistory(c *call) (map[string]any, error) {
	ch := s.channelByID(c.args.text("channel"))
	if ch == nil {
		return nil, refuse("channel_not_found")
	}
	if !ch.bot {
		return nil, refuse("not_in_channel")
	}
	oldest, latest := int64(0), int64(1)<<62
	var ok bool
	if ts := c.args.text("oldest"); ts != "" {
		if oldest, ok = parseTS(ts); !ok {
			return nil, refuse("invalid_ts_oldest")
		}
	}
	if ts := c.args.text("latest"); ts != "" {
		if latest, ok = parseTS(ts); !ok {
			return nil, refuse("invalid_ts_latest")
		}
	}
	if !c.args.flag("inclusive") {
		oldest, latest = oldest+1, latest-1
	}
	var found []*message
	for _, m := range slices.Backward(s.messages) {
		at, _ := parseTS(m.ts)
		reply := m.thread != "" && m.thread != m.ts && !m.replyShown
		if m.ch == ch && m.to == nil && !reply && at >= oldest && at <= latest {
			found = append(found, m)
		}
	}
	found, next, err := page(s, c, found, 100, 999, func(m *message) string { return "next_ts:" + m.ts })
	if err != nil {
		return nil, err
	}
	messages := make([]any, 0, len(found))
	for _, m := range found {
		messages = append(messages, s.messageJSON(m, c.args.flag("include_all_metadata")))
	}
	body := map[string]any{"messages": messages, "has_more": next != "", "pin_count": 0}
	if next != "" {
		body["response_metadata"] = map[string]any{"next_cursor": next}
	}
	return body, nil
}
