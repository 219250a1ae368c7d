package slacknotify_test

import (
	"context"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
	if m := p.slack.Visible("aiko@example.com")[0]; len(m.Buttons) != 1 || m.Buttons[0].URL != "https://looker.example.com" || m.Buttons[0].Label != "Looker を開く" {
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

// Where somebody cannot be warned, those in the channel of the rule hear who it is, in one message
// for all of them; where others have to act they get what the person would have got.
func TestANoticeForSomebodyWhoCannotBeReached(t *testing.T) {
	p := open(t)
	nobody := group.Person{ID: "9", Email: "nobody@example.com"}
	if err := mirror.New(p.Store).PutPeople(context.Background(), []group.Person{nobody}, p.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	n := warning("9", p.Clock.Now())
	n.Facts["channel"] = "#sekisho"
	p.tell(t, n)
	p.tell(t, n) // once more, as after a crash
	other := n
	other.ID, other.Facts = "other", maps.Clone(n.Facts)
	other.Facts["account"] = "old@example.com"
	p.Clock.Advance(time.Minute)
	p.tell(t, other)
	p.Work(p.handler, event.QueueSlack)
	want := "Could not be told in Slack that their Looker accounts will be stopped\nThey have no account in Slack, or cannot be written to there. Please tell them, or spare their accounts.\n" +
		"• ken@example.com, on 22 Nov 2026\n• old@example.com, on 22 Nov 2026"
	if diff := cmp.Diff([]string{want}, p.texts("#sekisho")); diff != "" {
		t.Errorf("the channel (-want +got):\n%s", diff)
	}
	p.Clock.Advance(time.Minute)
	n.ID, n.Alert = "another", true
	p.tell(t, n)
	if p.seen("#sekisho", "^Your Looker account") != 1 {
		t.Errorf("the channel sees %q", p.texts("#sekisho"))
	}
}

func TestEveryKindOfNoticeHasWordsInBothLanguages(t *testing.T) {
	p := open(t)
	for _, kind := range []notice.Kind{
		notice.AccountWarning, notice.AccountUntold, notice.AccountSummary, notice.AccountRefused, notice.AccessEnding, notice.AccessDrift, notice.AccessCrowded, notice.ConnectionHandover, notice.ConnectionResult,
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
	if got := len(p.slack.Visible("ken@example.com")); got != 11 {
		t.Errorf("ken sees %d messages, want 11", got)
	}
}

// Somebody who is warned has no account in Slack, and the channel cannot be told of it at once.
func TestTheChannelHearsWhoCouldNotBeWarned(t *testing.T) {
	for refused := range 3 {
		p := open(t)
		p.nobody(t)
		n := notice.Notice{
			ID: "account-warning-looker:7-336h0m0s-2026-11-22", Kind: notice.AccountWarning, Person: "9", Until: p.Clock.Now().Add(14 * 24 * time.Hour), At: p.Clock.Now(),
			Facts: map[string]string{"system": "Looker", "account": "nobody@example.com", "last": "", "url": "", "channel": "#sekisho"},
		}
		if err := notice.Post(t.Context(), p.Store, p.Queue, n); err != nil {
			t.Fatal(err)
		}
		task := p.Queue.Take("slack")[0]
		p.Queue.Break(refused)
		for range refused { // the queue tries again what did not end well
			if status := p.Do(p.handler, p.Task(task)); status == http.StatusOK {
				t.Fatal("the task ended well although the channel was not told")
			}
			p.Clock.Advance(time.Minute)
		}
		p.Do(p.handler, p.Task(task))
		p.Work(p.handler, "slack")
		if p.seen("#sekisho", "nobody@example.com, on ") != 1 {
			t.Errorf("%d times refused: the channel has %q", refused, p.texts("#sekisho"))
		}
	}
}
