package slack_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	slackgo "github.com/slack-go/slack"

	"github.com/sekisho/sekisho/shared/sim/slack"
)

func texts(messages []slack.Message) []string {
	var out []string
	for _, m := range messages {
		out = append(out, m.Text)
	}
	return out
}

func TestWhoSeesAMessage(t *testing.T) {
	w := newWorld(t)
	if err := w.Join("#looker-admins", aiko, eve); err != nil {
		t.Fatal(err)
	}
	w.dm(t, ben, slackgo.MsgOptionText("for Ben", false))
	if _, _, err := w.api.PostMessage("looker-admins", slackgo.MsgOptionText("for the channel", false)); err != nil {
		t.Fatal(err)
	}
	id, _ := w.ChannelID("#looker-admins")
	if _, err := w.api.PostEphemeral(id, w.id(t, aiko), slackgo.MsgOptionText("for Aiko alone", false)); err != nil {
		t.Fatal(err)
	}
	tests := map[string][]string{
		aiko:             {"for the channel", "for Aiko alone"},
		eve:              {"for the channel"},
		ben:              {"for Ben"},
		carol:            nil,
		"#looker-admins": {"for the channel"},
		"#nowhere":       nil,
		"nobody":         nil,
	}
	for who, want := range tests {
		if diff := cmp.Diff(want, texts(w.Visible(who))); diff != "" {
			t.Errorf("%s sees (-want +got):\n%s", who, diff)
		}
	}
	if err := w.Leave("looker-admins", aiko); err != nil {
		t.Fatal(err)
	}
	if got := w.Visible(aiko); len(got) != 0 {
		t.Errorf("after leaving Aiko sees %v", texts(got))
	}
}

func TestWhereTheAppCanPost(t *testing.T) {
	w := newWorld(t)
	for _, c := range []slack.Channel{
		{Name: "#elsewhere", BotAbsent: true},
		{Name: "#hidden", BotAbsent: true, Private: true},
		{Name: "#private", Private: true},
		{Name: "#old", Archived: true},
	} {
		if err := w.AddChannel(c); err != nil {
			t.Fatal(err)
		}
	}
	im, _, _, err := w.api.OpenConversation(&slackgo.OpenConversationParameters{Users: []string{w.id(t, ben)}})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ to, want string }{
		"a channel by name":                 {"#looker-admins", ""},
		"a private channel":                 {"#private", ""},
		"a person":                          {w.id(t, aiko), ""},
		"a guest":                           {w.id(t, carol), ""},
		"open direct messages":              {im.ID, ""},
		"a channel without the app":         {"#elsewhere", "not_in_channel"},
		"a private channel without the app": {"#hidden", "channel_not_found"},
		"an archived channel":               {"#old", "is_archived"},
		"a deactivated person":              {w.id(t, dora), "channel_not_found"},
		"a stranger":                        {w.id(t, eve), "channel_not_found"},
		"the app itself":                    {w.BotUserID(), "channel_not_found"},
		"a channel that does not exist":     {"C0NOWHERE", "channel_not_found"},
		"nowhere":                           {"", "channel_not_found"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := w.api.PostMessage(tt.to, slackgo.MsgOptionText("hello", false))
			wantCode(t, err, tt.want)
		})
	}
	w.AddPerson(slack.Person{Email: ben, Deleted: true})
	_, _, err = w.api.PostMessage(im.ID, slackgo.MsgOptionText("hello", false))
	wantCode(t, err, "is_archived")
}

func TestTimestampsIncreaseWhileTheClockStands(t *testing.T) {
	w := newWorld(t)
	var last string
	for range 5 {
		_, ts := w.dm(t, aiko, slackgo.MsgOptionText("hello", false))
		if ts <= last {
			t.Errorf("got %s after %s", ts, last)
		}
		last = ts
	}
	if got := w.Visible(aiko)[0]; !got.At.Equal(w.now) {
		t.Errorf("got time %v, want %v", got.At, w.now)
	}
}

func TestTextLimits(t *testing.T) {
	w := newWorld(t)
	channel, ts := w.dm(t, aiko, slackgo.MsgOptionText(strings.Repeat("あ", 40000), false))
	_, _, err := w.api.PostMessage(channel, slackgo.MsgOptionText(strings.Repeat("あ", 40001), false))
	wantCode(t, err, "msg_too_long")
	_, _, err = w.api.PostMessage(channel)
	wantCode(t, err, "no_text")
	_, _, _, err = w.api.UpdateMessage(channel, ts, slackgo.MsgOptionText(strings.Repeat("あ", 4000), false))
	wantCode(t, err, "")
	_, _, _, err = w.api.UpdateMessage(channel, ts, slackgo.MsgOptionText(strings.Repeat("あ", 4001), false))
	wantCode(t, err, "msg_too_long")
	_, err = w.api.PostEphemeral(channel, w.id(t, aiko), slackgo.MsgOptionText(strings.Repeat("a", 40001), false))
	wantCode(t, err, "msg_too_long")
	_, err = w.api.PostEphemeral(channel, w.id(t, aiko))
	wantCode(t, err, "no_text")
	_, err = w.api.PostEphemeral(channel, w.id(t, ben), slackgo.MsgOptionText("hello", false))
	wantCode(t, err, "user_not_in_channel")
}

func TestUpdateReplacesTextAndButtons(t *testing.T) {
	w := newWorld(t)
	channel, ts := w.dm(t, aiko, ask("Approve?"), slackgo.MsgOptionMetadata(slackgo.SlackMetadata{
		EventType: "change", EventPayload: map[string]any{"id": "change-1"},
	}))
	if got := w.Visible(aiko)[0]; len(got.Buttons) != 2 {
		t.Fatalf("got %d buttons, want 2", len(got.Buttons))
	}
	if _, _, text, err := w.api.UpdateMessage(channel, ts, slackgo.MsgOptionText("Approved by Ben", false)); err != nil || text != "Approved by Ben" {
		t.Fatalf("got %q, %v", text, err)
	}
	got := w.Visible(aiko)[0]
	if len(got.Buttons) != 0 || got.Blocks != nil || got.Text != "Approved by Ben" || !got.Edited {
		t.Errorf("got %+v, want the new text without buttons, marked as edited", got)
	}
	if got.Metadata == nil || got.Metadata.EventType != "change" {
		t.Errorf("got metadata %+v, want it kept", got.Metadata)
	}
	if _, _, _, err := w.api.UpdateMessage(channel, ts, ask("Again?"), slackgo.MsgOptionText("Again?", false)); err != nil {
		t.Fatal(err)
	}
	if got := w.Visible(aiko)[0]; len(got.Buttons) != 2 || got.Text != "Again?" {
		t.Errorf("got %+v, want the new blocks", got)
	}
	// An empty list of blocks takes them away; an empty object takes the metadata away.
	form := "channel=" + channel + "&ts=" + ts + "&text=over&blocks=[]&metadata={}"
	if _, code := w.raw(t, "chat.update", "application/x-www-form-urlencoded", "Bearer "+token, form); code != "" {
		t.Fatalf("got error %q", code)
	}
	if got := w.Visible(aiko)[0]; got.Text != "over" || got.Blocks != nil || got.Metadata != nil {
		t.Errorf("got %+v, want neither blocks nor metadata", got)
	}
	_, _, _, err := w.api.UpdateMessage(channel, ts)
	wantCode(t, err, "no_text")
}

func TestWhatCannotBeUpdatedOrDeleted(t *testing.T) {
	w := newWorld(t, func(o *slack.Options) { o.EditWindow = time.Hour })
	if err := w.Join("#looker-admins", aiko); err != nil {
		t.Fatal(err)
	}
	if err := w.Say(aiko, "#looker-admins", "my words"); err != nil {
		t.Fatal(err)
	}
	if err := w.Say(ben, "#looker-admins", "not a member"); !errors.Is(err, slack.ErrNoChannel) {
		t.Errorf("got %v, want %v", err, slack.ErrNoChannel)
	}
	hers := w.Visible("#looker-admins")[0]
	ephemeral, err := w.api.PostEphemeral(hers.Channel, w.id(t, aiko), slackgo.MsgOptionText("psst", false))
	if err != nil {
		t.Fatal(err)
	}
	channel, ts := w.dm(t, aiko, slackgo.MsgOptionText("hello", false))
	tests := map[string]struct{ channel, ts, update, delete string }{
		"a message of a person":         {hers.Channel, hers.TS, "cant_update_message", "cant_delete_message"},
		"an ephemeral message":          {hers.Channel, ephemeral, "message_not_found", "message_not_found"},
		"a message of another channel":  {hers.Channel, ts, "message_not_found", "message_not_found"},
		"no timestamp":                  {channel, "", "message_not_found", "message_not_found"},
		"a user id for direct messages": {w.id(t, aiko), ts, "channel_not_found", "channel_not_found"},
		"a name for a channel":          {"#looker-admins", ts, "channel_not_found", "channel_not_found"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, _, err := w.api.UpdateMessage(tt.channel, tt.ts, slackgo.MsgOptionText("x", false))
			wantCode(t, err, tt.update)
			_, _, err = w.api.DeleteMessage(tt.channel, tt.ts)
			wantCode(t, err, tt.delete)
		})
	}

	w.now = w.now.Add(time.Hour)
	_, _, _, err = w.api.UpdateMessage(channel, ts, slackgo.MsgOptionText("in time", false))
	wantCode(t, err, "")
	w.now = w.now.Add(time.Minute)
	_, _, _, err = w.api.UpdateMessage(channel, ts, slackgo.MsgOptionText("too late", false))
	wantCode(t, err, "edit_window_closed")
	_, _, err = w.api.DeleteMessage(channel, ts)
	wantCode(t, err, "")
	if got := w.Visible(aiko); len(got) != 2 {
		t.Errorf("got %v, want her own words and the ephemeral message", texts(got))
	}
	_, _, err = w.api.DeleteMessage(channel, ts)
	wantCode(t, err, "message_not_found")
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

func TestThreads(t *testing.T) {
	w := newWorld(t)
	channel, parent := w.dm(t, aiko, slackgo.MsgOptionText("parent", false))
	w.dm(t, aiko, slackgo.MsgOptionText("reply", false), slackgo.MsgOptionTS(parent))
	w.dm(t, aiko, slackgo.MsgOptionText("orphan", false), slackgo.MsgOptionTS("1.000001"))
	var got []string
	for _, m := range w.Visible(aiko) {
		got = append(got, m.ThreadTS)
	}
	if diff := cmp.Diff([]string{parent, parent, ""}, got); diff != "" {
		t.Errorf("threads in %s (-want +got):\n%s", channel, diff)
	}
}

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

func TestStoredBlocksHaveIDs(t *testing.T) {
	w := newWorld(t)
	w.dm(t, aiko, slackgo.MsgOptionBlocks(section("a"), slackgo.NewActionBlock("", button("", "v", "Go"))))
	var blocks []struct {
		BlockID  string `json:"block_id"`
		Elements []struct {
			ActionID string `json:"action_id"`
		} `json:"elements"`
	}
	if err := json.Unmarshal(w.Visible(aiko)[0].Blocks, &blocks); err != nil {
		t.Fatal(err)
	}
	if blocks[0].BlockID == "" || blocks[0].BlockID == blocks[1].BlockID || blocks[1].Elements[0].ActionID == "" {
		t.Errorf("got %+v, want ids of their own", blocks)
	}
}

func TestEveryBroadcastIsRemembered(t *testing.T) {
	w := newWorld(t)
	channel, ts := w.dm(t, aiko, slackgo.MsgOptionText("hello", false))
	for _, text := range []string{"<!channel> look", "&lt;!channel&gt; look", "<!date^1|a> x"} {
		if _, _, _, err := w.api.UpdateMessage(channel, ts, slackgo.MsgOptionText(text, false)); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := w.api.DeleteMessage(channel, ts); err != nil {
		t.Fatal(err)
	}
	got := w.Broadcasts()
	if len(got) != 1 || got[0].Text != "@channel look" {
		t.Errorf("got %v, want the one that was shown for a while", texts(got))
	}
}
