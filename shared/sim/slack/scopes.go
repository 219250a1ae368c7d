package slack

import (
	"slices"
	"strings"
)

// This file keeps a token to its scopes, as each method's page lists them
// (https://docs.slack.dev/reference/methods, https://docs.slack.dev/reference/scopes).

// scopesHeader is where Slack says on every answer what the token may
// (https://docs.slack.dev/authentication/installing-with-oauth).
const scopesHeader = "X-OAuth-Scopes"

// scopesOfMethods are what methods need whatever they are asked. What is read of conversations
// depends on the conversation; the methods about views need nothing.
var scopesOfMethods = map[string]string{
	"chat.postMessage": "chat:write", "chat.postEphemeral": "chat:write", "chat.update": "chat:write", "chat.delete": "chat:write",
	"conversations.open": "im:write",
	"users.info":         "users:read", "users.list": "users:read", "users.lookupByEmail": emailScope,
	"usergroups.list": "usergroups:read", "usergroups.users.list": "usergroups:read",
}

// emailScope is what the addresses of people are told for.
const emailScope = "users:read.email"

// has reports whether the token has a scope.
func (s *Server) has(scope string) bool {
	return s.opt.Scopes == nil || slices.Contains(s.opt.Scopes, scope)
}

// needs returns the scopes that a call needs, all of them.
func (s *Server) needs(method string, args arguments) []string {
	if scope := scopesOfMethods[method]; scope != "" {
		return []string{scope}
	}
	what, ok := map[string]string{
		"conversations.list": ":read", "conversations.info": ":read", "conversations.members": ":read", "conversations.history": ":history",
	}[method]
	if !ok {
		return nil
	}
	if method != "conversations.list" {
		ch := s.channelByID(args.text("channel"))
		switch {
		case ch == nil:
			return nil // it is refused for that
		case ch.im != nil:
			return []string{"im" + what}
		case ch.private:
			return []string{"groups" + what}
		}
		return []string{"channels" + what}
	}
	kinds := map[string]string{"": "channels", "public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}
	var out []string
	for kind := range strings.SplitSeq(args.text("types"), ",") {
		if scope, ok := kinds[strings.TrimSpace(kind)]; ok {
			out = append(out, scope+what)
		}
	}
	return out
}

// allow refuses a call for which the token lacks a scope.
func (s *Server) allow(method string, args arguments) error {
	for _, scope := range s.needs(method, args) {
		if !s.has(scope) {
			return &apiError{code: "missing_scope", needed: scope, provided: strings.Join(s.opt.Scopes, ",")}
		}
	}
	return nil
}
