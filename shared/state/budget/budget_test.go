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
		if got := spend(t, one, budget.Refresh, 3); got != 3 {
			t.Fatalf("limit %d: %d calls, want 3", limit, got)
		}
		if err := one.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := spend(t, one, budget.Revoke, 3); got != 0 {
			t.Errorf("limit %d: %d calls after the vendor refused", limit, got)
		}
		if limit > 0 {
			if got := spend(t, other, budget.Revoke, 3); got != 0 {
				t.Errorf("limit %d: another instance makes %d calls", limit, got)
			}
		}
		now = now.Add(24 * time.Hour)
		if got := spend(t, one, budget.Sweep, 3); got != 3 {
			t.Errorf("limit %d: %d calls on the next day, want 3", limit, got)
		}
	}
}

func TestWithoutALimitNothingIsKept(t *testing.T) {
	b := budget.New(nil, "directory", 0, func() time.Time { return noon })
	if got := spend(t, b, budget.Sweep, 1000); got != 1000 {
		t.Errorf("%d calls, want all", got)
	}
}

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
