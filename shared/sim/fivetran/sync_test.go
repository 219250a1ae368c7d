package fivetran_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/fivetran"
)

func TestSyncs(t *testing.T) {
	w := newWorld(t)
	id, card := w.create()
	_, err := w.vendor.SubmitCard(card, nil)
	check(t, err)
	w.advance(24 * time.Hour)
	if c, _ := w.vendor.Connection("sales"); !c.Succeeded.IsZero() || !c.Is("paused") {
		t.Errorf("a paused connection has synced: %+v", c)
	}
	w.ok("PATCH", "/v1/connections/"+id, object{"paused": false, "run_setup_tests": false})
	start := w.now
	w.advance(0)
	if _, sync := w.state(id); sync != "syncing" {
		t.Errorf("unpaused, it is %s", sync)
	}
	w.want(409, "Conflict", "POST", "/v1/connections/"+id+"/sync", object{})
	w.advance(5 * time.Minute)
	c, _ := w.vendor.Connection("sales")
	if !c.Succeeded.Equal(start.Add(5*time.Minute)) || !c.Is("scheduled") {
		t.Errorf("after the first sync: %+v", c)
	}
	w.advance(6*time.Hour + 5*time.Minute)
	if c, _ := w.vendor.Connection("sales"); !c.Succeeded.Equal(start.Add(6*time.Hour + 10*time.Minute)) {
		t.Errorf("the second sync ended at %s", c.Succeeded)
	}
	w.ok("POST", "/v1/connections/"+id+"/sync", object{"force": true})
	w.advance(time.Minute)
	check(t, w.vendor.Pause("sales", true))
	before, _ := w.vendor.Connection("sales")
	w.advance(48 * time.Hour)
	if after, _ := w.vendor.Connection("sales"); !after.Succeeded.Equal(before.Succeeded) || !after.Is("paused") {
		t.Errorf("it went on while it was paused: %+v", after)
	}
	w.want(400, "InvalidInput", "POST", "/v1/connections/"+id+"/sync", object{})
	check(t, w.vendor.Pause("sales", false))
	w.advance(time.Minute)
	check(t, w.vendor.Break("sales"))
	w.advance(48 * time.Hour)
	if c, _ := w.vendor.Connection("sales"); !c.Succeeded.Equal(before.Succeeded) || !c.Is("broken") {
		t.Errorf("it went on while it was broken: %+v", c)
	}
}

func TestASyncFindsOutThatThePasswordIsAnother(t *testing.T) {
	w := newWorld(t)
	check(t, w.vendor.Revoke("finance.budget"))
	w.advance(6 * time.Hour)
	if c, _ := w.vendor.Connection("finance.budget"); !c.Is("connected") || !c.Is("syncing") {
		t.Errorf("before the end of a sync: %+v", c)
	}
	w.advance(5 * time.Minute)
	if c, _ := w.vendor.Connection("finance.budget"); !c.Is("broken") {
		t.Errorf("after it: %+v", c)
	}
	refused(t, w.vendor.Revoke("nothing"), fivetran.ErrNotFound)
}

func TestManualSyncs(t *testing.T) {
	w := newWorld(t)
	id, card := w.create(set("schedule_type", "manual"), set("paused", false))
	_, err := w.vendor.SubmitCard(card, nil)
	check(t, err)
	w.advance(24 * time.Hour)
	if c, _ := w.vendor.Connection("sales"); !c.Succeeded.IsZero() {
		t.Error("it synced by itself")
	}
	w.ok("POST", "/v1/connections/"+id+"/sync", object{})
	w.advance(24 * time.Hour)
	if c, _ := w.vendor.Connection("sales"); !c.Succeeded.Equal(w.now.Add(-24*time.Hour + 5*time.Minute)) {
		t.Errorf("synced at %s", c.Succeeded)
	}
}

func TestWhatIsThereFromTheBeginning(t *testing.T) {
	w := newWorld(t)
	for name, words := range map[string][]string{"legacy_crm": {"broken", "scheduled"}, "finance.budget": {"connected", "scheduled"}, "parked": {"connected", "paused"}} {
		c, ok := w.vendor.Connection(name)
		if !ok || !c.Is(words[0]) || !c.Is(words[1]) {
			t.Errorf("%s: %+v", name, c)
		}
	}
	w.advance(7 * time.Hour)
	if c, _ := w.vendor.Connection("finance.budget"); c.Succeeded.Before(begin.Add(time.Hour)) {
		t.Errorf("it does not sync: %+v", c)
	}
	if _, ok := w.vendor.Connection("nothing"); ok {
		t.Error("there is nothing")
	}
	check(t, w.vendor.DeleteConnection("parked"))
	check(t, w.vendor.DeleteGroup("thicket_confronted"))
	if n := len(w.vendor.Connections()); n != 1 {
		t.Errorf("%d connections are left", n)
	}
	w.want(404, "NotFound_Group", "POST", "/v1/connections", asked())
	for _, err := range []error{w.vendor.DeleteConnection("x"), w.vendor.DeleteGroup("x"), w.vendor.Pause("x", true), w.vendor.Break("x")} {
		refused(t, err, fivetran.ErrNotFound)
	}
}

func (w *world) subscribe(path string, change ...func(object)) reply {
	w.t.Helper()
	body := object{"url": "https://hook.example.com/fivetran", "events": []string{"create_connector", "connection_successful", "connection_failure", "resume_connector", "sync_start", "sync_end"}, "secret": "shared"}
	for _, c := range change {
		c(body)
	}
	return w.ok("POST", path, body)
}

func TestWebhooksTellWhatHappens(t *testing.T) {
	w := newWorld(t)
	hook := w.subscribe("/v1/webhooks/account").Data
	if hook["secret"] != "******" || hook["type"] != "account" || len(w.got) != 1 {
		t.Errorf("got %v, and %d tests", hook, len(w.got))
	}
	w.got = nil
	id, card := w.create()
	_, err := w.vendor.SubmitCard(card, nil)
	check(t, err)
	w.ok("PATCH", "/v1/connections/"+id, object{"paused": false, "run_setup_tests": false})
	w.advance(time.Hour)
	var got []string
	for _, m := range w.got {
		var e map[string]any
		check(t, json.Unmarshal(m.body, &e))
		if m.header.Get("X-Fivetran-Signature-256") != fivetran.Sign("shared", m.body) {
			t.Errorf("the signature of %s is %q", m.body, m.header.Get("X-Fivetran-Signature-256"))
		}
		if e["connector_id"] != id || e["connector_name"] != "sales" || e["connector_type"] != "sql_server_rds" || e["destination_group_id"] != "thicket_confronted" {
			t.Errorf("got %s", m.body)
		}
		got = append(got, fmt.Sprint(e["event"], " ", e["data"]))
	}
	want := []string{"create_connector <nil>", "connection_successful <nil>", "resume_connector <nil>", "sync_start <nil>", "sync_end map[status:SUCCESSFUL]"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if strings.ToUpper(fivetran.Sign("k", []byte("b"))) != fivetran.Sign("k", []byte("b")) || len(fivetran.Sign("k", nil)) != 64 {
		t.Error("signatures are not in capitals")
	}
}

func TestWebhookManagement(t *testing.T) {
	w := newWorld(t)
	for name, body := range map[string]object{
		"no address":       {"events": []string{"sync_end"}},
		"not secure":       {"url": "http://hook.example.com/", "events": []string{"sync_end"}},
		"no events":        {"url": "https://hook.example.com/"},
		"an unknown event": {"url": "https://hook.example.com/", "events": []string{"sunrise"}},
		"nobody answers":   {"url": "https://nobody.example/", "events": []string{"sync_end"}},
	} {
		t.Run(name, func(t *testing.T) { w.t = t; w.want(400, "InvalidInput", "POST", "/v1/webhooks/account", body) })
	}
	w.t = t
	w.ok("POST", "/v1/webhooks/account", object{"url": "https://nobody.example/", "events": []string{"sync_end"}, "active": false})
	w.want(404, "NotFound_Group", "POST", "/v1/webhooks/group/nowhere", object{"url": "https://hook.example.com/", "events": []string{"sync_end"}})
	id := w.subscribe("/v1/webhooks/group/lantern_quietly").Data["id"].(string)
	if n := len(w.ok("GET", "/v1/webhooks", nil).Data["items"].([]any)); n != 2 {
		t.Errorf("%d webhooks", n)
	}
	w.got = nil
	w.create() // in the other group
	w.advance(time.Hour)
	if len(w.got) != 0 {
		t.Errorf("another group's events came: %s", w.got[0].body)
	}
	if got := w.ok("POST", "/v1/webhooks/"+id+"/test", object{"event": "sync_end"}).Data; got["succeed"] != true || len(w.got) != 1 {
		t.Errorf("test: %v, %d arrived", got, len(w.got))
	}
	w.want(400, "InvalidInput", "POST", "/v1/webhooks/"+id+"/test", object{"event": "sunrise"})
	w.status = func() int { return 500 }
	if got := w.ok("POST", "/v1/webhooks/"+id+"/test", object{"event": "sync_end"}).Data; got["succeed"] != false || got["status"] != 500.0 {
		t.Errorf("test: %v", got)
	}
	w.ok("PATCH", "/v1/webhooks/"+id, object{"active": false})
	w.want(400, "InvalidInput", "PATCH", "/v1/webhooks/"+id, object{"active": true})
	w.want(400, "InvalidInput", "PATCH", "/v1/webhooks/"+id, object{"events": []string{"sunrise"}})
	if got := w.ok("GET", "/v1/webhooks/"+id, nil).Data; got["active"] != false || got["type"] != "group" || got["group_id"] != "lantern_quietly" {
		t.Errorf("got %v", got)
	}
	w.ok("DELETE", "/v1/webhooks/"+id, nil)
	w.want(404, "NotFound_Webhook", "GET", "/v1/webhooks/"+id, nil)
	w.want(404, "NotFound_Webhook", "PATCH", "/v1/webhooks/"+id, object{})
	w.want(404, "NotFound_Webhook", "DELETE", "/v1/webhooks/"+id, nil)
	w.want(404, "NotFound_Webhook", "POST", "/v1/webhooks/"+id+"/test", object{"event": "sync_end"})
}

func TestWebhooksAreTriedForADay(t *testing.T) {
	w := newWorld(t)
	id := w.subscribe("/v1/webhooks/account", set("events", []string{"create_connector"})).Data["id"].(string)
	w.got, w.status = nil, func() int { return 503 }
	w.create()
	w.advance(25 * time.Hour)
	var waits []time.Duration
	for i, m := range w.got[1:] {
		waits = append(waits, m.at.Sub(w.got[i].at))
	}
	if len(waits) < 20 || waits[0] != 5*time.Minute || waits[1] != 10*time.Minute || waits[2] != 15*time.Minute {
		t.Errorf("waits %v", waits)
	}
	if got := w.ok("GET", "/v1/webhooks/"+id, nil).Data["active"]; got != false {
		t.Error("it was not disabled after a day")
	}
}

func TestWebhookFaults(t *testing.T) {
	for kind, want := range map[sim.FaultKind]int{sim.FaultLost: 0, sim.FaultDuplicate: 2, sim.FaultLate: 0} {
		w := newWorld(t)
		w.subscribe("/v1/webhooks/account", set("events", []string{"create_connector"}))
		w.got = nil
		w.faults.Add(sim.Fault{API: fivetran.API, Kind: kind, Rate: 1, Left: 1})
		w.create()
		w.advance(time.Hour)
		if len(w.got) != want {
			t.Errorf("%s: %d came, want %d", kind, len(w.got), want)
		}
		w.advance(2 * time.Hour)
		if kind == sim.FaultLate && len(w.got) != 1 {
			t.Errorf("late: %d came", len(w.got))
		}
	}
}
