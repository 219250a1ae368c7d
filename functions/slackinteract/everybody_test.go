package slackinteract_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/press"
	"github.com/sekisho/sekisho/shared/state/trail"
)

// Who is refused an undo because a rule allows it to others only is in the trail of the change.
func TestARefusedUndoNamesTheChange(t *testing.T) {
	rig := cloudfntest.New(t)
	rig.Policy = fstest.MapFS{"policy.yaml": {Data: []byte("roles: [{name: r, policies: [p], members: [user:lena@example.com]}]\npolicies: [{name: p, rules: [{name: yes, effect: allow, operations: [Undo], resources: [group]}]}]\n")}}
	o := openOffice(t, rig)
	c := o.applied(t)
	o.press(t, "mia@example.com", "undo", c, 1)
	entries, err := trail.Of(t.Context(), o.Store, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Verb == "slackinteract.undo" {
			return
		}
	}
	t.Error("no entry says which change Mia wanted taken back")
}

// Everybody in the company is in a group that has everybody, by itself or in one within.
func TestWhyOfAGroupOfEverybody(t *testing.T) {
	o := asking(t, "version: 1\n")
	inner := group.Snapshot{Group: group.Group{ID: "g8", Email: "everybody@example.com"}, Read: o.Clock.Now(), Members: []group.Member{{ID: "C0", Type: group.Customer, Role: group.Plain}}}
	outer := group.Snapshot{Group: group.Group{ID: "g9", Email: "all@example.com"}, Read: o.Clock.Now(), Members: []group.Member{{ID: "g8", Type: group.Nested, Role: group.Plain}}}
	for _, s := range []group.Snapshot{inner, outer} {
		if _, err := o.mirror.Replace(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	o.Clock.Advance(time.Second)
	if out, err := o.slack.Command(t.Context(), "ken@example.com", "/why", "ken@example.com all@example.com"); err != nil || out.Status != http.StatusOK {
		t.Fatal(out, err)
	}
	for _, task := range o.Queue.Take(event.QueuePresses) {
		if status := o.Do(o.handler, o.Task(task)); status != 200 {
			t.Fatal(status)
		}
		p, err := press.Get(t.Context(), o.Store, strings.TrimPrefix(task.Name, "asked-"))
		if err != nil || p.Text != "ken@example.com is in all@example.com as everybody in the company is." {
			t.Errorf("answered %q, %v", p.Text, err)
		}
	}
}
