package contract_test

import (
	"context"
	"maps"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/sekisho/sekisho/scripts/local/contract"
	"github.com/sekisho/sekisho/shared/adapters/slack"
	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/sim"
	simcontract "github.com/sekisho/sekisho/shared/sim/contract"
	"github.com/sekisho/sekisho/shared/sim/org"
	simslack "github.com/sekisho/sekisho/shared/sim/slack"
	simworkspace "github.com/sekisho/sekisho/shared/sim/workspace"
)

// adapters are the clients of the vendors, as a program on the vendors' own hosts has them.
type adapters struct {
	directory *workspace.Directory
	settings  *workspace.Settings
	reports   *workspace.Reports
	slack     *slack.Client

	google *simworkspace.Server
	people *simslack.Server
	now    time.Time
	// trigger is that of the slash command typed last.
	trigger string
}

// bearer adds a token to each request, as an OAuth transport does.
type bearer struct{ next http.RoundTripper }

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer token")
	return b.next.RoundTrip(r)
}

func newAdapters(t *testing.T, j *contract.Judge) *adapters {
	t.Helper()
	a := &adapters{now: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}
	now := func() time.Time { return a.now }
	hosts := sim.Transport{}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	a.google, err = simworkspace.New(simworkspace.Options{Company: org.Demo(), Now: now, Lag: &simworkspace.Lag{}, Seed: 1, Tokens: map[string][]string{"token": {
		simworkspace.ScopeGroupReadonly, simworkspace.ScopeMemberReadonly, simworkspace.ScopeUserReadonly,
		simworkspace.ScopeSettings, simworkspace.ScopeAudit,
	}}})
	must(err)
	a.people = simslack.New(simslack.Options{
		People: []simslack.Person{{Email: "aiko@example.com"}}, Now: now, Token: "xoxb-token", SigningSecret: "secret", Client: &http.Client{Transport: hosts},
		Interact: "https://app.example/",
	})
	hosts["app.example"] = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { a.trigger = r.FormValue("trigger_id") })
	hosts["admin.googleapis.com"] = j.Tap("", a.google)
	hosts["www.googleapis.com"], hosts["slack.com"] = hosts["admin.googleapis.com"], j.Tap("", a.people)
	options := workspace.Options{Client: &http.Client{Transport: bearer{hosts}}, Now: now}
	a.directory, err = workspace.NewDirectory(t.Context(), options)
	must(err)
	a.settings, err = workspace.NewSettings(t.Context(), options)
	must(err)
	a.reports, err = workspace.NewReports(t.Context(), options)
	must(err)
	a.slack = slack.New(slack.Options{Token: "xoxb-token", HTTP: &http.Client{Transport: hosts}})
	return a
}

type call = func(context.Context) error

// googleCalls is one call of each method of each client of Google.
func (a *adapters) googleCalls() map[string]call {
	watch := func(ctx context.Context, id string) (workspace.Channel, error) {
		return a.reports.Watch(ctx, workspace.Channel{
			ID: id, Token: "secret", Address: "https://hook.example.com/", Application: "groups_enterprise", Expires: a.now.Add(time.Hour),
		})
	}
	return map[string]call{
		"Directory.Groups": func(ctx context.Context) error { return last(a.directory.Groups(ctx, "")) },
		"Directory.GroupsOf": func(ctx context.Context) error {
			return last(a.directory.GroupsOf(ctx, "secure_anchor@example.com", ""))
		},
		"Directory.Group":   func(ctx context.Context) error { return last(a.directory.Group(ctx, "data@example.com")) },
		"Directory.Members": func(ctx context.Context) error { return last(a.directory.Members(ctx, "data@example.com", "")) },
		"Directory.Member": func(ctx context.Context) error {
			return last(a.directory.Member(ctx, "data@example.com", "aiko@example.com"))
		},
		"Directory.People": func(ctx context.Context) error { return last(a.directory.People(ctx, "")) },
		"Directory.Person": func(ctx context.Context) error { return last(a.directory.Person(ctx, "mika@example.com")) },
		"Settings.Get":     func(ctx context.Context) error { return last(a.settings.Get(ctx, "data@example.com")) },
		"Settings.Patch": func(ctx context.Context) error {
			return a.settings.Patch(ctx, "data@example.com", map[string]string{"whoCanJoin": "INVITED_CAN_JOIN", "isArchived": "false"})
		},
		"Reports.List":  func(ctx context.Context) error { return last(a.reports.List(ctx, "admin", a.now.Add(-time.Hour), "")) },
		"Reports.Watch": func(ctx context.Context) error { return last(watch(ctx, "one")) },
		"Reports.Stop": func(ctx context.Context) error {
			opened, err := watch(ctx, "two")
			if err != nil {
				return err
			}
			return a.reports.Stop(ctx, opened)
		},
	}
}

// slackCalls is one call of each method of the client of Slack.
func (a *adapters) slackCalls() map[string]call {
	aiko, _ := a.people.UserID("aiko@example.com")
	message := slack.Message{
		Heading: "May it? <!channel>", Lines: []string{"first", "", "third"},
		Buttons: []slack.Button{
			{Label: "Approve", Action: "approve", Value: "change 1", Style: "primary"},
			{Label: "See", Action: "see", URL: "https://example.com"},
		},
		Rows: []slack.Row{
			{Text: "one", Buttons: []slack.Button{{Label: "Yes", Action: "approve", Value: "1"}}},
			{Text: "two", Buttons: []slack.Button{{Label: "Yes", Action: "approve", Value: "2"}}},
		},
	}
	// posted calls do with a message that is there.
	posted := func(do func(ctx context.Context, channel, ts string) error) call {
		return func(ctx context.Context) error {
			channel, ts, err := a.slack.Post(ctx, aiko, "key", message)
			if err != nil {
				return err
			}
			return do(ctx, channel, ts)
		}
	}
	modal := slack.Modal{
		Callback: "/access", Title: "Ask", Submit: "Ask", Close: "Cancel", Lines: []string{"A line"},
		Fields: []slack.Field{
			{Name: "what", Label: "What", Kind: slack.FieldChoice, Options: []slack.Option{{Label: "One", Value: "1"}}, Value: []string{"1"}, Live: true},
			{Name: "some", Label: "Some", Kind: slack.FieldMany, Options: []slack.Option{{Label: "One", Value: "1"}}, Value: []string{"1"}},
			{Name: "who", Label: "Who", Kind: slack.FieldPeople, Value: []string{aiko}, Optional: true},
			{Name: "name", Label: "Name", Kind: slack.FieldText, Value: []string{"x"}},
			{Name: "reason", Label: "Reason", Hint: "A link", Kind: slack.FieldLong},
		},
	}
	opened := func(ctx context.Context) (string, error) {
		if _, err := a.people.Command(ctx, "aiko@example.com", "/access", ""); err != nil {
			return "", err
		}
		return a.slack.OpenModal(ctx, a.trigger, modal)
	}
	return map[string]call{
		"Client.OpenModal": func(ctx context.Context) error { return last(opened(ctx)) },
		"Client.UpdateModal": func(ctx context.Context) error {
			id, err := opened(ctx)
			if err != nil {
				return err
			}
			return a.slack.UpdateModal(ctx, id, "", modal)
		},
		"Client.UserByID":      func(ctx context.Context) error { return last(a.slack.UserByID(ctx, aiko)) },
		"Client.UserByEmail":   func(ctx context.Context) error { return last(a.slack.UserByEmail(ctx, "aiko@example.com")) },
		"Client.DirectChannel": func(ctx context.Context) error { return last(a.slack.DirectChannel(ctx, aiko)) },
		"Client.Post":          posted(func(context.Context, string, string) error { return nil }),
		"Client.ChannelName": posted(func(ctx context.Context, channel, _ string) error {
			return last(a.slack.ChannelName(ctx, channel))
		}),
		"Client.Find": posted(func(ctx context.Context, channel, _ string) error {
			if _, _, err := a.slack.Find(ctx, channel, "key", a.now); err != nil {
				return err
			}
			_, _, err := a.slack.Find(ctx, "#nowhere", "key", a.now) // which lists the channels
			if slack.IsUnknown(err) {
				return nil
			}
			return err
		}),
		"Client.Update": posted(func(ctx context.Context, channel, ts string) error {
			return a.slack.Update(ctx, channel, ts, message)
		}),
		"Client.Whisper": posted(func(ctx context.Context, channel, _ string) error {
			return a.slack.Whisper(ctx, channel, aiko, message)
		}),
	}
}

// last is the error of a call whose result does not matter.
func last[T any](_ T, err error) error { return err }

// Every method of every adapter sends what the vendor describes. A method that is not called
// here fails the test.
func TestTheAdaptersConform(t *testing.T) {
	j, err := contract.New(simcontract.Specs(t))
	if err != nil {
		t.Fatal(err)
	}
	a := newAdapters(t, j)
	if err := a.google.SetSetting("data@example.com", "whoCanJoin", "ANYONE_CAN_JOIN", ""); err != nil {
		t.Fatal(err)
	}
	calls := a.googleCalls()
	maps.Copy(calls, a.slackCalls())
	for _, client := range []any{a.directory, a.settings, a.reports, a.slack} {
		kind := reflect.TypeOf(client)
		for i := range kind.NumMethod() {
			name := kind.Elem().Name() + "." + kind.Method(i).Name
			call, ok := calls[name]
			if !ok {
				t.Errorf("%s is not called here", name)
				continue
			}
			delete(calls, name)
			if err := call(t.Context()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for name := range calls {
		t.Errorf("%s is called here and does not exist", name)
	}
	j.Report().Verify(t)
}
