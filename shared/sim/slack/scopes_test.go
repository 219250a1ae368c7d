package slack_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	slackgo "github.com/slack-go/slack"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/slack"
)

// A token may what its scopes say, and is told of them on every answer.
func TestTheTokensScopes(t *testing.T) {
	const email = "aiko@example.com"
	for _, test := range []struct {
		call   string
		scopes string
		do     func(*slackgo.Client, *slack.Server) error
	}{
		{"auth.test", "", func(c *slackgo.Client, _ *slack.Server) error { _, err := c.AuthTest(); return err }},
		{"a message", "chat:write", func(c *slackgo.Client, _ *slack.Server) error {
			_, _, err := c.PostMessage("#open", slackgo.MsgOptionText("hello", false))
			return err
		}},
		{"somebody's address", "users:read.email", func(c *slackgo.Client, _ *slack.Server) error { _, err := c.GetUserByEmail(email); return err }},
		{"somebody", "users:read", func(c *slackgo.Client, s *slack.Server) error {
			id, _ := s.UserID(email)
			_, err := c.GetUserInfo(id)
			return err
		}},
		{"a direct channel", "im:write", func(c *slackgo.Client, s *slack.Server) error {
			id, _ := s.UserID(email)
			_, _, _, err := c.OpenConversation(&slackgo.OpenConversationParameters{Users: []string{id}})
			return err
		}},
		{"the public channels", "channels:read", func(c *slackgo.Client, _ *slack.Server) error {
			_, _, err := c.GetConversations(&slackgo.GetConversationsParameters{})
			return err
		}},
		{"all channels", "channels:read groups:read", func(c *slackgo.Client, _ *slack.Server) error {
			_, _, err := c.GetConversations(&slackgo.GetConversationsParameters{Types: []string{"public_channel", "private_channel"}})
			return err
		}},
		{"a public channel's history", "channels:history", history("#open")},
		{"a private channel's history", "groups:history", history("#closed")},
		{"the user groups", "usergroups:read", func(c *slackgo.Client, _ *slack.Server) error { _, err := c.GetUserGroups(); return err }},
	} {
		t.Run(test.call, func(t *testing.T) {
			scopes := strings.Fields(test.scopes)
			for lacks := range len(scopes) + 1 { // the last time it lacks nothing
				has := []string{"commands"}
				for i, scope := range scopes {
					if i != lacks {
						has = append(has, scope)
					}
				}
				s := slack.New(slack.Options{Now: time.Now, Token: token, Scopes: has, People: []slack.Person{{Email: email}}})
				for _, c := range []slack.Channel{{Name: "#open"}, {Name: "#closed", Private: true}} {
					if err := s.AddChannel(c); err != nil {
						t.Fatal(err)
					}
				}
				told := ""
				transport := sim.Transport{"slack.com": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					s.ServeHTTP(w, r)
					told = w.Header().Get("X-OAuth-Scopes")
				})}
				err := test.do(slackgo.New(token, slackgo.OptionHTTPClient(&http.Client{Transport: transport})), s)
				want := ""
				if lacks < len(scopes) {
					want = "missing_scope"
				}
				wantCode(t, err, want)
				if told != strings.Join(has, ",") {
					t.Errorf("the answer says that the token has %q, want %q", told, has)
				}
			}
		})
	}
}

func history(channel string) func(*slackgo.Client, *slack.Server) error {
	return func(c *slackgo.Client, s *slack.Server) error {
		id, _ := s.ChannelID(channel)
		_, err := c.GetConversationHistory(&slackgo.GetConversationHistoryParameters{ChannelID: id})
		return err
	}
}
