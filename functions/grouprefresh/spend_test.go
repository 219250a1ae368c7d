package grouprefresh_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/grouprefresh"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/state/budget"
)

// On a day that is almost spent, an account is still read to take rights away when groups wait, and
// groups that changed when the nightly look waits.
func TestTheUrgentIsReadOnADayThatIsAlmostSpent(t *testing.T) {
	for name, test := range map[string]struct {
		order func(group string, now time.Time) event.Payload
		fits  int // how many calls of a hundred may be made already
	}{
		"an account":  {func(string, time.Time) event.Payload { return event.RefreshPerson{Person: "aiko@example.com"} }, 89},
		"a group":     {func(g string, now time.Time) event.Payload { return event.RefreshGroup{Group: g, Noticed: now} }, 79},
		"its members": {func(g string, now time.Time) event.Payload { return event.ReadMembers{Group: g, Since: now} }, 79},
		"members in their turn": {func(g string, now time.Time) event.Payload {
			return event.ReadMembers{Group: g, Since: now, Sweep: true}
		}, 64},
		"a walk": {func(string, time.Time) event.Payload { return event.Walk{Run: "night"} }, 64},
	} {
		t.Run(name, func(t *testing.T) {
			for _, spent := range []int{test.fits, test.fits + 1} {
				r := open(t, cloudfntest.New(t))
				r.tick(t, grouprefresh.JobWalk)
				r.work(t)
				g, err := r.mirror.Find(context.Background(), "payroll@example.com")
				if err != nil {
					t.Fatal(err)
				}
				r.Variables["CALLS_PER_DAY"] = "100"
				r.handler = r.Build(grouprefresh.Function)
				others := budget.New(r.Store, "directory", 100, r.Clock.Now)
				for range spent {
					if err := others.Spend(context.Background(), budget.Revoke); err != nil {
						t.Fatal(err)
					}
				}
				r.Clock.Advance(time.Second)
				r.Calls.Made()
				if status := r.Do(r.handler, r.Envelope(test.order(g.Group.ID, r.Clock.Now()))); status != http.StatusOK {
					t.Fatalf("status %d\n%s", status, r.Log)
				}
				if calls, want := len(r.Calls.Made()), test.fits+1-spent; calls != want {
					t.Errorf("after %d calls of the day: %d more, want %d", spent, calls, want)
				}
			}
		})
	}
}
