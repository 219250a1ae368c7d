package slacknotify_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

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
		c.Requirement.Needs = []change.Need{{Count: 2, From: from}}
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

// Where who decides cannot be reached, the channel gets the list with the question.
func TestTheChannelSeesAllOfItInTheirPlace(t *testing.T) {
	p := open(t)
	nobody := group.Person{ID: "9", Email: "nobody@example.com"}
	if err := mirror.New(p.Store).PutPeople(t.Context(), []group.Person{nobody}, p.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	c := p.plan(t, 300, "user:nobody@example.com")
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
