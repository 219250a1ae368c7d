package slacknotify_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/slacknotify"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	simslack "github.com/sekisho/sekisho/shared/sim/slack"
	"github.com/sekisho/sekisho/shared/state/mirror"
	"github.com/sekisho/sekisho/shared/state/notice"
)

// ending is the warning that somebody's access ends.
func ending(id, person string, until time.Time) notice.Notice {
	return notice.Notice{ID: id, Kind: notice.AccessEnding, Person: person, Until: until, Facts: map[string]string{"entitlement": "etl"}}
}

func instant(tb testing.TB, text string) time.Time {
	tb.Helper()
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

func TestTimesAreThoseOfTheReadersZone(t *testing.T) {
	for name, test := range map[string]struct {
		who         simslack.Person
		until, want string
	}{
		"in Tokyo, in English":      {simslack.Person{Zone: "Asia/Tokyo"}, "2026-11-22T09:05:00Z", "ends at 22 Nov 2026 18:05 JST, in"},
		"in Tokyo, in Japanese":     {simslack.Person{Zone: "Asia/Tokyo", Locale: "ja-JP"}, "2026-11-22T15:05:00Z", "は 2026年11月23日 00:05 JST に終了します"},
		"in Berlin, in summer":      {simslack.Person{Zone: "Europe/Berlin"}, "2026-10-25T00:59:00Z", "ends at 25 Oct 2026 02:59 CEST, in"},
		"in Berlin, in winter":      {simslack.Person{Zone: "Europe/Berlin"}, "2026-10-25T01:00:00Z", "ends at 25 Oct 2026 02:00 CET, in"},
		"in Sao Paulo":              {simslack.Person{Zone: "America/Sao_Paulo"}, "2026-11-22T02:05:00Z", "ends at 21 Nov 2026 23:05 UTC-3, in"},
		"in Kathmandu, in Japanese": {simslack.Person{Zone: "Asia/Kathmandu", Locale: "ja-JP"}, "2026-11-22T09:05:00Z", "は 2026年11月22日 14:50 UTC+5:45 に終了します"},
		"without a zone":            {simslack.Person{Zoneless: true}, "2026-11-22T09:05:00Z", "ends at 22 Nov 2026 09:05 UTC, in"},
		"in a zone of tomorrow":     {simslack.Person{Zone: "Mars/Olympus"}, "2026-11-22T09:05:00Z", "ends at 22 Nov 2026 09:05 UTC, in"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t)
			test.who.Email = "ken@example.com"
			p.slack.AddPerson(test.who)
			p.tell(t, ending("end", "1", instant(t, test.until)))
			if got := p.texts("ken@example.com"); len(got) != 1 || !strings.Contains(got[0], test.want) {
				t.Errorf("ken sees %q, want %q", got, test.want)
			}
		})
	}
}

// Where the directory knows the language, Slack is asked for less: the zone is known all the same.
func TestTheZoneIsSlacksThoughTheLanguageIsTheDirectorys(t *testing.T) {
	p := open(t)
	ken := group.Person{ID: "1", Email: "ken@example.com", Language: "ja"}
	if err := mirror.New(p.Store).PutPeople(context.Background(), []group.Person{ken}, p.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	p.slack.AddPerson(simslack.Person{Email: "ken@example.com", Zone: "Europe/Berlin"})
	for _, id := range []string{"first", "second"} { // the second by what is remembered of the account
		p.tell(t, ending(id, "1", instant(t, "2026-11-22T09:05:00Z")))
		p.Clock.Advance(time.Minute)
	}
	if p.seen("ken@example.com", "は 2026年11月22日 10:05 CET に終了します") != 2 {
		t.Errorf("ken sees %q", p.texts("ken@example.com"))
	}
}

// A day is the reader's own, and may be the one before or after that of UTC.
func TestDaysAreThoseOfTheReadersZone(t *testing.T) {
	p := open(t)
	p.slack.AddPerson(simslack.Person{Email: "ken@example.com", Zone: "America/Sao_Paulo"})
	p.slack.AddPerson(simslack.Person{Email: "aiko@example.com", Locale: "ja-JP", Zone: "Asia/Tokyo"})
	p.slack.AddPerson(simslack.Person{Email: "root@example.com", Zoneless: true})
	for person, until := range map[string]string{"1": "2026-12-06T02:30:00Z", "2": "2026-12-05T15:30:00Z", "3": "2026-12-05T23:30:00Z"} {
		p.tell(t, warning(person, instant(t, until)))
	}
	for who, want := range map[string]string{
		"ken@example.com": "will be stopped on 5 Dec 2026\n", "aiko@example.com": "は 2026年12月6日 に停止されます", "root@example.com": "will be stopped on 5 Dec 2026\n",
	} {
		if p.seen(who, want) != 1 {
			t.Errorf("%s sees %q, want %q", who, p.texts(who), want)
		}
	}
}

// One request is told to each reader in their zone, and to the channel in its own.
func TestARequestIsToldToEachInTheirZone(t *testing.T) {
	for zone, want := range map[string]string{"": "09:00 UTC", "UTC": "09:00 UTC", "Asia/Tokyo": "18:00 JST", "Europe/Berlin": "10:00 CET", "Asia/Kathmandu": "14:45 UTC+5:45"} {
		p := open(t)
		p.Variables["SLACK_TIME_ZONE"] = zone
		p.handler = p.Build(slacknotify.Function)
		p.slack.AddPerson(simslack.Person{Email: "ken@example.com", Zone: "America/Sao_Paulo"})
		p.notify(p.propose(t, nil).ID)
		p.stop(t, "night", "a@example.com")
		p.notify(event.SubjectBatch + "night")
		p.Work(p.handler, event.QueueSlack)
		for who, want := range map[string]string{"ken@example.com": `\nUntil .* 06:00 UTC-3\.`, "aiko@example.com": `\n期限: .* 18:00 JST`, "#sekisho": `\nUntil .* ` + strings.ReplaceAll(want, "+", `\+`) + `\.`} {
			if p.seen(who, want) != 1 {
				t.Errorf("SLACK_TIME_ZONE=%s: %s sees %q, want %q", zone, who, p.texts(who), want)
			}
		}
	}
}

// Who has moved sees it as soon as Slack is asked again, which is within a day.
func TestAPersonMovesToAnotherZone(t *testing.T) {
	p := open(t)
	c := p.propose(t, nil)
	p.notify(c.ID)
	p.slack.AddPerson(simslack.Person{Email: "ken@example.com", Zone: "Europe/Berlin"})
	p.Clock.Advance(25 * time.Hour)
	p.notify(c.ID)
	if got := p.texts("ken@example.com"); len(got) != 1 || !strings.Contains(got[0], " CET.") || strings.Contains(got[0], "JST") {
		t.Errorf("ken sees %q, want one message with the times of Berlin", got)
	}
}

func TestATimeZoneThatIsNoneIsRefused(t *testing.T) {
	for _, zone := range []string{"JST", "Asia/Tokio", "+09:00", "Local", " "} {
		p := open(t)
		p.Variables["SLACK_TIME_ZONE"], p.Variables["SLACK_LANGUAGE"] = zone, "fr"
		_, err := slacknotify.Function.Build(t.Context(), p.Env())
		if err == nil || !strings.Contains(err.Error(), "SLACK_TIME_ZONE is \""+zone+"\": write") || !strings.Contains(err.Error(), "SLACK_LANGUAGE") {
			t.Errorf("%q: error %v, want one that names all that is wrong", zone, err)
		}
	}
}
