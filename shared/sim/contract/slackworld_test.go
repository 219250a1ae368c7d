package contract

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	slackgo "github.com/slack-go/slack"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/slack"
)

// slackWorld is a simulated workspace behind a recorder, with slack-go in front.
type slackWorld struct {
	*slack.Server
	api    *slackgo.Client
	client *http.Client
	now    time.Time
	faults *sim.Faults
	app    http.HandlerFunc // what the app answers; nil answers 200 with nothing
}

func newSlackWorld(t *testing.T, recorder *Recorder) *slackWorld {
	t.Helper()
	specs := Specs(t)
	web, err := LoadSlack(specs)
	check(t, err)
	pushes, err := LoadSlackPushes(specs)
	check(t, err)
	w := &slackWorld{now: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), faults: sim.NewFaults(1)}
	hosts := sim.Transport{}
	w.client = &http.Client{Transport: hosts}
	w.Server = slack.New(slack.Options{
		People: []slack.Person{
			{Email: "aiko@example.com", Name: "佐藤 愛子", Locale: "ja-JP"},
			{Email: "ben@example.com"},
			{Email: "carol@example.com", Guest: true},
			{Email: "dora@example.com", Deleted: true},
			{Email: "eve@partner.example", Team: "T0PARTNER"},
		},
		Channels: []string{"#general"}, Now: func() time.Time { return w.now }, Token: "xoxb-token", SigningSecret: "secret",
		Interact: "https://app.example/", Client: w.client, Faults: w.faults,
	})
	judged := recorder.Handler(Tap{Specs: []Spec{web}}, w.Server)
	hosts["slack.com"], hosts["hooks.slack.com"] = judged, judged
	hosts["provoked.example"] = recorder.Handler(Tap{Specs: []Spec{web}, Provoking: true}, w.Server)
	hosts["app.example"] = recorder.Handler(Tap{Specs: []Spec{pushes}}, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.app != nil {
			w.app(rw, r)
		}
	}))
	w.api = slackgo.New("xoxb-token", slackgo.OptionHTTPClient(w.client))
	return w
}

func (w *slackWorld) id(t *testing.T, email string) string {
	t.Helper()
	id, ok := w.UserID(email)
	if !ok {
		t.Fatalf("there is no %s", email)
	}
	return id
}

// Everything that slack-go can ask of the simulator, everything that people can do, and
// everything that the simulator posts to the app.
func TestSlackConforms(t *testing.T) {
	recorder := NewRecorder(SlackExceptions...)
	w := newSlackWorld(t, recorder)
	t.Run("messages", w.postMessages)
	t.Run("lists", w.listEverything)
	t.Run("presses", w.press)
	t.Run("modals", w.openModals)
	t.Run("refusals", w.refuse)
	t.Run("provoked", w.provoke)
	t.Run("faults", w.misbehave)
	report := recorder.Report()
	report.Verify(t)
	if missing := report.Missing(slack.Methods()); len(missing) > 0 {
		t.Errorf("never asked for: %v", missing)
	}
	for _, e := range report.Unused {
		t.Errorf("this exception is not needed: %+v", e)
	}
	ok := regexp.MustCompile(`ok ×|: 200 ×`)
	for _, c := range report.Operations {
		if line := (Report{Operations: []Coverage{c}}).Coverage(); !ok.MatchString(line) && c.Operation != inventedMethod {
			t.Errorf("it never succeeded: %s", line)
		}
	}
}

func plainText(s string) *slackgo.TextBlockObject {
	return slackgo.NewTextBlockObject("plain_text", s, false, false)
}

// question is a message with buttons.
func question(text string) []slackgo.MsgOption {
	button := func(action, label string) *slackgo.ButtonBlockElement {
		return slackgo.NewButtonBlockElement(action, "change-1 3", plainText(label)).WithStyle(slackgo.StylePrimary)
	}
	return []slackgo.MsgOption{
		slackgo.MsgOptionText(text, true),
		slackgo.MsgOptionBlocks(slackgo.NewSectionBlock(plainText(text), nil, nil), slackgo.NewActionBlock("", button("approve", "Approve"), button("deny", "Deny"))),
		slackgo.MsgOptionMetadata(slackgo.SlackMetadata{EventType: "change", EventPayload: map[string]any{"id": "change-1"}}),
	}
}

func (w *slackWorld) postMessages(t *testing.T) {
	aiko := w.id(t, "aiko@example.com")
	check(t, w.Join("#general", "aiko@example.com", "eve@partner.example"))
	_, err := w.api.AuthTest()
	check(t, err)
	im, _, _, err := w.api.OpenConversation(&slackgo.OpenConversationParameters{Users: []string{aiko}, ReturnIM: true})
	check(t, err)
	_, _, _, err = w.api.OpenConversation(&slackgo.OpenConversationParameters{ChannelID: im.ID})
	check(t, err)
	channel, ts, err := w.api.PostMessage(im.ID, append(question("May it?"), slackgo.MsgOptionDisableLinkUnfurl(), slackgo.MsgOptionDisableMediaUnfurl())...)
	check(t, err)
	_, _, err = w.api.PostMessage(channel, slackgo.MsgOptionText("in the thread", false), slackgo.MsgOptionTS(ts), slackgo.MsgOptionBroadcast())
	check(t, err)
	_, _, err = w.api.PostMessage("#general", slackgo.MsgOptionText("hello", false))
	check(t, err)
	_, _, _, err = w.api.UpdateMessage(channel, ts, question("May it really?")...)
	check(t, err)
	_, second, err := w.api.PostMessage(aiko, slackgo.MsgOptionText("short", false))
	check(t, err)
	_, _, _, err = w.api.UpdateMessage(channel, second, slackgo.MsgOptionText("changed", false))
	check(t, err)
	_, err = w.api.PostEphemeral(channel, aiko, slackgo.MsgOptionText("only for you", false))
	check(t, err)
	history := &slackgo.GetConversationHistoryParameters{ChannelID: channel, Limit: 2, IncludeAllMetadata: true, Oldest: "1700000000.000000"}
	page, err := w.api.GetConversationHistory(history)
	check(t, err)
	history.Cursor = page.ResponseMetaData.NextCursor
	_, err = w.api.GetConversationHistory(history)
	check(t, err)
	_, _, err = w.api.DeleteMessage(channel, second)
	check(t, err)
}

func (w *slackWorld) listEverything(t *testing.T) {
	check(t, w.AddChannel(slack.Channel{Name: "#private", Private: true, Members: []string{"aiko@example.com"}}))
	check(t, w.AddChannel(slack.Channel{Name: "#old", Archived: true}))
	check(t, w.AddUserGroup(slack.UserGroup{Handle: "owners", Name: "Owners", Members: []string{"aiko@example.com"}}))
	check(t, w.AddUserGroup(slack.UserGroup{Handle: "former", Name: "Former", Disabled: true}))
	_, _, err := w.api.GetConversations(&slackgo.GetConversationsParameters{Types: []string{"public_channel", "private_channel", "im"}, ExcludeArchived: true})
	check(t, err)
	_, next, err := w.api.GetConversations(&slackgo.GetConversationsParameters{Limit: 1})
	check(t, err)
	_, _, err = w.api.GetConversations(&slackgo.GetConversationsParameters{Limit: 1, Cursor: next})
	check(t, err)
	for _, name := range []string{"#general", "#private", "#old"} {
		id, _ := w.ChannelID(name)
		_, err = w.api.GetConversationInfo(&slackgo.GetConversationInfoInput{ChannelID: id, IncludeLocale: true, IncludeNumMembers: true})
		check(t, err)
	}
	general, _ := w.ChannelID("#general")
	_, _, err = w.api.GetUsersInConversation(&slackgo.GetUsersInConversationParameters{ChannelID: general, Limit: 10})
	check(t, err)
	for _, email := range []string{"aiko@example.com", "carol@example.com", "dora@example.com", "eve@partner.example"} {
		_, err = w.api.GetUserInfo(w.id(t, email))
		check(t, err)
	}
	_, err = w.api.GetUserByEmail("aiko@example.com")
	check(t, err)
	_, err = w.api.GetUsers(slackgo.GetUsersOptionLimit(2))
	check(t, err)
	groups, err := w.api.GetUserGroups(slackgo.GetUserGroupsOptionIncludeUsers(true), slackgo.GetUserGroupsOptionIncludeCount(true), slackgo.GetUserGroupsOptionIncludeDisabled(true))
	check(t, err)
	_, err = w.api.GetUserGroupMembers(groups[0].ID)
	check(t, err)
}

func (w *slackWorld) press(t *testing.T) {
	ctx := t.Context()
	_, err := w.Click(ctx, "aiko@example.com", "Approve", nil)
	check(t, err)
	_, err = w.Replay(ctx, "aiko@example.com")
	check(t, err)
	_, err = w.Forge(ctx, "aiko@example.com")
	check(t, err)
	general, _ := w.ChannelID("#general")
	w.now = w.now.Add(time.Minute)
	_, _, err = w.api.PostMessage(general, question("In the channel?")...)
	check(t, err)
	w.app = func(rw http.ResponseWriter, r *http.Request) { w.respond(t, rw, r) }
	_, err = w.Click(ctx, "eve@partner.example", "Deny", nil)
	check(t, err)
	w.app = nil
	_, err = w.Command(ctx, "ben@example.com", "/why", "data@example.com")
	check(t, err)
}

// respond answers a press at its response URL.
func (w *slackWorld) respond(t *testing.T, _ http.ResponseWriter, r *http.Request) {
	t.Helper()
	var ic slackgo.InteractionCallback
	check(t, ic.UnmarshalJSON([]byte(r.FormValue("payload"))))
	_, _, err := w.api.PostMessage("", slackgo.MsgOptionResponseURL(ic.ResponseURL, slackgo.ResponseTypeEphemeral), slackgo.MsgOptionText("not yours", false))
	check(t, err)
}

func modal(title string) slackgo.ModalViewRequest {
	reason := slackgo.NewInputBlock("reason", plainText("Reason"), nil, slackgo.NewPlainTextInputBlockElement(nil, "r"))
	return slackgo.ModalViewRequest{
		Type: "modal", Title: plainText(title), Submit: plainText("Send"), Close: plainText("Cancel"), CallbackID: "access", NotifyOnClose: true,
		Blocks: slackgo.Blocks{BlockSet: []slackgo.Block{reason, slackgo.NewActionBlock("more", slackgo.NewButtonBlockElement("more", "1", plainText("More")))}},
	}
}

func (w *slackWorld) openModals(t *testing.T) {
	ctx := t.Context()
	var top *slackgo.ViewResponse
	// Each press brings a trigger; the app opens a modal with the first, and pushes another
	// with the next.
	w.app = func(_ http.ResponseWriter, r *http.Request) {
		var err error
		if r.FormValue("command") != "" {
			top, err = w.api.OpenViewContext(ctx, r.FormValue("trigger_id"), modal("First"))
			check(t, err)
			return
		}
		var ic slackgo.InteractionCallback
		check(t, ic.UnmarshalJSON([]byte(r.FormValue("payload"))))
		if ic.Type == slackgo.InteractionTypeBlockActions {
			_, err = w.api.PushViewContext(ctx, ic.TriggerID, modal("Second"))
			check(t, err)
		}
	}
	_, err := w.Command(ctx, "ben@example.com", "/access", "")
	check(t, err)
	_, err = w.ClickModal(ctx, "ben@example.com", "More")
	check(t, err)
	_, err = w.api.UpdateViewContext(ctx, modal("Changed"), "", top.Hash, top.ID)
	check(t, err)
	_, err = w.Submit(ctx, "ben@example.com", map[string]string{"reason": "because"})
	check(t, err)
	_, err = w.Close(ctx, "ben@example.com")
	check(t, err)
	w.app = nil
	home := slackgo.HomeTabViewRequest{Type: "home", Blocks: slackgo.Blocks{BlockSet: []slackgo.Block{
		slackgo.NewActionBlock("a", slackgo.NewButtonBlockElement("more", "1", plainText("More"))),
	}}}
	_, err = w.api.PublishViewContext(ctx, slackgo.PublishViewContextRequest{UserID: w.id(t, "ben@example.com"), View: home})
	check(t, err)
	_, err = w.OpenHome(ctx, "ben@example.com")
	check(t, err)
	_, err = w.ClickHome(ctx, "ben@example.com", "More", nil)
	check(t, err)
}

// refuse asks for what cannot be, in requests that are written well.
func (w *slackWorld) refuse(t *testing.T) {
	want := func(err error, code string) {
		t.Helper()
		if err == nil || err.Error() != code {
			t.Errorf("got %v, want %s", err, code)
		}
	}
	_, err := w.api.GetUserInfo("U0NOBODY")
	want(err, "user_not_found")
	_, err = w.api.GetUserByEmail("nobody@example.com")
	want(err, "users_not_found")
	_, _, err = w.api.PostMessage("C0NOWHERE", slackgo.MsgOptionText("x", false))
	want(err, "channel_not_found")
	general, _ := w.ChannelID("#general")
	_, err = w.api.PostEphemeral(general, w.id(t, "ben@example.com"), slackgo.MsgOptionText("x", false))
	want(err, "user_not_in_channel")
	_, _, _, err = w.api.UpdateMessage(general, "1700000000.000001", slackgo.MsgOptionText("x", false))
	want(err, "message_not_found")
	_, err = w.api.OpenViewContext(t.Context(), "1.2.x", modal("Late"))
	want(err, "invalid_trigger_id")
	_, err = w.api.GetUserGroupMembers("S0NONE")
	want(err, "no_such_subteam")
	_, _, _, err = w.api.OpenConversation(&slackgo.OpenConversationParameters{Users: []string{w.BotUserID()}})
	want(err, "cannot_dm_bot")
	_, _, err = w.api.PostMessage(general, slackgo.MsgOptionBlocks(slackgo.NewHeaderBlock(plainText(""))), slackgo.MsgOptionText("x", false))
	if err == nil {
		t.Error("an empty header was posted")
	}
}

// inventedMethod is one that Slack does not have.
const inventedMethod = "chat.shout"

// provoke sends what slack-go would not send.
func (w *slackWorld) provoke(t *testing.T) {
	check(t, w.AddChannel(slack.Channel{Name: "#elsewhere", BotAbsent: true}))
	elsewhere, _ := w.ChannelID("#elsewhere")
	general, _ := w.ChannelID("#general")
	const form, object = formType, "application/json; charset=utf-8"
	for want, tt := range map[string]struct{ method, kind, token, body string }{
		"not_authed":              {"auth.test", form, "", ""},
		"invalid_auth":            {"users.info", form, "wrong", "user=U0123"},
		"invalid_arguments":       {"users.lookupByEmail", form, "xoxb-token", ""},
		"invalid_limit":           {"users.list", form, "xoxb-token", "limit=many"},
		"invalid_types":           {"conversations.list", form, "xoxb-token", "types=secret"},
		"not_in_channel":          {"conversations.history", form, "xoxb-token", "channel=" + elsewhere},
		"invalid_ts_oldest":       {"conversations.history", form, "xoxb-token", "oldest=yesterday&channel=" + general},
		"msg_too_long":            {"chat.postMessage", form, "xoxb-token", "channel=%23general&text=" + strings.Repeat("x", 40_001)},
		"invalid_json":            {"chat.postMessage", object, "xoxb-token", "{"},
		"json_not_object":         {"chat.postMessage", object, "xoxb-token", "[]"},
		"missing_post_type":       {"chat.postMessage", "", "xoxb-token", "x"},
		"invalid_post_type":       {"chat.postMessage", "text/xml", "xoxb-token", "x"},
		"no_text":                 {"chat.postMessage", form, "xoxb-token", "channel=%23general"},
		"invalid_cursor":          {"users.list", form, "xoxb-token", "cursor=x"},
		"unknown_method":          {inventedMethod, form, "xoxb-token", ""},
		"channel_not_found":       {"conversations.members", form, "xoxb-token", "channel=C0NOWHERE"},
		"users_list_not_supplied": {"conversations.open", form, "xoxb-token", ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://provoked.example/api/"+tt.method, strings.NewReader(tt.body))
		check(t, err)
		req.Header.Set("Content-Type", tt.kind)
		if tt.token != "" {
			req.Header.Set("Authorization", "Bearer "+tt.token)
		}
		resp, err := w.client.Do(req)
		check(t, err)
		answer, err := io.ReadAll(resp.Body)
		check(t, err)
		check(t, resp.Body.Close())
		if !strings.Contains(string(answer), `"`+want+`"`) {
			t.Errorf("%s: got %s", want, answer)
		}
	}
}

func (w *slackWorld) misbehave(t *testing.T) {
	for _, kind := range []sim.FaultKind{sim.FaultDown, sim.FaultTimeout, sim.Fault500, sim.Fault429, sim.FaultAppliedBut500, sim.FaultPartial, sim.FaultEmpty} {
		w.faults.Add(sim.Fault{API: "slack", Kind: kind, Rate: 1, Left: 1})
		if _, _, err := w.api.GetConversations(&slackgo.GetConversationsParameters{}); err == nil && kind != sim.FaultPartial && kind != sim.FaultEmpty {
			t.Errorf("%s: there is no error", kind)
		}
	}
	for _, kind := range []sim.FaultKind{sim.FaultDuplicate, sim.FaultLost} {
		w.faults.Add(sim.Fault{API: "slack", Kind: kind, Rate: 1, Left: 1})
		_, err := w.OpenHome(t.Context(), "ben@example.com")
		check(t, err)
	}
}
