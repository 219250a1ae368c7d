package slack_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/sim"
)

// hear keeps what Slack tells the app last.
func (w *world) hear(t testing.TB) *slack.Interaction {
	t.Helper()
	var heard slack.Interaction
	w.app = func(r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if heard, err = slack.ParseInteraction(body); err != nil {
			t.Error(err)
		}
	}
	return &heard
}

var asking = slack.Modal{
	Callback: "/access", Title: "Ask for access to something", Submit: "Ask", Close: "Cancel", Lines: []string{"For *a* time <!channel>"},
	Fields: []slack.Field{
		{Name: "what", Label: "What", Kind: slack.FieldChoice, Options: []slack.Option{{Label: "Etl", Value: "etl"}, {Label: "Prod", Value: "prod"}}, Live: true},
		{Name: "roles", Label: "Roles", Kind: slack.FieldMany, Options: []slack.Option{{Label: "A", Value: "a"}, {Label: "B", Value: "b"}}, Value: []string{"a"}},
		{Name: "owner", Label: "Owner", Kind: slack.FieldPeople, Optional: true},
		{Name: "duration", Label: "How long", Kind: slack.FieldText, Value: []string{"2h"}},
		{Name: "reason", Label: "Why", Hint: "A link to the ticket", Kind: slack.FieldLong},
	},
}

func (w *world) open(t testing.TB, m slack.Modal) (id string, heard *slack.Interaction) {
	t.Helper()
	heard = w.hear(t)
	if _, err := w.Command(context.Background(), ada, "/access", "etl"); err != nil {
		t.Fatal(err)
	}
	if heard.Type != "command" || heard.Command != "/access" || heard.Text != "etl" {
		t.Fatalf("heard %+v", heard)
	}
	id, err := w.client.OpenModal(context.Background(), heard.Trigger, m)
	if err != nil {
		t.Fatal(err)
	}
	return id, heard
}

func TestWhatIsEnteredInAModalComesBack(t *testing.T) {
	w := newWorld(t)
	id, heard := w.open(t, asking)
	view, ok := w.Modal(ada)
	if !ok || len(view.Fields) != 5 || !strings.Contains(view.Text, "For *a* time <!channel>") || len([]rune(view.Title)) > 24 {
		t.Fatalf("the modal is %+v", view)
	}
	if _, err := w.Fill(context.Background(), ada, "what", "prod"); err != nil {
		t.Fatal(err)
	}
	if heard.Type != "block_actions" || heard.View != id || heard.Callback != "/access" || heard.Entered["what"][0] != "prod" {
		t.Errorf("a live field was filled in: heard %+v", heard)
	}
	fields := map[string]string{"roles": "a,b", "owner": bo, "reason": "https://x.example/1"}
	if _, err := w.Submit(context.Background(), ada, fields); err != nil {
		t.Fatal(err)
	}
	want := slack.Entered{
		"what": {"prod"}, "roles": {"a", "b"}, "owner": {w.id(t, bo)}, "duration": {"2h"}, "reason": {"https://x.example/1"},
	}
	if diff := cmp.Diff(want, heard.Entered); diff != "" || heard.Type != "view_submission" {
		t.Errorf("%s: entered (-want +got):\n%s", heard.Type, diff)
	}
}

// What was entered in fields that stay is kept, and a modal that has changed since is not
// replaced by what was made for the former one.
func TestUpdateModal(t *testing.T) {
	w := newWorld(t)
	id, heard := w.open(t, asking)
	if _, err := w.Fill(context.Background(), ada, "what", "etl"); err != nil {
		t.Fatal(err)
	}
	less := asking
	less.Fields = asking.Fields[:1]
	hash := heard.Hash
	if err := w.client.UpdateModal(context.Background(), id, hash, less); err != nil {
		t.Fatal(err)
	}
	view, _ := w.Modal(ada)
	if len(view.Fields) != 1 || view.Fields[0].Value != "etl" {
		t.Errorf("fields %+v", view.Fields)
	}
	if err := w.client.UpdateModal(context.Background(), id, hash, asking); err == nil {
		t.Error("an outdated update was taken")
	}
}

func TestATriggerThatIsOver(t *testing.T) {
	w := newWorld(t)
	heard := w.hear(t)
	if _, err := w.Command(context.Background(), ada, "/access", ""); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(4 * time.Second)
	if _, err := w.client.OpenModal(context.Background(), heard.Trigger, asking); err == nil {
		t.Error("a modal was opened after the trigger's end")
	}
}

// A trigger lives three seconds and nobody sends the command again.
func TestAModalIsOpenedAtTheNextTryWhereSlackFails(t *testing.T) {
	for name, test := range map[string]struct {
		kind  sim.FaultKind
		n     int
		opens bool
	}{
		"once":            {sim.Fault500, 1, true},
		"twice":           {sim.Fault500, 2, true},
		"as often":        {sim.Fault500, 3, false},
		"with a no":       {sim.Fault429, 1, false},
		"and opened it":   {sim.FaultAppliedBut500, 1, false},
		"without answers": {sim.FaultTimeout, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			heard := w.hear(t)
			if _, err := w.Command(t.Context(), ada, "/access", ""); err != nil {
				t.Fatal(err)
			}
			w.faults.Add(sim.Fault{API: "slack", Kind: test.kind, Rate: 1, Left: test.n})
			id, err := w.client.OpenModal(t.Context(), heard.Trigger, asking)
			if test.opens != (err == nil && id != "") {
				t.Errorf("%q, %v; want opened: %t", id, err, test.opens)
			}
		})
	}
}

// Complaints stand beside their fields, and the modal stays open.
func TestComplaints(t *testing.T) {
	w := newWorld(t)
	w.open(t, asking)
	body, err := slack.Complaints(map[string]string{"reason": "no \"such\" ticket"})
	if err != nil || string(body) != `{"errors":{"reason":"no \"such\" ticket"},"response_action":"errors"}` {
		t.Errorf("%s, %v", body, err)
	}
}

// The same action in several rows comes back without the mark that tells the rows apart.
func TestButtonsInRows(t *testing.T) {
	w := newWorld(t)
	m := slack.Message{Heading: "Several"}
	for i := range slack.MaxRows + 1 {
		m.Rows = append(m.Rows, slack.Row{
			Text: fmt.Sprintf("account %02d", i), Buttons: []slack.Button{{Label: "Disable", Action: "approve", Value: fmt.Sprint("id-", i)}, {Label: "Keep", Action: "deny", Value: fmt.Sprint("id-", i)}},
		})
	}
	m.Buttons = []slack.Button{{Label: "All", Action: "approve-all", Value: "b 1"}, {Label: "Open", URL: "https://x.example"}, {Label: "Help", URL: "https://y.example"}}
	w.post(t, ada, "k", m)
	heard := w.hear(t)
	for label, want := range map[string]string{"Keep": "deny", "All": "approve-all"} {
		if _, err := w.Click(context.Background(), ada, label, nil); err != nil {
			t.Fatal(err)
		}
		if heard.Action != want || heard.Link() {
			t.Errorf("%s: heard %+v", label, heard)
		}
	}
	if _, err := w.Click(context.Background(), ada, "Help", nil); err != nil || !heard.Link() {
		t.Errorf("a link: heard %+v, %v", heard, err)
	}
	if text := w.Visible(ada)[0].Text; strings.Contains(text, "account 20") || !strings.Contains(text, "account 19") {
		t.Errorf("shown: %s", text)
	}
}

func TestOptionsThatDoNotFitAreSaidToBeLeftOut(t *testing.T) {
	w := newWorld(t)
	field := slack.Field{Name: "what", Label: "What", Hint: "A thing.", Kind: slack.FieldChoice, More: "100 of 150 are shown.", Value: []string{"v149"}}
	for i := range 150 {
		field.Options = append(field.Options, slack.Option{Label: fmt.Sprint("L", i), Value: fmt.Sprint("v", i)})
	}
	fits := field
	fits.Name, fits.Options = "less", field.Options[50:]
	w.open(t, slack.Modal{Title: "T", Submit: "Ask", Close: "Cancel", Fields: []slack.Field{field, fits}})
	view, _ := w.Modal(ada)
	if len(view.Fields) != 2 {
		t.Fatalf("the modal is %+v", view)
	}
	for i, want := range []struct{ hint, first, last, value string }{
		{"A thing. 100 of 150 are shown.", "v0", "v149", "v149"}, {"A thing.", "v50", "v149", "v149"},
	} {
		f := view.Fields[i]
		if n := len(f.Options); n != slack.MaxOptions || f.Options[0].Value != want.first || f.Options[n-1].Value != want.last || f.Value != want.value || f.Hint != want.hint {
			t.Errorf("got %d options, %q and %+v", n, f.Hint, f)
		}
	}
}

func TestOnlyOneRefusalMeansThatAModalIsClosed(t *testing.T) {
	for code, want := range map[string]bool{"not_found": true, "hash_conflict": false, "invalid_arguments": false, "duplicate_external_id": false, "internal_error": false} {
		err := answering(fmt.Sprintf(`{"ok":false,"error":%q}`, code)).UpdateModal(t.Context(), "V1", "", asking)
		if got := slack.IsClosed(err); got != want {
			t.Errorf("%v: closed %t", err, got)
		}
	}
	_, err := answering(`{"ok":false,"error":"not_found"}`).UserByID(t.Context(), "U1")
	if slack.IsClosed(err) || slack.IsClosed(nil) {
		t.Errorf("%v is no closed modal", err)
	}
}
