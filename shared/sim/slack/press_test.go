package slack_test

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	slackgo "github.com/slack-go/slack"

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
