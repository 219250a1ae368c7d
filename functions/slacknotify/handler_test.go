package slacknotify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/slacknotify"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/sim"
	simslack "github.com/sekisho/sekisho/shared/sim/slack"
	"github.com/sekisho/sekisho/shared/state/ledger"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/press"
)

const slackToken = "xoxb-" + cloudfntest.Canary

// post is the function, a Slack workspace, and a mirror that knows its people.
type post struct {
	*cloudfntest.Rig
	handler http.Handler
	slack   *simslack.Server
	faults  *sim.Faults
	ledger  *ledger.Ledger
}

func open(tb testing.TB) *post {
	tb.Helper()
	rig, ctx := cloudfntest.New(tb), context.Background()
	p := &post{Rig: rig, faults: sim.NewFaults(1), ledger: ledger.New(rig.Store, rig.Bus, rig.Clock.Now)}
	p.slack = simslack.New(simslack.Options{
		Now: rig.Clock.Now, Token: slackToken, Faults: p.faults, Channels: []string{"#sekisho"},
		People: []simslack.Person{{Email: "ken@example.com"}, {Email: "aiko@example.com", Locale: "ja-JP"}, {Email: "root@example.com"}},
	})
	if err := p.slack.Join("#sekisho", "ken@example.com", "aiko@example.com"); err != nil {
		tb.Fatal(err)
	}
	people := []group.Person{{ID: "1", Email: "ken@example.com"}, {ID: "2", Email: "aiko@example.com"}, {ID: "3", Email: "root@example.com", Admin: true}}
	m := mirror.New(rig.Store)
	if err := m.PutPeople(ctx, people, rig.Clock.Now()); err != nil {
		tb.Fatal(err)
	}
	data := group.Snapshot{Group: group.Group{ID: "g1", Email: "data@example.com"}, Read: rig.Clock.Now()}
	for _, who := range people[:2] {
		data.Members = append(data.Members, group.Member{ID: who.ID, Email: who.Email, Type: group.User, Role: group.Owner})
	}
	if _, err := m.Replace(ctx, data); err != nil {
		tb.Fatal(err)
	}
	rig.Outbound = sim.Transport{"slack.test": p.slack}
	rig.Variables = map[string]string{"SLACK_TOKEN": slackToken, "SLACK_URL": "http://slack.test/api/", "SLACK_CHANNEL": "#sekisho"}
	p.handler = rig.Build(slacknotify.Function)
	return p
}

func (p *post) propose(tb testing.TB, spoil func(*change.Proposal)) change.Change {
	tb.Helper()
	proposal := change.Proposal{
		Kind: change.GroupSettings, Target: change.Target{ID: "g1", Name: "data@example.com"},
		Diff:   []change.Delta{{Field: "whoCanViewGroup", Before: "FRIENDS_CAN_VIEW", After: "ALL_MEMBERS_CAN_VIEW"}},
		Reason: "reason " + cloudfntest.Canary, Requester: change.Actor{Kind: change.ByRule, ID: "settings-rules"},
		Requirement: change.Requirement{Mode: change.Ask, Needs: []change.Need{{Count: 1, From: change.Owners}}},
	}
	if spoil != nil {
		spoil(&proposal)
	}
	c, _, err := p.ledger.Propose(context.Background(), proposal)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func (p *post) notify(subject string) int {
	return p.Do(p.handler, p.Envelope(event.Notify{Subject: subject}))
}

func (p *post) seen(who, pattern string) int {
	n := 0
	for _, m := range p.slack.Visible(who) {
		if regexp.MustCompile(pattern).MatchString(m.Text) {
			n++
		}
	}
	return n
}

func TestBadMessages(t *testing.T) {
	newRig := func(tb testing.TB) *cloudfntest.Rig { return open(tb).Rig }
	cloudfntest.RefuseBadMessages(t, slacknotify.Function, newRig,
		func(*cloudfntest.Rig) event.Payload { return event.ChangeMoved{Change: "x-1", Seq: 1} }, event.ChangeMoved{}, event.Notify{})
}

func TestSubjectsThatDoNotExist(t *testing.T) {
	for _, subject := range []string{"x-1", "no id", "../audit/x", strings.Repeat("x", 5000) + "-1", "press:", "press:unknown", "press:../audit", "press:" + strings.Repeat("x", 5000)} {
		p := open(t)
		mark := p.Mark()
		if status := p.notify(subject); status != http.StatusOK || len(p.Quarantined()) != 1 {
			t.Errorf("%.20s: status %d, %d in quarantine, want 200 and 1\n%s", subject, status, len(p.Quarantined()), p.Log)
		}
		mark.Nothing(t, "quarantine/")
	}
	t.Run("in a notice", func(t *testing.T) {
		for _, id := range []string{"no id", "../audit/x", strings.Repeat("x", 5000) + "-1"} {
			p := open(t)
			if status := p.Do(p.handler, p.Envelope(event.ChangeMoved{Change: id, Seq: 1})); status != http.StatusOK || len(p.Quarantined()) != 1 {
				t.Errorf("%.20s: status %d, %d in quarantine, want 200 and 1", id, status, len(p.Quarantined()))
			}
		}
	})
}

// What a message says of a change is not what people are told.
func TestNoticesAreNotBelieved(t *testing.T) {
	p := open(t)
	c := p.propose(t, nil)
	moved := event.ChangeMoved{Change: c.ID, Seq: 99, Kind: "account.disable", State: string(change.Applied)}
	for range 3 {
		if status := p.Do(p.handler, p.Envelope(moved)); status != http.StatusOK {
			t.Fatalf("status %d, want 200", status)
		}
	}
	p.Work(p.handler, event.QueueSlack)
	if p.seen("ken@example.com", "^Please decide: the settings of data@example.com") != 1 || p.seen("ken@example.com", "Done") != 0 {
		t.Errorf("ken sees %+v", p.slack.Visible("ken@example.com"))
	}
}

// The directory says in which language somebody reads, or else Slack does.
func TestMessagesAreInTheReadersLanguage(t *testing.T) {
	for _, language := range []string{"", "ja", "en"} {
		p := open(t)
		aiko := group.Person{ID: "2", Email: "aiko@example.com", Language: language}
		if err := mirror.New(p.Store).PutPeople(context.Background(), []group.Person{aiko}, p.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		want := "^ご判断ください: data@example.com の設定"
		if language == "en" {
			want = "^Please decide: the settings of data@example.com"
		}
		if status := p.notify(p.propose(t, nil).ID); status != http.StatusOK || p.seen("aiko@example.com", want) != 1 {
			t.Errorf("directory says %q: status %d, aiko sees %+v", language, status, p.slack.Visible("aiko@example.com"))
		}
	}
}

func TestAnAlertIsToldInTheChannel(t *testing.T) {
	p := open(t)
	c := p.propose(t, func(c *change.Proposal) { c.Requirement, c.Alert = change.Requirement{Mode: change.Report}, true })
	for range 3 {
		if status := p.notify(c.ID); status != http.StatusOK {
			t.Fatalf("status %d, want 200\n%s", status, p.Log)
		}
	}
	if p.seen("#sekisho", `(?s)Please look at the settings of data@example.com.*whoCanViewGroup: FRIENDS_CAN_VIEW`) != 1 {
		t.Errorf("the channel sees %+v", p.slack.Visible("#sekisho"))
	}
	quiet := p.propose(t, func(c *change.Proposal) {
		c.Requirement, c.Diff = change.Requirement{Mode: change.Report}, []change.Delta{{Field: "whoCanJoin", After: "x"}}
	})
	if status := p.notify(quiet.ID); status != http.StatusOK || p.seen("#sekisho", "whoCanJoin") != 0 {
		t.Errorf("status %d: what is only reported was told", status)
	}
}

// Why a press did not count reaches the person alone, in their language, and is a sentence.
func TestRefusalsReachThePerson(t *testing.T) {
	for code, texts := range map[change.RefusalCode][2]string{
		change.RefusedState:    {"This has been decided already.", "すでに判断済みです。"},
		change.RefusedOwn:      {"You asked for this yourself, so somebody else has to approve it.", "ご自身の依頼は承認できません。ほかの方の承認が必要です。"},
		change.RefusedStranger: {"You cannot decide this.", "この件を判断する権限がありません。"},
		change.RefusedTwice:    {"You have decided this already.", "すでに判断いただいています。"},
		change.RefusedStale:    {"The request has changed since you saw it. Please look at the newest message.", "内容が変わりました。最新のメッセージをご覧ください。"},
		change.RefusedLate:     {"The time to decide this is over.", "判断の期限が過ぎています。"},
		change.RefusedInvalid:  {"This button does not work any more.", "このボタンは使えなくなりました。"},
		change.RefusedBusy:     {"This is being done at this moment. Please look again in a minute.", "ただいま実施中です。1分ほどしてから、もう一度ご覧ください。"},
		// One that a later version may record.
		"yet to come": {"This button does not work any more.", "このボタンは使えなくなりました。"},
	} {
		t.Run(string(code), func(t *testing.T) {
			t.Parallel()
			p := open(t)
			channel, _ := p.slack.ChannelID("#sekisho")
			for i, who := range []string{"ken@example.com", "aiko@example.com"} {
				user, _ := p.slack.UserID(who)
				record := press.Press{ID: fmt.Sprint("p", i), User: user, Channel: channel, At: p.Clock.Now(), Outcome: string(code)}
				if err := press.Record(context.Background(), p.Store, record); err != nil {
					t.Fatal(err)
				}
				if status := p.notify(event.SubjectPress + record.ID); status != http.StatusOK || len(p.Quarantined()) != 0 {
					t.Fatalf("status %d, %+v in quarantine\n%s", status, p.Quarantined(), p.Log)
				}
				got := p.slack.Ephemerals(who, "")
				if len(got) != 1 || got[0].Text != texts[i] {
					t.Errorf("%s is told %+v, want %q", who, got, texts[i])
				}
			}
			if got := len(p.slack.Visible("#sekisho")); got != 0 {
				t.Errorf("everybody sees %d messages", got)
			}
		})
	}
}

func TestAPressThatCountedIsNotCommented(t *testing.T) {
	p := open(t)
	if err := press.Record(context.Background(), p.Store, press.Press{ID: "p", User: "U1", Channel: "C1", At: p.Clock.Now(), Outcome: press.Accepted}); err != nil {
		t.Fatal(err)
	}
	mark := p.Mark()
	if status := p.notify(event.SubjectPress + "p"); status != http.StatusOK {
		t.Errorf("status %d, want 200", status)
	}
	mark.Nothing(t)
}

func TestAMessageIsPostedOnceWhateverSlackAnswers(t *testing.T) {
	for _, kind := range []sim.FaultKind{sim.Fault429, sim.Fault500, sim.FaultTimeout, sim.FaultDown, sim.FaultAppliedBut500} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p := open(t)
			c := p.propose(t, nil)
			p.faults.Add(sim.Fault{API: "slack", Kind: kind, Rate: 0.5, Left: 6})
			status, failed := 0, 0
			for range 20 {
				if status = p.notify(c.ID); status == http.StatusOK {
					break
				}
				if failed++; status != http.StatusServiceUnavailable {
					t.Fatalf("status %d, want 503\n%s", status, p.Log)
				}
				p.Clock.Advance(2 * time.Minute)
			}
			if status != http.StatusOK || failed == 0 || len(p.Quarantined()) != 0 {
				t.Fatalf("status %d after %d failures, quarantine %+v", status, failed, p.Quarantined())
			}
			for _, who := range []string{"ken@example.com", "aiko@example.com"} {
				if got := p.seen(who, "data@example.com"); got != 1 {
					t.Errorf("%s sees the message %d times", who, got)
				}
			}
		})
	}
}

// lost is a way to Slack on which answers to posted messages are lost.
type lost struct {
	next    http.RoundTripper
	left    int
	updates int // of messages that are there
}

func (l *lost) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	if strings.HasSuffix(r.URL.Path, "chat.update") {
		l.updates++
	}
	if err == nil && strings.HasSuffix(r.URL.Path, "chat.postMessage") && l.left > 0 {
		l.left--
		return nil, errors.Join(resp.Body.Close(), sim.ErrDropped)
	}
	return resp, err
}

func TestAMessageWhosePostingIsUnknownIsLookedForFirst(t *testing.T) {
	p := open(t)
	way := &lost{next: p.Outbound, left: 2}
	p.Outbound = way
	p.handler = p.Build(slacknotify.Function)
	c := p.propose(t, nil)
	if status := p.notify(c.ID); status != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503", status)
	}
	p.Clock.Advance(2 * time.Minute)
	if status := p.notify(c.ID); status != http.StatusOK {
		t.Errorf("status %d, want 200\n%s", status, p.Log)
	}
	for _, who := range []string{"ken@example.com", "aiko@example.com"} {
		if got := p.seen(who, "data@example.com"); got != 1 {
			t.Errorf("%s sees the message %d times", who, got)
		}
	}
	found := way.updates
	p.Clock.Advance(2 * time.Minute)
	if status := p.notify(c.ID); status != http.StatusOK || way.updates != found {
		t.Errorf("status %d; what was found shows what it should, and was updated %d times more", status, way.updates-found)
	}
}

// A channel that goes by its name is looked through by its id; where the app may not read it, a second message is better
// than none.
func TestAMessageInAChannelWhosePostingIsUnknown(t *testing.T) {
	for name, test := range map[string]struct {
		forbidden bool
		seen      int
	}{"found by its name": {false, 1}, "which the app may not read": {true, 2}} {
		t.Run(name, func(t *testing.T) {
			p := open(t)
			for _, who := range []string{"ken@example.com", "aiko@example.com"} {
				p.slack.AddPerson(simslack.Person{Email: who, Deleted: true})
			}
			p.Outbound = &lost{next: &unscoped{p.Outbound, test.forbidden}, left: 1}
			p.handler = p.Build(slacknotify.Function)
			c := p.propose(t, nil)
			if status := p.notify(c.ID); status != http.StatusServiceUnavailable {
				t.Errorf("status %d, want 503", status)
			}
			p.Clock.Advance(2 * time.Minute)
			if status := p.notify(c.ID); status != http.StatusOK || p.seen("#sekisho", "Please decide") != test.seen {
				t.Errorf("status %d, the channel sees it %d times, want %d\n%s", status, p.seen("#sekisho", "Please decide"), test.seen, p.Log)
			}
		})
	}
}

// unscoped is Slack to an app that may not read channels.
type unscoped struct {
	http.RoundTripper
	on bool
}

func (u *unscoped) RoundTrip(r *http.Request) (*http.Response, error) {
	if !u.on || !strings.HasSuffix(r.URL.Path, "conversations.list") && !strings.HasSuffix(r.URL.Path, "conversations.history") {
		return u.RoundTripper.RoundTrip(r)
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(`{"ok":false,"error":"missing_scope","needed":"channels:history","provided":"chat:write"}`)),
	}, nil
}

func TestATokenThatSlackDoesNotTake(t *testing.T) {
	p := open(t)
	c := p.propose(t, nil)
	p.Variables["SLACK_TOKEN"] = "xoxb-revoked-" + cloudfntest.Canary
	p.handler = p.Build(slacknotify.Function)
	if status := p.notify(c.ID); status != http.StatusServiceUnavailable || len(p.Quarantined()) != 0 {
		t.Errorf("status %d, %d in quarantine, want 503 and 0: an administrator mends it, and nothing is lost until then", status, len(p.Quarantined()))
	}
	p.Variables["SLACK_TOKEN"] = slackToken
	p.handler = p.Build(slacknotify.Function)
	p.Clock.Advance(2 * time.Minute)
	if status := p.notify(c.ID); status != http.StatusOK || p.seen("ken@example.com", "data@example.com") != 1 {
		t.Errorf("status %d, %d messages, want 200 and 1 once the token is right again", status, p.seen("ken@example.com", "data@example.com"))
	}
}

func TestWhoCannotBeReachedIsToldInTheChannel(t *testing.T) {
	p := open(t)
	for _, who := range []string{"ken@example.com", "aiko@example.com"} {
		p.slack.AddPerson(simslack.Person{Email: who, Deleted: true})
	}
	c := p.propose(t, nil)
	if status := p.notify(c.ID); status != http.StatusOK {
		t.Fatalf("status %d, want 200\n%s", status, p.Log)
	}
	if p.seen("#sekisho", "Please decide") != 1 {
		t.Errorf("the channel sees %+v", p.slack.Visible("#sekisho"))
	}
}

func TestWhatShowsTheSameIsNotTouched(t *testing.T) {
	p := open(t)
	c := p.propose(t, nil)
	if status := p.notify(c.ID); status != http.StatusOK {
		t.Fatalf("status %d, want 200\n%s", status, p.Log)
	}
	p.Calls.Made()
	if status := p.notify(c.ID); status != http.StatusOK {
		t.Fatalf("status %d, want 200", status)
	}
	if got := p.Calls.Made(); len(got) != 0 {
		t.Errorf("Slack was called for nothing: %v", got)
	}
	if _, err := p.ledger.Apply(context.Background(), c.ID, change.Withdraw{By: c.Requester, Reason: "no longer"}); err != nil {
		t.Fatal(err)
	}
	if status := p.notify(c.ID); status != http.StatusOK || p.seen("ken@example.com", "^No longer needed") != 1 {
		t.Errorf("status %d, ken sees %+v", status, p.slack.Visible("ken@example.com"))
	}
	updates := 0
	for _, call := range p.Calls.Made() {
		if strings.HasSuffix(call.Path, "chat.update") {
			updates++
		}
	}
	if updates != 2 {
		t.Errorf("%d updates, want one for each reader", updates)
	}
}

func TestWhatFailedGivesTheMessagesBack(t *testing.T) {
	p := open(t)
	c := p.propose(t, nil)
	p.faults.Add(sim.Fault{API: "slack", Kind: sim.FaultTimeout, Rate: 1, Left: 1})
	p.notify(c.ID)
	if status := p.notify(c.ID); status != http.StatusOK {
		t.Errorf("status %d, want 200: what failed has given the messages back", status)
	}
}

func TestConfigurationThatIsWrong(t *testing.T) {
	rig := cloudfntest.New(t)
	_, err := slacknotify.Function.Build(context.Background(), rig.Env())
	for _, name := range []string{"SLACK_TOKEN", "SLACK_CHANNEL"} {
		if err == nil || !strings.Contains(err.Error(), name+" is not set") {
			t.Errorf("error %v does not name %s", err, name)
		}
	}
}
