package groupwatch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/sekisho/sekisho/functions/groupwatch"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/org"
	simworkspace "github.com/sekisho/sekisho/shared/sim/workspace"
	"github.com/sekisho/sekisho/shared/state/channel"
	"github.com/sekisho/sekisho/shared/state/cursor"
)

// tower is the function and a Workspace account whose audit log it watches.
type tower struct {
	*cloudfntest.Rig
	handler   http.Handler
	workspace *simworkspace.Server
	faults    *sim.Faults
}

func variables() map[string]string {
	return map[string]string{
		"WEBHOOK_URL": "https://functions.test/GroupWebhook", "WORKSPACE_URL": "http://google.test", "ROBOT_EMAIL": "robot@example.com",
	}
}

func open(tb testing.TB) *tower {
	tb.Helper()
	rig := cloudfntest.New(tb)
	t := &tower{Rig: rig, faults: sim.NewFaults(1)}
	var err error
	t.workspace, err = simworkspace.New(simworkspace.Options{
		Company: org.Demo(), Now: rig.Clock.Now, Faults: t.faults, Lag: &simworkspace.Lag{},
		Tokens: map[string][]string{
			cloudfntest.GoogleToken: {simworkspace.ScopeAudit}, "other-" + cloudfntest.Canary: {simworkspace.ScopeSettings},
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
	rig.Outbound = sim.Transport{"google.test": t.workspace}
	rig.Variables = variables()
	t.handler = rig.Build(groupwatch.Function)
	return t
}

func (t *tower) tick(job string) int { return t.Do(t.handler, t.Envelope(event.Tick{Job: job})) }

func (t *tower) channels(tb testing.TB) []channel.Channel {
	tb.Helper()
	all, err := channel.All(context.Background(), t.Store)
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

func (t *tower) watermark(tb testing.TB, application string) time.Time {
	tb.Helper()
	c, err := cursor.Get(context.Background(), t.Store, "poll-"+application)
	if err != nil {
		tb.Fatal(err)
	}
	return c.At
}

// readings lists the groups to be read, and what of them.
func (t *tower) readings(tb testing.TB) []string {
	tb.Helper()
	var out []string
	for _, task := range append(t.Queue.Take(event.QueueDirectory), t.Queue.Take(event.QueueSettings)...) {
		var e event.Envelope
		var p struct{ Group string }
		if err := json.Unmarshal(task.Body, &e); err != nil {
			tb.Fatal(err)
		}
		if err := json.Unmarshal(e.Data, &p); err != nil {
			tb.Fatal(err)
		}
		out = append(out, strings.TrimSpace(e.Type+" "+p.Group))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestBadMessages(t *testing.T) {
	newRig := func(tb testing.TB) *cloudfntest.Rig { return open(tb).Rig }
	cloudfntest.RefuseBadMessages(t, groupwatch.Function, newRig,
		func(*cloudfntest.Rig) event.Payload { return event.Tick{Job: groupwatch.JobPoll} }, event.Tick{})
}

func TestChannelsAreKeptOpen(t *testing.T) {
	w := open(t)
	for hour := range 48 {
		if status := w.tick(groupwatch.JobRenew); status != http.StatusOK {
			t.Fatalf("hour %d: status %d, want 200\n%s", hour, status, w.Log)
		}
		alive := map[string]int{}
		for _, c := range w.workspace.Channels() {
			alive[c.Application]++
		}
		// Every third hour there is a new one, beside which the old one stays until the next.
		want := 1
		if hour > 0 && hour%3 == 0 {
			want = 2
		}
		if alive["admin"] != want || alive["groups_enterprise"] != want || len(alive) != 2 {
			t.Fatalf("hour %d: channels %v, want %d for each application", hour, alive, want)
		}
		for _, c := range w.channels(t) {
			if c.Resource == "" || len(c.TokenHash) != 64 || !c.Expires.After(w.Clock.Now().Add(2*time.Hour)) {
				t.Errorf("hour %d: channel %+v", hour, c)
			}
		}
		for _, c := range w.Calls.Made() {
			if strings.HasSuffix(c.Path, "/watch") && !strings.Contains(c.Body, `"token"`) {
				t.Errorf("a channel without a token: %s", c.Body)
			}
		}
		w.Clock.Advance(time.Hour)
	}
}

// Google may grant less than what is asked for. What it granted says when the channel is renewed,
// and until when its notifications are taken.
func TestWhatGoogleGrantsCounts(t *testing.T) {
	const granted = 4 * time.Hour
	w := open(t)
	asked := regexp.MustCompile(`"expiration":"\d+"`)
	w.Outbound = sim.Transport{"google.test": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		less := fmt.Appendf(nil, `"expiration":"%d"`, w.Clock.Now().Add(granted).UnixMilli())
		if strings.HasSuffix(r.URL.Path, "/watch") && !asked.Match(body) {
			t.Errorf("a channel is asked for without an end: %s", body)
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(asked.ReplaceAll(body, less)))
		w.workspace.ServeHTTP(rw, r)
	})}
	w.handler = w.Build(groupwatch.Function)
	w.tick(groupwatch.JobRenew)
	for _, c := range w.channels(t) {
		if want := w.Clock.Now().Add(granted); !c.Expires.Equal(want) {
			t.Errorf("channel %+v, want it to end at %s", c, want)
		}
	}
	w.Clock.Advance(granted - groupwatch.Life/2)
	w.tick(groupwatch.JobRenew)
	if got := w.workspace.Channels(); len(got) != 4 {
		t.Errorf("channels %v, want a new one beside each that has half of what is asked for left", got)
	}
}

// Google's first message may come before its answer, and the process may die in between: the channel is known before.
func TestAChannelIsKnownBeforeItIsOpened(t *testing.T) {
	w := open(t)
	asked := 0
	w.Outbound = sim.Transport{"google.test": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/watch") {
			if asked++; len(w.channels(t)) != asked {
				t.Errorf("%d channels are known while the %d. is opened", len(w.channels(t)), asked)
			}
		}
		w.workspace.ServeHTTP(rw, r)
	})}
	w.handler = w.Build(groupwatch.Function)
	if status := w.tick(groupwatch.JobRenew); status != http.StatusOK || asked == 0 {
		t.Errorf("status %d, %d channels opened", status, asked)
	}
}

// An event from before a renewal is notified after it, on the channel that was open then: that one
// is still known, and stays so until the notification must have come.
func TestTheChannelsOfARenewalOverlap(t *testing.T) {
	w := open(t)
	w.tick(groupwatch.JobRenew)
	before := w.channels(t)
	w.Clock.Advance(groupwatch.Life / 2)
	for range 2 { // the scheduler calls twice
		if status := w.tick(groupwatch.JobRenew); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, w.Log)
		}
		if got := w.channels(t); len(before) != 2 || len(got) != 4 || len(w.workspace.Channels()) != 4 {
			t.Fatalf("channels %+v after %+v, want the old ones and two more", got, before)
		}
		w.Clock.Advance(time.Minute)
	}
	w.Clock.Advance(time.Hour)
	w.tick(groupwatch.JobRenew)
	for _, c := range w.channels(t) {
		if c.ID == before[0].ID || c.ID == before[1].ID {
			t.Errorf("channel %+v is still kept an hour later", c)
		}
	}
	if got := w.workspace.Channels(); len(got) != 2 {
		t.Errorf("channels %v, want one for each application", got)
	}
}

func TestARenewalThatFailsIsTriedAgain(t *testing.T) {
	for _, kind := range []sim.FaultKind{sim.Fault429, sim.Fault403Quota, sim.Fault500, sim.FaultTimeout, sim.FaultDown, sim.FaultAppliedBut500} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := open(t)
			w.faults.Add(sim.Fault{API: "reports", Kind: kind, Rate: 1, Left: 1})
			if status := w.tick(groupwatch.JobRenew); status != http.StatusServiceUnavailable {
				t.Errorf("status %d, want 503\n%s", status, w.Log)
			}
			if status := w.tick(groupwatch.JobRenew); status != http.StatusOK {
				t.Errorf("again: status %d, want 200\n%s", status, w.Log)
			}
			open := map[string]bool{}
			for _, c := range w.channels(t) {
				open[c.Application] = open[c.Application] || c.Resource != ""
			}
			if !open["admin"] || !open["groups_enterprise"] {
				t.Errorf("channels %+v, want one for each application", w.channels(t))
			}
		})
	}
}

func TestCredentialsThatDoNotHold(t *testing.T) {
	for name, token := range map[string]string{"401": "unknown-" + cloudfntest.Canary, "403": "other-" + cloudfntest.Canary} {
		for _, job := range []string{groupwatch.JobRenew, groupwatch.JobPoll} {
			t.Run(name+" "+job, func(t *testing.T) {
				t.Parallel()
				w := open(t)
				w.Outbound = withToken{w.Outbound, token}
				w.handler = w.Build(groupwatch.Function)
				if status := w.tick(job); status != http.StatusOK || len(w.Quarantined()) != 1 {
					t.Errorf("status %d, %d in quarantine, want 200 and 1\n%s", status, len(w.Quarantined()), w.Log)
				}
				if got := w.watermark(t, "admin"); !got.IsZero() {
					t.Errorf("the watermark moved to %s over what nobody read", got)
				}
			})
		}
	}
}

type withToken struct {
	next  http.RoundTripper
	token string
}

func (w withToken) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	(&oauth2.Token{AccessToken: w.token}).SetAuthHeader(r)
	return w.next.RoundTrip(r)
}

func TestWhatNobodyWasToldOfIsFound(t *testing.T) {
	w := open(t)
	if status := w.tick(groupwatch.JobPoll); status != http.StatusOK {
		t.Fatalf("status %d, want 200\n%s", status, w.Log)
	}
	for _, err := range []error{
		w.workspace.AddMember("analysts@example.com", "noor@example.com", "MEMBER", ""),
		w.workspace.SetSetting("product@example.com", "whoCanJoin", "INVITED_CAN_JOIN", ""),
		w.workspace.SetSetting("board@example.com", "whoCanJoin", "INVITED_CAN_JOIN", "robot@example.com"),
	} {
		if err != nil && !strings.Contains(err.Error(), "robot") {
			t.Fatal(err)
		}
	}
	w.Clock.Advance(5 * time.Minute)
	if status := w.tick(groupwatch.JobPoll); status != http.StatusOK {
		t.Fatalf("status %d, want 200\n%s", status, w.Log)
	}
	got := w.readings(t)
	for _, want := range []string{"group.refresh/1 analysts@example.com", "settings.check/1 product@example.com"} {
		if !slices.Contains(got, want) {
			t.Errorf("readings %q lack %q", got, want)
		}
	}
}

func TestAPollThatFailsReadsEverythingAgain(t *testing.T) {
	for _, kind := range []sim.FaultKind{sim.Fault429, sim.Fault403Quota, sim.Fault500, sim.FaultTimeout, sim.FaultDown} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := open(t)
			w.tick(groupwatch.JobPoll)
			if err := w.workspace.AddMember("analysts@example.com", "noor@example.com", "MEMBER", ""); err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(10 * time.Minute)
			was := w.watermark(t, "admin")
			w.faults.Add(sim.Fault{API: "reports", Kind: kind, Rate: 1, Left: 2})
			if status := w.tick(groupwatch.JobPoll); status != http.StatusServiceUnavailable {
				t.Errorf("status %d, want 503\n%s", status, w.Log)
			}
			if got := w.watermark(t, "admin"); !got.Equal(was) {
				t.Errorf("the watermark moved from %s to %s", was, got)
			}
			if status := w.tick(groupwatch.JobPoll); status != http.StatusOK {
				t.Errorf("again: status %d, want 200", status)
			}
			if got := w.readings(t); !slices.Contains(got, "group.refresh/1 analysts@example.com") {
				t.Errorf("readings %q", got)
			}
		})
	}
	t.Run("a queue that fails", func(t *testing.T) {
		t.Parallel()
		w := open(t)
		w.tick(groupwatch.JobPoll)
		if err := w.workspace.AddMember("analysts@example.com", "noor@example.com", "MEMBER", ""); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(10 * time.Minute)
		was := w.watermark(t, "groups_enterprise")
		w.Queue.Break(2)
		if status := w.tick(groupwatch.JobPoll); status != http.StatusServiceUnavailable {
			t.Errorf("status %d, want 503", status)
		}
		if got := w.watermark(t, "groups_enterprise"); !got.Equal(was) {
			t.Errorf("the watermark moved over what is not queued")
		}
	})
}

// A page that cannot be followed to its end must not look like the end.
func TestPagesThatGoRoundInCircles(t *testing.T) {
	w := open(t)
	w.Outbound = answer(`{"items":[],"nextPageToken":"again"}`)
	w.handler = w.Build(groupwatch.Function)
	if status := w.tick(groupwatch.JobPoll); status != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503", status)
	}
	if got := len(w.Calls.Made()); got > 6 {
		t.Errorf("%d calls before it was noticed", got)
	}
}

// What cannot be read may have been about anything.
func TestAnEntryThatNobodyCanReadHasEverythingCompared(t *testing.T) {
	w := open(t)
	w.Outbound = answer(`{"items":[{"id":{"time":"` + cloudfntest.Canary + `"}}]}`)
	w.handler = w.Build(groupwatch.Function)
	if status := w.tick(groupwatch.JobPoll); status != http.StatusOK {
		t.Errorf("status %d, want 200\n%s", status, w.Log)
	}
	if got := w.readings(t); !slices.Equal(got, []string{"settings.sweep/1", "walk/1"}) {
		t.Errorf("readings %q, want a walk and all settings", got)
	}
}

type answer string

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(bytes.NewReader([]byte(a))), ContentLength: int64(len(a)),
	}, nil
}

func TestConfigurationThatIsWrong(t *testing.T) {
	for _, test := range []struct {
		name   string
		set    map[string]string
		naming []string
	}{
		{"nothing", map[string]string{"WEBHOOK_URL": ""}, []string{"WEBHOOK_URL is not set"}},
		{
			"everything",
			map[string]string{"WEBHOOK_URL": "nowhere", "POLL_OVERLAP": "25h", "APPLICATIONS": "admin,drive"},
			[]string{`WEBHOOK_URL is no address: "nowhere"`, "POLL_OVERLAP is 25h", `APPLICATIONS has "drive"`},
		},
		{"no overlap", map[string]string{"POLL_OVERLAP": "0s"}, []string{"POLL_OVERLAP is 0s: 10m0s to 24h0m0s, as a poll leaves what is younger than 3m0s to the next one"}},
		{"too little overlap", map[string]string{"POLL_OVERLAP": "9m59s"}, []string{"POLL_OVERLAP is 9m59s"}},
		{
			"what cannot be read beside what is missing",
			map[string]string{"WEBHOOK_URL": "", "POLL_OVERLAP": "soon"},
			[]string{"WEBHOOK_URL is not set", "POLL_OVERLAP"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			rig := cloudfntest.New(t)
			rig.Variables = variables()
			for name, value := range test.set {
				rig.Variables[name] = value
			}
			_, err := groupwatch.Function.Build(context.Background(), rig.Env())
			if err == nil {
				t.Fatal("it started")
			}
			for _, want := range test.naming {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}
