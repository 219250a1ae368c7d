package fivetran_test

import (
	"errors"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/fivetran"
)

func TestSetupTestsThatNobodyWaitsFor(t *testing.T) {
	w := newWorld(t)
	id, card := w.create()
	_, err := w.vendor.SubmitCard(card, nil)
	check(t, err)
	check(t, w.vendor.SlowTests("sales", 7*time.Minute))
	check(t, w.vendor.ScriptTests("sales", []fivetran.TestResult{{Title: "Permissions", Status: fivetran.Failed}}))
	if _, err := w.send("POST", "/v1/connections/"+id+"/test", object{}); !errors.Is(err, sim.ErrDropped) {
		t.Errorf("the answer is %v", err)
	}
	w.advance(7*time.Minute - time.Second)
	if setup, _ := w.state(id); setup != "connected" {
		t.Errorf("before their end it is %s", setup)
	}
	w.advance(time.Second)
	if setup, _ := w.state(id); setup != "broken" {
		t.Errorf("after it it is %s", setup)
	}
	check(t, w.vendor.SlowTests("sales", 0))
	w.ok("POST", "/v1/connections/"+id+"/test", object{})
	refused(t, w.vendor.SlowTests("nothing", time.Minute), fivetran.ErrNotFound)
}

func TestSyncsThatEndBadly(t *testing.T) {
	w := newWorld(t)
	id, card := w.create()
	_, err := w.vendor.SubmitCard(card, nil)
	check(t, err)
	check(t, w.vendor.FailSyncs("sales", 2, "The warehouse is full"))
	w.ok("PATCH", "/v1/connections/"+id, object{"paused": false, "run_setup_tests": false})
	w.advance(5 * time.Minute)
	d := w.ok("GET", "/v1/connections/"+id, nil).Data
	warnings := d["status"].(map[string]any)["warnings"].([]any)
	if d["failed_at"] == nil || d["succeeded_at"] != nil || len(warnings) != 1 || warnings[0].(map[string]any)["message"] != "The warehouse is full" {
		t.Errorf("after the first sync: %v", d)
	}
	if setup, sync := w.state(id); setup != "connected" || sync != "scheduled" {
		t.Errorf("it is %s and %s", setup, sync)
	}
	w.advance(20 * time.Minute)
	d = w.ok("GET", "/v1/connections/"+id, nil).Data
	if d["succeeded_at"] == nil || len(d["status"].(map[string]any)["warnings"].([]any)) != 0 {
		t.Errorf("after the third: %v", d)
	}
	refused(t, w.vendor.FailSyncs("nothing", 1, ""), fivetran.ErrNotFound)
}
