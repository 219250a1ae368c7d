package slack_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	slackgo "github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/slack"
)

func TestClickSendsTheWholeInteraction(t *testing.T) {
	w := newWorld(t)
	channel, ts := w.dm(t, aiko, ask("*Please* decide"), slackgo.MsgOptionText("Please decide", false),
		slackgo.MsgOptionMetadata(slackgo.SlackMetadata{EventType: "change", EventPayload: map[string]any{"id": "change-1"}}))
	o := w.click(t, aiko, "Approve", "Please")
	if !o.OK() || o.Status != http.StatusOK {
		t.Fatalf("got outcome %+v, want OK", o)
	}

	got := w.payload(t)
	want := map[string]string{
		"type": "block_actions", "user": w.id(t, aiko), "team": "T0000000001", "user's team": "T0000000001", "app": "A0000000001",
		"container": "message", "container channel": channel, "container ts": ts, "channel": channel,
		"message ts": ts, "metadata": "change", "metadata id": "change-1",
		"action": "approve", "block": "decide", "value": "change-1", "action type": "button", "action ts": o.TS,
	}
	action := got.ActionCallback.BlockActions[0]
	have := map[string]string{
		"type": string(got.Type), "user": got.User.ID, "team": got.Team.ID, "user's team": got.User.TeamID, "app": got.APIAppID,
		"container": got.Container.Type, "container channel": got.Container.ChannelID, "container ts": got.Container.MessageTs, "channel": got.Channel.ID,
		"message ts": got.Message.Timestamp, "metadata": got.Message.Metadata.EventType, "metadata id": got.Message.Metadata.EventPayload["id"].(string),
		"action": action.ActionID, "block": action.BlockID, "value": action.Value, "action type": string(action.Type), "action ts": action.ActionTs,
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("payload (-want +got):\n%s", diff)
	}
	if n := len(got.Message.Blocks.BlockSet); n != 2 {
		t.Errorf("got %d blocks in the message, want 2", n)
	}
	if got.TriggerID == "" || got.ResponseURL == "" {
		t.Errorf("trigger id %q, response URL %q: want both", got.TriggerID, got.ResponseURL)
	}
}

func TestNobodyClicksWhatTheyCannotSee(t *testing.T) {
	w := newWorld(t)
	if err := w.Join("#looker-admins", aiko); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.api.PostMessage("#looker-admins", ask("Approve?")); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	tests := map[string]struct {
		person, label, on string
		want              error
	}{
		"a member of the channel":        {aiko, "Approve", "Approve", nil},
		"somebody outside":               {ben, "Approve", "Approve", slack.ErrNoButton},
		"a button that is not there":     {aiko, "Undo", "", slack.ErrNoButton},
		"a message that is not there":    {aiko, "Approve", "other", slack.ErrNoButton},
		"somebody who was deactivated":   {dora, "Approve", "", slack.ErrNoPerson},
		"somebody outside the workspace": {"nobody@example.com", "Approve", "", slack.ErrNoPerson},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := w.Click(ctx, tt.person, tt.label, regexp.MustCompile(tt.on))
			if !errors.Is(err, tt.want) {
				t.Errorf("got error %v, want %v", err, tt.want)
			}
		})
	}
}

func TestClickTakesTheNewestMessageAndTheMatchingRow(t *testing.T) {
	w := newWorld(t)
	row := func(name string) []slackgo.Block {
		return []slackgo.Block{section(name), slackgo.NewActionBlock(name, button("keep-"+name, name, "Keep"))}
	}
	w.dm(t, aiko, slackgo.MsgOptionBlocks(append(row("looker"), row("fivetran")...)...))
	w.dm(t, aiko, slackgo.MsgOptionBlocks(row("okta")...))
	for on, want := range map[string]string{"": "okta", "fivetran": "fivetran", "looker": "looker", "looker(?s:.*)fivetran": "looker"} {
		w.click(t, aiko, "Keep", on)
		if got := w.payload(t).ActionCallback.BlockActions[0].Value; got != want {
			t.Errorf("on %q: pressed %q, want %q", on, got, want)
		}
	}
	// A nil expression matches every message.
	if _, err := w.Click(context.Background(), aiko, "Keep", nil); err != nil {
		t.Fatal(err)
	}
	if got := w.payload(t).ActionCallback.BlockActions[0].Value; got != "okta" {
		t.Errorf("pressed %q, want okta", got)
	}
}

func TestStrangerPressesInASharedChannel(t *testing.T) {
	w := newWorld(t)
	if err := w.Join("#looker-admins", eve); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.api.PostMessage("#looker-admins", ask("Approve?")); err != nil {
		t.Fatal(err)
	}
	w.click(t, eve, "Approve", "")
	if got := w.payload(t).User; got.TeamID != "T0PARTNER" || got.ID != w.id(t, eve) {
		t.Errorf("got %+v, want Eve of T0PARTNER", got)
	}
	ctx := context.Background()
	if _, err := w.Command(ctx, eve, "/access", ""); !errors.Is(err, slack.ErrNoPerson) {
		t.Errorf("command: got %v, want %v", err, slack.ErrNoPerson)
	}
	if _, err := w.OpenHome(ctx, eve); !errors.Is(err, slack.ErrNoPerson) {
		t.Errorf("home: got %v, want %v", err, slack.ErrNoPerson)
	}
}

func TestEphemeralMessageIsNotSentAlong(t *testing.T) {
	w := newWorld(t)
	channel, _ := w.dm(t, aiko, slackgo.MsgOptionText("hello", false))
	if _, err := w.api.PostEphemeral(channel, w.id(t, aiko), ask("Sure?")); err != nil {
		t.Fatal(err)
	}
	w.click(t, aiko, "Approve", "Sure")
	if got := w.payload(t); !got.Container.IsEphemeral || got.Message.Timestamp != "" || got.Container.MessageTs == "" {
		t.Errorf("got container %+v, message %q, want an ephemeral container and no message", got.Container, got.Message.Timestamp)
	}
}

// verify checks a request as an app does. The library measures against the time of day, so the
// world's clock must show it.
func verify(header http.Header, body []byte) error {
	v, err := slackgo.NewSecretsVerifier(header, secret)
	if err != nil {
		return err
	}
	if _, err := v.Write(body); err != nil {
		return err
	}
	return v.Ensure()
}

func TestRequestsAreSignedAndForgeriesAreNot(t *testing.T) {
	w := newWorld(t)
	w.now = time.Now()
	w.app = func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = verify(r.Header, body)
		}
		if err != nil {
			http.Error(rw, err.Error(), http.StatusUnauthorized)
		}
	}
	ctx := context.Background()
	if _, err := w.Replay(ctx, aiko); !errors.Is(err, slack.ErrNothingSent) {
		t.Errorf("got %v, want %v", err, slack.ErrNothingSent)
	}
	w.dm(t, aiko, ask("Approve?"))
	deeds := map[string]func() (slack.Outcome, error){
		"click":   func() (slack.Outcome, error) { return w.Click(ctx, aiko, "Approve", nil) },
		"command": func() (slack.Outcome, error) { return w.Command(ctx, aiko, "/access", "a b&c=d") },
		"event":   func() (slack.Outcome, error) { return w.OpenHome(ctx, aiko) },
	}
	for name, do := range deeds {
		t.Run(name, func(t *testing.T) {
			if o, err := do(); err != nil || !o.OK() {
				t.Errorf("got %+v, %v, want a signature that holds", o, err)
			}
		})
	}

	if _, err := w.Click(ctx, aiko, "Approve", nil); err != nil {
		t.Fatal(err)
	}
	n := len(w.bodies) - 1
	w.now = w.now.Add(10 * time.Second)
	if o, err := w.Replay(ctx, aiko); err != nil || !o.OK() {
		t.Errorf("replay: got %+v, %v, want the same signature to hold", o, err)
	}
	if diff := cmp.Diff(w.bodies[n], w.bodies[n+1]); diff != "" {
		t.Errorf("the replayed body differs:\n%s", diff)
	}
	if diff := cmp.Diff(w.heads[n], w.heads[n+1]); diff != "" {
		t.Errorf("the replayed headers differ:\n%s", diff)
	}
	o, err := w.Forge(ctx, aiko)
	if err != nil || o.Status != http.StatusUnauthorized || o.OK() {
		t.Errorf("forge: got %+v, %v, want status 401", o, err)
	}
	if diff := cmp.Diff(w.bodies[n], w.bodies[n+2]); diff != "" {
		t.Errorf("the forged body differs:\n%s", diff)
	}
}

func TestTimestampOfTheSignatureIsTheClocks(t *testing.T) {
	w := newWorld(t)
	w.dm(t, aiko, ask("Approve?"))
	w.click(t, aiko, "Approve", "")
	if got := w.heads[0].Get("X-Slack-Request-Timestamp"); got != "1795305600" {
		t.Errorf("got timestamp %s, want 1795305600", got)
	}
	want := slack.Sign(secret, "1795305600", w.bodies[0])
	if got := w.heads[0].Get("X-Slack-Signature"); got != want {
		t.Errorf("got signature %s, want %s", got, want)
	}
}

func TestSignatureOfTheDocumentedExample(t *testing.T) {
	body := "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	got := slack.Sign("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", []byte(body))
	if want := "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAppThatFailsIsNoticed(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	w.dm(t, aiko, ask("Approve?"))
	w.app = func(rw http.ResponseWriter, _ *http.Request) {
		http.Error(rw, "broken", http.StatusInternalServerError)
	}
	if o := w.click(t, aiko, "Approve", ""); o.Status != 500 || o.OK() || o.Notice == "" {
		t.Errorf("click: got %+v, want status 500 and a notice", o)
	}
	if o, err := w.Command(ctx, aiko, "/access", ""); err != nil || o.Status != 500 {
		t.Errorf("command: got %+v, %v, want status 500", o, err)
	}
	if got := w.Visible(aiko); !strings.Contains(got[len(got)-1].Text, "/access failed") {
		t.Errorf("got %v, want Slackbot to tell of the failure", texts(got))
	}
	w.app = func(http.ResponseWriter, *http.Request) { sim.Drop() }
	if o, err := w.Click(ctx, aiko, "Approve", nil); !errors.Is(err, sim.ErrDropped) || o.Status != 0 || o.Notice == "" {
		t.Errorf("dropped: got %+v, %v, want a notice and %v", o, err, sim.ErrDropped)
	}
}

func TestCommand(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	o, err := w.Command(ctx, aiko, "/access", "etl <prod> & more")
	if err != nil || !o.OK() {
		t.Fatalf("got %+v, %v", o, err)
	}
	form := w.form(t)
	for name, want := range map[string]string{
		"command": "/access", "text": "etl <prod> & more", "user_id": w.id(t, aiko), "user_name": "aiko", "team_id": "T0000000001",
		"api_app_id": "A0000000001", "channel_name": "directmessage", "is_enterprise_install": "false",
	} {
		if got := form.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"trigger_id", "response_url", "channel_id", "team_domain", "token"} {
		if form.Get(name) == "" {
			t.Errorf("%s is missing", name)
		}
	}
	if got := w.Visible(aiko); len(got) != 0 {
		t.Errorf("got %v in answer to nothing", texts(got))
	}

	answers := map[string]struct {
		body, want string
		ephemeral  bool
	}{
		"plain text":           {"you may", "you may", true},
		"a JSON message":       {`{"text":"*you* may"}`, "you may", true},
		"for everybody":        {`{"response_type":"in_channel","text":"all"}`, "all", false},
		"blocks":               {`{"blocks":[{"type":"section","text":{"type":"mrkdwn","text":"b"}}]}`, "b", true},
		"blocks Slack refuses": {`{"blocks":[{"type":"shout"}]}`, "/why failed with the error \"invalid_command_response: invalid_blocks\"", true},
	}
	for name, tt := range answers {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.app = func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, tt.body) }
			if _, err := w.Command(ctx, aiko, "/why", ""); err != nil {
				t.Fatal(err)
			}
			got := w.Visible(aiko)
			if len(got) != 1 || got[0].Text != tt.want || got[0].Ephemeral != tt.ephemeral {
				t.Errorf("got %+v, want %q, ephemeral %v", got, tt.want, tt.ephemeral)
			}
		})
	}
}

func TestAppHomeOpened(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	open := func() *slackevents.AppHomeOpenedEvent {
		t.Helper()
		if _, err := w.OpenHome(ctx, aiko); err != nil {
			t.Fatal(err)
		}
		e, err := slackevents.ParseEvent(w.bodies[len(w.bodies)-1], slackevents.OptionNoVerifyToken())
		if err != nil {
			t.Fatal(err)
		}
		inner, ok := e.InnerEvent.Data.(*slackevents.AppHomeOpenedEvent)
		if !ok || e.TeamID != "T0000000001" {
			t.Fatalf("got %+v", e)
		}
		return inner
	}
	if got := open(); got.User != w.id(t, aiko) || got.Tab != "home" || got.View != nil {
		t.Errorf("got %+v, want Aiko's empty home tab", got)
	}
	if _, err := w.api.PublishView(w.id(t, aiko), home("My access"), ""); err != nil {
		t.Fatal(err)
	}
	if got := open(); got.View == nil || got.View.ID == "" {
		t.Errorf("got %+v, want the published view", got)
	}

	n := len(w.bodies)
	w.faults.Add(sim.Fault{API: "slack", Kind: sim.FaultLost, Rate: 1, Left: 1})
	if _, err := w.OpenHome(ctx, aiko); err != nil || len(w.bodies) != n {
		t.Errorf("lost: error %v, %d requests, want none", err, len(w.bodies)-n)
	}
	w.faults.Add(sim.Fault{API: "slack", Kind: sim.FaultDuplicate, Rate: 1, Left: 1})
	if _, err := w.OpenHome(ctx, aiko); err != nil || len(w.bodies) != n+2 {
		t.Fatalf("duplicate: error %v, %d requests, want 2", err, len(w.bodies)-n)
	}
	if diff := cmp.Diff(w.bodies[n], w.bodies[n+1]); diff != "" || w.heads[n+1].Get("X-Slack-Retry-Num") != "1" {
		t.Errorf("retry number %q, bodies differ:\n%s", w.heads[n+1].Get("X-Slack-Retry-Num"), diff)
	}
}

func TestResponseURL(t *testing.T) {
	w := newWorld(t)
	if err := w.Join("#looker-admins", aiko, ben); err != nil {
		t.Fatal(err)
	}
	respond := func(url string, options ...slackgo.MsgOption) error {
		_, _, _, err := w.api.SendMessage("", append([]slackgo.MsgOption{slackgo.MsgOptionResponseURL(url, "ephemeral")}, options...)...)
		return err
	}
	press := func() (string, slack.Outcome) {
		t.Helper()
		if _, _, err := w.api.PostMessage("#looker-admins", ask("Approve?")); err != nil {
			t.Fatal(err)
		}
		o := w.click(t, aiko, "Approve", "")
		return w.payload(t).ResponseURL, o
	}

	url, o := press()
	if !strings.HasPrefix(url, "https://hooks.slack.com/actions/T0000000001/") {
		t.Errorf("got URL %s", url)
	}
	for i := range 5 {
		if err := respond(url, slackgo.MsgOptionText(fmt.Sprint("answer ", i), false)); err != nil {
			t.Fatalf("use %d: %v", i+1, err)
		}
	}
	if err := respond(url, slackgo.MsgOptionText("too many", false)); !isStatus(404)(err) {
		t.Errorf("sixth use: got %v, want status 404", err)
	}
	if got := w.Ephemerals(aiko, o.TS); len(got) != 5 || got[0].Text != "answer 0" {
		t.Errorf("Aiko sees %v, want five answers", texts(got))
	}
	if got := w.Ephemerals(ben, ""); len(got) != 0 {
		t.Errorf("Ben sees %v, want nothing", texts(got))
	}

	url, _ = press()
	w.now = w.now.Add(30 * time.Minute)
	if err := respond(url, slackgo.MsgOptionText("in time", false)); err != nil {
		t.Errorf("after 30 minutes: %v", err)
	}
	w.now = w.now.Add(time.Second)
	if err := respond(url, slackgo.MsgOptionText("late", false)); !isStatus(404)(err) {
		t.Errorf("after more than 30 minutes: got %v, want status 404", err)
	}

	url, _ = press()
	for name, body := range map[string]string{
		"no JSON": "text", "a list": "[]", "nothing to say": "{}", "long text": `{"text":"` + strings.Repeat("a", 40001) + `"}`,
		"unknown blocks": `{"blocks":[{"type":"shout"}]}`, "an unknown type": `{"text":"a","response_type":"loud"}`,
		"attachments": `{"text":"a","attachments":[{}]}`, "broken metadata": `{"text":"a","metadata":{"event_type":"x"}}`,
	} {
		if status, code := w.post(t, url, body); status != http.StatusBadRequest || code == "" {
			t.Errorf("%s: got status %d, error %q, want 400", name, status, code)
		}
	}
	if status, _ := w.post(t, url+"x", `{"text":"a"}`); status != http.StatusNotFound {
		t.Errorf("a guessed URL: got status %d, want 404", status)
	}
	if _, _, _, err := w.api.SendMessage("", slackgo.MsgOptionReplaceOriginal(url), slackgo.MsgOptionText("Approved", false)); err != nil {
		t.Fatal(err)
	}
	messages := w.Visible("#looker-admins")
	if got := messages[len(messages)-1]; got.Text != "Approved" || len(got.Buttons) != 0 {
		t.Errorf("got %+v, want the original replaced", got)
	}
	if _, _, _, err := w.api.SendMessage("", slackgo.MsgOptionDeleteOriginal(url)); err != nil {
		t.Fatal(err)
	}
	if got := w.Visible("#looker-admins"); len(got) != len(messages)-1 {
		t.Errorf("got %v, want the original deleted", texts(got))
	}
	for _, body := range []string{`{"delete_original":true}`, `{"replace_original":true,"text":"a"}`} {
		if status, code := w.post(t, url, body); status != http.StatusBadRequest || code != "message_not_found" {
			t.Errorf("%s: got status %d, error %q, want message_not_found", body, status, code)
		}
	}
	if status, code := w.post(t, url, `{"response_type":"in_channel","text":"for all"}`); status != http.StatusOK || code != "" {
		t.Errorf("got status %d, error %q", status, code)
	}
	if got := w.Visible(ben); got[len(got)-1].Text != "for all" {
		t.Errorf("Ben sees %v, want the answer for all", texts(got))
	}
	if n, _ := w.calls.Count("slack", "response_url"); n == 0 {
		t.Error("uses of response URLs are not counted")
	}
}

// post POSTs JSON to a URL and returns the status and Slack's error code.
func (w *world) post(t *testing.T, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	return w.do(t, req)
}

func TestEverythingAtTheSameTime(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	channel, ts := w.dm(t, aiko, ask("Approve?"))
	w.openModal(t, aiko, modal("Access", textField("reason")))
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			_, _, _, _ = w.api.UpdateMessage(channel, ts, ask("Approve?"))
			_ = w.Visible(aiko)
			_, _ = w.api.PublishView(w.id(t, aiko), home("x"), "")
			_, _ = w.Home(aiko)
			_, _ = w.Click(ctx, aiko, "Approve", nil)
			_, _ = w.Fill(ctx, aiko, "reason", "x")
			_, _ = w.Modal(aiko)
			_, _ = w.Replay(ctx, aiko)
		})
	}
	group.Wait()
	if got := w.Visible(aiko); len(got) != 1 || len(got[0].Buttons) != 2 {
		t.Errorf("got %+v, want the one message", got)
	}
}
