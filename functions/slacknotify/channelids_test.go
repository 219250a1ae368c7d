package slacknotify_test

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/slacknotify"
	"github.com/sekisho/sekisho/shared/domain/change"
	simslack "github.com/sekisho/sekisho/shared/sim/slack"
)

// The channels of a workspace are listed for a message whose posting is unknown where nothing was posted to
// its channel before, and for none after that.
func TestChannelsAreNotListedForEachMessage(t *testing.T) {
	for name, test := range map[string]struct {
		before bool // something was posted there
		away   time.Duration
		lists  int
		not    bool // it was not posted, which nobody knows
	}{
		"the first one":           {false, time.Minute, 1, false},
		"after another":           {true, time.Minute, 0, false},
		"not posted, the first":   {false, time.Minute, 1, true},
		"not posted, another":     {true, time.Minute, 0, true},
		"two days after another":  {true, 48 * time.Hour, 1, false},
		"after a day, not longer": {true, 23 * time.Hour, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t)
			for _, who := range []string{"ken@example.com", "aiko@example.com"} {
				p.slack.AddPerson(simslack.Person{Email: who, Deleted: true})
			}
			ask := func(field string) change.Change {
				return p.propose(t, func(o *change.Proposal) { o.Target.ID, o.Diff[0].Field = field, field })
			}
			if test.before {
				if status := p.notify(ask("whoCanJoin").ID); status != http.StatusOK {
					t.Fatalf("status %d", status)
				}
			}
			p.Clock.Advance(test.away)
			if test.not {
				p.Outbound = &refusing{p.Outbound, "internal_error", 1}
			} else {
				p.Outbound = &lost{next: p.Outbound, left: 1}
			}
			p.handler = p.Build(slacknotify.Function)
			c := ask("whoCanViewGroup")
			if status := p.notify(c.ID); status != http.StatusServiceUnavailable {
				t.Fatalf("status %d, want 503", status)
			}
			p.Clock.Advance(2 * time.Minute)
			p.Calls.Made()
			if status := p.notify(c.ID); status != http.StatusOK || p.seen("#sekisho", "whoCanViewGroup") != 1 {
				t.Errorf("status %d, the channel sees it %d times", status, p.seen("#sekisho", "whoCanViewGroup"))
			}
			lists := 0
			for _, call := range p.Calls.Made() {
				if strings.HasSuffix(call.Path, "conversations.list") {
					lists++
				}
			}
			if lists != test.lists {
				t.Errorf("the channels are listed %d times, want %d", lists, test.lists)
			}
		})
	}
}

// To a person it is not posted once more, as long as nobody knows whether it was: an administrator gives the app
// the scope that it lacks.
func TestADirectMessageThatMayNotBeLookedForWaits(t *testing.T) {
	p := open(t)
	missing := &unscoped{p.Outbound, true}
	p.Outbound = &lost{next: missing, left: 1}
	p.handler = p.Build(slacknotify.Function)
	c := p.propose(t, nil)
	for range 3 {
		if status := p.notify(c.ID); status != http.StatusServiceUnavailable {
			t.Errorf("status %d, want 503", status)
		}
		p.Clock.Advance(2 * time.Minute)
	}
	missing.on = false
	if status := p.notify(c.ID); status != http.StatusOK {
		t.Errorf("status %d, want 200\n%s", status, p.Log)
	}
	for _, who := range []string{"ken@example.com", "aiko@example.com"} {
		if got := p.seen(who, "data@example.com"); got != 1 {
			t.Errorf("%s sees it %d times", who, got)
		}
	}
}

// A channel is looked up by its name again where the one that was called so is gone, or is called otherwise by now.
func TestAChannelOfTheSameNameIsAnother(t *testing.T) {
	for name, was := range map[string]string{"gone": "C0DELETED01", "renamed": ""} {
		t.Run(name, func(t *testing.T) {
			p := open(t)
			for _, who := range []string{"ken@example.com", "aiko@example.com"} {
				p.slack.AddPerson(simslack.Person{Email: who, Deleted: true})
			}
			if was == "" {
				if err := p.slack.AddChannel(simslack.Channel{Name: "#renamed"}); err != nil {
					t.Fatal(err)
				}
				was, _ = p.slack.ChannelID("#renamed")
			}
			direct := p.Outbound
			p.Outbound = &elsewhere{direct, was}
			p.handler = p.Build(slacknotify.Function)
			ask := func(field string) change.Change {
				return p.propose(t, func(o *change.Proposal) { o.Target.ID, o.Diff[0].Field = field, field })
			}
			if status := p.notify(ask("whoCanJoin").ID); status != http.StatusOK {
				t.Fatalf("status %d", status)
			}
			p.Clock.Advance(time.Hour)
			p.Outbound = &lost{next: direct, left: 1}
			p.handler = p.Build(slacknotify.Function)
			c := ask("whoCanViewGroup")
			p.notify(c.ID)
			p.Clock.Advance(2 * time.Minute)
			if status := p.notify(c.ID); status != http.StatusOK || p.seen("#sekisho", "whoCanViewGroup") != 1 {
				t.Errorf("status %d, the channel sees it %d times", status, p.seen("#sekisho", "whoCanViewGroup"))
			}
		})
	}
}

// elsewhere is a transport on which messages went to a channel that had another id than it has now.
type elsewhere struct {
	http.RoundTripper
	id string
}

func (e *elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := e.RoundTripper.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "chat.postMessage") {
		return resp, err
	}
	text, err := io.ReadAll(resp.Body)
	text = regexp.MustCompile(`"channel":"C[A-Z0-9]+"`).ReplaceAll(text, []byte(`"channel":"`+e.id+`"`))
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	resp.Header.Del("Content-Length")
	return resp, err
}
