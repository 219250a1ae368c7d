package slacknotify_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/functions/slacknotify"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/sim"
)

// buttons lists what the buttons carry that somebody sees on any message.
func (p *post) buttons(who string) []string {
	var out []string
	for _, m := range p.slack.Visible(who) {
		for _, b := range m.Buttons {
			out = append(out, b.ActionID+" "+b.Value)
		}
	}
	slices.Sort(out)
	return out
}

// A button carries the change and the revision that its message shows, and nothing else. Every copy
// of a message follows: no older revision is left to press, and nothing where it is decided.
func TestButtonsCarryWhatIsShown(t *testing.T) {
	p := open(t)
	c := p.propose(t, nil)
	apply := func(a change.Action) {
		t.Helper()
		if _, err := p.ledger.Apply(context.Background(), c.ID, a); err != nil {
			t.Fatal(err)
		}
	}
	shows := func(want ...string) {
		t.Helper()
		if status := p.notify(c.ID); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, p.Log)
		}
		for _, who := range []string{"ken@example.com", "aiko@example.com"} {
			if got := p.buttons(who); !slices.Equal(got, want) {
				t.Errorf("%s can press %q, want %q", who, got, want)
			}
		}
	}
	shows("approve "+c.ID+" 1", "deny "+c.ID+" 1")
	apply(change.Revise{
		By: change.Actor{Kind: change.ByRule, ID: "settings-rules"}, Diff: c.Diff, Reason: c.Reason, Requirement: c.Requirement,
	})
	shows("approve "+c.ID+" 2", "deny "+c.ID+" 2")
	apply(change.Approve{By: change.Actor{Kind: change.ByPerson, ID: "1", Name: "ken@example.com"}, Revision: 2, Counts: []change.Selector{change.Owners}})
	shows()
	if p.seen("aiko@example.com", "ken@example.com") != 2 { // the question, and how it was asked anew
		t.Error("aiko does not see in every copy who decided")
	}
}

// Two instances are told of the same change at once: one posts, the other comes again.
func TestTwoAtOncePostOnce(t *testing.T) {
	p := open(t)
	c := p.propose(t, nil)
	var other []int
	p.Outbound = sim.Transport{"slack.test": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/chat.postMessage") && len(other) == 0 {
			other = append(other, 0)
			other[0] = p.notify(c.ID)
		}
		p.slack.ServeHTTP(w, r)
	})}
	p.handler = p.Build(slacknotify.Function)
	first := p.notify(c.ID)
	if got := fmt.Sprint(first, other); got != "200 [503]" {
		t.Errorf("answers %s, want 200 [503]", got)
	}
	p.notify(c.ID)
	for _, who := range []string{"ken@example.com", "aiko@example.com"} {
		if got := len(p.slack.Visible(who)); got != 1 {
			t.Errorf("%s sees %d messages, want 1", who, got)
		}
	}
}
