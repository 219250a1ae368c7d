package console

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	simslack "github.com/sekisho/sekisho/shared/sim/slack"
)

var header = json.RawMessage(`[{"type":"header"}]`)

func TestMessageKeepsButtonsWithTheirText(t *testing.T) {
	m := simslack.Message{
		From: "Sekisho", Blocks: header, Text: "Stop these?\nmax: 200 days\nzoe: 190 days\nAsk in #it.",
		Buttons: []simslack.Button{
			{Label: "Disable", Near: "Stop these?\nmax: 200 days"},
			{Label: "Keep", Near: "Stop these?\nmax: 200 days"},
			{Label: "Disable", Near: "zoe: 190 days"},
		},
	}
	got := message([]simslack.Message{m}, 0, "", false)
	if got.Heading != "Stop these?" {
		t.Errorf("heading %q", got.Heading)
	}
	want := []messagePart{
		{Lines: []string{"max: 200 days"}, Buttons: []buttonLine{{Label: "Disable", N: 0}, {Label: "Keep", N: 1}}},
		{Lines: []string{"zoe: 190 days"}, Buttons: []buttonLine{{Label: "Disable", N: 2}}},
		{Lines: []string{"Ask in #it."}},
	}
	if diff := cmp.Diff(want, got.Parts); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestOnlyButtonsThatDoWhatTheySayCanBePressed(t *testing.T) {
	same := func(ts string) simslack.Message {
		return simslack.Message{TS: ts, Text: "Done", Buttons: []simslack.Button{{Label: "Undo", Near: "Done"}}}
	}
	visible := []simslack.Message{same("1"), same("2")}
	if got := message(visible, 0, "", false).Parts[0].Buttons[0]; got.Hidden == "" {
		t.Error("the older of two messages that are alike can be pressed, and would press the newer one")
	}
	if got := message(visible, 1, "", false).Parts[0].Buttons[0]; got.Hidden != "" {
		t.Errorf("the newer one cannot be pressed: %s", got.Hidden)
	}
	if got := message(visible, 1, "", true).Parts[0].Buttons[0]; got.Hidden == "" {
		t.Error("somebody can press in a channel without being anybody")
	}
}

func TestModalShowsItsFields(t *testing.T) {
	got := modalOf(simslack.View{
		Title: "Access", SubmitLabel: "Send", Text: "Who needs it?\nReason\nA link\nDuration",
		Fields: []simslack.Field{
			{BlockID: "reason", Type: "plain_text_input", Label: "Reason", Hint: "A link"},
			{
				BlockID: "duration", Type: "static_select", Label: "Duration", Value: "1h", Optional: true,
				Options: []simslack.Option{{Text: "1 hour", Value: "1h"}, {Text: "8 hours", Value: "8h"}},
			},
			{BlockID: "days", Type: "checkboxes", Options: []simslack.Option{{Text: "Mo", Value: "mo"}}},
		},
		Errors: map[string]string{"reason": "Write a link."},
	})
	want := &modalPart{
		Title: "Access", Submit: "Send", Close: "Close", Lines: []string{"Who needs it?"},
		Fields: []fieldLine{
			{ID: "reason", Label: "Reason", Hint: "A link", Problem: "Write a link.", Input: "text", Required: true},
			{ID: "duration", Label: "Duration", Value: "1h", Options: []valueChoice{{Value: "1h", Words: "1 hour", Selected: true}, {Value: "8h", Words: "8 hours"}}},
			{ID: "days", Many: true, Required: true, Options: []valueChoice{{Value: "mo", Words: "Mo"}}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{"Emma Clarke": "EC", "佐藤 愛子": "佐", "#sekisho": "S", "a b c": "AB", "": ""} {
		if got := initials(name); got != want {
			t.Errorf("initials of %q: %q, want %q", name, got, want)
		}
	}
}
