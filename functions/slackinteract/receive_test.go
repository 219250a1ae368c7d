package slackinteract_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/slackinteract"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/queue"
)

// receiving is an office in which any call of Slack fails the test, and a change that waits.
func receiving(t *testing.T) (*office, change.Change) {
	t.Helper()
	o := openOffice(t, cloudfntest.New(t))
	o.Outbound = nil
	o.handler = o.Build(slackinteract.Function)
	return o, o.ask(t, 1, rule)
}

func TestAPressIsAcknowledgedBeforeAnythingIsDecided(t *testing.T) {
	o, c := receiving(t)
	mark := o.Mark()
	if status := o.Do(o.handler, o.signed(t, o.payload("ken@example.com", "approve", c.ID+" 1", nil))); status != http.StatusOK {
		t.Fatalf("status %d, want 200", status)
	}
	tasks := o.Queue.Take(event.QueuePresses)
	if len(tasks) != 1 {
		t.Fatalf("tasks %v, want one", tasks)
	}
	if strings.Contains(string(tasks[0].Body), cloudfntest.Canary) {
		t.Errorf("the task holds more than ids: %s", tasks[0].Body)
	}
	mark.OnlyAudit(t, 0)
	if got := o.state(t, c).State; got != change.Proposed {
		t.Errorf("the change is %s already", got)
	}
}

func TestTheFormerSecretHoldsWhileTheyAreExchanged(t *testing.T) {
	for key, want := range map[string]int{secret: 200, former: 200, "": 401, "another-" + cloudfntest.Canary: 401} {
		o, c := receiving(t)
		body := o.form(t, o.payload("ken@example.com", "approve", c.ID+" 1", nil))
		if status := o.Do(o.handler, o.sign(key, body)); status != want {
			t.Errorf("signed with %q: status %d, want %d", key, status, want)
		}
	}
	t.Run("when there is no former one", func(t *testing.T) {
		t.Parallel()
		o, c := receiving(t)
		o.Variables["SLACK_SIGNING_SECRET_FORMER"] = ""
		o.handler = o.Build(slackinteract.Function)
		body := o.form(t, o.payload("ken@example.com", "approve", c.ID+" 1", nil))
		if status := o.Do(o.handler, o.sign("", body)); status != http.StatusUnauthorized {
			t.Errorf("signed with nothing: status %d, want 401", status)
		}
	})
}

func (o *office) form(tb testing.TB, payload any) []byte {
	tb.Helper()
	raw, err := json.Marshal(payload)
	if err != nil {
		tb.Fatal(err)
	}
	return []byte(url.Values{"payload": {string(raw)}}.Encode())
}

func TestWhatSlackDidNotSendIsTurnedAway(t *testing.T) {
	type spoiled struct {
		name   string
		make   func(o *office, c change.Change) *http.Request
		status int
		reason string
	}
	with := func(spoil func(o *office, r *http.Request)) func(*office, change.Change) *http.Request {
		return func(o *office, c change.Change) *http.Request {
			r := o.signed(o.TB, o.payload("ken@example.com", "approve", c.ID+" 1", nil))
			spoil(o, r)
			return r
		}
	}
	raw := func(body string) func(*office, change.Change) *http.Request {
		return func(o *office, _ change.Change) *http.Request { return o.sign(secret, []byte(body)) }
	}
	o, c := receiving(t)
	o.Clock.Advance(time.Hour)
	for _, test := range []spoiled{
		{"no signature", with(func(_ *office, r *http.Request) { r.Header.Del("X-Slack-Signature") }), 401, "no signature"},
		{"no timestamp", with(func(_ *office, r *http.Request) { r.Header.Del("X-Slack-Request-Timestamp") }), 401, "no signature"},
		{"forged signature", with(func(_ *office, r *http.Request) {
			r.Header.Set("X-Slack-Signature", "v0="+strings.Repeat("ab", 32))
		}), 401, "wrong signature"},
		{"another version", with(func(_ *office, r *http.Request) {
			r.Header.Set("X-Slack-Signature", "v1"+strings.TrimPrefix(r.Header.Get("X-Slack-Signature"), "v0"))
		}), 401, "wrong signature"},
		{"the signature of another body", with(func(o *office, r *http.Request) {
			r.Header.Set("X-Slack-Signature", o.sign(secret, []byte("payload=%7B%7D")).Header.Get("X-Slack-Signature"))
		}), 401, "wrong signature"},
		{"the signature of another time", with(func(o *office, r *http.Request) {
			r.Header.Set("X-Slack-Request-Timestamp", fmt.Sprint(o.Clock.Now().Unix()+1))
		}), 401, "wrong signature"},
		{"stale", with(func(o *office, _ *http.Request) { o.Clock.Advance(5*time.Minute + time.Second) }), 401, "timestamp too far from now"},
		{"from the future", with(func(o *office, _ *http.Request) { o.Clock.Advance(-5*time.Minute - time.Second) }), 401, "timestamp too far from now"},
		{"a time in words", with(func(_ *office, r *http.Request) { r.Header.Set("X-Slack-Request-Timestamp", cloudfntest.Canary) }), 401, "timestamp too far from now"},
		{"a time beyond all numbers", with(func(_ *office, r *http.Request) {
			r.Header.Set("X-Slack-Request-Timestamp", "9223372036854775807")
		}), 401, "timestamp too far from now"},
		{"too large", raw("payload=" + strings.Repeat("x", cloudfn.MaxBody)), 413, "the body is too large"},
		{"GET", with(func(_ *office, r *http.Request) { r.Method = http.MethodGet }), 405, "not a POST"},
		{"empty", raw(""), 400, "not an interaction"},
		{"no payload", raw("other=" + cloudfntest.Canary), 400, "not an interaction"},
		{"a payload that is not JSON", raw("payload=" + cloudfntest.Canary), 400, "not an interaction"},
		{"a form that is none", raw("payload=%zz" + cloudfntest.Canary), 400, "not an interaction"},
		{"a payload without a person", raw("payload=" + url.QueryEscape(`{"type":"block_actions"}`)), 400, "not an interaction"},
		{"a payload of other types", raw("payload=" + url.QueryEscape(`{"type":"block_actions","user":"`+cloudfntest.Canary+`"}`)), 400, "not an interaction"},
		{"deep nesting", raw("payload=" + strings.Repeat("[", 50_000)), 400, "not an interaction"},
	} {
		mark := o.Mark()
		for range 3 {
			at := o.Clock.Now()
			r := test.make(o, c)
			w := httptest.NewRecorder()
			o.handler.ServeHTTP(w, r)
			if w.Code != test.status || strings.TrimSpace(w.Body.String()) != http.StatusText(test.status) {
				t.Errorf("%s: answer %d %q, want %d and no more than its name", test.name, w.Code, w.Body, test.status)
			}
			o.Clock.Advance(at.Sub(o.Clock.Now()))
		}
		mark.OnlyAudit(t, 1)
		want := "refused slackinteract.press by unknown: " + test.reason
		if !slices.ContainsFunc(o.Audit()[mark.Audited():], func(line string) bool { return strings.HasSuffix(line, want) }) {
			t.Errorf("%s: audit %q, want %q", test.name, o.Audit()[mark.Audited():], want)
		}
		o.Clock.Advance(20 * time.Minute)
	}
	if s := o.state(t, c).State; s != change.Proposed {
		t.Errorf("the change is %s", s)
	}
}

func TestOtherInteractionsAreAcknowledgedAndDoNothing(t *testing.T) {
	for name, make := range map[string]func(o *office) *http.Request{
		"a modal that is sent":    other(map[string]any{"type": "view_submission"}),
		"a modal that is closed":  other(map[string]any{"type": "view_closed"}),
		"a shortcut":              other(map[string]any{"type": "shortcut", "actions": nil}),
		"a type yet to come":      other(map[string]any{"type": "future_" + cloudfntest.Canary}),
		"a press without actions": other(map[string]any{"actions": []any{}}),
		"an action without an id": other(map[string]any{"actions": []any{map[string]any{"value": "x-1 1"}}}),
		"a slash command": func(o *office) *http.Request {
			return o.sign(secret, []byte(url.Values{"command": {"/weather"}, "text": {cloudfntest.Canary}, "user_id": {"U1"}, "team_id": {team}}.Encode()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, _ := receiving(t)
			mark := o.Mark()
			if status := o.Do(o.handler, make(o)); status != http.StatusOK {
				t.Errorf("status %d, want 200", status)
			}
			mark.OnlyAudit(t, 0)
		})
	}
}

func other(fields map[string]any) func(*office) *http.Request {
	return func(o *office) *http.Request {
		return o.signed(o.TB, o.payload("ken@example.com", "approve", "x-1 1", fields))
	}
}

func TestAQueueThatFailsIsToldToSlack(t *testing.T) {
	o, c := receiving(t)
	mark := o.Mark()
	r := o.payload("ken@example.com", "approve", c.ID+" 1", nil)
	o.Queue.Break(1)
	if status := o.Do(o.handler, o.signed(t, r)); status != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503", status)
	}
	mark.OnlyAudit(t, 0)
	if status := o.Do(o.handler, o.signed(t, r)); status != http.StatusOK || len(o.Queue.Tasks()) != 1+mark.Tasks() {
		t.Errorf("pressed again: status %d, want 200 and a task", status)
	}
}

// The queue's header alone opens nothing.
func TestATaskNeedsOurToken(t *testing.T) {
	o, c := receiving(t)
	mark := o.Mark()
	body, err := event.Seal(event.Pressed{Press: "p", User: o.id("ken@example.com"), Team: team, Action: "approve", Value: c.ID + " 1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{"", "Bearer " + cloudfntest.Canary} {
		r := o.Task(queue.Task{Queue: event.QueuePresses, Name: "press-p", Body: body})
		r.Header.Set("Authorization", token)
		if status := o.Do(o.handler, r); status != http.StatusUnauthorized {
			t.Errorf("status %d, want 401", status)
		}
	}
	mark.OnlyAudit(t, 1)
	// Nor does our token let a press in that is no task and has no signature.
	if status := o.Do(o.handler, o.Post(body)); status != http.StatusUnauthorized {
		t.Errorf("without the queue's header: status %d, want 401", status)
	}
}

func TestTheFunctionDoesNotStartWithoutItsConfiguration(t *testing.T) {
	for _, test := range []struct {
		name   string
		set    map[string]string
		naming []string
	}{
		{"empty secret", map[string]string{"SLACK_SIGNING_SECRET": ""}, []string{"SLACK_SIGNING_SECRET"}},
		{"only the former secret", map[string]string{"SLACK_SIGNING_SECRET": "", "SLACK_SIGNING_SECRET_FORMER": former}, []string{"SLACK_SIGNING_SECRET"}},
		{"nothing", map[string]string{"SLACK_SIGNING_SECRET": "", "SLACK_TOKEN": "", "SLACK_TEAM_ID": ""}, []string{"SLACK_SIGNING_SECRET", "SLACK_TOKEN", "SLACK_TEAM_ID"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			rig := cloudfntest.New(t)
			maps.Copy(rig.Variables, variables())
			maps.Copy(rig.Variables, test.set)
			_, err := slackinteract.Function.Build(context.Background(), rig.Env())
			if err == nil {
				t.Fatal("it started")
			}
			for _, name := range test.naming {
				if !strings.Contains(err.Error(), name+" is not set") {
					t.Errorf("error %q does not name %s", err, name)
				}
			}
			if strings.Contains(err.Error(), cloudfntest.Canary) {
				t.Errorf("the error holds a secret: %v", err)
			}
		})
	}
}

func TestBadTasks(t *testing.T) {
	newRig := func(tb testing.TB) *cloudfntest.Rig { return openOffice(tb, cloudfntest.New(tb)).Rig }
	// The messages come as tasks: the queue's header leads to them.
	asTask := cloudfn.Function{Name: slackinteract.Function.Name, Build: func(ctx context.Context, env *cloudfn.Env) (http.Handler, error) {
		h, err := slackinteract.Function.Build(ctx, env)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Set(queue.HeaderQueue, event.QueuePresses)
			h.ServeHTTP(w, r)
		}), err
	}}
	cloudfntest.RefuseBadMessages(t, asTask, newRig, func(*cloudfntest.Rig) event.Payload {
		return event.Pressed{Press: "p", User: "U0NOBODY", Team: team, Channel: "D1", Action: "approve", Value: "x-1 1"}
	}, event.Pressed{})
}
