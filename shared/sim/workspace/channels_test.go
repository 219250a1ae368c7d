package workspace_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	reports "google.golang.org/api/admin/reports/v1"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/workspace"
)

func newChannel(id string) *reports.Channel {
	return &reports.Channel{Id: id, Type: "web_hook", Address: "https://hook.example.com/groups", Token: "secret", Payload: true}
}

func (w *world) watch(app string, ch *reports.Channel) *reports.Channel {
	w.t.Helper()
	return must[*reports.Channel](w.t)(w.reports.Activities.Watch("all", app, ch).Do())
}

// add makes one change by an administrator.
func (w *world) add(person string) {
	w.t.Helper()
	check(w.t, w.google.AddMember("analysts@example.com", person, "MEMBER", "mika@example.com"))
}

// states lists what arrived, by X-Goog-Resource-State.
func (w *world) states() []string {
	var out []string
	for _, n := range w.hook.got {
		out = append(out, n.header.Get("X-Goog-Resource-State"))
	}
	return out
}

func (w *world) wantStates(want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.states()); diff != "" {
		w.t.Errorf("notifications (-want +got):\n%s", diff)
	}
}

func TestAChannelGreetsAndNotifies(t *testing.T) {
	w := newWorld(t)
	ch := w.watch("groups_enterprise", newChannel("channel-1"))
	const resource = "https://admin.googleapis.com/admin/reports/v1/activity/users/all/applications/groups_enterprise?alt=json"
	if ch.ResourceUri != resource || ch.ResourceId == "" || ch.Kind != "api#channel" || ch.Expiration != begin.Add(6*time.Hour).UnixMilli() {
		t.Errorf("got %+v", ch)
	}
	w.advance(0)
	w.add("noor@example.com")
	w.advance(time.Hour)
	w.wantStates("sync", "add_member")
	common := http.Header{
		"User-Agent":                {"APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)"},
		"X-Goog-Channel-Id":         {"channel-1"},
		"X-Goog-Channel-Token":      {"secret"},
		"X-Goog-Channel-Expiration": {"Sun, 22 Nov 2026 06:00:00 GMT"},
		"X-Goog-Resource-Id":        {ch.ResourceId},
		"X-Goog-Resource-Uri":       {resource},
	}
	sync := common.Clone()
	sync["X-Goog-Resource-State"], sync["X-Goog-Message-Number"] = []string{"sync"}, []string{"1"}
	if diff := cmp.Diff(sync, w.hook.got[0].header); diff != "" {
		t.Errorf("headers of the first message (-want +got):\n%s", diff)
	}
	if len(w.hook.got[0].body) != 0 {
		t.Errorf("the first message has a body: %s", w.hook.got[0].body)
	}
	news := common.Clone()
	news["X-Goog-Resource-State"], news["Content-Type"] = []string{"add_member"}, []string{"application/json; charset=UTF-8"}
	news["X-Goog-Message-Number"] = w.hook.got[1].header["X-Goog-Message-Number"]
	if diff := cmp.Diff(news, w.hook.got[1].header); diff != "" {
		t.Errorf("headers of a notification (-want +got):\n%s", diff)
	}
	var got reports.Activity
	check(t, json.Unmarshal(w.hook.got[1].body, &got))
	listed := must[*reports.Activities](t)(w.reports.Activities.List("all", "groups_enterprise").Do()).Items[0]
	if diff := cmp.Diff(listed, &got); diff != "" {
		t.Errorf("the body is not what the list says (-list +body):\n%s", diff)
	}
}

func TestNotificationsComeWhenTheEntryShows(t *testing.T) {
	lag := workspace.Lag{Admin: workspace.Delay{Min: 3 * time.Second, Max: 3 * time.Second}}
	w := newWorld(t, func(o *workspace.Options) { o.Lag = &lag })
	w.watch("admin", newChannel("c"))
	w.add("noor@example.com")
	w.advance(2 * time.Second)
	w.wantStates("sync")
	w.advance(time.Second)
	w.wantStates("sync", "ADD_GROUP_MEMBER")
}

func TestChannelsGetWhatTheyWatch(t *testing.T) {
	w := newWorld(t)
	w.watch("admin", newChannel("all"))
	must[*reports.Channel](t)(w.reports.Activities.Watch("all", "admin", newChannel("deleted")).EventName("DELETE_GROUP").Do())
	must[*reports.Channel](t)(w.reports.Activities.Watch("ken@example.com", "admin", newChannel("ken")).Do())
	bare := newChannel("bare")
	bare.Payload, bare.Token = false, ""
	w.watch("admin", bare)
	w.advance(0)
	w.hook.got = nil
	w.add("noor@example.com")
	w.advance(time.Hour)
	var to []string
	for _, n := range w.hook.got {
		to = append(to, n.header.Get("X-Goog-Channel-Id"))
	}
	if diff := cmp.Diff([]string{"all", "bare"}, to); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := w.hook.got[1]; len(n.body) != 0 || n.header.Get("X-Goog-Channel-Token") != "" {
		t.Errorf("a channel without payload and token got %v %s", n.header, n.body)
	}
}

func TestChannelsEnd(t *testing.T) {
	ends := func(change func(*reports.Channel)) time.Duration {
		w := newWorld(t)
		ch := newChannel("c")
		change(ch)
		out := w.watch("admin", ch)
		return time.UnixMilli(out.Expiration).Sub(begin)
	}
	for name, test := range map[string]struct {
		change func(*reports.Channel)
		want   time.Duration
	}{
		"after six hours":        {func(*reports.Channel) {}, 6 * time.Hour},
		"as asked":               {func(ch *reports.Channel) { ch.Expiration = begin.Add(time.Hour).UnixMilli() }, time.Hour},
		"never later than that":  {func(ch *reports.Channel) { ch.Expiration = begin.Add(48 * time.Hour).UnixMilli() }, 6 * time.Hour},
		"by time to live":        {func(ch *reports.Channel) { ch.Params = map[string]string{"ttl": "600"} }, 10 * time.Minute},
		"by a long time to live": {func(ch *reports.Channel) { ch.Params = map[string]string{"ttl": "86400"} }, 6 * time.Hour},
	} {
		if got := ends(test.change); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
	w := newWorld(t)
	w.watch("admin", newChannel("c"))
	w.advance(6*time.Hour - time.Second)
	if n := len(w.google.Channels()); n != 1 {
		t.Errorf("got %d channels before the end, want 1", n)
	}
	w.advance(time.Second)
	w.add("noor@example.com")
	w.advance(time.Hour)
	w.wantStates("sync") // the end itself is silent
	if n := len(w.google.Channels()); n != 0 {
		t.Errorf("got %d channels after the end, want 0", n)
	}
}

func TestWatchRefuses(t *testing.T) {
	w := newWorld(t)
	w.watch("admin", newChannel("used"))
	for name, change := range map[string]func(*reports.Channel){
		"no id":                   func(ch *reports.Channel) { ch.Id = "" },
		"an id with blanks":       func(ch *reports.Channel) { ch.Id = "a b" },
		"an id that is in use":    func(ch *reports.Channel) { ch.Id = "used" },
		"another type":            func(ch *reports.Channel) { ch.Type = "webhook" },
		"no address":              func(ch *reports.Channel) { ch.Address = "" },
		"plain HTTP":              func(ch *reports.Channel) { ch.Address = "http://hook.example.com/" },
		"another scheme":          func(ch *reports.Channel) { ch.Address = "ftp://localhost/" },
		"an end in the past":      func(ch *reports.Channel) { ch.Expiration = begin.UnixMilli() },
		"an end in seconds":       func(ch *reports.Channel) { ch.Expiration = begin.Add(time.Hour).Unix() },
		"a time to live in words": func(ch *reports.Channel) { ch.Params = map[string]string{"ttl": "long"} },
		"a long token":            func(ch *reports.Channel) { ch.Token = string(make([]byte, 257)) },
	} {
		t.Run(name, func(t *testing.T) {
			ch := newChannel("new")
			change(ch)
			_, err := w.reports.Activities.Watch("all", "admin", ch).Do()
			refused(t, err, 400)
		})
	}
	for name, call := range map[string]*reports.ActivitiesWatchCall{
		"an application that cannot be watched": w.reports.Activities.Watch("all", "vault", newChannel("a")),
		"a user who is none":                    w.reports.Activities.Watch("nobody@example.com", "admin", newChannel("b")),
		"a filter that it lacks":                w.reports.Activities.Watch("all", "admin", newChannel("c")).Filters("a==b"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := call.Do()
			refused(t, err, 400)
		})
	}
	for i, address := range []string{"http://127.0.0.1:8080/x", "http://[::1]/x", "http://localhost/x", "http://groupwebhook.local/x"} {
		ch := newChannel(fmt.Sprint("local-", i))
		ch.Address = address
		if _, err := w.reports.Activities.Watch("all", "admin", ch).Do(); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestStop(t *testing.T) {
	w := newWorld(t)
	ch := w.watch("admin", newChannel("c"))
	refused(t, w.reports.Channels.Stop(&reports.Channel{Id: "other", ResourceId: ch.ResourceId}).Do(), 404)
	refused(t, w.reports.Channels.Stop(&reports.Channel{Id: "c", ResourceId: "other"}).Do(), 404)
	check(t, w.reports.Channels.Stop(&reports.Channel{Id: "c", ResourceId: ch.ResourceId}).Do())
	if tallies := w.calls.Tallies(); tallies[1].Method != "channels.stop" || tallies[1].ByStatus[204] != 1 {
		t.Errorf("got %+v", tallies)
	}
	w.add("noor@example.com")
	w.advance(time.Hour)
	w.wantStates() // not even the greeting, which had not been sent
	refused(t, w.reports.Channels.Stop(&reports.Channel{Id: "c", ResourceId: ch.ResourceId}).Do(), 404)
	_, err := w.reports.Activities.Watch("all", "admin", newChannel("c")).Do()
	if got := refused(t, err, 400); got != "channelIdNotUnique" {
		t.Errorf("an id is good for one channel: got %s", got)
	}
}

func TestServerErrorsAreTriedAgain(t *testing.T) {
	for name, test := range map[string]struct {
		status func(int) int
		want   []time.Duration // when the notification comes, after the change
	}{
		"once is enough":           {func(n int) int { return 204 }, []time.Duration{0}},
		"a server error":           {func(n int) int { return map[bool]int{true: 503, false: 200}[n < 2] }, []time.Duration{0, 10 * time.Second, 70 * time.Second}},
		"server errors to the end": {func(int) int { return 500 }, []time.Duration{0, 10 * time.Second, 70 * time.Second, 370 * time.Second}},
		"a refusal loses it":       {func(int) int { return 404 }, []time.Duration{0}},
	} {
		t.Run(name, func(t *testing.T) {
			lag := workspace.Lag{}
			w := newWorld(t, func(o *workspace.Options) { o.Lag = &lag })
			w.watch("admin", newChannel("c"))
			w.advance(0)
			w.hook.got = nil
			w.hook.status = test.status
			w.add("noor@example.com")
			var got []time.Duration
			for range 1_000 {
				before := len(w.hook.got)
				w.advance(0)
				for range len(w.hook.got) - before {
					got = append(got, w.now.Sub(begin))
				}
				w.advance(time.Second)
				if n := len(w.hook.got); n > len(got) {
					got = append(got, w.now.Sub(begin))
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNobodyAtTheAddress(t *testing.T) {
	w := newWorld(t)
	ch := newChannel("c")
	ch.Address = "https://gone.example.com/"
	w.watch("admin", ch)
	w.add("noor@example.com")
	w.advance(time.Hour)
	if _, ok := w.google.Agenda().Next(); ok {
		t.Error("the agenda goes on for ever")
	}
}

func TestFaultsOfNotifications(t *testing.T) {
	for kind, want := range map[sim.FaultKind][]string{
		sim.FaultLost:      {"sync", "REMOVE_GROUP_MEMBER"},
		sim.FaultDuplicate: {"sync", "ADD_GROUP_MEMBER", "ADD_GROUP_MEMBER", "REMOVE_GROUP_MEMBER"},
		sim.FaultLate:      {"sync", "REMOVE_GROUP_MEMBER", "ADD_GROUP_MEMBER"},
	} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t)
			w.watch("admin", newChannel("c"))
			w.faults.Add(sim.Fault{API: "reports", Kind: kind, Rate: 1, Left: 1})
			w.add("noor@example.com")
			w.advance(time.Minute)
			check(t, w.google.RemoveMember("analysts@example.com", "noor@example.com", "mika@example.com"))
			w.advance(4 * time.Hour)
			w.wantStates(want...)
			if got := w.names("admin"); len(got) != 2 {
				t.Errorf("the log must not suffer: %v", got)
			}
		})
	}
}
