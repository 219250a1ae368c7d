package slack_test

import (
	"encoding/json"
	"errors"
	"fmt"
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

func TestMentionsAreShownByName(t *testing.T) {
	w := newWorld(t)
	if err := w.AddUserGroup(slack.UserGroup{Handle: "data-owners"}); err != nil {
		t.Fatal(err)
	}
	groups, err := w.api.GetUserGroups()
	if err != nil {
		t.Fatal(err)
	}
	channel, _ := w.ChannelID("looker-admins")
	w.dm(t, aiko, slackgo.MsgOptionText(fmt.Sprintf("<@%s> <#%s> <!subteam^%s> <@U0>", w.id(t, ben), channel, groups[0].ID), false))
	got := w.Visible(aiko)[0]
	if want := "@Ben Ito #looker-admins @data-owners @U0"; got.Text != want || got.Broadcast {
		t.Errorf("got %q, broadcast %v, want %q and none", got.Text, got.Broadcast, want)
	}
	if diff := cmp.Diff([]string{w.id(t, ben), groups[0].ID, "U0"}, got.Mentions); diff != "" {
		t.Errorf("mentions (-want +got):\n%s", diff)
	}
}

func TestMarksAreShownWhereMrkdwnIsOff(t *testing.T) {
	w := newWorld(t)
	w.dm(t, aiko, slackgo.MsgOptionText("*as it is*", false), slackgo.MsgOptionDisableMarkdown())
	w.dm(t, aiko, slackgo.MsgOptionText("@channel", false), slackgo.MsgOptionParse(true))
	got := w.Visible(aiko)
	if got[0].Text != "*as it is*" || !got[1].Broadcast {
		t.Errorf("got %q and broadcast %v, want the marks and a broadcast", got[0].Text, got[1].Broadcast)
	}
}
