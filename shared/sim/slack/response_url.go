package slack

import (
	"fmt"
	"io"
	"net/http"
	"time"
	"unicode/utf8"
)

const (
	responseLife = 30 * time.Minute
	responseUses = 5
)

// responseURL lets the app answer what a person did, without a token.
type responseURL struct {
	person *person
	ch     *channel
	source *message // whose button was pressed; nil for a command
	issued time.Time
	uses   int
}

// newResponseURL issues a response URL.
func (s *Server) newResponseURL(p *person, ch *channel, source *message) string {
	kind := "actions"
	if source == nil {
		kind = "commands"
	}
	n := s.next()
	path := fmt.Sprintf("/%s/%s/%d/%s", kind, s.opt.TeamID, n, s.secretPart("response", n))
	s.responses[path] = &responseURL{person: p, ch: ch, source: source, issued: s.opt.Now()}
	return s.opt.Hooks + path
}

// serveResponseURL answers a POST to a response URL. Slack documents five uses in thirty
// minutes; a spent URL answers 404 with used_url or expired_url.
func (s *Server) serveResponseURL(r *http.Request, now time.Time) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.responses[r.URL.Path]
	switch {
	case u == nil:
		return hookRefusal(http.StatusNotFound, "invalid_url")
	case r.Method != http.MethodPost:
		return hookRefusal(http.StatusMethodNotAllowed, "invalid_method")
	case now.Sub(u.issued) > responseLife:
		return hookRefusal(http.StatusNotFound, "expired_url")
	case u.uses >= responseUses:
		return hookRefusal(http.StatusNotFound, "used_url")
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil || len(raw) > maxBody {
		return hookRefusal(http.StatusBadRequest, "invalid_payload")
	}
	v, err := decodeJSON(raw)
	body, ok := v.(map[string]any)
	if err != nil || !ok {
		return hookRefusal(http.StatusBadRequest, "invalid_payload")
	}
	if err := s.respond(u, body); err != nil {
		a := refusal(err)
		a.status = http.StatusBadRequest
		return a
	}
	u.uses++
	return answer{status: http.StatusOK, body: map[string]any{"ok": true}}
}

func hookRefusal(status int, code string) answer {
	return answer{status: status, body: map[string]any{"ok": false, "error": code}}
}

// respond does what the body of an answer asks for. It is the form of a response URL's body
// and of the answer to a slash command.
func (s *Server) respond(u *responseURL, body map[string]any) error {
	args := arguments(body)
	if args.flag("delete_original") {
		if u.source == nil || !s.stored(u.source) {
			return refuse("message_not_found")
		}
		s.remove(u.source)
		return nil
	}
	if list, _ := args["attachments"].([]any); len(list) > 0 {
		return refuse("invalid_attachments", "attachments is not imitated")
	}
	what := content{text: args.text("text")}
	if utf8.RuneCountInString(what.text) > longestText {
		return refuse("msg_too_long")
	}
	blocks, err := readBlocks(args)
	if err != nil {
		return err
	}
	what.blocks = blocks
	// Libraries send metadata with empty properties where there is none.
	if m, _ := args["metadata"].(map[string]any); stringOf(m, "event_type") != "" {
		if what.metadata, err = readMetadata(args); err != nil {
			return err
		}
	}
	if what.text == "" && len(what.blocks) == 0 {
		return refuse("no_text")
	}
	if args.flag("replace_original") && u.source != nil {
		if !s.stored(u.source) {
			return refuse("message_not_found")
		}
		s.replace(u.source, what)
		return nil
	}
	m := &message{content: what, ch: u.ch, from: s.bot, to: u.person}
	switch args.text("response_type") {
	case "", "ephemeral":
	case "in_channel":
		m.to = nil
	default:
		return refuse("invalid_response_type")
	}
	s.post(m)
	return nil
}
