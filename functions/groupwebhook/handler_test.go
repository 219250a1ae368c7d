package groupwebhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/functions/groupwebhook"
	"github.com/sekisho/sekisho/shared/adapters/workspace/activity"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/state/channel"
)

const robot = "sekisho@robots.example"

// hook is the function with one open channel.
type hook struct {
	*cloudfntest.Rig
	handler http.Handler
	channel channel.Channel
	token   string
}

func open(tb testing.TB, rig *cloudfntest.Rig, application string) *hook {
	tb.Helper()
	rig.Variables["ROBOT_EMAIL"] = robot
	h := &hook{Rig: rig, handler: rig.Build(groupwebhook.Function)}
	h.channel, h.token = channel.New(application, rig.Clock.Now(), rig.Clock.Now().Add(6*time.Hour))
	h.channel.Resource = "resource-of-" + application
	if err := channel.Put(context.Background(), rig.Store, h.channel); err != nil {
		tb.Fatal(err)
	}
	return h
}

// notify returns a notification as Google sends it on the channel.
func (h *hook) notify(body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json; charset=UTF-8")
	r.Header.Set("User-Agent", "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)")
	r.Header.Set("X-Goog-Channel-ID", h.channel.ID)
	r.Header.Set("X-Goog-Channel-Token", h.token)
	r.Header.Set("X-Goog-Channel-Expiration", h.channel.Expires.UTC().Format(http.TimeFormat))
	r.Header.Set("X-Goog-Resource-ID", h.channel.Resource)
	r.Header.Set("X-Goog-Resource-State", "ADD_GROUP_MEMBER")
	r.Header.Set("X-Goog-Message-Number", "2227980")
	return r
}

func fixture(tb testing.TB, name string) []byte {
	tb.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

// queued lists what waits: the queue, the payload's type and the group it is about.
func (h *hook) queued(tb testing.TB) []string {
	tb.Helper()
	var out []string
	for _, t := range h.Queue.Tasks() {
		var e event.Envelope
		if err := json.Unmarshal(t.Body, &e); err != nil {
			tb.Fatal(err)
		}
		var p struct{ Group string }
		if err := json.Unmarshal(e.Data, &p); err != nil {
			tb.Fatal(err)
		}
		out = append(out, strings.TrimSpace(t.Queue+" "+e.Type+" "+p.Group))
	}
	return out
}

// Another company's notification that found the way to our channel starts nothing here.
func TestAnotherWorkspaceAccountIsTurnedAway(t *testing.T) {
	rig := cloudfntest.New(t)
	rig.Variables["CUSTOMER_ID"] = "C0other"
	h := open(t, rig, "admin")
	mark := h.Mark()
	if status := h.Do(h.handler, h.notify(fixture(t, "admin_member"))); status != http.StatusBadRequest {
		t.Errorf("status %d, want 400", status)
	}
	mark.OnlyAudit(t, 1)
}

func TestNotificationsBecomeReadings(t *testing.T) {
	const members, settings = "directory group.refresh/1 data@example.com", "groups-settings settings.check/1 data@example.com"
	for _, test := range []struct {
		fixture, application string
		want                 []string
	}{
		{"admin_member", "admin", []string{members}},
		{"admin_setting", "admin", []string{settings}},
		{"groups_setting", "groups", []string{settings}},
		{"enterprise_member_and_setting", "groups_enterprise", []string{members, settings}},
		// What the robot wrote is not read again; its memberships may be anybody's.
		{"robot_setting_and_member", "groups_enterprise", []string{members}},
	} {
		t.Run(test.fixture, func(t *testing.T) {
			t.Parallel()
			h := open(t, cloudfntest.New(t), test.application)
			mark := h.Mark()
			told, err := activity.Parse(fixture(t, test.fixture))
			if err != nil {
				t.Fatal(err)
			}
			happened := told.Time
			if status := h.Do(h.handler, h.notify(fixture(t, test.fixture))); status != http.StatusOK {
				t.Fatalf("status %d, want 200\n%s", status, h.Log)
			}
			if diff := cmp.Diff(test.want, h.queued(t)); diff != "" {
				t.Errorf("tasks (-want +got):\n%s", diff)
			}
			for _, task := range h.Queue.Tasks() {
				if bytes.Contains(task.Body, []byte(cloudfntest.Canary)) {
					t.Errorf("a task carries a value of the notification: %s", task.Body)
				}
				if !task.NotBefore.After(happened.Add(15 * time.Second)) {
					t.Errorf("task %s is due at once: Google has not settled", task.Name)
				}
			}
			h.Queue.Take(event.QueueDirectory)
			h.Queue.Take(event.QueueSettings)
			mark.OnlyAudit(t, 0)
		})
	}
}

// Bodies that Google documents or that were seen, where the folder SEKISHO_DATA names them.
func TestRecordedNotifications(t *testing.T) {
	data := os.Getenv("SEKISHO_DATA")
	if data == "" {
		t.Skip("SEKISHO_DATA names no folder with recorded notifications")
	}
	files, err := filepath.Glob(filepath.Join(data, "notifications", "[0-9]*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no notifications in %s: %v", data, err)
	}
	var headers map[string]map[string]string
	raw, err := os.ReadFile(filepath.Join(data, "notifications", "headers.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &headers); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var a struct {
				ID struct{ ApplicationName string }
			}
			if err := json.Unmarshal(body, &a); err != nil {
				t.Fatal(err)
			}
			h := open(t, cloudfntest.New(t), a.ID.ApplicationName)
			for kind, wanted := range map[string]bool{"sync": false, "event": true} {
				r := h.notify(body)
				for name, value := range headers[kind] {
					switch name {
					case "X-Goog-Channel-ID", "X-Goog-Channel-Token", "X-Goog-Resource-ID", "Content-Length":
					default:
						r.Header.Set(name, value)
					}
				}
				if kind == "sync" {
					r.Body, r.ContentLength = http.NoBody, 0
				}
				if status := h.Do(h.handler, r); status != http.StatusOK {
					t.Errorf("%s: status %d, want 200\n%s", kind, status, h.Log)
				}
				if got := h.Queue.Take(event.QueueDirectory); kind == "sync" && len(got) > 0 {
					t.Errorf("%s queued %v", kind, got)
				} else if wanted && len(got)+len(h.Queue.Take(event.QueueSettings)) == 0 {
					t.Errorf("%s queued nothing", kind)
				}
			}
		})
	}
}

func TestWhatIsNoNotificationIsTurnedAway(t *testing.T) {
	good := fixture(t, "admin_member")
	for _, test := range []struct {
		name   string
		spoil  func(h *hook, r *http.Request)
		status int
		reason string
	}{
		{"no token", func(_ *hook, r *http.Request) { r.Header.Del("X-Goog-Channel-Token") }, 401, "no such channel and token"},
		{"forged token", func(_ *hook, r *http.Request) { r.Header.Set("X-Goog-Channel-Token", "forged-"+cloudfntest.Canary) }, 401, "no such channel and token"},
		{"the token's hash", func(h *hook, r *http.Request) { r.Header.Set("X-Goog-Channel-Token", h.channel.TokenHash) }, 401, "no such channel and token"},
		{"a part of the token", func(h *hook, r *http.Request) { r.Header.Set("X-Goog-Channel-Token", h.token[:len(h.token)-1]) }, 401, "no such channel and token"},
		{"no channel", func(_ *hook, r *http.Request) { r.Header.Del("X-Goog-Channel-ID") }, 401, "no such channel and token"},
		{"unknown channel", func(_ *hook, r *http.Request) { r.Header.Set("X-Goog-Channel-ID", "sekisho-"+cloudfntest.Canary) }, 401, "no such channel and token"},
		{"a channel id that is no key", func(_ *hook, r *http.Request) { r.Header.Set("X-Goog-Channel-ID", "../audit/"+cloudfntest.Canary) }, 401, "no such channel and token"},
		{"an endless channel id", func(_ *hook, r *http.Request) { r.Header.Set("X-Goog-Channel-ID", strings.Repeat("c", 10_000)) }, 401, "no such channel and token"},
		{"expired channel", func(h *hook, _ *http.Request) { h.Clock.Advance(6 * time.Hour) }, 401, "no such channel and token"},
		{"wrong resource", func(_ *hook, r *http.Request) { r.Header.Set("X-Goog-Resource-ID", cloudfntest.Canary) }, 401, "no such channel and token"},
		{"no resource", func(_ *hook, r *http.Request) { r.Header.Del("X-Goog-Resource-ID") }, 401, "no such channel and token"},
		{"a stranger's sync", func(_ *hook, r *http.Request) {
			r.Header.Set("X-Goog-Channel-Token", "forged-"+cloudfntest.Canary)
			r.Header.Set("X-Goog-Resource-State", "sync")
		}, 401, "no such channel and token"},
		{"another application", body(fixture(t, "groups_setting")), 400, "the activity is of another application than the channel"},
		{"an application that nobody watches", body(bytes.Replace(good, []byte(`"admin"`), []byte(`"login"`), 1)), 400, "the activity is of another application than the channel"},
		{"empty", body(nil), 400, "the body is no activity"},
		{"not JSON", body([]byte(cloudfntest.Canary)), 400, "the body is no activity"},
		{"half", body(good[:len(good)/2]), 400, "the body is no activity"},
		{"deep", body([]byte(strings.Repeat(`{"a":`, 10_000))), 400, "the body is no activity"},
		{"deep in a parameter", body(bytes.Replace(good, []byte(`"data@example.com"`), []byte(strings.Repeat("[", 5_000)+strings.Repeat("]", 5_000)), 1)), 400, "the body is no activity"},
		{"another kind of object", body([]byte(`{"id":{"applicationName":"` + cloudfntest.Canary + `"}}`)), 400, "the body is no activity"},
		{"no time", body(bytes.Replace(good, []byte(`2026-11-22T08:58:10.120Z`), []byte(cloudfntest.Canary), 1)), 400, "the body is no activity"},
		{"too large", body(slices.Concat(good, bytes.Repeat([]byte(" "), cloudfn.MaxBody))), 413, "the body is too large"},
		{"too large, and it does not say so", func(_ *hook, r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(io.LimitReader(endless{}, cloudfn.MaxBody+1)), -1
		}, 413, "the body is too large"},
		{"GET", func(_ *hook, r *http.Request) { r.Method = http.MethodGet }, 405, "not a POST"},
		{"PUT", func(_ *hook, r *http.Request) { r.Method = http.MethodPut }, 405, "not a POST"},
		{"a connection that breaks", func(_ *hook, r *http.Request) { r.Body = io.NopCloser(brokenReader{}) }, 400, "the body is not readable"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := open(t, cloudfntest.New(t), "admin")
			mark := h.Mark()
			for range 5 { // of one sort in one minute there is one audit entry
				r := h.notify(good)
				if test.name == "expired channel" {
					h.Clock.Advance(-h.Clock.Now().Sub(cloudfntest.Begin))
				}
				test.spoil(h, r)
				w := httptest.NewRecorder()
				h.handler.ServeHTTP(w, r)
				if w.Code != test.status || strings.TrimSpace(w.Body.String()) != test.reason {
					t.Errorf("answer %d %q, want %d %q", w.Code, w.Body, test.status, test.reason)
				}
			}
			mark.OnlyAudit(t, 1)
			if got, want := h.Audit()[0], "refused groupwebhook.notify by unknown: "+test.reason; !strings.HasSuffix(got, want) {
				t.Errorf("audit %q, want %q", got, want)
			}
			h.Clock.Advance(time.Minute)
			r := h.notify(good)
			test.spoil(h, r)
			h.Do(h.handler, r)
			if got := len(h.Audit()); got != 2 {
				t.Errorf("%d audit entries after another minute, want 2", got)
			}
		})
	}
}

func body(b []byte) func(*hook, *http.Request) {
	return func(_ *hook, r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestSyncOpensAndQueuesNothing(t *testing.T) {
	for _, body := range [][]byte{nil, fixture(t, "admin_member"), []byte(cloudfntest.Canary)} {
		h := open(t, cloudfntest.New(t), "admin")
		mark := h.Mark()
		r := h.notify(body)
		r.Header.Set("X-Goog-Resource-State", "sync")
		if status := h.Do(h.handler, r); status != http.StatusOK {
			t.Errorf("status %d, want 200", status)
		}
		mark.OnlyAudit(t, 0)
	}
}

// Google's first message may come before the answer that names the resource.
func TestAChannelIsHeardBeforeItsResourceIsKnown(t *testing.T) {
	h := open(t, cloudfntest.New(t), "admin")
	h.channel.Resource = ""
	if err := channel.Put(context.Background(), h.Store, h.channel); err != nil {
		t.Fatal(err)
	}
	r := h.notify(fixture(t, "admin_member"))
	r.Header.Set("X-Goog-Resource-ID", "whatever Google calls it")
	if status := h.Do(h.handler, r); status != http.StatusOK || len(h.Queue.Tasks()) != 1 {
		t.Errorf("status %d, tasks %v, want 200 and one", status, h.queued(t))
	}
}

func TestTheSameNotificationAgainIsOneReading(t *testing.T) {
	h := open(t, cloudfntest.New(t), "admin")
	for range 50 {
		if status := h.Do(h.handler, h.notify(fixture(t, "admin_member"))); status != http.StatusOK {
			t.Fatalf("status %d, want 200", status)
		}
	}
	if got := h.queued(t); len(got) != 1 {
		t.Errorf("tasks %v, want one", got)
	}
}

func TestAStormIsOneReadingForEachGroupAndWindow(t *testing.T) {
	const notifications, groups = 1000, 10
	h := open(t, cloudfntest.NewPlain(t, ""), "admin")
	template := string(fixture(t, "admin_member"))
	for i := range notifications {
		text := strings.Replace(template, "data@example.com", fmt.Sprintf("g%d@example.com", i%groups), 1)
		text = strings.Replace(text, "-3344556677889900112", fmt.Sprint(i), 1)
		if status := h.Do(h.handler, h.notify([]byte(text))); status != http.StatusOK {
			t.Fatalf("notification %d: status %d, want 200", i, status)
		}
		h.Clock.Advance(100 * time.Millisecond)
	}
	// 100 seconds touch at most three windows of a minute.
	perWindow := map[string]int{}
	for i, text := range h.queued(t) {
		perWindow[text+" at "+h.Queue.Tasks()[i].NotBefore.String()]++
	}
	for reading, n := range perWindow {
		if n > 1 {
			t.Errorf("%s was queued %d times", reading, n)
		}
	}
	if got := len(h.Queue.Tasks()); got < groups || got > 3*groups {
		t.Errorf("%d tasks for %d groups in 100 s, want at most one for each group and window", got, groups)
	}
}

func TestAQueueThatFailsLosesNothing(t *testing.T) {
	for _, failures := range []int{1, 2} {
		t.Run(fmt.Sprint(failures), func(t *testing.T) {
			t.Parallel()
			h := open(t, cloudfntest.New(t), "groups_enterprise")
			mark := h.Mark()
			h.Queue.Break(failures)
			for range failures {
				if status := h.Do(h.handler, h.notify(fixture(t, "enterprise_member_and_setting"))); status != http.StatusServiceUnavailable {
					t.Errorf("status %d, want 503, so that Google sends it again", status)
				}
			}
			mark.OnlyAudit(t, 0)
			if status := h.Do(h.handler, h.notify(fixture(t, "enterprise_member_and_setting"))); status != http.StatusOK {
				t.Errorf("status %d, want 200", status)
			}
			if got := h.queued(t); len(got) != 2 {
				t.Errorf("tasks %v, want both", got)
			}
		})
	}
}

// A refusal counts even where it cannot be written down.
func TestAStoreThatFailsLetsNobodyIn(t *testing.T) {
	h := open(t, cloudfntest.New(t), "admin")
	mark := h.Mark()
	h.Store.Break(1)
	r := h.notify(fixture(t, "admin_member"))
	r.Header.Set("X-Goog-Channel-Token", "forged-"+cloudfntest.Canary)
	if status := h.Do(h.handler, r); status != http.StatusUnauthorized {
		t.Errorf("status %d, want 401", status)
	}
	mark.OnlyAudit(t, 0)
}

func TestNothingIsPrintedOfWhatWasSent(t *testing.T) {
	h := open(t, cloudfntest.New(t), "admin")
	for _, sent := range []string{cloudfntest.Canary, `{"id":{"time":"` + cloudfntest.Canary + `"}}`} {
		w := httptest.NewRecorder()
		h.handler.ServeHTTP(w, h.notify([]byte(sent)))
		if strings.Contains(w.Body.String(), cloudfntest.Canary) {
			t.Errorf("the answer repeats what was sent: %s", w.Body)
		}
	}
	if got := strings.Join(h.Audit(), "\n"); strings.Contains(got, cloudfntest.Canary) {
		t.Errorf("the audit repeats what was sent: %s", got)
	}
}
