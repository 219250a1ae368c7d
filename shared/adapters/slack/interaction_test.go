package slack_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	api "github.com/slack-go/slack"

	"github.com/sekisho/sekisho/shared/adapters/slack"
)

func form(pairs ...string) []byte {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return []byte(v.Encode())
}

func TestParseInteraction(t *testing.T) {
	for _, test := range []struct {
		name string
		body []byte
		want slack.Interaction
	}{
		{
			"a button", form("payload", `{"type":"block_actions","user":{"id":"U1","username":"ada","team_id":"T1"},"team":{"id":"T1","domain":"x"},
				"channel":{"id":"D1","name":"directmessage"},"trigger_id":"1.2.3","actions":[{"action_id":"approve","block_id":"b","value":"c1 2","type":"button"}],
				"message":{"ts":"1.1","text":"Approve?"},"state":{"values":{"b":{"approve":{"value":"9"}}}},"response_url":"https://hooks.slack.com/x"}`),
			slack.Interaction{Type: "block_actions", User: "U1", Team: "T1", Channel: "D1", Action: "approve", Value: "c1 2", Trigger: "1.2.3"},
		},
		{
			"somebody from another workspace", form("payload", `{"type":"block_actions","user":{"id":"U9","team_id":"T9"},"team":{"id":"T1"},"actions":[{"action_id":"approve"}]}`),
			slack.Interaction{Type: "block_actions", User: "U9", Team: "T9", Action: "approve"},
		},
		{
			"a person without a workspace", form("payload", `{"type":"block_actions","user":{"id":"U1"},"team":{"id":"T1"},"actions":[]}`),
			slack.Interaction{Type: "block_actions", User: "U1", Team: "T1"},
		},
		{
			"a whole organization without a workspace", form("payload", `{"type":"block_actions","user":{"id":"U1"},"team":null,"enterprise":{"id":"E1"}}`),
			slack.Interaction{Type: "block_actions", User: "U1"},
		},
		{
			"a modal", form("payload", `{"type":"view_submission","user":{"id":"U1","team_id":"T1"},"trigger_id":"4","view":{"id":"V1","callback_id":"ask","type":"modal"}}`),
			slack.Interaction{Type: "view_submission", User: "U1", Team: "T1", Trigger: "4", View: "V1", Callback: "ask"},
		},
		{
			"only the first of several actions", form("payload", `{"type":"block_actions","user":{"id":"U1","team_id":"T1"},"actions":[{"action_id":"a","value":"1"},{"action_id":"b","value":"2"}]}`),
			slack.Interaction{Type: "block_actions", User: "U1", Team: "T1", Action: "a", Value: "1"},
		},
		{
			"the first of two payloads", form("payload", `{"type":"block_actions","user":{"id":"U1"}}`, "payload", `{"type":"block_actions","user":{"id":"U2"}}`),
			slack.Interaction{Type: "block_actions", User: "U1"},
		},
		{
			"a command", form("command", "/access", "text", "role prod <@U2> & 1h", "user_id", "U1", "team_id", "T1", "channel_id", "C1", "trigger_id", "5", "user_name", "ada"),
			slack.Interaction{Type: "command", User: "U1", Team: "T1", Channel: "C1", Trigger: "5", Command: "/access", Text: "role prod <@U2> & 1h"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := slack.ParseInteraction(test.body)
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("ParseInteraction: %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestParseInteractionRefuses(t *testing.T) {
	for name, body := range map[string][]byte{
		"nothing":                 nil,
		"no form":                 []byte("%"),
		"another form":            form("ssl_check", "1"),
		"an empty payload":        form("payload", ""),
		"no object":               form("payload", `"block_actions"`),
		"null":                    form("payload", "null"),
		"a list":                  form("payload", `[{"type":"block_actions"}]`),
		"no type":                 form("payload", `{"user":{"id":"U1"}}`),
		"no user":                 form("payload", `{"type":"block_actions","user":{"name":"ada"}}`),
		"another type of user":    form("payload", `{"type":"block_actions","user":"U1"}`),
		"another type of actions": form("payload", `{"type":"block_actions","user":{"id":"U1"},"actions":{"action_id":"approve"}}`),
		"another type of value":   form("payload", `{"type":"block_actions","user":{"id":"U1"},"actions":[{"action_id":"a","value":7}]}`),
		"two documents":           form("payload", `{"type":"block_actions","user":{"id":"U1"}}{}`),
		"JSON in place of a form": []byte(`{"type":"block_actions","user":{"id":"U1"}}`),
		"a command by nobody":     form("command", "/access"),
		"very deep":               form("payload", strings.Repeat("[", 1<<16)),
		"deep where it matters":   form("payload", `{"type":"block_actions","user":`+strings.Repeat(`{"id":`, 20_000)+"1"+strings.Repeat("}", 20_001)),
	} {
		if got, err := slack.ParseInteraction(body); !errors.Is(err, slack.ErrNoInteraction) {
			t.Errorf("%s: %+v, %v; want ErrNoInteraction", name, got, err)
		}
	}
}

// Whatever a person does in a simulated workspace arrives signed, is read, and is what slack-go
// makes of it. What stands in the query instead of the body does not count.
func TestWhatAWorkspaceSends(t *testing.T) {
	w := newWorld(t)
	var got []slack.Interaction
	w.app = func(r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read: %v", err)
		}
		if err := (slack.Verifier{Secrets: []string{secret}, Now: w.clock}).Verify(r.Header, body); err != nil {
			t.Errorf("Verify: %v", err)
		}
		in, err := slack.ParseInteraction(body)
		if err != nil {
			t.Errorf("ParseInteraction: %v", err)
		}
		got = append(got, in)
		if in.Type == "command" {
			return
		}
		r.Body, r.URL.RawQuery = io.NopCloser(bytes.NewReader(body)), ""
		theirs, err := api.InteractionCallbackParse(r)
		if err != nil {
			t.Errorf("InteractionCallbackParse: %v", err)
			return
		}
		action := theirs.ActionCallback.BlockActions[0]
		want := slack.Interaction{
			Type: string(theirs.Type), User: theirs.User.ID, Team: theirs.User.TeamID, Channel: theirs.Channel.ID,
			Action: action.ActionID, Value: action.Value, Trigger: theirs.TriggerID,
		}
		if diff := cmp.Diff(want, in); diff != "" {
			t.Errorf("slack-go reads otherwise (-slack-go +ours):\n%s", diff)
		}
	}
	m := slack.Message{Heading: "Decide", Buttons: []slack.Button{{Label: "Yes & no", Action: "approve", Value: `c1 & <2>`}}}
	channel, _ := w.post(t, ada, "k", m)
	for range 2 {
		if o, err := w.Click(t.Context(), ada, "Yes & no", regexp.MustCompile("Decide")); err != nil || !o.OK() {
			t.Fatalf("Click: %+v, %v", o, err)
		}
	}
	if _, err := w.Command(t.Context(), ada, "/access", "prod"); err != nil {
		t.Fatalf("Command: %v", err)
	}
	if len(got) != 3 || got[0].Value != "c1 & <2>" || got[0].Channel != channel || got[0].User != w.id(t, ada) || got[2].Text != "prod" {
		t.Errorf("read %+v", got)
	}
}

func FuzzParseInteraction(f *testing.F) {
	f.Add(form("payload", `{"type":"block_actions","user":{"id":"U1","team_id":"T1"},"actions":[{"action_id":"a","value":"1"}]}`))
	f.Add(form("command", "/access", "user_id", "U1"))
	f.Add([]byte("payload=%7B%22type%22%3A1%7D"))
	f.Add([]byte("payload={\"type\":\"x\",\"user\":{\"id\":\"\xff\"}}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		in, err := slack.ParseInteraction(body)
		switch {
		case err != nil && !errors.Is(err, slack.ErrNoInteraction):
			t.Errorf("%v; want ErrNoInteraction", err)
		case err != nil && !cmp.Equal(in, slack.Interaction{}):
			t.Errorf("%+v beside an error", in)
		case err == nil && (in.Type == "" || in.User == ""):
			t.Errorf("%+v is no interaction", in)
		}
	})
}
