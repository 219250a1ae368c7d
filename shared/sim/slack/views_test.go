package slack_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	slackgo "github.com/slack-go/slack"

	"github.com/sekisho/sekisho/shared/sim/slack"
)

func plainText(text string) *slackgo.TextBlockObject {
	return slackgo.NewTextBlockObject("plain_text", text, false, false)
}

func home(text string, more ...slackgo.Block) slackgo.HomeTabViewRequest {
	return slackgo.HomeTabViewRequest{Type: slackgo.VTHomeTab, Blocks: slackgo.Blocks{BlockSet: append([]slackgo.Block{section(text)}, more...)}}
}

func modal(title string, blocks ...slackgo.Block) slackgo.ModalViewRequest {
	return slackgo.ModalViewRequest{
		Type: slackgo.VTModal, CallbackID: "access", PrivateMetadata: "for the app",
		Title: plainText(title), Submit: plainText("Send"), Blocks: slackgo.Blocks{BlockSet: blocks},
	}
}

func textField(id string) *slackgo.InputBlock {
	return slackgo.NewInputBlock(id, plainText("The "+id), nil, slackgo.NewPlainTextInputBlockElement(nil, id+"-input"))
}

func menuField(id string, values ...string) *slackgo.InputBlock {
	var options []*slackgo.OptionBlockObject
	for _, v := range values {
		options = append(options, slackgo.NewOptionBlockObject(v, plainText(strings.ToUpper(v)), nil))
	}
	return slackgo.NewInputBlock(id, plainText("The "+id), nil, slackgo.NewOptionsSelectBlockElement("static_select", nil, id+"-menu", options...))
}

// trigger lets a person type a command and returns the trigger id.
func (w *world) trigger(t *testing.T, email string) string {
	t.Helper()
	if _, err := w.Command(context.Background(), email, "/access", ""); err != nil {
		t.Fatal(err)
	}
	return w.form(t).Get("trigger_id")
}

// openModal lets a person open a modal by a command.
func (w *world) openModal(t *testing.T, email string, view slackgo.ModalViewRequest) *slackgo.ViewResponse {
	t.Helper()
	got, err := w.api.OpenView(w.trigger(t, email), view)
	if err != nil {
		t.Fatalf("open a view: %v", err)
	}
	return got
}

func TestTriggerLivesThreeSecondsAndOnce(t *testing.T) {
	w := newWorld(t)
	first := w.trigger(t, aiko)
	w.now = w.now.Add(3 * time.Second)
	opened, err := w.api.OpenView(first, modal("Access", textField("reason")))
	if err != nil || opened.ID == "" || opened.Hash == "" || opened.RootViewID != opened.ID {
		t.Fatalf("got %+v, %v, want a view after 3 s", opened, err)
	}
	_, err = w.api.OpenView(first, modal("Access", textField("reason")))
	wantCode(t, err, "exchanged_trigger_id")

	second := w.trigger(t, aiko)
	w.now = w.now.Add(3*time.Second + time.Nanosecond)
	_, err = w.api.OpenView(second, modal("Access", textField("reason")))
	wantCode(t, err, "expired_trigger_id")

	_, err = w.api.OpenView("1.2.abc", modal("Access", textField("reason")))
	wantCode(t, err, "invalid_trigger_id")

	// A view that is refused does not use the trigger up.
	third := w.trigger(t, aiko)
	_, err = w.api.OpenView(third, modal(strings.Repeat("x", 25), textField("reason")))
	wantCode(t, err, "invalid_arguments")
	_, err = w.api.OpenView(third, modal("Access", textField("reason")))
	wantCode(t, err, "")
}

func TestViewsThatAreRefused(t *testing.T) {
	many := func(n int) []slackgo.Block {
		var out []slackgo.Block
		for range n {
			out = append(out, slackgo.NewDividerBlock())
		}
		return out
	}
	change := func(f func(*slackgo.ModalViewRequest)) slackgo.ModalViewRequest {
		v := modal("Access", textField("reason"))
		f(&v)
		return v
	}
	tests := map[string]struct {
		view slackgo.ModalViewRequest
		want string
	}{
		"100 blocks":               {modal("Access", many(100)...), ""},
		"101 blocks":               {modal("Access", many(101)...), "no more than 100 items allowed [json-pointer:/view/blocks]"},
		"a title of 25":            {modal(strings.Repeat("x", 25), textField("a")), "must be less than 25 characters [json-pointer:/view/title/text]"},
		"no title":                 {change(func(v *slackgo.ModalViewRequest) { v.Title = nil }), "missing required field: title"},
		"a submit of 25":           {change(func(v *slackgo.ModalViewRequest) { v.Submit = plainText(strings.Repeat("x", 25)) }), "less than 25"},
		"input without submit":     {change(func(v *slackgo.ModalViewRequest) { v.Submit = nil }), "missing required field: submit"},
		"private metadata of 3001": {change(func(v *slackgo.ModalViewRequest) { v.PrivateMetadata = strings.Repeat("x", 3001) }), "must be less than 3001 characters [json-pointer:/view/private_metadata]"},
		"a callback id of 256":     {change(func(v *slackgo.ModalViewRequest) { v.CallbackID = strings.Repeat("x", 256) }), "less than 256"},
		"a home tab":               {change(func(v *slackgo.ModalViewRequest) { v.Type = slackgo.VTHomeTab }), "invalid additional property"},
		"an unknown type":          {change(func(v *slackgo.ModalViewRequest) { v.Type = "window" }), "unsupported type: window"},
		"an action id twice":       {modal("Access", slackgo.NewActionBlock("a", button("x", "", "A"), button("x", "", "B"))), "`action_id` must be unique"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			_, err := w.api.OpenView(w.trigger(t, aiko), tt.view)
			if tt.want == "" {
				wantCode(t, err, "")
				return
			}
			wantCode(t, err, "invalid_arguments")
			var e slackgo.SlackErrorResponse
			if errors.As(err, &e) && !strings.Contains(strings.Join(e.ResponseMetadata.Messages, "\n"), tt.want) {
				t.Errorf("got reasons %q, want one with %q", e.ResponseMetadata.Messages, tt.want)
			}
		})
	}

	w := newWorld(t)
	bearer := "Bearer " + token
	for body, want := range map[string]string{
		`{}`:           "invalid_arguments",
		`{"view":"{"}`: "invalid_arguments",
		`{"view":[]}`:  "invalid_arguments",
		`{"view":{"type":"modal","title":{"type":"plain_text","text":"a"},"blocks":[]}}`:   "invalid_arguments", // no trigger
		`{"view":"` + strings.Repeat("a", 10) + `"}`:                                       "invalid_arguments",
		fmt.Sprintf(`{"view":{"type":"modal","blocks":%q}}`, strings.Repeat("a", 250_000)): "view_too_large",
	} {
		if _, code := w.raw(t, "views.open", "application/json", bearer, body); code != want {
			t.Errorf("%.40s: got error %q, want %q", body, code, want)
		}
	}
}

func TestUpdateOfViewsAndHashes(t *testing.T) {
	w := newWorld(t)
	view := modal("Loading", section("one moment"))
	view.ExternalID = "the-view"
	opened := w.openModal(t, aiko, view)
	w.now = w.now.Add(time.Minute)

	next := modal("Access", textField("reason"))
	updated, err := w.api.UpdateView(next, "", opened.Hash, opened.ID)
	if err != nil || updated.Hash == opened.Hash || updated.ID != opened.ID {
		t.Fatalf("got %+v, %v, want the same view with a new hash", updated, err)
	}
	if got, _ := w.Modal(aiko); got.Title != "Access" || len(got.Fields) != 1 || got.PrivateMetadata != "for the app" {
		t.Errorf("got %+v, want the new content", got)
	}
	_, err = w.api.UpdateView(next, "", opened.Hash, opened.ID)
	wantCode(t, err, "hash_conflict")
	_, err = w.api.UpdateView(next, "", "", "V0")
	wantCode(t, err, "not_found")
	_, err = w.api.UpdateView(next, "the-view", "", "")
	wantCode(t, err, "not_found") // the update took the external id away
	if _, err := w.Close(context.Background(), aiko); err != nil {
		t.Fatal(err)
	}
	_, err = w.api.UpdateView(next, "", "", opened.ID)
	wantCode(t, err, "not_found")
	if _, ok := w.Modal(aiko); ok {
		t.Error("the closed modal is still open")
	}

	view.ExternalID = "once"
	w.openModal(t, aiko, view)
	_, err = w.api.OpenView(w.trigger(t, ben), view)
	wantCode(t, err, "duplicate_external_id")
	if _, err := w.api.UpdateView(view, "once", "", ""); err != nil {
		t.Errorf("update by external id: %v", err)
	}
}

func TestPushedViews(t *testing.T) {
	w := newWorld(t)
	_, err := w.api.PushView(w.trigger(t, aiko), modal("First", section("first")))
	wantCode(t, err, "not_found")
	root := w.openModal(t, aiko, modal("First", section("first")))
	for _, title := range []string{"Second", "Third"} {
		got, err := w.api.PushView(w.trigger(t, aiko), modal(title, section(title)))
		if err != nil || got.RootViewID != root.ID || got.PreviousViewID == "" {
			t.Fatalf("got %+v, %v, want a view over %s", got, err, root.ID)
		}
	}
	_, err = w.api.PushView(w.trigger(t, aiko), modal("Fourth", section("fourth")))
	wantCode(t, err, "push_limit_reached")
	for _, want := range []string{"Third", "Second", "First"} {
		if got, _ := w.Modal(aiko); got.Title != want {
			t.Errorf("got %q on top, want %q", got.Title, want)
		}
		if _, err := w.Close(context.Background(), aiko); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(context.Background(), aiko); !errors.Is(err, slack.ErrNoModal) {
		t.Errorf("got %v, want %v", err, slack.ErrNoModal)
	}
}

func TestClosingIsReportedWhereTheAppAsked(t *testing.T) {
	w := newWorld(t)
	view := modal("Access", textField("reason"))
	view.NotifyOnClose = true
	w.openModal(t, aiko, view)
	n := len(w.bodies)
	if _, err := w.Close(context.Background(), aiko); err != nil {
		t.Fatal(err)
	}
	if len(w.bodies) != n+1 {
		t.Fatalf("got %d requests, want 1", len(w.bodies)-n)
	}
	if got := w.payload(t); got.Type != slackgo.InteractionTypeViewClosed || got.View.CallbackID != "access" || got.IsCleared {
		t.Errorf("got %+v, want view_closed", got)
	}
}

func TestHomeTab(t *testing.T) {
	w := newWorld(t)
	if _, ok := w.Home(aiko); ok {
		t.Error("a home tab before one was published")
	}
	_, err := w.api.PublishView(w.id(t, aiko), home("x"), "guess")
	wantCode(t, err, "hash_conflict")
	first, err := w.api.PublishView(w.id(t, aiko), home("*My* access", slackgo.NewActionBlock("a", button("done", "grant-1", "I am done"))), "")
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := w.Home(aiko); got.Text != "My access" || got.Type != "home" || len(got.Buttons) != 1 {
		t.Errorf("got %+v, want the published tab", got)
	}
	if _, err := w.ClickHome(context.Background(), aiko, "I am done", nil); err != nil {
		t.Fatal(err)
	}
	got := w.payload(t)
	if got.Container.Type != "view" || got.Container.ViewID != first.ID || got.View.ID != first.ID || got.ResponseURL != "" || got.Channel.ID != "" {
		t.Errorf("got %+v, want an action in the view, without channel and response URL", got)
	}
	if a := got.ActionCallback.BlockActions[0]; a.ActionID != "done" || a.Value != "grant-1" {
		t.Errorf("got %+v, want the button", a)
	}
	if _, err := w.ClickHome(context.Background(), aiko, "Undo", nil); !errors.Is(err, slack.ErrNoButton) {
		t.Errorf("got %v, want %v", err, slack.ErrNoButton)
	}
	if _, err := w.ClickHome(context.Background(), ben, "I am done", nil); !errors.Is(err, slack.ErrNoButton) {
		t.Errorf("got %v, want %v", err, slack.ErrNoButton)
	}

	second, err := w.api.PublishView(w.id(t, aiko), home("new"), first.Hash)
	if err != nil || second.ID != first.ID {
		t.Errorf("got %+v, %v, want the same view", second, err)
	}
	_, err = w.api.PublishView(w.id(t, aiko), home("newer"), first.Hash)
	wantCode(t, err, "hash_conflict")
	for _, email := range []string{dora, eve} {
		_, err = w.api.PublishView(w.id(t, email), home("x"), "")
		wantCode(t, err, "invalid_arguments")
	}
}
