package slacknotify_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/functions/slacknotify"
	"github.com/sekisho/sekisho/shared/domain/change"
)

// refusing is a transport on which Slack answers the next messages with a word of its own.
type refusing struct {
	next http.RoundTripper
	word string
	left int
}

func (w *refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.left == 0 || !strings.HasSuffix(r.URL.Path, "chat.postMessage") {
		return w.next.RoundTrip(r)
	}
	w.left--
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(`{"ok":false,"error":"` + w.word + `"}`)),
	}, nil
}

// A message that Slack refused is not looked for, which an app that lacks a scope could not do: it was not posted. One
// with which Slack failed may be there.
func TestAMessageThatWasRefusedIsNotLookedFor(t *testing.T) {
	for word, want := range map[string]int{"ratelimited": http.StatusOK, "internal_error": http.StatusServiceUnavailable} {
		t.Run(word, func(t *testing.T) {
			p := open(t)
			p.Outbound = &refusing{&unscoped{p.Outbound, true}, word, 2}
			p.handler = p.Build(slacknotify.Function)
			c := p.propose(t, nil)
			if status := p.notify(c.ID); status != http.StatusServiceUnavailable {
				t.Fatalf("status %d, want 503", status)
			}
			p.Clock.Advance(2 * time.Minute)
			if status := p.notify(c.ID); status != want {
				t.Errorf("status %d, want %d\n%s", status, want, p.Log)
			}
		})
	}
}

// As long as a newer question is not there, the one before it asks.
func TestAnOlderQuestionAsksUntilTheNewerIsThere(t *testing.T) {
	p := open(t)
	way := &refusing{next: p.Outbound, word: "ratelimited"}
	p.Outbound = way
	p.handler = p.Build(slacknotify.Function)
	c := p.propose(t, func(o *change.Proposal) { o.Requirement.Remind = 2 * time.Hour })
	if status := p.notify(c.ID); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	p.Clock.Advance(2 * time.Hour)
	sees := func(want ...string) {
		t.Helper()
		p.Clock.Advance(2 * time.Minute)
		p.notify(c.ID)
		got := p.texts("ken@example.com")
		for i := range got {
			got[i], _, _ = strings.Cut(got[i], ":")
		}
		if diff := cmp.Diff(want, got); diff != "" || len(p.buttons("ken@example.com")) != 2 {
			t.Errorf("ken sees (-want +got):\n%s\nand the buttons %q", diff, p.buttons("ken@example.com"))
		}
	}
	way.left = 100
	p.pass(t, c.ID)
	sees("Please decide")
	way.left = 0
	sees("Asked again in a newer message", "Reminder")
}
