package groupsettings_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/groupsettings"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/sim"
)

// person presses as somebody who may decide on a group's settings.
func (t *tenant) person(tb testing.TB, address string) change.Actor {
	tb.Helper()
	p, err := t.mirror.PersonAt(tb.Context(), address)
	if err != nil {
		tb.Fatal(err)
	}
	return change.Actor{Kind: change.ByPerson, ID: p.ID, Name: address}
}

func (t *tenant) press(tb testing.TB, c change.Change, a change.Action) change.Change {
	tb.Helper()
	moved, err := t.ledger.Apply(tb.Context(), c.ID, a)
	if err != nil {
		tb.Fatal(err)
	}
	return moved
}

// undone has the group open@example.com corrected, and returns an undo that one owner asked for and
// another approved.
func (t *tenant) undone(tb testing.TB) change.Change {
	tb.Helper()
	t.check("open@example.com")
	done := t.carry(tb, t.only(tb, "open@example.com"))
	p, ok := done.Reverse(t.person(tb, "ken@example.com"), "a fair", t.Clock.Now())
	if !ok {
		tb.Fatalf("%s cannot be taken back", done.ID)
	}
	p.Requirement = change.DefaultRequirement()
	undo, _, err := t.ledger.Propose(tb.Context(), p)
	if err != nil {
		tb.Fatal(err)
	}
	t.patches(tb)
	return t.press(tb, undo, change.Approve{By: t.person(tb, "root@example.com"), Revision: undo.Revision, Counts: []change.Selector{change.Approvers}})
}

// refusePatches has the vendor answer every patch with a status, and read as ever.
func (t *tenant) refusePatches(status int) {
	t.Outbound = sim.Transport{"google.test": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch {
			http.Error(w, fmt.Sprintf(`{"error":{"code":%d,"message":"no"}}`, status), status)
			return
		}
		t.workspace.ServeHTTP(w, r)
	})}
	t.handler = t.Build(groupsettings.Function)
}

// The rules keep off what an undo gives back. Where it comes to nothing, they do not: nobody decided
// that the group may be open.
func TestAnUndoThatComesToNothingLeavesTheRulesInForce(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		deny   bool // somebody does, after the first attempt
		want   change.State
	}{
		"the API refuses it":                   {http.StatusBadRequest, false, change.Failed},
		"it is denied after the first attempt": {http.StatusServiceUnavailable, true, change.Denied},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, cloudfntest.New(t), viewRule)
			undo := r.undone(t)
			r.refusePatches(test.status)
			if test.deny {
				if status := r.Do(r.handler, r.Envelope(event.ApplyChange{Change: undo.ID})); status != http.StatusOK {
					t.Fatalf("status %d\n%s", status, r.Log)
				}
				if s, err := r.mirror.Settings(t.Context(), r.ids["open@example.com"]); err != nil || len(s.Waivers) != 1 {
					t.Fatalf("waivers %+v while it is tried, %v", s.Waivers, err)
				}
				r.press(t, undo, change.Deny{By: r.person(t, "root@example.com"), Revision: undo.Revision, Counts: []change.Selector{change.Approvers}})
			}
			if got := r.carry(t, undo); got.State != test.want {
				t.Fatalf("the undo is %s: %s", got.State, got.Problem)
			}
			s, err := r.mirror.Settings(t.Context(), r.ids["open@example.com"])
			if err != nil || len(s.Waivers) != 0 {
				t.Errorf("waivers %+v, %v", s.Waivers, err)
			}

			// Opened again, it is closed again.
			if err := r.workspace.SetSetting("open@example.com", "whoCanViewGroup", "ANYONE_CAN_VIEW", "ken@example.com"); err != nil {
				t.Fatal(err)
			}
			r.Outbound = sim.Transport{"google.test": r.workspace}
			r.handler = r.Build(groupsettings.Function)
			r.Clock.Advance(time.Hour)
			r.check("open@example.com")
			all := r.changes(t, "open@example.com")
			if newest := all[len(all)-1]; newest.UndoOf != "" || newest.State != change.Approved {
				t.Errorf("the newest change takes back %q and is %s, want a correction", newest.UndoOf, newest.State)
			}
		})
	}
}

// The brake holds the group of an undo that was approved. A denial ends the undo at once,
// not with the next attempt; and where the group comes back, the rules apply to it.
func TestADenialDoesNotWaitForAGroupThatIsOnlyHeld(t *testing.T) {
	const address = "open@example.com"
	r := open(t, cloudfntest.New(t), viewRule)
	undo := r.undone(t)
	s, err := r.mirror.Snapshot(t.Context(), r.ids[address])
	if err != nil {
		t.Fatal(err)
	}
	r.holds(t, address)
	if status := r.Do(r.handler, r.Envelope(event.ApplyChange{Change: undo.ID})); status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, r.Log)
	}
	r.Clock.Advance(time.Minute)
	denied := r.press(t, undo, change.Deny{By: r.person(t, "root@example.com"), Revision: undo.Revision, Counts: []change.Selector{change.Approvers}})
	pressed := r.Clock.Now()
	got := r.carry(t, denied)
	if ended := got.Updated; got.State != change.Denied || ended.Sub(pressed) > time.Minute {
		t.Errorf("the undo is %s (%s) at %s, denied at %s", got.State, got.Problem, ended, pressed)
	}
	if err := r.workspace.SetSetting(address, "whoCanViewGroup", "ANYONE_CAN_VIEW", "ken@example.com"); err != nil {
		t.Fatal(err)
	}
	r.back(t, address, s.Members)
	r.Work(r.handler, event.QueueSettings)
	all := r.changes(t, address)
	if newest := all[len(all)-1]; newest.UndoOf != "" || newest.State != change.Approved {
		t.Errorf("the newest change takes back %q and is %s, want a correction", newest.UndoOf, newest.State)
	}
}

// silent makes what it is asked to change, and gives no answer from then on.
type silent struct {
	http.RoundTripper
	fell, over bool
}

func (s *silent) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.over || !s.fell && r.Method != http.MethodPatch {
		return s.RoundTripper.RoundTrip(r)
	}
	if !s.fell {
		s.fell = true
		if answer, err := s.RoundTripper.RoundTrip(r); err == nil {
			answer.Body.Close()
		}
	}
	return nil, errors.New("no answer")
}

// A correction was made and nobody saw it, because the brake holds the group now. It is not said to be
// undone because somebody denies it: when the group is back it is in effect, and can be taken back.
func TestADenialWaitsToSeeWhatWasDoneToAGroupThatIsHeld(t *testing.T) {
	const address = "open@example.com"
	r := open(t, cloudfntest.New(t), viewRule)
	s, err := r.mirror.Snapshot(t.Context(), r.ids[address])
	if err != nil {
		t.Fatal(err)
	}
	r.check(address)
	c := r.only(t, address)
	google := &silent{RoundTripper: r.Outbound}
	r.Outbound = google
	r.handler = r.Build(groupsettings.Function)
	apply := func() {
		if status := r.Do(r.handler, r.Envelope(event.ApplyChange{Change: c.ID})); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, r.Log)
		}
	}
	apply()
	google.over = true
	r.holds(t, address)
	r.Clock.Advance(time.Minute)
	apply()
	c = r.press(t, c, change.Deny{By: r.person(t, "root@example.com"), Revision: c.Revision, Counts: []change.Selector{change.Approvers}})
	apply()
	r.back(t, address, s.Members)
	c = r.carry(t, c)
	if _, reversible := c.Reverse(r.person(t, "ken@example.com"), "a fair", r.Clock.Now()); c.State != change.Applied || !reversible {
		t.Errorf("the correction is %s (%s), to be taken back: %t", c.State, c.Problem, reversible)
	}
}

// What somebody has set since is not overwritten by an undo that was asked for before.
func TestAnUndoOfWhatIsOtherwiseByNow(t *testing.T) {
	r := open(t, cloudfntest.New(t), viewRule)
	undo := r.undone(t)
	if err := r.workspace.SetSetting("open@example.com", "whoCanViewGroup", "ALL_MANAGERS_CAN_VIEW", "ken@example.com"); err != nil {
		t.Fatal(err)
	}
	got := r.carry(t, undo)
	if p := r.patches(t); got.State != change.Withdrawn || got.Problem != "whoCanViewGroup is ALL_MANAGERS_CAN_VIEW by now" || len(p) != 0 {
		t.Errorf("the undo is %s: %s; patches %v", got.State, got.Problem, p)
	}
}

// When what an undo gave back has been held long enough, the group is looked at at once, and not with
// the next look at everything.
func TestTheEndOfAnUndoIsSeenAtOnce(t *testing.T) {
	r := open(t, cloudfntest.New(t), viewRule)
	undo := r.carry(t, r.undone(t))
	if undo.State != change.Applied {
		t.Fatalf("the undo is %s: %s", undo.State, undo.Problem)
	}
	tick := func() {
		t.Helper()
		if status := r.Do(r.handler, r.Envelope(event.Tick{Job: groupsettings.JobRecheck})); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, r.Log)
		}
		for len(r.Queue.Tasks()) > 0 {
			r.Work(r.handler, event.QueueSettings)
		}
	}
	r.Clock.Advance(undo.Until.Sub(r.Clock.Now()) - 12*time.Hour)
	tick() // looks at everything, within six hours
	if got := len(r.changes(t, "open@example.com")); got != 2 {
		t.Fatalf("%d changes before the end, want 2", got)
	}
	r.Clock.Advance(undo.Until.Sub(r.Clock.Now()))
	tick()
	all := r.changes(t, "open@example.com")
	if newest := all[len(all)-1]; len(all) != 3 || newest.UndoOf != "" || newest.State != change.Approved {
		t.Errorf("%d changes at the end, the newest is %s, want a correction", len(all), newest.State)
	}
}
