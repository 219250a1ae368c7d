package groupsettings_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/functions/groupsettings"
	"github.com/sekisho/sekisho/shared/cloudfn/cloudfntest"
	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/domain/quota"
	"github.com/sekisho/sekisho/shared/state/budget"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// spent leaves the function a day of a hundred calls of which others have made some.
func (t *tenant) spent(tb testing.TB, calls int) {
	tb.Helper()
	others := budget.New(t.Store, "settings", 100, t.Clock.Now)
	for range calls {
		if err := others.Spend(context.Background(), budget.Revoke); err != nil {
			tb.Fatal(err)
		}
	}
}

func hundredADay(r *tenant) { r.Variables["CALLS_PER_DAY"] = "100" }

func TestTheUrgentIsDoneOnADayThatIsAlmostSpent(t *testing.T) {
	check := func(sweep bool) func(testing.TB, *tenant, int) event.Payload {
		return func(tb testing.TB, r *tenant, spent int) event.Payload {
			r.spent(tb, spent)
			return event.CheckSettings{Group: r.ids["closed@example.com"], Noticed: r.Clock.Now(), Sweep: sweep}
		}
	}
	correction := func(tb testing.TB, r *tenant, spent int) event.Payload {
		r.check("open@example.com")
		r.spent(tb, spent-1)
		return event.ApplyChange{Change: r.only(tb, "open@example.com").ID}
	}
	undo := func(tb testing.TB, r *tenant, spent int) event.Payload {
		r.check("open@example.com")
		done := r.carry(tb, r.only(tb, "open@example.com"))
		p, ok := done.Reverse(change.Actor{Kind: change.ByRule, ID: "settings-rules"}, "they need it", r.Clock.Now())
		if !ok {
			tb.Fatalf("%s cannot be taken back", done.ID)
		}
		p.Requirement.Mode = change.Auto
		c, _, err := r.ledger.Propose(context.Background(), p)
		if err != nil {
			tb.Fatal(err)
		}
		r.spent(tb, spent-4)
		return event.ApplyChange{Change: c.ID}
	}
	for _, test := range []struct {
		name  string
		order func(tb testing.TB, r *tenant, spent int) event.Payload
		// fits is how many calls may be made already while the work is still done.
		fits, calls int
	}{
		{"the look at everything", check(true), 64, 1},
		{"what may have changed", check(false), 79, 1},
		{"a correction", correction, 82, 3},
		{"what gives back", undo, 85, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, spent := range []int{test.fits, test.fits + 1} {
				r := open(t, cloudfntest.New(t), viewRule, hundredADay)
				order := test.order(t, r, spent)
				r.Queue.Take(event.QueueSettings)
				r.Calls.Made()
				if status := r.Do(r.handler, r.Envelope(order)); status != http.StatusOK {
					t.Fatalf("status %d\n%s", status, r.Log)
				}
				calls, waits := len(r.Calls.Made()), r.waiting(t)
				if done := spent == test.fits; done && (calls != test.calls || waits != 0) {
					t.Errorf("after %d calls: %d made, %d tasks wait; want %d and none", spent, calls, waits, test.calls)
				} else if !done && (calls != 0 || waits != 1) {
					t.Errorf("after %d calls: %d made, %d tasks wait; want none and one", spent, calls, waits)
				}
			}
		})
	}
}

// waiting counts the tasks of the function's queue, which must all be for the next day of the
// Pacific coast.
func (t *tenant) waiting(tb testing.TB) int {
	tb.Helper()
	_, midnight := quota.Day(t.Clock.Now())
	n := 0
	for _, task := range t.Queue.Tasks() {
		if task.Queue != event.QueueSettings {
			continue
		}
		n++
		if late := task.NotBefore.Sub(midnight); late < 0 || late > 20*time.Minute {
			tb.Errorf("task %s waits until %s, want within twenty minutes after %s", task.Name, task.NotBefore, midnight)
		}
	}
	return n
}

// What waited is done on the next day, and costs no attempt.
func TestWhatWaitedIsDoneTheNextDay(t *testing.T) {
	r := open(t, cloudfntest.New(t), viewRule, hundredADay)
	r.check("open@example.com")
	c := r.only(t, "open@example.com")
	r.spent(t, 84)
	_, midnight := quota.Day(r.Clock.Now())
	if got := r.carry(t, c); got.State != change.Applied || got.Attempts != 1 {
		t.Errorf("the change is %s after %d attempts, want applied after one\n%s", got.State, got.Attempts, r.Log)
	}
	if r.Clock.Now().Before(midnight) {
		t.Errorf("it was done at %s, want after %s", r.Clock.Now(), midnight)
	}
}

// One refusal is enough: nobody asks again before Google counts from zero.
func TestGoogleSaysThatTheDayIsSpent(t *testing.T) {
	orders := map[string]func(r *tenant) event.Payload{
		"of a check": func(r *tenant) event.Payload {
			return event.CheckSettings{Group: r.ids["closed@example.com"], Noticed: r.Clock.Now()}
		},
		"of a change": func(r *tenant) event.Payload {
			return event.ApplyChange{Change: r.only(r.TB, "open@example.com").ID}
		},
	}
	for name, order := range orders {
		t.Run(name, func(t *testing.T) {
			r := open(t, cloudfntest.New(t), viewRule)
			r.check("open@example.com")
			r.Queue.Take(event.QueueSettings)
			r.workspace.SetDailyQuota("settings", 0)
			r.Calls.Made()
			if status := r.Do(r.handler, r.Envelope(order(r))); status != http.StatusOK {
				t.Fatalf("status %d\n%s", status, r.Log)
			}
			refused := len(r.Calls.Made())
			other := r.Build(groupsettings.Function) // another instance
			for range 5 {
				r.Clock.Advance(time.Minute)
				if status := r.Do(other, r.Envelope(event.CheckSettings{Group: r.ids["closed@example.com"], Noticed: r.Clock.Now()})); status != http.StatusOK {
					t.Fatalf("status %d\n%s", status, r.Log)
				}
			}
			if got := len(r.Calls.Made()); refused != 1 || got != 0 {
				t.Errorf("%d calls refused, %d made afterwards, want 1 and none", refused, got)
			}
			want := 1 // the same check, however often it is noticed
			if _, check := order(r).(event.CheckSettings); !check {
				want = 2
			}
			if got := r.waiting(t); got != want {
				t.Errorf("%d tasks wait, want %d", got, want)
			}
		})
	}
}

func TestABudgetThatCannotBe(t *testing.T) {
	rig := cloudfntest.New(t)
	rig.Variables["WORKSPACE_URL"], rig.Variables["CALLS_PER_DAY"] = "http://google.test", "-1"
	if _, err := groupsettings.Function.Build(context.Background(), rig.Env()); err == nil {
		t.Error("it started")
	}
}

// The daily look at all groups gives way to everything else, whether a group was never read or
// something follows from what was read.
func TestTheDailyLookCanWait(t *testing.T) {
	r := open(t, cloudfntest.New(t), viewRule)
	r.check("open@example.com") // closed@example.com was never read
	r.Queue.Take(event.QueueSettings)
	if status := r.Do(r.handler, r.Envelope(event.SweepSettings{Run: "today"})); status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, r.Log)
	}
	got := map[string]bool{}
	for _, task := range r.Queue.Take(event.QueueSettings) {
		var e event.Envelope
		var p event.CheckSettings
		if err := json.Unmarshal(task.Body, &e); err != nil {
			t.Fatal(err)
		}
		if e.Type != p.Type() {
			continue
		}
		if err := json.Unmarshal(e.Data, &p); err != nil {
			t.Fatal(err)
		}
		got[p.Group] = p.Sweep
	}
	want := map[string]bool{r.ids["open@example.com"]: true, r.ids["closed@example.com"]: true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("checks that can wait (-want +got):\n%s", diff)
	}
}

// While the first walk is under way there is no census, and every new group is checked: a check reads
// that group, however many there are, whether or not the brake has to be asked about it.
func TestACheckReadsOneGroupWhileThereIsNoCensus(t *testing.T) {
	for name, test := range map[string]struct {
		address       string
		walk, changes bool
	}{
		"a group as the rules want it":             {"closed@example.com", false, false},
		"a group that is corrected, during a walk": {"open@example.com", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			var reads []int
			for _, groups := range []int{100, 1000} {
				r := open(t, cloudfntest.New(t), viewRule+"  brake: {percent: 2, max: 50}\n")
				r.many(t, groups)
				if test.walk {
					began := r.Clock.Now()
					w := mirror.Walk{Run: "first", Phase: mirror.WalkGroups, Page: 1, Began: began, Moved: began, Counted: mirror.Census{Groups: groups}}
					if err := r.mirror.PutStep(t.Context(), mirror.Walk{}, w, mirror.Step{Began: began}); err != nil {
						t.Fatal(err)
					}
				}
				r.Store.Read()
				if status := r.check(test.address); status != http.StatusOK {
					t.Fatalf("status %d\n%s", status, r.Log)
				}
				reads = append(reads, len(r.Store.Read()))
				if got := len(r.changes(t, test.address)); got > 0 != test.changes {
					t.Errorf("%d changes, want any: %t", got, test.changes)
				}
			}
			if reads[0] != reads[1] {
				t.Errorf("of 100 groups and of 1,000: %d reads of the store, want as many", reads)
			}
		})
	}
}
