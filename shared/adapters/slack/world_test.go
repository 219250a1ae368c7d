package slack_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/sim"
	simslack "github.com/sekisho/sekisho/shared/sim/slack"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

const (
	token = "xoxb-a-secret-token"
	ada   = "ada@example.com"
	bo    = "bo@example.com"
	guest = "guest@example.com"
	left  = "left@example.com"
	eve   = "eve@partner.example"
	robot = "robot@example.com"
)

// world is a simulated workspace and our client of it.
type world struct {
	*simslack.Server
	client *slack.Client
	http   *http.Client
	calls  *sim.Calls
	faults *sim.Faults
	now    time.Time
	app    func(*http.Request)
}

func (w *world) clock() time.Time { return w.now }

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{now: start, calls: &sim.Calls{}, faults: sim.NewFaults(1)}
	transport := sim.Transport{}
	w.http = &http.Client{Transport: transport}
	w.Server = simslack.New(simslack.Options{
		People: []simslack.Person{
			{Email: ada, Name: "Ada", Locale: "ja-JP"},
			{Email: bo, Name: "Bo"},
			{Email: guest, Guest: true},
			{Email: left, Deleted: true},
			{Email: eve, Team: "T0PARTNER"},
			{Email: robot, Bot: true},
		},
		Channels: []string{"#approvals"}, Now: w.clock, Token: token, SigningSecret: secret,
		Interact: "https://app.example/slack?payload=%7B%22type%22%3A%22forged%22%7D", Client: w.http, Calls: w.calls, Faults: w.faults,
		EditWindow: 24 * time.Hour,
	})
	if err := w.Join("#approvals", ada, bo, eve); err != nil {
		t.Fatalf("Join: %v", err)
	}
	transport["slack.com"] = w.Server
	transport["app.example"] = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { w.app(r) })
	w.client = w.as(token)
	return w
}

func (w *world) as(token string) *slack.Client {
	return slack.New(slack.Options{Token: token, BaseURL: "https://slack.com/api/", HTTP: w.http})
}

func (w *world) id(t testing.TB, email string) string {
	t.Helper()
	id, ok := w.UserID(email)
	if !ok {
		t.Fatalf("no Slack account of %s", email)
	}
	return id
}

func (w *world) channel(t testing.TB) string {
	t.Helper()
	id, ok := w.ChannelID("#approvals")
	if !ok {
		t.Fatal("no channel #approvals")
	}
	return id
}

// post posts a message to a person's direct messages. The clock goes on by a second, which is
// what Slack wants between two messages.
func (w *world) post(t testing.TB, email, key string, m slack.Message) (channel, ts string) {
	t.Helper()
	w.now = w.now.Add(time.Second)
	channel, err := w.client.DirectChannel(context.Background(), w.id(t, email))
	if err != nil {
		t.Fatalf("DirectChannel: %v", err)
	}
	_, ts, err = w.client.Post(context.Background(), channel, key, m)
	if err != nil {
		t.Fatalf("Post: %v", err)
	}
	return channel, ts
}

// newest returns the newest message that a person sees.
func (w *world) newest(t testing.TB, email string) simslack.Message {
	t.Helper()
	all := w.Visible(email)
	if len(all) == 0 {
		t.Fatalf("%s sees no message", email)
	}
	return all[len(all)-1]
}
