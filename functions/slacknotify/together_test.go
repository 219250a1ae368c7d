package slacknotify_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
)

// stop proposes to stop an account, as one of a run that asks in the channel.
func (p *post) stop(tb testing.TB, batch, account string, with ...func(*change.Requirement)) change.Change {
	tb.Helper()
	return p.propose(tb, func(c *change.Proposal) {
		c.Kind, c.Target = change.AccountDisable, change.Target{ID: "looker:" + account, Name: account}
		c.Diff = []change.Delta{
			{Field: "enabled", Before: "true", After: "false"}, {Field: "last", After: "2026-01-02"}, {Field: "roles", After: "User"},
		}
		c.Channel, c.Batch = "#sekisho", batch
		c.Requirement.Needs = []change.Need{{Count: 1, From: change.Admins}}
		for _, set := range with {
			set(&c.Requirement)
		}
	})
}

func (p *post) texts(who string) []string {
	var out []string
	for _, m := range p.slack.Visible(who) {
		out = append(out, m.Text)
	}
	return out
}

func TestARunAsksInOneMessage(t *testing.T) {
	p := open(t)
	var all []change.Change
	for _, account := range []string{"c@example.com", "a@example.com", "b@example.com"} {
		c := p.stop(t, "night-1", account)
		all = append(all, c)
		p.notify(c.ID)
	}
	p.stop(t, "night-2", "z@example.com") // another run is another message
	p.Work(p.handler, event.QueueSlack)
	messages := p.slack.Visible("#sekisho")
	if len(messages) != 1 {
		t.Fatalf("the channel sees %q, want one message", p.texts("#sekisho"))
	}
	m := messages[0]
	want := `(?s)^Accounts that nobody uses: 3. .*\na@example.com \(Looker\) · last sign-in: 2026-01-02 · roles: User.*\nb@example.com.*\nc@example.com`
	if !regexp.MustCompile(want).MatchString(m.Text) {
		t.Errorf("the channel sees %q", m.Text)
	}
	var labels []string
	for _, b := range m.Buttons {
		labels = append(labels, b.Label)
	}
	if got := strings.Join(labels, ", "); got != "Disable, Keep, Disable, Keep, Disable, Keep, Disable all 3" {
		t.Errorf("buttons %s", got)
	}
	if last := m.Buttons[len(m.Buttons)-1]; last.ActionID != "approve-all" || last.Value != "night-1 3" {
		t.Errorf("the button for all is %+v", last)
	}
	if n := p.seen("root@example.com", "."); n != 0 {
		t.Errorf("who decides was asked in %d messages of their own besides", n)
	}

	// What is decided loses its buttons, in the same message; that for all stays with the last.
	approve := change.Approve{By: change.Actor{Kind: change.ByPerson, ID: "3", Name: "root@example.com"}, Revision: 1, Counts: []change.Selector{change.Admins}}
	for i, c := range all[:2] {
		if _, err := p.ledger.Apply(context.Background(), c.ID, approve); err != nil {
			t.Fatal(err)
		}
		p.notify(c.ID)
		p.Work(p.handler, event.QueueSlack)
		m := p.slack.Visible("#sekisho")[0]
		if got, want := len(m.Buttons), []int{5, 3}[i]; got != want || strings.Count(m.Text, "Approved") != i+1 {
			t.Errorf("after %d decisions: %d buttons, want %d; %q", i+1, got, want, m.Text)
		}
		if got, want := m.Buttons[len(m.Buttons)-1].Label, []string{"Disable all 2", "Disable all 1"}[i]; got != want {
			t.Errorf("after %d decisions the button for all says %q, want %q", i+1, got, want)
		}
	}
}

func TestARunThatIsLargeHasSeveralMessages(t *testing.T) {
	p := open(t)
	var last change.Change
	for i := range 41 {
		last = p.stop(t, "night-1", fmt.Sprintf("user-%02d@example.com", i))
	}
	p.notify(last.ID)
	p.Work(p.handler, event.QueueSlack)
	messages := p.slack.Visible("#sekisho")
	if len(messages) != 3 {
		t.Fatalf("%d messages, want 3", len(messages))
	}
	all := 0
	for i, m := range messages {
		all += strings.Count(m.Text, "last sign-in")
		button := strings.Contains(fmt.Sprint(m.Buttons), "Disable all 41")
		if button != (i == 2) {
			t.Errorf("message %d has the button for all: %t", i+1, button)
		}
	}
	if all != 41 {
		t.Errorf("%d accounts shown, want 41", all)
	}
}

func TestABatchThatDoesNotExist(t *testing.T) {
	p := open(t)
	mark := p.Mark()
	if status := p.notify(event.SubjectBatch + "nobody"); status != 200 || len(p.Quarantined()) != 0 {
		t.Errorf("status %d, %d in quarantine", status, len(p.Quarantined()))
	}
	mark.Nothing(t, "messages/")
}

func TestARunThatNobodyDecidesIsRemindedOf(t *testing.T) {
	p := open(t)
	p.stop(t, "night-1", "a@example.com")
	c := p.stop(t, "night-1", "b@example.com", func(r *change.Requirement) {
		r.Remind, r.Escalate = 2*time.Hour, &change.Escalation{After: 3 * time.Hour, To: "user:root@example.com"}
	})
	p.notify(c.ID)
	p.Work(p.handler, event.QueueSlack)
	asked := p.texts("#sekisho")

	// The question stays the one message with buttons; what follows it is short.
	p.Clock.Advance(2 * time.Hour)
	p.pass(t, c.ID)
	texts := p.texts("#sekisho")
	if len(texts) != len(asked)+1 || !strings.HasPrefix(texts[len(texts)-1], "Still to be decided: 2 of 2.") {
		t.Errorf("after a reminder the channel sees %q", texts)
	}
	if n := p.seen("root@example.com", "Still"); n != 0 {
		t.Errorf("before it is escalated somebody is asked in %d messages", n)
	}

	// Whom it is escalated to hears where the question is.
	p.Clock.Advance(time.Hour)
	p.pass(t, c.ID)
	if n := p.seen("root@example.com", `(?s)Still to be decided: 2 of 2\..*The question is in #sekisho\.`); n != 1 {
		t.Errorf("%d messages to whom it was escalated: %q", n, p.texts("root@example.com"))
	}

	// A reminder of what is decided reminds nobody.
	for _, one := range p.batch(t, "night-1") {
		deny := change.Withdraw{By: change.Actor{Kind: change.ByRule, ID: "inactivity"}, Reason: "signed in"}
		if _, err := p.ledger.Apply(context.Background(), one.ID, deny); err != nil {
			t.Fatal(err)
		}
		p.notify(one.ID)
	}
	p.Work(p.handler, event.QueueSlack)
	for _, who := range []string{"#sekisho", "root@example.com"} {
		if got := p.texts(who); strings.Contains(strings.Join(got, " "), "Still to be decided") {
			t.Errorf("%s still sees %q", who, got)
		}
	}
}

// pass lets what has become due for a change happen, and has it told.
func (p *post) pass(tb testing.TB, id string) {
	tb.Helper()
	c, err := p.ledger.Get(context.Background(), id)
	if err != nil {
		tb.Fatal(err)
	}
	for action := c.Passed(p.Clock.Now(), change.Actor{Kind: change.ByFunction, ID: "changesweep"}); action != nil; {
		if c, err = p.ledger.Apply(context.Background(), id, action); err != nil {
			tb.Fatal(err)
		}
		action = c.Passed(p.Clock.Now(), change.Actor{Kind: change.ByFunction, ID: "changesweep"})
	}
	p.notify(id)
	p.Work(p.handler, event.QueueSlack)
}

func (p *post) batch(tb testing.TB, id string) []change.Change {
	tb.Helper()
	all, err := p.ledger.Batch(context.Background(), id)
	if err != nil {
		tb.Fatal(err)
	}
	return all
}
