package changesweep_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/functions/changesweep"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/bus"
	"github.com/sekisho/sekisho/shared/state/ledger"
)

// clockwork is the function and the changes that it sweeps.
type clockwork struct {
	*cloudfntest.Rig
	handler http.Handler
	ledger  *ledger.Ledger
}

func open(tb testing.TB) *clockwork {
	tb.Helper()
	rig := cloudfntest.New(tb)
	return &clockwork{Rig: rig, handler: rig.Build(changesweep.Function), ledger: ledger.New(rig.Store, rig.Bus, rig.Clock.Now)}
}

func (w *clockwork) propose(tb testing.TB, target string, r change.Requirement) change.Change {
	tb.Helper()
	c, _, err := w.ledger.Propose(context.Background(), change.Proposal{
		Kind: change.GroupSettings, Target: change.Target{ID: target, Name: target + "@example.com"}, Reason: "reason " + cloudfntest.Canary,
		Diff: []change.Delta{{Field: "whoCanJoin", After: cloudfntest.Canary}}, Requester: change.Actor{Kind: change.ByRule, ID: "settings-rules"}, Requirement: r,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func (w *clockwork) state(tb testing.TB, c change.Change) change.Change {
	tb.Helper()
	got, err := w.ledger.Get(context.Background(), c.ID)
	if err != nil {
		tb.Fatal(err)
	}
	return got
}

func (w *clockwork) sweep() int {
	return w.Do(w.handler, w.Envelope(event.Tick{Job: changesweep.JobSweep}))
}

var ask = change.Requirement{
	Mode: change.Ask, Needs: []change.Need{{Count: 1, From: "owners"}}, Within: 24 * time.Hour, Remind: 2 * time.Hour,
	Escalate: &change.Escalation{After: 4 * time.Hour, To: "admins"},
}

func TestBadMessages(t *testing.T) {
	newRig := func(tb testing.TB) *cloudfntest.Rig { return open(tb).Rig }
	cloudfntest.RefuseBadMessages(t, changesweep.Function, newRig,
		func(*cloudfntest.Rig) event.Payload { return event.Tick{Job: changesweep.JobSweep} }, event.Tick{})
}

func TestWhatTimeAloneBringsAbout(t *testing.T) {
	w := open(t)
	c := w.propose(t, "g1", ask)
	for _, step := range []struct {
		after     time.Duration
		reminders int
		escalated bool
		state     change.State
	}{
		{time.Minute, 0, false, change.Proposed},
		{2*time.Hour - time.Second, 0, false, change.Proposed},
		{2 * time.Hour, 1, false, change.Proposed},
		{4 * time.Hour, 1, true, change.Proposed},
		{24*time.Hour - time.Second, 2, true, change.Proposed},
		{24 * time.Hour, 2, true, change.Expired},
		{48 * time.Hour, 2, true, change.Expired},
	} {
		w.Clock.Advance(step.after - w.Clock.Now().Sub(cloudfntest.Begin))
		for range 3 { // the scheduler calls at least once
			if status := w.sweep(); status != http.StatusOK {
				t.Fatalf("after %s: status %d, want 200\n%s", step.after, status, w.Log)
			}
		}
		got := w.state(t, c)
		if got.Reminders != step.reminders || got.Escalated != step.escalated || got.State != step.state {
			t.Errorf("after %s: %d reminders, escalated %t, %s, want %d, %t, %s",
				step.after, got.Reminders, got.Escalated, got.State, step.reminders, step.escalated, step.state)
		}
	}
}

func TestNoticesThatWereLeftBehindAreSent(t *testing.T) {
	w := open(t)
	w.Bus.Break(1)
	c := w.propose(t, "g1", change.Requirement{Mode: change.Auto})
	if got := w.Bus.Published(); len(got) != 0 || len(w.state(t, c).Outbox) == 0 {
		t.Fatalf("published %v although the bus was broken", got)
	}
	w.Clock.Advance(change.PublishAfter)
	w.Bus.Break(1)
	if status := w.sweep(); status != http.StatusServiceUnavailable {
		t.Errorf("with a broken bus: status %d, want 503", status)
	}
	if status := w.sweep(); status != http.StatusOK || len(w.Bus.Published()) != 1 || len(w.state(t, c).Outbox) != 0 {
		t.Errorf("status %d, want 200, the notice sent and taken out", status)
	}
	if w.sweep(); len(w.Bus.Published()) != 0 {
		t.Error("the notice was sent again")
	}
	// Nobody acted on it: it goes out again.
	w.Clock.Advance(change.ActAfter)
	if w.sweep(); len(w.Bus.Published()) != 1 {
		t.Error("what nobody acted on was not told again")
	}
}

// One change that goes wrong does not hold the others up.
func TestOneFaultDoesNotHoldOthersUp(t *testing.T) {
	w := open(t)
	var all []change.Change
	for i := range 5 {
		all = append(all, w.propose(t, fmt.Sprintf("g%d", i), ask))
	}
	w.Clock.Advance(25 * time.Hour)
	w.Store.Break(1)
	if status := w.sweep(); status != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503", status)
	}
	expired := 0
	for _, c := range all {
		if w.state(t, c).State == change.Expired {
			expired++
		}
	}
	if expired != len(all)-1 {
		t.Errorf("%d of %d expired, want all but the one that met the fault", expired, len(all))
	}
	if status := w.sweep(); status != http.StatusOK {
		t.Errorf("the next minute: status %d, want 200", status)
	}
	for _, c := range all {
		if got := w.state(t, c).State; got != change.Expired {
			t.Errorf("%s is %s", c.Target.Name, got)
		}
	}
}

func TestDeadLettersAreKept(t *testing.T) {
	w := open(t)
	quiet := w.Mark()
	for i, data := range [][]byte{[]byte(`{"change":"x-1"}`), []byte(cloudfntest.Canary), nil} {
		body, err := bus.EncodePush("changesweep-dead-letter", bus.Message{
			ID: fmt.Sprint(i), Data: data,
			Attributes: map[string]string{event.AttrType: "change.moved/1", bus.AttrDeadLetterSubscription: "slacknotify-changes", bus.AttrDeadLetterAttempts: "20"},
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // dead letters may come twice
			if status := w.Do(w.handler, w.Post(body)); status != http.StatusOK {
				t.Errorf("status %d, want 200\n%s", status, w.Log)
			}
		}
		got := w.Quarantined()
		if len(got) != i+1 {
			t.Fatalf("%d in quarantine, want %d", len(got), i+1)
		}
		q := got[i]
		if q.Function != "slacknotify" || q.Source != "slacknotify-changes" || q.Type != "change.moved/1" || q.Reason != "not delivered after 20 attempts" {
			t.Errorf("in quarantine: %+v", q)
		}
		again, from, err := bus.DecodePush([]byte(q.Body))
		want := bus.Message{ID: fmt.Sprint(i), Data: data, Attributes: map[string]string{event.AttrType: "change.moved/1"}}
		if err != nil || from != "slacknotify-changes" || cmp.Diff(want, again) != "" {
			t.Errorf("to be delivered again: %+v from %q, %v; want %+v", again, from, err, want)
		}
		w.Clock.Advance(time.Second)
	}
	quiet.Nothing(t, "quarantine/")
}
