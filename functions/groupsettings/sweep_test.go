package groupsettings_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/groupsettings"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// Somebody opens a group and nobody is ever told: neither a notification nor the audit log. Within 30
// days, and a day for the sweep, it is found.
func TestWhatNobodyWasToldOfIsFoundInTurn(t *testing.T) {
	r := open(t, cloudfntest.New(t), viewRule)
	r.check("closed@example.com")
	if err := r.workspace.SetSetting("closed@example.com", "whoCanViewGroup", "ANYONE_CAN_VIEW", "ken@example.com"); err != nil {
		t.Fatal(err)
	}
	for range 32 {
		if status := r.Do(r.handler, r.Envelope(event.Tick{Job: groupsettings.JobRecheck})); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, r.Log)
		}
		next := r.Clock.Now().Add(24*time.Hour + time.Minute)
		for len(r.Queue.Tasks()) > 0 {
			r.Work(r.handler, event.QueueSettings)
		}
		r.Clock.Advance(max(0, next.Sub(r.Clock.Now())))
	}
	if c := r.only(t, "closed@example.com"); c.State != change.Approved {
		t.Errorf("the change is %s, want approved", c.State)
	}
}

// swept runs one sweep and returns the groups of which it queued a check, and when.
func (r *tenant) swept(t *testing.T, e event.SweepSettings) map[string]time.Time {
	t.Helper()
	out := map[string]time.Time{}
	if status := r.Do(r.handler, r.Envelope(e)); status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, r.Log)
	}
	for tasks := r.Queue.Take(event.QueueSettings); len(tasks) > 0; tasks = r.Queue.Take(event.QueueSettings) {
		for _, task := range tasks {
			var e event.Envelope
			var check event.CheckSettings
			if err := json.Unmarshal(task.Body, &e); err != nil {
				t.Fatal(err)
			}
			if e.Type != check.Type() {
				if status := r.Do(r.handler, r.Task(task)); status != http.StatusOK {
					t.Fatalf("status %d\n%s", status, r.Log)
				}
				continue
			}
			if err := json.Unmarshal(e.Data, &check); err != nil || !check.Sweep {
				t.Fatalf("a check that cannot wait: %+v, %v", check, err)
			}
			out[check.Group] = task.NotBefore
		}
	}
	return out
}

// many has the mirror know so many groups of which all settings were read at once.
func (r *tenant) many(t *testing.T, groups int) {
	t.Helper()
	for i := range groups {
		id, address := fmt.Sprintf("x%d", i), fmt.Sprintf("x%d@example.com", i)
		if _, err := r.mirror.Replace(t.Context(), group.Snapshot{Group: group.Group{ID: id, Email: address}, Read: r.Clock.Now()}); err != nil {
			t.Fatal(err)
		}
		r.read(t, id)
	}
}

// read has the mirror know that settings were read just now.
func (r *tenant) read(t *testing.T, id string) {
	t.Helper()
	err := r.mirror.UpdateSettings(t.Context(), id, func(s *mirror.Settings) {
		s.Values, s.Read = map[string]string{"whoCanViewGroup": "ALL_MEMBERS_CAN_VIEW"}, r.Clock.Now()
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A new policy finds groups open. Each is corrected at once, also one whose turn to be read has come: of
// those the readings are spread over hours where nothing follows.
func TestWhatFollowsFromAPolicyWaitsForNoTurn(t *testing.T) {
	r := open(t, cloudfntest.New(t), viewRule)
	r.many(t, 2)
	for id, age := range map[string]time.Duration{"x0": time.Minute, "x1": 31 * 24 * time.Hour} {
		err := r.mirror.UpdateSettings(t.Context(), id, func(s *mirror.Settings) {
			s.Values, s.Read = map[string]string{"whoCanViewGroup": "ANYONE_CAN_VIEW"}, r.Clock.Now().Add(-age)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	got := r.swept(t, event.SweepSettings{Run: "another-policy"})
	for _, id := range []string{"x0", "x1"} {
		if at, ok := got[id]; !ok || at.After(r.Clock.Now()) {
			t.Errorf("%s, which breaks the policy, is checked at %s, %t; want now, %s", id, at, ok, r.Clock.Now())
		}
	}
}

// All groups were read on one day, when the system was set up. From then on about as many are read each
// day, each once in thirty days, and not all at one time of the day.
func TestTurnsAreSpreadEvenly(t *testing.T) {
	r := open(t, cloudfntest.New(t), viewRule)
	const groups = 900
	r.many(t, groups)
	r.read(t, r.ids["open@example.com"])
	r.read(t, r.ids["closed@example.com"])
	turns := map[string]int{}
	for day := range 60 {
		r.Clock.Advance(24 * time.Hour)
		got := r.swept(t, event.SweepSettings{Run: fmt.Sprint("day", day)})
		if n := len(got); n < groups/60 || n > groups/15 {
			t.Errorf("day %d: %d of %d groups, want about a thirtieth", day, n, groups)
		}
		var first, last time.Time
		for id, at := range got {
			turns[id]++
			r.read(t, id)
			if first.IsZero() || at.Before(first) {
				first = at
			}
			if at.After(last) {
				last = at
			}
		}
		if first.Before(r.Clock.Now()) || last.Sub(first) < time.Hour || last.Sub(r.Clock.Now()) > 6*time.Hour {
			t.Errorf("day %d: the readings are from %s to %s, want them spread over some hours", day, first, last)
		}
	}
	for i := range groups {
		if n := turns[fmt.Sprint("x", i)]; n != 2 {
			t.Errorf("x%d was read %d times in sixty days, want twice", i, n)
		}
	}
}

// After an event that may be about the settings of any group, those are read that were not read since,
// and once.
func TestAllSettingsAreReadThatWereReadBefore(t *testing.T) {
	r := open(t, cloudfntest.New(t), viewRule)
	r.many(t, 450) // three pages
	r.Clock.Advance(time.Hour)
	for i := range 50 {
		r.read(t, fmt.Sprint("x", i))
	}
	e := event.SweepSettings{Run: "everything", Before: r.Clock.Now()}
	got := r.swept(t, e)
	if len(got) != 402 { // and the two that were never read
		t.Errorf("%d groups are read, want the 402 that were not read since", len(got))
	}
	for i := range 50 {
		if at, ok := got[fmt.Sprint("x", i)]; ok {
			t.Errorf("x%d, which was read since, is read at %s", i, at)
		}
	}
	for id := range got {
		r.read(t, id)
	}
	e.Run = "again"
	if got := r.swept(t, e); len(got) != 0 {
		t.Errorf("%d groups are read again", len(got))
	}
}
