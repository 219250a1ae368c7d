package slack_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"sync"
	"testing"
	"time"

	slackgo "github.com/slack-go/slack"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/slack"
)

const (
	token  = "xoxb-token"
	secret = "signing-secret"
	aiko   = "aiko@example.com"
	ben    = "ben@example.com"
	carol  = "carol@example.com" // a guest
	dora   = "dora@example.com"  // deactivated
	eve    = "eve@partner.example"
)

// world is a workspace, an app that records what it is sent, and a client of the API, in one
// process on one clock.
type world struct {
	*slack.Server
	api    *slackgo.Client
	client *http.Client
	calls  *sim.Calls
	faults *sim.Faults
	now    time.Time
	// app answers what is POSTed to it; nil answers 200 with nothing.
	app func(http.ResponseWriter, *http.Request)
	// heads and bodies are what was POSTed to the app.
	mu     sync.Mutex
	heads  []http.Header
	bodies [][]byte
}

func newWorld(t *testing.T, change ...func(*slack.Options)) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), calls: &sim.Calls{}, faults: sim.NewFaults(1)}
	transport := sim.Transport{}
	w.client = &http.Client{Transport: transport}
	o := slack.Options{
		People: []slack.Person{
			{Email: aiko, Name: "Aiko Tanaka", Locale: "ja-JP"},
			{Email: ben, Name: "Ben Ito"},
			{Email: carol, Name: "Carol", Guest: true},
			{Email: dora, Name: "Dora", Deleted: true},
			{Email: eve, Name: "Eve", Team: "T0PARTNER"},
		},
		Channels: []string{"#looker-admins"},
		Now:      func() time.Time { return w.now },
		Token:    token, SigningSecret: secret, Interact: "https://app.example/slack",
		Client: w.client, Calls: w.calls, Faults: w.faults,
	}
	for _, f := range change {
		f(&o)
	}
	w.Server = slack.New(o)
	api, app := judged(t, w.Server, http.HandlerFunc(w.serveApp))
	transport["slack.com"], transport["hooks.slack.com"], transport["app.example"] = api, api, app
	w.api = w.as(token)
	return w
}

func (w *world) as(token string) *slackgo.Client {
	return slackgo.New(token, slackgo.OptionHTTPClient(w.client), slackgo.OptionAPIURL("https://slack.com/api/"))
}

func (w *world) serveApp(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	w.mu.Lock()
	w.heads, w.bodies = append(w.heads, r.Header.Clone()), append(w.bodies, body)
	w.mu.Unlock()
	if w.app != nil {
		r.Body = io.NopCloser(bytes.NewReader(body))
		w.app(rw, r)
	}
}

// payload decodes the newest interaction that the app was sent.
func (w *world) payload(t *testing.T) slackgo.InteractionCallback {
	t.Helper()
	var ic slackgo.InteractionCallback
	if err := ic.UnmarshalJSON([]byte(w.form(t).Get("payload"))); err != nil {
		t.Fatalf("decode the payload: %v", err)
	}
	return ic
}

func (w *world) form(t *testing.T) url.Values {
	t.Helper()
	if len(w.bodies) == 0 {
		t.Fatal("the app was sent nothing")
	}
	form, err := url.ParseQuery(string(w.bodies[len(w.bodies)-1]))
	if err != nil {
		t.Fatalf("decode the form: %v", err)
	}
	return form
}

func (w *world) id(t *testing.T, email string) string {
	t.Helper()
	id, ok := w.UserID(email)
	if !ok {
		t.Fatalf("no user id for %s", email)
	}
	return id
}

// dm posts a message to a person and returns its channel and timestamp.
func (w *world) dm(t *testing.T, email string, options ...slackgo.MsgOption) (channel, ts string) {
	t.Helper()
	channel, ts, err := w.api.PostMessage(w.id(t, email), options...)
	if err != nil {
		t.Fatalf("post to %s: %v", email, err)
	}
	return channel, ts
}

func (w *world) click(t *testing.T, email, label, on string) slack.Outcome {
	t.Helper()
	o, err := w.Click(context.Background(), email, label, regexp.MustCompile(on))
	if err != nil {
		t.Fatalf("%s clicks %s: %v", email, label, err)
	}
	return o
}

func button(actionID, value, label string) *slackgo.ButtonBlockElement {
	return slackgo.NewButtonBlockElement(actionID, value, slackgo.NewTextBlockObject("plain_text", label, false, false))
}

func section(mrkdwn string) *slackgo.SectionBlock {
	return slackgo.NewSectionBlock(slackgo.NewTextBlockObject("mrkdwn", mrkdwn, false, false), nil, nil)
}

func ask(text string) slackgo.MsgOption {
	return slackgo.MsgOptionBlocks(section(text), slackgo.NewActionBlock("decide", button("approve", "change-1", "Approve"), button("deny", "change-1", "Deny")))
}

// wantCode fails unless err is Slack's error with that code; "" wants none.
func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	var e slackgo.SlackErrorResponse
	switch {
	case want == "" && err == nil:
	case want != "" && errors.As(err, &e) && e.Err == want:
	default:
		t.Errorf("got error %v, want %q", err, want)
	}
}
