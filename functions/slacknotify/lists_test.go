package slacknotify_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/slacknotify"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// plan proposes a plan past the brake with so many stops, for two of a set of people.
func (p *post) plan(t *testing.T, stops int, from change.Selector) change.Change {
	t.Helper()
	return p.propose(t, func(c *change.Proposal) {
		c.Kind, c.Target = change.AccountDisablePlan, change.Target{ID: "looker:held", Name: "looker"}
		c.Diff = nil
		for i := range stops {
			c.Diff = append(c.Diff,
				change.Delta{Field: fmt.Sprintf("u%03d@example.com enabled", i), Before: "true", After: "false"},
				change.Delta{Field: fmt.Sprintf("u%03d@example.com last", i), After: "2026-01-02"})
		}
		c.Requirement.Needs, c.Requirement.Remind = []change.Need{{Count: 2, From: from}}, 24*time.Hour
	})
}

// Whoever decides about many things sees each of them, whatever their number, and what is needed.
func TestWhoDecidesSeesAllOfIt(t *testing.T) {
	for _, stops := range []int{1, 12, 13, 100, 500} {
		t.Run(fmt.Sprint(stops), func(t *testing.T) {
			p := open(t)
			c := p.plan(t, stops, change.Admins)
			for range 2 { // again, as after a crash
				p.notify(c.ID)
				p.Work(p.handler, "slack")
			}
			texts := p.texts("root@example.com")
			all := strings.Join(texts, "\n")
			for i := range stops {
				if n := strings.Count(all, fmt.Sprintf("u%03d@example.com, last sign-in: 2026-01-02", i)); n != 1 {
					t.Fatalf("u%03d is there %d times in %q", i, n, texts)
				}
			}
			ask := texts[len(texts)-1]
			if !strings.Contains(ask, "Needed: 2 of") || !strings.Contains(ask, "Why: ") || strings.Contains(all, "…") {
				t.Errorf("asked with %q", texts)
			}
			if len(texts) > 1 && !strings.Contains(ask, fmt.Sprintf("All %d are listed in %d messages", stops, len(texts)-1)) {
				t.Errorf("asked with %q", ask)
			}
			for _, m := range p.slack.Visible("root@example.com")[:len(texts)-1] {
				if len(m.Buttons) > 0 {
					t.Errorf("a list has buttons: %q", m.Text)
				}
			}
		})
	}
}

// nobody joins somebody whom the directory knows and Slack does not.
func (p *post) nobody(t *testing.T) change.Selector {
	t.Helper()
	nobody := group.Person{ID: "9", Email: "nobody@example.com"}
	if err := mirror.New(p.Store).PutPeople(t.Context(), []group.Person{nobody}, p.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	return "user:nobody@example.com"
}

// Where who decides cannot be reached, the channel gets the list with the question.
func TestTheChannelSeesAllOfItInTheirPlace(t *testing.T) {
	p := open(t)
	c := p.plan(t, 300, p.nobody(t))
	for range 2 {
		p.notify(c.ID)
		p.Work(p.handler, "slack")
		p.Clock.Advance(time.Minute)
	}
	texts := p.texts("#sekisho")
	if len(texts) != 4 || !strings.Contains(texts[0], "u000@") || !strings.Contains(texts[2], "u299@") || !strings.Contains(texts[3], "Needed: 2 of") {
		t.Errorf("the channel sees %d: %.2000q", len(texts), texts)
	}
}

// applied lets two people approve a plan, and has it carried out.
func (p *post) applied(t *testing.T, c change.Change) {
	t.Helper()
	standing := change.Standing{}
	steps := []change.Action{}
	for id, email := range map[string]string{"1": "ken@example.com", "3": "root@example.com"} {
		standing[id] = []change.Selector{change.Admins}
		who := change.Actor{Kind: change.ByPerson, ID: id, Name: email}
		steps = append(steps, change.Approve{By: who, Revision: c.Revision, Counts: standing[id]})
	}
	robot := change.Actor{Kind: change.ByFunction, ID: "accountaction"}
	for _, step := range append(steps, change.ClaimIt{By: robot, For: time.Minute, Standing: standing}, change.Complete{By: robot, Fence: 1}) {
		if _, err := p.ledger.Apply(t.Context(), c.ID, step); err != nil {
			t.Fatal(err)
		}
	}
}

// Whichever of the messages Slack does not take at first, the channel has all of them in the end, each
// once; a reminder does not list all of it once more.
func TestTheChannelSeesAllOfItWhateverIsLost(t *testing.T) {
	for lost := range 5 {
		p := open(t)
		c := p.plan(t, 300, p.nobody(t))
		inner, calls := p.Outbound, 0
		p.Outbound = roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "chat.postMessage") {
				if calls++; calls == lost {
					return nil, errors.New("no answer")
				}
			}
			return inner.RoundTrip(r)
		})
		p.handler = p.Build(slacknotify.Function)
		bring := func() {
			for range 3 {
				p.notify(c.ID)
				p.Work(p.handler, "slack")
				p.Clock.Advance(2 * time.Minute)
			}
		}
		bring()
		if got := p.texts("#sekisho"); len(got) != 4 || p.seen("#sekisho", "Needed: 2 of") != 1 {
			t.Errorf("message %d lost: the channel has %d messages: %.500q", lost, len(got), got)
		}
		p.Clock.Advance(24 * time.Hour)
		remind := change.Remind{By: change.Actor{Kind: change.ByFunction, ID: "changesweep"}}
		if _, err := p.ledger.Apply(t.Context(), c.ID, remind); err != nil {
			t.Fatal(err)
		}
		bring()
		for part := 1; part <= 3; part++ {
			if n := p.seen("#sekisho", fmt.Sprintf("the list, part %d of 3", part)); n != 1 {
				t.Errorf("message %d lost: after the reminder part %d is there %d times", lost, part, n)
			}
		}
		if p.seen("#sekisho", "Reminder: ") != 1 {
			t.Errorf("message %d lost: nobody is reminded", lost)
		}
	}
}

// roundTrip is a function that answers requests.
type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Who was not asked has no lists: a message to them speaks of none.
func TestWhoWasNotAskedHearsOfNoLists(t *testing.T) {
	p := open(t)
	c := p.plan(t, 300, change.Admins)
	p.notify(c.ID)
	p.Work(p.handler, "slack")
	p.Clock.Advance(time.Minute)
	p.applied(t, c)
	p.notify(c.ID)
	p.Work(p.handler, "slack")
	texts := p.texts("#sekisho")
	if len(texts) != 1 || strings.Contains(texts[0], "messages of their own") || !strings.Contains(texts[0], "u000@") {
		t.Errorf("the channel hears %.1000q", texts)
	}
	if p.seen("root@example.com", "All 300 are listed in 3 messages of their own") != 1 {
		t.Error("who decided does not find the lists any more")
	}
}
