package groupwatch_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/groupwatch"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/cursor"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// pages is an audit log of so many pages, each with one event of a group of its number.
type pages struct {
	clock func() time.Time
	n     int
	asked *[]string // the tokens
	bad   string    // a token that is not good any more
}

func (p pages) RoundTrip(r *http.Request) (*http.Response, error) {
	token := r.URL.Query().Get("pageToken")
	*p.asked = append(*p.asked, token)
	at := 0
	if _, err := fmt.Sscanf(token, "page%d", &at); err != nil && token != "" {
		return nil, err
	}
	status := http.StatusOK
	body := fmt.Sprintf(`{"items":[{"id":{"time":%q,"uniqueQualifier":"%d","applicationName":"admin"},
		"events":[{"name":"ADD_GROUP_MEMBER","parameters":[{"name":"GROUP_EMAIL","value":"g%d@example.com"}]}]}]`,
		p.clock().Add(-10*time.Minute).Format(time.RFC3339), at, at)
	switch {
	case token != "" && token == p.bad:
		status, body = http.StatusBadRequest, `{"error":{"code":400,"message":"Invalid Value","errors":[{"reason":"invalid"}]}`
	case at+1 < p.n:
		body += fmt.Sprintf(`,"nextPageToken":"page%d"`, at+1)
	}
	body += "}"
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(bytes.NewReader([]byte(body))), ContentLength: int64(len(body)),
	}, nil
}

func openLog(t *testing.T, p pages) *tower {
	t.Helper()
	w := open(t)
	w.Variables["APPLICATIONS"] = "admin"
	p.clock = w.Clock.Now
	w.Outbound = p
	w.handler = w.Build(groupwatch.Function)
	return w
}

// After a long outage one poll does not read everything: the next one goes on at its page.
func TestALongLogIsReadByOnePollAfterTheOther(t *testing.T) {
	var asked []string
	w := openLog(t, pages{n: 50, asked: &asked})
	began := w.Clock.Now()
	for poll := range 3 {
		if status := w.tick(groupwatch.JobPoll); status != http.StatusOK {
			t.Fatalf("poll %d: status %d\n%s", poll, status, w.Log)
		}
		if mark := w.watermark(t, "admin"); poll < 2 && mark.After(began) {
			t.Errorf("poll %d: the watermark is at %s, before the end was seen", poll, mark)
		}
		w.Clock.Advance(5 * time.Minute)
	}
	if len(asked) != 50 || slices.Contains(asked[1:], "") || asked[49] != "page49" {
		t.Errorf("asked for %d pages: %v", len(asked), asked)
	}
	if got := w.readings(t); len(got) != 50 {
		t.Errorf("%d groups are to be read, want 50", len(got))
	}
}

// A token that is not good any more costs the pages that it stood for, and misses none.
func TestATokenThatIsNotGoodAnyMore(t *testing.T) {
	var asked []string
	w := openLog(t, pages{n: 30, asked: &asked, bad: "page20"})
	w.tick(groupwatch.JobPoll) // stops before page 20
	w.Clock.Advance(25 * time.Hour)
	if status := w.tick(groupwatch.JobPoll); status != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503: the scheduler tries again", status)
	}
	asked = nil
	w.tick(groupwatch.JobPoll)
	if len(asked) == 0 || asked[0] != "" {
		t.Errorf("asked for %v, want the log from its watermark on", asked)
	}
}

// Nobody can read an entry, five minutes after five minutes, for as long as the overlap lasts:
// everything is compared once.
func TestAnUnreadableEntryIsGoodForOneComparison(t *testing.T) {
	w := open(t)
	w.Variables["APPLICATIONS"] = "admin"
	w.Outbound = answer(`{"items":[{"id":{"time":"never"}}]}`)
	w.handler = w.Build(groupwatch.Function)
	walks := 0
	for range 30 {
		if status := w.tick(groupwatch.JobPoll); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, w.Log)
		}
		walks += len(w.Queue.Take(event.QueueDirectory))
		w.Clock.Advance(5 * time.Minute)
	}
	if walks != 1 {
		t.Errorf("%d walks, want one", walks)
	}
}

// An event that was followed by a reading is looked at once, however often it is listed.
func TestWhatIsKnownIsNotLookedUpAgain(t *testing.T) {
	var asked []string
	w := openLog(t, pages{n: 1, asked: &asked})
	w.tick(groupwatch.JobPoll)
	if got := w.readings(t); !slices.Equal(got, []string{"group.refresh/1 g0@example.com"}) {
		t.Fatalf("readings %v", got)
	}
	// Nobody has read it: it is planned again by the next poll.
	w.Clock.Advance(5 * time.Minute)
	w.tick(groupwatch.JobPoll)
	if got := w.readings(t); len(got) != 1 || !strings.HasPrefix(got[0], "group.refresh/1") {
		t.Errorf("readings %v, want the same once more", got)
	}
}

// A reading that began before an event, or while Google had not settled, does not show it.
func TestOnlyAReadingAfterTheEventWillDo(t *testing.T) {
	for name, test := range map[string]struct {
		after time.Duration // from the event to the reading
		want  int
	}{
		"a reading before the event":      {-time.Minute, 1},
		"a reading at the event":          {0, 1},
		"a reading before it has settled": {29 * time.Second, 1},
		"a reading afterwards":            {31 * time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			w := openLog(t, pages{n: 1, asked: &asked})
			happened := w.Clock.Now().Add(-10 * time.Minute).Truncate(time.Second)
			s := group.Snapshot{Group: group.Group{ID: "g0", Email: "g0@example.com"}, Read: happened.Add(test.after)}
			if _, err := mirror.New(w.Store).Replace(context.Background(), s); err != nil {
				t.Fatal(err)
			}
			if status := w.tick(groupwatch.JobPoll); status != http.StatusOK {
				t.Fatalf("status %d\n%s", status, w.Log)
			}
			if got := w.readings(t); len(got) != test.want {
				t.Errorf("readings %v, want %d", got, test.want)
			}
		})
	}
}

// The first poll leaves a watermark though nothing happened: the next one, however late, goes on from there.
func TestTheFirstPollLeavesAWatermark(t *testing.T) {
	w := open(t)
	w.tick(groupwatch.JobPoll)
	if err := w.workspace.AddMember("analysts@example.com", "noor@example.com", "MEMBER", "root@example.com"); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(10 * time.Hour)
	w.tick(groupwatch.JobPoll)
	if got := w.readings(t); !slices.Contains(got, "group.refresh/1 analysts@example.com") {
		t.Errorf("readings %q after an outage of ten hours", got)
	}
}

// The watermark says up to when what happened has been read: it stays behind an event that is too young
// to be looked at, and behind one of which the reading was planned and not made.
func TestTheWatermarkStaysBehindWhatWasNotRead(t *testing.T) {
	for name, age := range map[string]time.Duration{"too young": 2 * time.Minute, "planned": 5 * time.Minute, "planned long ago": 100 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			const log = "groups_enterprise"
			if err := cursor.Set(t.Context(), w.Store, "poll-"+log, cursor.Cursor{At: w.Clock.Now()}); err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(3 * time.Hour)
			if err := w.workspace.AddMember("analysts@example.com", "noor@example.com", "MEMBER", "root@example.com"); err != nil {
				t.Fatal(err)
			}
			happened := w.Clock.Now()
			poll := func(behind bool) {
				t.Helper()
				w.tick(groupwatch.JobPoll)
				if mark := w.watermark(t, log); mark.After(happened) == behind || mark.After(w.Clock.Now().Add(-3*time.Minute)) {
					t.Errorf("at %s the watermark is %s; want it behind %s: %t",
						w.Clock.Now().Format(time.TimeOnly), mark.Format(time.TimeOnly), happened.Format(time.TimeOnly), behind)
				}
			}
			w.Clock.Advance(age)
			poll(true)
			w.Clock.Advance(5 * time.Minute)
			poll(true)
			s := group.Snapshot{Group: group.Group{ID: "g1", Email: "analysts@example.com"}, Read: w.Clock.Now()}
			if _, err := mirror.New(w.Store).Replace(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(2 * time.Hour)
			poll(false)
		})
	}
}

// Where a run takes several polls, what the first of them planned counts until the end.
func TestTheWatermarkOfALongLogStaysBehindItsFirstPages(t *testing.T) {
	var asked []string
	w := openLog(t, pages{n: 30, asked: &asked})
	for range 2 {
		w.tick(groupwatch.JobPoll)
		w.Clock.Advance(5 * time.Minute)
	}
	if mark, want := w.watermark(t, "admin"), cloudfntest.Begin.Add(-10*time.Minute); len(asked) != 30 || !mark.Equal(want) {
		t.Errorf("after %d pages the watermark is at %s, want %s", len(asked), mark, want)
	}
}

// A group that cannot be read does not have more of the log read with every poll.
func TestTheWatermarkWaitsNoLongerThanTheOverlap(t *testing.T) {
	w := open(t)
	w.tick(groupwatch.JobPoll)
	if err := w.workspace.AddMember("analysts@example.com", "noor@example.com", "MEMBER", "root@example.com"); err != nil {
		t.Fatal(err)
	}
	happened := w.Clock.Now()
	for range 20 {
		w.Clock.Advance(30 * time.Minute)
		w.tick(groupwatch.JobPoll)
		if behind := w.Clock.Now().Sub(w.watermark(t, "groups_enterprise")); behind > 3*time.Hour {
			t.Fatalf("the watermark is %s behind", behind)
		}
	}
	if mark := w.watermark(t, "groups_enterprise"); !mark.After(happened) {
		t.Errorf("the watermark is still %s", mark)
	}
}

// Where nothing happens the logs are followed too: the watermark of a log that every poll read to its end
// is not old, and is not written by each of them.
func TestTheWatermarkOfAQuietLogIsYoung(t *testing.T) {
	w := open(t)
	w.Variables["APPLICATIONS"] = "admin"
	w.Outbound = answer(`{"items":[]}`)
	w.handler = w.Build(groupwatch.Function)
	w.tick(groupwatch.JobPoll)
	writes, last := 0, w.watermark(t, "admin")
	for range 40 {
		w.Clock.Advance(5 * time.Minute)
		before := w.Clock.Now().Sub(last) // until this poll
		if status := w.tick(groupwatch.JobPoll); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, w.Log)
		}
		mark := w.watermark(t, "admin")
		if before > 15*time.Minute || mark.After(w.Clock.Now().Add(-3*time.Minute)) {
			t.Errorf("at %s the log was followed up to %s, before up to %s ago", w.Clock.Now(), mark, before)
		}
		if !mark.Equal(last) {
			writes++
		}
		last = mark
	}
	if writes > 20 {
		t.Errorf("%d writes for 40 polls in which nothing happened, want every other one", writes)
	}
}

// With the least overlap that may be set, a poll finds what was too young for the poll before.
func TestTheLeastOverlap(t *testing.T) {
	w := open(t)
	w.Variables["POLL_OVERLAP"] = "10m"
	w.handler = w.Build(groupwatch.Function)
	w.tick(groupwatch.JobPoll)
	w.Clock.Advance(3 * time.Minute)
	if err := w.workspace.AddMember("analysts@example.com", "noor@example.com", "MEMBER", "root@example.com"); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(2 * time.Minute) // too young
	w.tick(groupwatch.JobPoll)
	if got := w.readings(t); len(got) != 0 {
		t.Fatalf("readings %q, want none yet", got)
	}
	w.Clock.Advance(5 * time.Minute)
	w.tick(groupwatch.JobPoll)
	if got := w.readings(t); !slices.Contains(got, "group.refresh/1 analysts@example.com") {
		t.Errorf("readings %q lack the one that was too young before", got)
	}
}

// twice is an audit log with one activity of two events, which Google lists for as long as it is asked.
type twice struct{ at time.Time }

func (l twice) RoundTrip(r *http.Request) (*http.Response, error) {
	const happened = `{"name":"ADD_GROUP_MEMBER","parameters":[{"name":"GROUP_EMAIL","value":%q}]}`
	body := fmt.Sprintf(`{"items":[{"id":{"time":%q,"uniqueQualifier":"1","applicationName":"admin"},"events":[`+happened+`,`+happened+`]}]}`,
		l.at.Format(time.RFC3339), "g0@example.com", "g1@example.com")
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}, nil
}

// Each event of an activity counts for itself: one that was followed by a reading is not looked up
// again, and one that was not is, by every poll.
func TestAnEventIsKnownByItsActivityAndItsPlace(t *testing.T) {
	w := open(t)
	w.Variables["APPLICATIONS"] = "admin"
	happened := w.Clock.Now().Add(-10 * time.Minute).Truncate(time.Second)
	w.Outbound = twice{happened}
	w.handler = w.Build(groupwatch.Function)
	read := func(id string) {
		s := group.Snapshot{Group: group.Group{ID: id, Email: id + "@example.com"}, Read: w.Clock.Now()}
		if _, err := mirror.New(w.Store).Replace(context.Background(), s); err != nil {
			t.Fatal(err)
		}
	}
	poll := func(planned int, looked bool) {
		t.Helper()
		w.Store.Read()
		if status := w.tick(groupwatch.JobPoll); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, w.Log)
		}
		groups := 0
		for _, collection := range w.Store.Read() {
			if collection == "groups" {
				groups++
			}
		}
		if got := w.readings(t); len(got) != planned || (groups > 0) != looked {
			t.Errorf("readings %v, want %d; the mirror was asked %d times, want any: %t", got, planned, groups, looked)
		}
		w.Clock.Advance(5 * time.Minute)
	}
	poll(2, true)
	read("g0")
	poll(1, true) // g0 was read, and is known from now on
	poll(0, true) // the reading of g1 is still waiting
	read("g1")
	poll(0, true)
	poll(0, false)
}

// upload is an entry of the audit log that names no group.
func upload(at time.Time) answer {
	return answer(fmt.Sprintf(`{"items":[{"id":{"time":%q,"uniqueQualifier":"1","applicationName":"admin"},
		"events":[{"name":"GROUP_MEMBER_BULK_UPLOAD","parameters":[]}]}]}`, at.Format(time.RFC3339)))
}

// What names no group is followed by one walk, whether another one is under way, or the one that followed
// was not believed, or nobody was told: not by one for each poll.
func TestWhatNamesNoGroupIsFollowedByOneWalk(t *testing.T) {
	for name, test := range map[string]struct {
		began time.Duration // of the walk, from the event; zero for none
		phase mirror.Phase
		short bool
		want  int
	}{
		"no walk yet":                     {want: 1},
		"a walk began before":             {began: -time.Minute, phase: mirror.WalkGroups, want: 1},
		"a walk is under way since":       {began: 6 * time.Minute, phase: mirror.WalkGroups},
		"a walk was done":                 {began: 6 * time.Minute, phase: mirror.WalkDone},
		"a walk ended, and was too short": {began: 6 * time.Minute, phase: mirror.WalkDone, short: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			w.Variables["APPLICATIONS"] = "admin"
			happened := w.Clock.Now()
			w.Outbound = upload(happened)
			w.handler = w.Build(groupwatch.Function)
			if test.began != 0 {
				began := happened.Add(test.began)
				step := mirror.Walk{Run: "x", Phase: test.phase, Page: 1, Began: began, Moved: began, Short: test.short}
				if err := mirror.New(w.Store).PutStep(t.Context(), mirror.Walk{}, step, mirror.Step{Began: began}); err != nil {
					t.Fatal(err)
				}
			}
			w.Clock.Advance(time.Minute)
			walks := 0
			for range 11 {
				w.Clock.Advance(5 * time.Minute)
				if status := w.tick(groupwatch.JobPoll); status != http.StatusOK {
					t.Fatalf("status %d\n%s", status, w.Log)
				}
				ordered := len(w.readings(t))
				if age := w.Clock.Now().Sub(happened); ordered > 0 && age < 7*time.Minute {
					t.Errorf("a walk was ordered after %s, while the notification's is still to come", age)
				}
				walks += ordered
			}
			if walks != test.want {
				t.Errorf("%d walks were ordered in an hour, want %d", walks, test.want)
			}
		})
	}
}

// Google writes an entry an hour late: the watermark goes back behind it, until it was followed by a
// reading.
func TestTheWatermarkGoesBackForALateEntry(t *testing.T) {
	w := open(t)
	w.Variables["APPLICATIONS"] = "admin"
	w.Outbound = answer(`{"items":[]}`)
	w.handler = w.Build(groupwatch.Function)
	w.tick(groupwatch.JobPoll)
	happened := w.Clock.Now().Add(-time.Hour)
	w.Outbound = answer(fmt.Sprintf(`{"items":[{"id":{"time":%q,"uniqueQualifier":"1","applicationName":"admin"},
		"events":[{"name":"REMOVE_GROUP_MEMBER","parameters":[{"name":"GROUP_EMAIL","value":"analysts@example.com"}]}]}]}`, happened.Format(time.RFC3339)))
	w.handler = w.Build(groupwatch.Function)
	for poll := range 10 {
		w.Clock.Advance(5 * time.Minute)
		w.tick(groupwatch.JobPoll)
		if got := w.watermark(t, "admin"); got.After(happened) {
			t.Fatalf("poll %d: followed up to %s, and what happened at %s was not read yet", poll, got, happened)
		}
	}
	s := group.Snapshot{Group: group.Group{ID: "g1", Email: "analysts@example.com"}, Read: w.Clock.Now()}
	if _, err := mirror.New(w.Store).Replace(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(5 * time.Minute)
	w.tick(groupwatch.JobPoll)
	if got, want := w.watermark(t, "admin"), w.Clock.Now().Add(-3*time.Minute); !got.Equal(want) {
		t.Errorf("after the reading: followed up to %s, want %s", got, want)
	}
}

// As long as the notification's reading is still to come, the watermark stays behind what happened.
func TestTheWatermarkStaysBehindAWalkThatIsStillToCome(t *testing.T) {
	w := open(t)
	w.Variables["APPLICATIONS"] = "admin"
	w.Outbound = answer(`{"items":[]}`)
	w.handler = w.Build(groupwatch.Function)
	w.tick(groupwatch.JobPoll)
	w.Clock.Advance(3 * time.Hour)
	w.Outbound = upload(w.Clock.Now())
	w.handler = w.Build(groupwatch.Function)
	happened := w.Clock.Now()
	w.Clock.Advance(4 * time.Minute)
	w.tick(groupwatch.JobPoll)
	if mark := w.watermark(t, "admin"); mark.After(happened) || len(w.readings(t)) > 0 {
		t.Errorf("the watermark is %s, %s after what nobody has read", mark, mark.Sub(happened))
	}
}

// A change of settings that names no group has the settings of all groups read, also where a walk, which
// reads none, has come by itself meanwhile.
func TestSettingsOfNobodyKnowsWhichGroupAreReadOfAll(t *testing.T) {
	for name, walked := range map[string]bool{"no walk": false, "a walk since": true} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			w.Variables["APPLICATIONS"] = "groups_enterprise"
			happened := w.Clock.Now()
			w.Outbound = answer(fmt.Sprintf(`{"items":[{"id":{"time":%q,"uniqueQualifier":"1","applicationName":"groups_enterprise"},
				"events":[{"name":"change_info_setting","parameters":[{"name":"info_setting","value":"who_can_view"}]}]}]}`, happened.Format(time.RFC3339)))
			w.handler = w.Build(groupwatch.Function)
			want := []string{"settings.sweep/1", "walk/1"}
			if walked {
				began := happened.Add(5 * time.Minute)
				step := mirror.Walk{Run: "x", Phase: mirror.WalkDone, Page: 1, Began: began, Moved: began}
				if err := mirror.New(w.Store).PutStep(t.Context(), mirror.Walk{}, step, mirror.Step{Began: began}); err != nil {
					t.Fatal(err)
				}
				want = []string{"settings.sweep/1"}
			}
			for range 3 {
				w.Clock.Advance(10 * time.Minute)
				if status := w.tick(groupwatch.JobPoll); status != http.StatusOK {
					t.Fatalf("status %d\n%s", status, w.Log)
				}
			}
			if got := w.readings(t); !slices.Equal(got, want) {
				t.Errorf("readings %q, want %q", got, want)
			}
		})
	}
}

// What our own robot wrote is read by nobody again, and nothing waits for it.
func TestOurOwnWritesAreNotFollowed(t *testing.T) {
	w := open(t)
	w.Variables["APPLICATIONS"] = "admin"
	w.Outbound = answer(fmt.Sprintf(`{"items":[{"id":{"time":%q,"uniqueQualifier":"1","applicationName":"admin"},"actor":{"email":%q},
		"events":[{"name":"CHANGE_GROUP_SETTING","parameters":[{"name":"GROUP_EMAIL","value":"product@example.com"}]}]}]}`,
		w.Clock.Now().Format(time.RFC3339), "Robot@example.com"))
	w.handler = w.Build(groupwatch.Function)
	w.tick(groupwatch.JobPoll)
	w.Clock.Advance(100 * time.Minute)
	w.tick(groupwatch.JobPoll)
	if got, want := w.watermark(t, "admin"), w.Clock.Now().Add(-3*time.Minute); !got.Equal(want) || len(w.readings(t)) != 0 {
		t.Errorf("followed up to %s, want %s; readings %q", got, want, w.readings(t))
	}
}

// since is a log that is empty, and remembers from when on it was asked for.
type since struct{ asked *[]string }

func (l since) RoundTrip(r *http.Request) (*http.Response, error) {
	*l.asked = append(*l.asked, r.URL.Query().Get("startTime"))
	return answer(`{"items":[]}`).RoundTrip(r)
}

// Each poll reads back behind the watermark by the overlap: an entry that Google writes late is younger
// than the watermark when it happens, and older when it is there.
func TestAPollReadsBackBehindTheWatermark(t *testing.T) {
	for setting, overlap := range map[string]time.Duration{"": 3 * time.Hour, "10m": 10 * time.Minute, "24h": 24 * time.Hour} {
		t.Run(overlap.String(), func(t *testing.T) {
			var asked []string
			w := openLog(t, pages{})
			w.Outbound = since{&asked}
			if setting != "" {
				w.Variables["POLL_OVERLAP"] = setting
			}
			w.handler = w.Build(groupwatch.Function)
			mark := w.Clock.Now() // the first poll has none yet
			for poll := range 4 {
				asked = nil
				if status := w.tick(groupwatch.JobPoll); status != http.StatusOK {
					t.Fatalf("status %d\n%s", status, w.Log)
				}
				if want := mark.Add(-overlap).UTC().Format(time.RFC3339); len(asked) != 1 || !strings.HasPrefix(asked[0], strings.TrimSuffix(want, "Z")) {
					t.Errorf("poll %d asks from %v on, want %s", poll, asked, want)
				}
				mark = w.watermark(t, "admin")
				w.Clock.Advance(5 * time.Hour)
			}
		})
	}
}
