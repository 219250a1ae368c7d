package slacknotify_test

import (
	"net/http"
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
	}{
		"the first one":           {false, time.Minute, 1},
		"after another":           {true, time.Minute, 0},
		"two days after another":  {true, 48 * time.Hour, 1},
		"after a day, not longer": {true, 23 * time.Hour, 0},
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
			p.Outbound = &lost{next: p.Outbound, left: 1}
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
