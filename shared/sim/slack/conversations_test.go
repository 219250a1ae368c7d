package slack_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	slackgo "github.com/slack-go/slack"

	"github.com/sekisho/sekisho/shared/sim/slack"
)

func TestConversations(t *testing.T) {
	w := newWorld(t)
	for _, c := range []slack.Channel{
		{Name: "private", Private: true, Members: []string{ben}},
		{Name: "hidden", Private: true, BotAbsent: true},
		{Name: "old", Archived: true},
		{Name: "elsewhere", BotAbsent: true},
	} {
		if err := w.AddChannel(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.AddChannel(slack.Channel{Name: "x", Members: []string{"nobody@example.com"}}); !errors.Is(err, slack.ErrNoPerson) {
		t.Errorf("got %v, want %v", err, slack.ErrNoPerson)
	}
	if err := w.Join("#nowhere", aiko); !errors.Is(err, slack.ErrNoChannel) {
		t.Errorf("got %v, want %v", err, slack.ErrNoChannel)
	}
	if err := w.Join("#looker-admins", aiko, ben, eve); err != nil {
		t.Fatal(err)
	}
	names := func(p slackgo.GetConversationsParameters) map[string]bool {
		t.Helper()
		found := map[string]bool{}
		for {
			channels, next, err := w.api.GetConversations(&p)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range channels {
				found[c.Name] = c.IsMember
			}
			if next == "" {
				return found
			}
			p.Cursor = next
		}
	}
	want := map[string]bool{"looker-admins": true, "private": true, "elsewhere": false}
	got := names(slackgo.GetConversationsParameters{Types: []string{"public_channel", "private_channel"}, ExcludeArchived: true, Limit: 1})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("channels and whether the app is in them (-want +got):\n%s", diff)
	}
	if got := names(slackgo.GetConversationsParameters{}); len(got) != 3 {
		t.Errorf("got %v, want the three public channels", got)
	}
	_, _, err := w.api.GetConversations(&slackgo.GetConversationsParameters{Types: []string{"secret"}})
	wantCode(t, err, "invalid_types")

	id, _ := w.ChannelID("looker-admins")
	info, err := w.api.GetConversationInfo(&slackgo.GetConversationInfoInput{ChannelID: id, IncludeNumMembers: true})
	if err != nil || info.Name != "looker-admins" || info.NumMembers != 4 || !info.IsExtShared {
		t.Errorf("got %+v, %v, want four members, one of them of another workspace", info, err)
	}
	_, err = w.api.GetConversationInfo(&slackgo.GetConversationInfoInput{ChannelID: "C0"})
	wantCode(t, err, "channel_not_found")

	members, next, err := w.api.GetUsersInConversation(&slackgo.GetUsersInConversationParameters{ChannelID: id, Limit: 3})
	if err != nil || next == "" {
		t.Fatalf("got cursor %q, error %v", next, err)
	}
	rest, _, err := w.api.GetUsersInConversation(&slackgo.GetUsersInConversationParameters{ChannelID: id, Cursor: next})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{w.id(t, aiko), w.id(t, ben), w.id(t, eve), w.BotUserID()}, append(members, rest...)); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

func TestOpeningDirectMessages(t *testing.T) {
	w := newWorld(t)
	open := func(users ...string) (*slackgo.Channel, bool, error) {
		ch, _, already, err := w.api.OpenConversation(&slackgo.OpenConversationParameters{Users: users, ReturnIM: true})
		return ch, already, err
	}
	first, already, err := open(w.id(t, aiko))
	if err != nil || already || !strings.HasPrefix(first.ID, "D") || first.User != w.id(t, aiko) {
		t.Fatalf("got %+v, already %v, error %v, want new direct messages", first, already, err)
	}
	again, already, err := open(w.id(t, aiko))
	if err != nil || !already || again.ID != first.ID {
		t.Errorf("got %+v, already %v, error %v, want the same again", again, already, err)
	}
	if resumed, _, _, err := w.api.OpenConversation(&slackgo.OpenConversationParameters{ChannelID: first.ID}); err != nil || resumed.ID != first.ID {
		t.Errorf("got %+v, %v, want the same by its id", resumed, err)
	}
	tests := map[string]struct {
		users []string
		want  string
	}{
		"nobody":               {nil, "users_list_not_supplied"},
		"somebody unknown":     {[]string{"U0"}, "user_not_found"},
		"a deactivated person": {[]string{w.id(t, dora)}, "user_disabled"},
		"a stranger":           {[]string{w.id(t, eve)}, "user_not_visible"},
		"a bot":                {[]string{w.BotUserID()}, "cannot_dm_bot"},
		"several people":       {[]string{w.id(t, aiko), w.id(t, ben)}, "method_not_supported_for_channel_type"},
		"too many":             {strings.Split("U1 U2 U3 U4 U5 U6 U7 U8 U9", " "), "too_many_users"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := open(tt.users...)
			wantCode(t, err, tt.want)
		})
	}
}

func TestUserGroups(t *testing.T) {
	w := newWorld(t)
	for _, g := range []slack.UserGroup{
		{Handle: "data-owners", Name: "Old name"},
		{Handle: "data-owners", Name: "Data owners", Members: []string{aiko, ben}},
		{Handle: "retired", Disabled: true},
	} {
		if err := w.AddUserGroup(g); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.AddUserGroup(slack.UserGroup{Members: []string{"x"}}); !errors.Is(err, slack.ErrNoPerson) {
		t.Errorf("got %v, want %v", err, slack.ErrNoPerson)
	}
	groups, err := w.api.GetUserGroups(slackgo.GetUserGroupsOptionIncludeUsers(true), slackgo.GetUserGroupsOptionIncludeCount(true))
	if err != nil || len(groups) != 1 {
		t.Fatalf("got %v, %v, want one group", groups, err)
	}
	if diff := cmp.Diff([]string{w.id(t, aiko), w.id(t, ben)}, groups[0].Users); diff != "" || groups[0].Name != "Data owners" || groups[0].UserCount != 2 {
		t.Errorf("got %+v, users (-want +got):\n%s", groups[0], diff)
	}
	if all, err := w.api.GetUserGroups(slackgo.GetUserGroupsOptionIncludeDisabled(true)); err != nil || len(all) != 2 {
		t.Errorf("got %v, %v, want both", all, err)
	}
	members, err := w.api.GetUserGroupMembers(groups[0].ID)
	if err != nil || len(members) != 2 {
		t.Errorf("got %v, %v, want both members", members, err)
	}
	_, err = w.api.GetUserGroupMembers("S0")
	wantCode(t, err, "no_such_subteam")
}

func TestHistory(t *testing.T) {
	w := newWorld(t)
	id, _ := w.ChannelID("#looker-admins")
	var stamps []string
	for _, text := range []string{"one", "two", "three"} {
		_, ts, err := w.api.PostMessage(id, slackgo.MsgOptionText(text, false),
			slackgo.MsgOptionMetadata(slackgo.SlackMetadata{EventType: text, EventPayload: map[string]any{"n": 1}}))
		if err != nil {
			t.Fatal(err)
		}
		stamps = append(stamps, ts)
		w.now = w.now.Add(time.Minute)
	}
	if _, _, err := w.api.PostMessage(id, slackgo.MsgOptionText("a reply", false), slackgo.MsgOptionTS(stamps[0])); err != nil {
		t.Fatal(err)
	}
	history := func(p slackgo.GetConversationHistoryParameters) *slackgo.GetConversationHistoryResponse {
		t.Helper()
		p.ChannelID = id
		r, err := w.api.GetConversationHistory(&p)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	words := func(r *slackgo.GetConversationHistoryResponse) string {
		var out []string
		for _, m := range r.Messages {
			out = append(out, m.Text)
		}
		return strings.Join(out, " ")
	}
	tests := map[string]struct {
		p    slackgo.GetConversationHistoryParameters
		want string
	}{
		"everything, newest first": {slackgo.GetConversationHistoryParameters{}, "three two one"},
		"after, exclusive":         {slackgo.GetConversationHistoryParameters{Oldest: stamps[1]}, "three"},
		"after, inclusive":         {slackgo.GetConversationHistoryParameters{Oldest: stamps[1], Inclusive: true}, "three two"},
		"before, exclusive":        {slackgo.GetConversationHistoryParameters{Latest: stamps[1]}, "one"},
		"exactly one":              {slackgo.GetConversationHistoryParameters{Latest: stamps[1], Oldest: stamps[1], Inclusive: true}, "two"},
		"a time in whole seconds":  {slackgo.GetConversationHistoryParameters{Oldest: "1"}, "three two one"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := words(history(tt.p)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}

	first := history(slackgo.GetConversationHistoryParameters{Limit: 2, IncludeAllMetadata: true})
	if words(first) != "three two" || !first.HasMore || first.Messages[0].Metadata.EventType != "three" {
		t.Errorf("got %+v, want a first page with metadata", first)
	}
	second := history(slackgo.GetConversationHistoryParameters{Limit: 2, Cursor: first.ResponseMetaData.NextCursor})
	if words(second) != "one" || second.HasMore || second.Messages[0].Metadata.EventType != "" {
		t.Errorf("got %+v, want the second page without metadata", second)
	}

	_, err := w.api.GetConversationHistory(&slackgo.GetConversationHistoryParameters{ChannelID: id, Oldest: "yesterday"})
	wantCode(t, err, "invalid_ts_oldest")
	_, err = w.api.GetConversationHistory(&slackgo.GetConversationHistoryParameters{ChannelID: id, Latest: "1.1234567"})
	wantCode(t, err, "invalid_ts_latest")
	_, err = w.api.GetConversationHistory(&slackgo.GetConversationHistoryParameters{ChannelID: "C0"})
	wantCode(t, err, "channel_not_found")
	if err := w.AddChannel(slack.Channel{Name: "elsewhere", BotAbsent: true}); err != nil {
		t.Fatal(err)
	}
	other, _ := w.ChannelID("elsewhere")
	_, err = w.api.GetConversationHistory(&slackgo.GetConversationHistoryParameters{ChannelID: other})
	wantCode(t, err, "not_in_channel")
}
