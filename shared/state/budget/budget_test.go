package budget_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
	"github.com/sekisho/sekisho/shared/domain/quota"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/ports/vendor"
	"github.com/sekisho/sekisho/shared/state/budget"
)

var noon = time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC) // on the Pacific coast

func open(t *testing.T, now func() time.Time) store.Store {
	t.Helper()
	db, err := embedded.Open("", now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db.Store().Rehearsed()
}

// spend takes calls until the budget is closed, at most so many, and returns how many it got.
func spend(t *testing.T, b *budget.Budget, p budget.Priority, most int) int {
	t.Helper()
	for n := range most {
		err := b.Spend(context.Background(), p)
		if _, closed := errors.AsType[*budget.Closed](err); closed {
			return n
		}
		if err != nil {
			t.Fatalf("Spend: %v", err)
		}
	}
	return most
}

func TestTheUrgentGetsMore(t *testing.T) {
	now := noon
	clock := func() time.Time { return now }
	b := budget.New(open(t, clock), "directory", 1000, clock)
	got := 0
	for _, step := range []struct {
		priority budget.Priority
		want     int // of the whole day
	}{
		{budget.Sweep, 650},
		{budget.Refresh, 800},
		{budget.Remediate, 850},
		{budget.Grant, 880},
		{budget.Revoke, 900},
		{budget.Sweep, 900},
		{budget.Revoke, 900},
	} {
		got += spend(t, b, step.priority, 10_000)
		if got != step.want {
			t.Errorf("after priority %d: %d calls, want %d", step.priority, got, step.want)
		}
	}
}

// Instances share the day, and never take more than it has together.
func TestInstancesShareTheDay(t *testing.T) {
	now := noon
	clock := func() time.Time { return now }
	s := open(t, clock)
	total := 0
	var instances []*budget.Budget
	for range 7 {
		instances = append(instances, budget.New(s, "directory", 500, clock))
	}
	for range 400 {
		for _, b := range instances {
			total += spend(t, b, budget.Revoke, 1)
		}
	}
	if total != 450 {
		t.Errorf("%d calls of seven instances, want 450: nine tenths of the limit", total)
	}
	// An instance that ends with an unspent lease costs its lease, no more.
	now = noon.Add(24 * time.Hour)
	for range 20 {
		spend(t, budget.New(s, "directory", 500, clock), budget.Revoke, 1)
	}
	if got := spend(t, budget.New(s, "directory", 500, clock), budget.Revoke, 1000); got < 450-20*5 || got > 430 {
		t.Errorf("after twenty instances that ended: %d calls left", got)
	}
}

// Over 40 days with both changes of the clock: no vendor's day sees more than nine tenths, and
// each day opens anew.
func TestEveryDayOpensAnew(t *testing.T) {
	for _, from := range []time.Time{time.Date(2026, 10, 20, 0, 0, 0, 0, time.UTC), time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)} {
		now := from
		clock := func() time.Time { return now }
		b := budget.New(open(t, clock), "settings", 100, clock)
		perDay := map[string]int{}
		for range 40 * 24 * 4 {
			day, _ := quota.Day(now)
			perDay[day] += spend(t, b, budget.Revoke, 3)
			now = now.Add(15 * time.Minute)
		}
		full := 0
		for day, n := range perDay {
			if n > 90 {
				t.Errorf("%s: %d calls of 100", day, n)
			}
			if n == 90 {
				full++
			}
		}
		if full < 39 {
			t.Errorf("%d days of %d were opened", full, len(perDay))
		}
	}
}

func TestTheVendorClosesTheDay(t *testing.T) {
	now := noon
	clock := func() time.Time { return now }
	s := open(t, clock)
	for _, limit := range []int{0, 1000} {
		one, other := budget.New(s, "directory", limit, clock), budget.New(s, "directory", limit, clock)
		for _, b := range []*budget.Budget{one, other} {
			if got := spend(t, b, budget.Refresh, 3); got != 3 {
				t.Fatalf("limit %d: %d calls, want 3", limit, got)
			}
		}
		if _, err := one.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := spend(t, one, budget.Revoke, 3); got != 0 {
			t.Errorf("limit %d: %d calls after the vendor refused", limit, got)
		}
		// Another instance that was at work hears of it within a minute, one that begins at once.
		if got := spend(t, budget.New(s, "directory", limit, clock), budget.Revoke, 3); got != 0 {
			t.Errorf("limit %d: a new instance makes %d calls", limit, got)
		}
		now = now.Add(time.Minute)
		if got := spend(t, other, budget.Revoke, 3); got != 0 {
			t.Errorf("limit %d: another instance makes %d calls", limit, got)
		}
		now = now.Add(24 * time.Hour)
		for name, b := range map[string]*budget.Budget{"the same": one, "the other": other} {
			if got := spend(t, b, budget.Sweep, 3); got != 3 {
				t.Errorf("limit %d: %s instance makes %d calls on the next day, want 3", limit, name, got)
			}
		}
	}
}

// The vendor refuses once more just after midnight: its clock is behind ours, or the call began before. All
// instances pause for some minutes and go on; a refusal later on is of the new day.
func TestALateRefusalOfYesterdayDoesNotCloseToday(t *testing.T) {
	for _, limit := range []int{0, 100} {
		now := noon
		clock := func() time.Time { return now }
		s := open(t, clock)
		one, other := budget.New(s, "directory", limit, clock), budget.New(s, "directory", limit, clock)
		spend(t, one, budget.Sweep, 70) // beyond a sweep's part of the day, where there is a limit
		refuse := func() time.Time {
			t.Helper()
			closed, ok := errors.AsType[*budget.Closed](one.Heed(context.Background(), vendor.ErrDailyQuota))
			if !ok {
				t.Fatal("the vendor's refusal was not heeded")
			}
			return closed.Until
		}
		midnight := refuse()
		expect := func(when string, want int) {
			t.Helper()
			fresh := budget.New(s, "directory", limit, clock)
			for name, b := range map[string]*budget.Budget{"the instance": one, "another": other, "a new one": fresh} {
				for _, p := range []budget.Priority{budget.Sweep, budget.Revoke} {
					if got := spend(t, b, p, 1); got != want {
						t.Errorf("limit %d, %s: %s makes %d calls of priority %d, want %d", limit, when, name, got, p, want)
					}
				}
			}
		}
		now = midnight.Add(500 * time.Millisecond)
		expect("at midnight", 1)
		again := refuse()
		if again.Sub(midnight) > 10*time.Minute {
			t.Errorf("limit %d: closed until %s, %s after midnight", limit, again, again.Sub(midnight))
		}
		now = midnight.Add(2 * time.Minute)
		expect("after the refusal", 0)
		now = again
		expect("after the pause", 1)
		now = midnight.Add(90 * time.Minute)
		expect("in the night", 1)
		if got, want := refuse(), midnight.Add(24*time.Hour); !got.Equal(want) {
			t.Errorf("limit %d: closed until %s by a refusal of the new day, want %s", limit, got, want)
		}
		now = now.Add(time.Minute)
		expect("on a day that is spent", 0)
	}
}

// counting is a store that counts what is read and refuses to be written.
type counting struct {
	store.Store
	reads int
}

func (c *counting) Get(ctx context.Context, k store.Key) (store.Record, error) {
	c.reads++
	return c.Store.Get(ctx, k)
}

func (c *counting) Update(context.Context, func(context.Context, store.Tx) error) error {
	return errors.New("written")
}

// Without a limit nothing is kept: it is only looked, once a minute, whether the vendor has said that the
// day is over.
func TestWithoutALimitNothingIsKept(t *testing.T) {
	now := noon
	clock := func() time.Time { return now }
	s := &counting{Store: open(t, clock)}
	b := budget.New(s, "directory", 0, clock)
	for range 10 {
		if got := spend(t, b, budget.Sweep, 100); got != 100 {
			t.Errorf("%d calls, want all", got)
		}
		now = now.Add(20 * time.Second)
	}
	if s.reads != 4 {
		t.Errorf("%d reads in three minutes, want 4", s.reads)
	}
}

func TestAStoreThatIsAwayIsAnError(t *testing.T) {
	down := errors.New("down")
	for _, limit := range []int{0, 1000} {
		b := budget.New(away{err: down}, "directory", limit, func() time.Time { return noon })
		if err := b.Spend(t.Context(), budget.Revoke); !errors.Is(err, down) {
			t.Errorf("limit %d: %v, want %v", limit, err, down)
		}
	}
}

// away is a store that cannot be read.
type away struct {
	store.Store
	err error
}

func (a away) Get(context.Context, store.Key) (store.Record, error) { return store.Record{}, a.err }

// Work that needs several calls has all of them or none.
func TestAReservationIsWholeOrNothing(t *testing.T) {
	clock := func() time.Time { return noon }
	for _, limit := range []int{10, 100, 1000, 100_000} {
		b := budget.New(open(t, clock), "settings", limit, clock)
		got, room := 0, limit*85/100
		for {
			err := b.Reserve(context.Background(), budget.Remediate, 3)
			if _, closed := errors.AsType[*budget.Closed](err); closed {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			got += 3
		}
		if want := room / 3 * 3; got != want {
			t.Errorf("of %d a day: %d calls by threes, want %d", limit, got, want)
		}
		// What was too little for three is left for one.
		if one := spend(t, b, budget.Remediate, 10); got+one != room {
			t.Errorf("of %d a day: %d calls more, want %d", limit, one, room-got)
		}
	}
}

func TestOnlyARefusalForTheDayClosesIt(t *testing.T) {
	clock := func() time.Time { return noon }
	b := budget.New(open(t, clock), "settings", 100, clock)
	for _, err := range []error{nil, vendor.ErrQuota, vendor.ErrForbidden} {
		if got := b.Heed(context.Background(), err); !errors.Is(got, err) || spend(t, b, budget.Sweep, 1) != 1 {
			t.Errorf("%v became %v", err, got)
		}
	}
	err := b.Heed(context.Background(), fmt.Errorf("read: %w", vendor.ErrDailyQuota))
	closed, ok := errors.AsType[*budget.Closed](err)
	if !ok || !errors.Is(err, vendor.ErrDailyQuota) || spend(t, b, budget.Revoke, 1) != 0 {
		t.Fatalf("the day is open: %v", err)
	}
	if _, ends := quota.Day(noon); !closed.Until.Equal(ends) {
		t.Errorf("until %s, want %s", closed.Until, ends)
	}
}
