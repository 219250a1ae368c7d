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

	"github.com/google/go-cmp/cmp"
	slackgo "github.com/slack-go/slack"

	"github.com/sekisho/sekisho/shared/sim/slack"
)

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
