package sim_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/sim"
)

func TestTheZeroQuotaAllowsEverything(t *testing.T) {
	var q sim.Quota
	for range 1000 {
		if !q.Allow(start) {
			t.Fatal("refused")
		}
	}
	if n, per := q.Limit(); n != 0 || per != 0 {
		t.Errorf("Limit: %d per %s", n, per)
	}
}

func TestOddQuotas(t *testing.T) {
	for _, test := range []struct {
		n    int
		per  time.Duration
		want bool
	}{
		{0, time.Minute, false}, {-1, time.Minute, false}, {1, 0, true}, {0, 0, true}, {1, -time.Minute, true}, {-5, -time.Minute, true},
	} {
		var q sim.Quota
		q.Set(test.n, test.per)
		for range 3 {
			if got := q.Allow(start); got != test.want {
				t.Errorf("%d per %s allows: %t, want %t", test.n, test.per, got, test.want)
			}
		}
	}
}

func TestAWindowHoldsItsBeginningAndNotItsEnd(t *testing.T) {
	var q sim.Quota
	q.Set(1, time.Minute)
	for _, test := range []struct {
		after time.Duration
		want  bool
	}{{0, true}, {time.Minute - 1, false}, {time.Minute, true}, {2*time.Minute - 1, false}, {2 * time.Minute, true}} {
		if got := q.Allow(start.Add(test.after)); got != test.want {
			t.Errorf("after %s: %t, want %t", test.after, got, test.want)
		}
	}
}

func TestSetForgetsThePast(t *testing.T) {
	var q sim.Quota
	q.Set(2, time.Minute)
	q.Allow(start)
	q.Allow(start)
	q.Set(1, time.Hour)
	if n, per := q.Limit(); n != 1 || per != time.Hour {
		t.Errorf("Limit: %d per %s", n, per)
	}
	if !q.Allow(start) || q.Allow(start.Add(time.Minute)) {
		t.Error("want one allowed and no more")
	}
}

// In every window there are at most n requests that were allowed, and one is refused only where
// one more would be too many.
func TestQuotaIsExactInEveryWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "n")
		per := time.Duration(rapid.IntRange(1, 20).Draw(t, "per")) * time.Second
		// Some clocks begin at the zero time.
		now := rapid.SampledFrom([]time.Time{start, {}}).Draw(t, "start")
		var q sim.Quota
		q.Set(n, per)
		var allowed []time.Time
		for _, wait := range rapid.SliceOf(rapid.IntRange(0, 8)).Draw(t, "waits") {
			now = now.Add(time.Duration(wait) * time.Second)
			within := 0 // of the window that ends now
			for _, at := range allowed {
				if now.Sub(at) < per {
					within++
				}
			}
			got := q.Allow(now)
			if want := within < n; got != want {
				t.Fatalf("with %d of %d in the last %s: allowed %t", within, n, per, got)
			}
			if got {
				allowed = append(allowed, now)
			}
		}
	})
}

// A day ends at midnight of its place, also on the two days of the year that have 23 and 25 hours.
func TestAQuotaOfDays(t *testing.T) {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Skip(err)
	}
	for _, test := range []struct {
		name     string
		midnight time.Time // at which the day begins
		hours    int
	}{
		{"a day", time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC), 24},
		{"the clock goes forward", time.Date(2027, 3, 14, 8, 0, 0, 0, time.UTC), 23},
		{"the clock goes back", time.Date(2026, 11, 1, 7, 0, 0, 0, time.UTC), 25},
	} {
		var q sim.Quota
		q.SetDay(2, zone)
		end := test.midnight.Add(time.Duration(test.hours) * time.Hour)
		for _, step := range []struct {
			at   time.Time
			want bool
		}{
			{test.midnight.Add(-time.Second), true},
			{test.midnight.Add(-time.Second), true},
			{test.midnight.Add(-time.Second), false},
			{test.midnight, true},
			{end.Add(-time.Second), true},
			{end.Add(-time.Second), false},
			{end, true},
		} {
			if got := q.Allow(step.at); got != step.want {
				t.Errorf("%s: %s: %t, want %t", test.name, step.at, got, step.want)
			}
		}
		if n, per := q.Limit(); n != 2 || per != 24*time.Hour {
			t.Errorf("Limit: %d per %s", n, per)
		}
		if q.Set(1, time.Minute); !q.Allow(end) || q.Allow(end) || !q.Allow(end.Add(time.Minute)) {
			t.Errorf("%s: no window after Set", test.name)
		}
	}
}
