package slacknotify_test

import (
	"context"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/notice"
)

func (p *post) tell(tb testing.TB, n notice.Notice) {
	tb.Helper()
	n.At = p.Clock.Now()
	if err := notice.Post(context.Background(), p.Store, p.Queue, n); err != nil {
		tb.Fatal(err)
	}
	p.Work(p.handler, event.QueueSlack)
}

func warning(person string, until time.Time) notice.Notice {
	return notice.Notice{
		ID: "warning-" + person, Kind: notice.AccountWarning, Person: person, Until: until,
		Facts: map[string]string{"system": "Looker", "account": "ken@example.com", "last": "2026-05-01", "url": "https://looker.example.com"},
	}
}

// A notice is one message, in the reader's language, and posting it again changes that message.
func TestANoticeIsOneMessage(t *testing.T) {
	p := open(t)
	until := p.Clock.Now().Add(14 * 24 * time.Hour)
	for range 2 {
		p.tell(t, warning("1", until))
		p.tell(t, warning("2", until))
	}
	if n := p.seen("ken@example.com", `^Your Looker account ken@example.com will be stopped on 6 Dec 2026\nNobody has signed in since 2026-05-01`); n != 1 {
		t.Errorf("ken sees %q", p.texts("ken@example.com"))
	}
	if n := p.seen("aiko@example.com", `^Looker のアカウント ken@example.com は 2026年12月6日 に停止されます`); n != 1 {
		t.Errorf("aiko sees %q", p.texts("aiko@example.com"))
	}
	if m := p.slack.Visible("ken@example.com")[0]; len(m.Buttons) != 1 || m.Buttons[0].URL != "https://looker.example.com" || m.Buttons[0].Label != "Open Looker" {
		t.Errorf("buttons %+v", m.Buttons)
	}
	p.Clock.Advance(time.Hour)
	for range 2 {
		if err := notice.Withdraw(context.Background(), p.Store, p.Queue, "warning-1", p.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		p.Work(p.handler, event.QueueSlack)
	}
	messages := p.slack.Visible("ken@example.com")
	if len(messages) != 1 || len(messages[0].Buttons) != 0 || p.seen("ken@example.com", "in use again") != 1 {
		t.Errorf("ken sees %q", p.texts("ken@example.com"))
	}
	if err := notice.Withdraw(context.Background(), p.Store, p.Queue, "none", p.Clock.Now()); err != nil {
		t.Errorf("withdraw a notice that was never posted: %v", err)
	}
}

// Whoever cannot be reached is not told of in public, unless it is for others to act then.
func TestANoticeForSomebodyWhoCannotBeReached(t *testing.T) {
	p := open(t)
	nobody := group.Person{ID: "9", Email: "nobody@example.com"}
	if err := mirror.New(p.Store).PutPeople(context.Background(), []group.Person{nobody}, p.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	n := warning("9", p.Clock.Now())
	p.tell(t, n)
	if len(p.slack.Visible("#sekisho")) != 0 {
		t.Errorf("the channel sees %q", p.texts("#sekisho"))
	}
	n.ID, n.Alert = "another", true
	p.tell(t, n)
	if p.seen("#sekisho", "will be stopped") != 1 {
		t.Errorf("the channel sees %q", p.texts("#sekisho"))
	}
}

func TestEveryKindOfNoticeHasWordsInBothLanguages(t *testing.T) {
	p := open(t)
	for _, kind := range []notice.Kind{
		notice.AccountWarning, notice.AccountSummary, notice.AccountRefused, notice.AccessEnding, notice.AccessDrift, notice.AccessCrowded, notice.ConnectionHandover, notice.ConnectionResult,
		notice.CatalogState, notice.CatalogRefused,
	} {
		p.Clock.Advance(time.Minute) // Slack takes one message a second in a channel
		for _, person := range []string{"1", "2"} {
			p.tell(t, notice.Notice{ID: string(kind) + person, Kind: kind, Person: person, Change: "x-1", Until: p.Clock.Now(), Facts: map[string]string{"url": "https://x.example"}})
		}
		for _, who := range []string{"ken@example.com", "aiko@example.com"} {
			if p.seen(who, "^"+string(kind)) != 0 || p.seen(who, `%!|MISSING|EXTRA`) != 0 {
				t.Errorf("%s: %s sees %q", kind, who, p.texts(who))
			}
		}
	}
	if got := len(p.slack.Visible("ken@example.com")); got != 10 {
		t.Errorf("ken sees %d messages, want 10", got)
	}
}
