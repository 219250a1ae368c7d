package slack_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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

// answer lets the app answer with JSON.
func (w *world) answer(t *testing.T, v any) {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	w.app = func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		_, _ = rw.Write(raw)
	}
}

func TestSubmitSendsWhatWasEntered(t *testing.T) {
	w := newWorld(t)
	if err := w.AddChannel(slack.Channel{Name: "general"}); err != nil {
		t.Fatal(err)
	}
	input := func(id string, e slackgo.BlockElement) *slackgo.InputBlock {
		return slackgo.NewInputBlock(id, plainText(id), nil, e)
	}
	option := func(v string) *slackgo.OptionBlockObject {
		return slackgo.NewOptionBlockObject(v, plainText(strings.ToUpper(v)), nil)
	}
	optional := textField("note")
	optional.Optional = true
	email := slackgo.NewEmailTextInputBlockElement(nil, "x")
	w.openModal(t, aiko, modal("Access",
		textField("reason"), menuField("duration", "1h", "1d"), optional,
		input("days", slackgo.NewNumberInputBlockElement(nil, "x", false)),
		input("mail", email),
		input("page", slackgo.NewURLTextInputBlockElement(nil, "x")),
		input("boxes", slackgo.NewCheckboxGroupsBlockElement("x", option("a"), option("b"), option("c"))),
		input("radio", slackgo.NewRadioButtonsBlockElement("x", option("a"), option("b"))),
		input("day", slackgo.NewDatePickerBlockElement("x")),
		input("hour", slackgo.NewTimePickerBlockElement("x")),
		input("moment", slackgo.NewDateTimePickerBlockElement("x")),
		input("owner", slackgo.NewOptionsSelectBlockElement("users_select", nil, "x")),
		input("channel", slackgo.NewOptionsSelectBlockElement("channels_select", nil, "x")),
		input("people", slackgo.NewOptionsMultiSelectBlockElement("multi_users_select", nil, "x")),
	))
	o, err := w.Submit(context.Background(), aiko, map[string]string{
		"reason": "nightly job", "duration": "1D", "days": "3", "mail": "a@example.com", "page": "https://example.com", "boxes": "a, C",
		"radio": "b", "day": "2026-12-01", "hour": "09:30", "moment": "2026-12-01T00:00:00Z", "owner": ben, "channel": "#general", "people": aiko + "," + ben,
	})
	if err != nil || !o.OK() {
		t.Fatalf("got %+v, %v", o, err)
	}
	got := w.payload(t)
	if got.Type != slackgo.InteractionTypeViewSubmission || got.View.CallbackID != "access" || got.View.PrivateMetadata != "for the app" || got.View.Hash == "" {
		t.Errorf("got %+v, want the submission of the view", got.View)
	}
	v := got.View.State.Values
	general, _ := w.ChannelID("general")
	have := map[string]string{
		"reason": v["reason"]["reason-input"].Value, "duration": v["duration"]["duration-menu"].SelectedOption.Value, "note": v["note"]["note-input"].Value,
		"days": v["days"]["x"].Value, "mail": v["mail"]["x"].Value, "page": v["page"]["x"].Value,
		"boxes": fmt.Sprint(v["boxes"]["x"].SelectedOptions[0].Value, v["boxes"]["x"].SelectedOptions[1].Value),
		"radio": v["radio"]["x"].SelectedOption.Value, "day": v["day"]["x"].SelectedDate, "hour": v["hour"]["x"].SelectedTime,
		"moment": fmt.Sprint(v["moment"]["x"].SelectedDateTime), "owner": v["owner"]["x"].SelectedUser, "channel": v["channel"]["x"].SelectedChannel,
		"people": strings.Join(v["people"]["x"].SelectedUsers, ","), "type": string(v["reason"]["reason-input"].Type),
	}
	want := map[string]string{
		"reason": "nightly job", "duration": "1d", "note": "", "days": "3", "mail": "a@example.com", "page": "https://example.com", "boxes": "ac",
		"radio": "b", "day": "2026-12-01", "hour": "09:30", "moment": "1796083200", "owner": w.id(t, ben), "channel": general,
		"people": w.id(t, aiko) + "," + w.id(t, ben), "type": "plain_text_input",
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	if _, ok := w.Modal(aiko); ok {
		t.Error("the modal is open after an empty answer")
	}
}

func TestFieldsThatTheClientRefuses(t *testing.T) {
	limited := slackgo.NewPlainTextInputBlockElement(nil, "x")
	limited.MinLength, limited.MaxLength = 3, 5
	number := slackgo.NewNumberInputBlockElement(nil, "x", false)
	number.MinValue, number.MaxValue = "1", "8"
	input := func(e slackgo.BlockElement) *slackgo.InputBlock {
		return slackgo.NewInputBlock("f", plainText("f"), nil, e)
	}
	tests := map[string]struct {
		field *slackgo.InputBlock
		value string
		want  bool // sent
	}{
		"nothing":               {textField("f"), "", false},
		"too short":             {input(limited), "ab", false},
		"long enough":           {input(limited), "abc", true},
		"too long":              {input(limited), "abcdef", false},
		"text of 3000":          {textField("f"), strings.Repeat("あ", 3000), true},
		"text of 3001":          {textField("f"), strings.Repeat("あ", 3001), false},
		"no number":             {input(number), "many", false},
		"a decimal":             {input(number), "1.5", false},
		"a small number":        {input(number), "0", false},
		"a large number":        {input(number), "9", false},
		"a number":              {input(number), "8", true},
		"no address":            {input(slackgo.NewEmailTextInputBlockElement(nil, "x")), "a@", false},
		"an address and a name": {input(slackgo.NewEmailTextInputBlockElement(nil, "x")), "A <a@example.com>", false},
		"no URL":                {input(slackgo.NewURLTextInputBlockElement(nil, "x")), "example", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.openModal(t, aiko, modal("Access", tt.field))
			n := len(w.bodies)
			o, err := w.Submit(context.Background(), aiko, map[string]string{"f": tt.value})
			if err != nil {
				t.Fatal(err)
			}
			if sent := len(w.bodies) > n; sent != tt.want || o.OK() != tt.want || (o.Errors["f"] == "") != tt.want {
				t.Errorf("sent %v, outcome %+v, want sent %v", sent, o, tt.want)
			}
			if view, open := w.Modal(aiko); open == tt.want || (open && view.Errors["f"] == "") {
				t.Errorf("open %v with errors %v, want the modal to stay only when it was refused", open, view.Errors)
			}
		})
	}
}

func TestWhatCannotBeEntered(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	if _, err := w.Submit(ctx, aiko, nil); !errors.Is(err, slack.ErrNoModal) {
		t.Errorf("no modal: got %v, want %v", err, slack.ErrNoModal)
	}
	input := func(id string, e slackgo.BlockElement) *slackgo.InputBlock {
		return slackgo.NewInputBlock(id, plainText(id), nil, e)
	}
	w.openModal(t, aiko, modal("Access", menuField("duration", "1h"), textField("reason"),
		input("owner", slackgo.NewOptionsSelectBlockElement("users_select", nil, "x")),
		input("channel", slackgo.NewOptionsSelectBlockElement("conversations_select", nil, "x")),
		input("day", slackgo.NewDatePickerBlockElement("x")), input("moment", slackgo.NewDateTimePickerBlockElement("x"))))
	tests := map[string]struct {
		field, value string
		want         error
	}{
		"an option that is not offered": {"duration", "9d", slack.ErrNoOption},
		"a person who has left":         {"owner", dora, slack.ErrNoOption},
		"no such channel":               {"channel", "#nowhere", slack.ErrNoOption},
		"no date":                       {"day", "tomorrow", slack.ErrNoOption},
		"no time":                       {"moment", "noon", slack.ErrNoOption},
		"no such field":                 {"project", "x", slack.ErrNoField},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := w.Submit(ctx, aiko, map[string]string{tt.field: tt.value}); !errors.Is(err, tt.want) {
				t.Errorf("submit: got %v, want %v", err, tt.want)
			}
			if _, err := w.Fill(ctx, aiko, tt.field, tt.value); !errors.Is(err, tt.want) {
				t.Errorf("fill: got %v, want %v", err, tt.want)
			}
		})
	}
	w.openModal(t, ben, slackgo.ModalViewRequest{Type: slackgo.VTModal, Title: plainText("Loading"), Blocks: slackgo.Blocks{BlockSet: []slackgo.Block{section("wait")}}})
	if _, err := w.Submit(ctx, ben, nil); !errors.Is(err, slack.ErrNoModal) {
		t.Errorf("a modal without submit: got %v, want %v", err, slack.ErrNoModal)
	}
}

func TestAnswersToASubmission(t *testing.T) {
	second := modal("Second", textField("reason"))
	tooMany := modal(strings.Repeat("x", 25), section("long"))
	tests := map[string]struct {
		answer any
		title  string // of the modal on top afterwards, "" for none
		errors map[string]string
		notice bool
	}{
		"an empty object":      {map[string]any{}, "Middle", nil, false},
		"clear":                {slackgo.NewClearViewSubmissionResponse(), "", nil, false},
		"update":               {slackgo.NewUpdateViewSubmissionResponse(&second), "Second", nil, false},
		"push over the limit":  {slackgo.NewPushViewSubmissionResponse(&second), "Top", nil, true},
		"errors":               {slackgo.NewErrorsViewSubmissionResponse(map[string]string{"reason": "does not match"}), "Top", map[string]string{"reason": "does not match"}, false},
		"errors of no field":   {slackgo.NewErrorsViewSubmissionResponse(map[string]string{"other": "x"}), "Top", nil, true},
		"errors of a section":  {slackgo.NewErrorsViewSubmissionResponse(map[string]string{"words": "x"}), "Top", nil, true},
		"no errors":            {slackgo.NewErrorsViewSubmissionResponse(nil), "Top", nil, true},
		"a view Slack refuses": {slackgo.NewUpdateViewSubmissionResponse(&tooMany), "Top", nil, true},
		"no view":              {map[string]any{"response_action": "update"}, "Top", nil, true},
		"a home tab":           {map[string]any{"response_action": "update", "view": map[string]any{"type": "home", "blocks": []any{}}}, "Top", nil, true},
		"an unknown action":    {map[string]any{"response_action": "shout"}, "Top", nil, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.openModal(t, aiko, modal("First", section("first")))
			words := section("words")
			words.BlockID = "words"
			for _, view := range []slackgo.ModalViewRequest{modal("Middle", section("middle")), modal("Top", textField("reason"), words)} {
				if _, err := w.api.PushView(w.trigger(t, aiko), view); err != nil {
					t.Fatal(err)
				}
			}
			w.answer(t, tt.answer)
			o, err := w.Submit(context.Background(), aiko, map[string]string{"reason": "x"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.errors, o.Errors); diff != "" || (o.Notice != "") != tt.notice {
				t.Errorf("got %+v, want notice %v; errors (-want +got):\n%s", o, tt.notice, diff)
			}
			got, _ := w.Modal(aiko)
			if got.Title != tt.title {
				t.Errorf("got %q on top, want %q", got.Title, tt.title)
			}
			if diff := cmp.Diff(tt.errors, got.Errors); got.Title == "Top" && len(tt.errors)+len(got.Errors) > 0 && diff != "" {
				t.Errorf("errors beside the fields (-want +got):\n%s", diff)
			}
		})
	}

	w := newWorld(t)
	w.openModal(t, aiko, modal("First", textField("reason")))
	w.app = func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "ok") }
	if o, err := w.Submit(context.Background(), aiko, map[string]string{"reason": "x"}); err != nil || o.Notice == "" {
		t.Errorf("an answer that is not JSON: got %+v, %v, want a notice", o, err)
	}
	w.app = func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusBadGateway) }
	if o, err := w.Submit(context.Background(), aiko, nil); err != nil || o.Status != http.StatusBadGateway || o.Notice == "" {
		t.Errorf("a failing app: got %+v, %v, want status 502 and a notice", o, err)
	}
	if got, _ := w.Modal(aiko); got.Title != "First" || got.Fields[0].Value != "x" {
		t.Errorf("got %+v, want the modal with what was entered", got)
	}
	w.answer(t, slackgo.NewPushViewSubmissionResponse(&second))
	if o, err := w.Submit(context.Background(), aiko, nil); err != nil || !o.OK() {
		t.Errorf("push: got %+v, %v", o, err)
	}
	if got, _ := w.Modal(aiko); got.Title != "Second" {
		t.Errorf("got %q on top, want Second", got.Title)
	}
}

func TestFieldsThatAppearBecauseOfAnAnswer(t *testing.T) {
	w := newWorld(t)
	service := menuField("service", "postgres", "mysql")
	service.DispatchAction = true
	first := modal("Connect", textField("name"), service)
	opened := w.openModal(t, aiko, first)
	w.app = func(rw http.ResponseWriter, r *http.Request) {
		ic, err := slackgo.InteractionCallbackParse(r)
		if err != nil {
			http.Error(rw, err.Error(), http.StatusBadRequest)
			return
		}
		if ic.Type != slackgo.InteractionTypeBlockActions {
			return
		}
		if got := ic.ActionCallback.BlockActions[0].SelectedOption.Value; got != "mysql" {
			http.Error(rw, "picked "+got, http.StatusBadRequest)
			return
		}
		if _, err := w.api.UpdateView(modal("Connect", textField("name"), service, textField("port")), "", ic.View.Hash, opened.ID); err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
		}
	}
	o, err := w.Submit(context.Background(), aiko, map[string]string{"name": "sales", "service": "mysql", "port": "3306"})
	if err != nil || !o.OK() {
		t.Fatalf("got %+v, %v", o, err)
	}
	v := w.payload(t).View.State.Values
	got := []string{v["name"]["name-input"].Value, v["service"]["service-menu"].SelectedOption.Value, v["port"]["port-input"].Value}
	if diff := cmp.Diff([]string{"sales", "mysql", "3306"}, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

func TestFieldsAreShown(t *testing.T) {
	w := newWorld(t)
	menu := menuField("duration", "1h", "1d")
	menu.Optional = true
	menu.Hint = plainText("not longer than needed")
	menu.Element.(*slackgo.SelectBlockElement).InitialOption = menu.Element.(*slackgo.SelectBlockElement).Options[1]
	w.openModal(t, aiko, modal("Access", menu, textField("reason"), slackgo.NewActionBlock("more", button("more", "", "More"))))
	if _, err := w.Fill(context.Background(), aiko, "reason", "because"); err != nil {
		t.Fatal(err)
	}
	got, _ := w.Modal(aiko)
	want := []slack.Field{
		{
			BlockID: "duration", ActionID: "duration-menu", Type: "static_select", Label: "The duration", Hint: "not longer than needed", Optional: true,
			Options: []slack.Option{{Text: "1H", Value: "1h"}, {Text: "1D", Value: "1d"}}, Value: "1d",
		},
		{BlockID: "reason", ActionID: "reason-input", Type: "plain_text_input", Label: "The reason", Value: "because"},
	}
	if diff := cmp.Diff(want, got.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if got.SubmitLabel != "Send" || got.CallbackID != "access" {
		t.Errorf("got %+v", got)
	}
	if _, err := w.ClickModal(context.Background(), aiko, "More"); err != nil {
		t.Fatal(err)
	}
	if p := w.payload(t); p.View.State.Values["reason"]["reason-input"].Value != "because" {
		t.Errorf("got state %+v, want what was entered so far", p.View.State)
	}
}
