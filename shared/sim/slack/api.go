package slack

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"time"
)

// apiError is a refusal in Slack's own words.
type apiError struct {
	code    string
	reasons []string      // for response_metadata.messages
	wait    time.Duration // of a rate limit
	// needed and provided are scopes, of a token that lacks one.
	needed, provided string
}

func (e *apiError) Error() string { return e.code }

func refuse(code string, reasons ...string) error { return &apiError{code: code, reasons: reasons} }

// call is one request to a method, its arguments decoded.
type call struct {
	now      time.Time
	args     arguments
	warnings []string
}

// method is how one API method is served. The server's lock is held while run runs.
type method struct {
	perMinute int  // of its tier; 0 where the method counts for itself
	json      bool // takes application/json; otherwise a JSON body is not read
	run       func(*Server, *call) (map[string]any, error)
}

const (
	tier2 = 20
	tier3 = 50
	tier4 = 100
	// authTests stands for the "special" tier of auth.test: hundreds per minute.
	authTests = 600
)

// methods are the imitated ones, by Slack's names. Tiers and content types are those of
// https://docs.slack.dev/reference/methods.
var methods = map[string]method{
	"auth.test":             {authTests, true, (*Server).authTest},
	"chat.postMessage":      {0, true, (*Server).chatPostMessage},
	"chat.postEphemeral":    {tier4, true, (*Server).chatPostEphemeral},
	"chat.update":           {tier3, true, (*Server).chatUpdate},
	"chat.delete":           {tier3, true, (*Server).chatDelete},
	"conversations.open":    {tier3, true, (*Server).conversationsOpen},
	"conversations.list":    {tier2, false, (*Server).conversationsList},
	"conversations.info":    {tier3, false, (*Server).conversationsInfo},
	"conversations.members": {tier4, false, (*Server).conversationsMembers},
	"conversations.history": {tier3, true, (*Server).conversationsHistory},
	"users.info":            {tier4, false, (*Server).usersInfo},
	"users.list":            {tier2, false, (*Server).usersList},
	"users.lookupByEmail":   {tier3, false, (*Server).usersLookupByEmail},
	"usergroups.list":       {tier2, false, (*Server).userGroupsList},
	"usergroups.users.list": {tier2, false, (*Server).userGroupsUsersList},
	"views.open":            {tier4, true, (*Server).viewsOpen},
	"views.push":            {tier4, true, (*Server).viewsPush},
	"views.update":          {tier4, true, (*Server).viewsUpdate},
	"views.publish":         {tier4, true, (*Server).viewsPublish},
}

func (s *Server) serveAPI(r *http.Request, name string, now time.Time) answer {
	m, ok := methods[name]
	if !ok {
		return refusal(refuse("unknown_method"))
	}
	args, warnings, err := readArguments(r, m.json)
	if err != nil {
		return refusal(err)
	}
	switch token := args.token(r); {
	case token == "":
		return refusal(refuse("not_authed"))
	case subtle.ConstantTimeCompare([]byte(token), []byte(s.opt.Token)) != 1:
		return refusal(refuse("invalid_auth"))
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if m.perMinute > 0 {
		if wait := s.limit(name, m.perMinute).take(now); wait > 0 {
			return refusal(&apiError{code: "ratelimited", wait: wait})
		}
	}
	if err := s.allow(name, args); err != nil {
		return refusal(err)
	}
	c := &call{now: now, args: args, warnings: warnings}
	body, err := m.run(s, c)
	if err != nil {
		return refusal(err)
	}
	body["ok"] = true
	if len(c.warnings) > 0 {
		body["warning"] = c.warnings[0]
		meta, _ := body["response_metadata"].(map[string]any)
		if meta == nil {
			meta = map[string]any{}
		}
		meta["warnings"] = c.warnings
		body["response_metadata"] = meta
	}
	return answer{status: http.StatusOK, body: body}
}

// refusal is Slack's form of an error: status 200 and ok false, or 429 for a rate limit.
func refusal(err error) answer {
	var e *apiError
	if !errors.As(err, &e) {
		e = &apiError{code: "internal_error"}
	}
	a := answer{status: http.StatusOK, body: map[string]any{"ok": false, "error": e.code}}
	if e.wait > 0 {
		a.status, a.wait = http.StatusTooManyRequests, e.wait
	}
	if e.needed != "" {
		a.body["needed"], a.body["provided"] = e.needed, e.provided
	}
	if len(e.reasons) > 0 {
		messages := make([]string, len(e.reasons))
		for i, reason := range e.reasons {
			messages[i] = "[ERROR] " + reason
		}
		if e.code == "invalid_blocks" {
			a.body["errors"] = e.reasons // beside the messages, for this error alone
		}
		a.body["response_metadata"] = map[string]any{"messages": messages}
	}
	return a
}

func (s *Server) authTest(*call) (map[string]any, error) {
	return map[string]any{
		"url": "https://" + teamDomain + ".slack.com/", "team": "Sekisho",
		"user": s.bot.handle, "user_id": s.bot.id, "bot_id": s.botID,
		"team_id": s.opt.TeamID, "is_enterprise_install": false,
	}, nil
}

// teamDomain is the workspace's part of slack.com.
const teamDomain = "sekisho"
