package quota_test

import (
	"testing"
	"time"

	"github.com/sekisho/sekisho/shared/domain/quota"
)

func TestTheDayEndsAtMidnightOnThePacificCoast(t *testing.T) {
	for _, test := range []struct {
		name  string
		now   string
		day   string
		ends  string
		hours float64 // of that day
	}{
		{"winter", "2026-11-22T07:59:59Z", "2026-11-21", "2026-11-22T08:00:00Z", 24},
		{"the next second", "2026-11-22T08:00:00Z", "2026-11-22", "2026-11-23T08:00:00Z", 24},
		{"summer", "2026-07-01T12:00:00Z", "2026-07-01", "2026-07-02T07:00:00Z", 24},
		{"an hour too few", "2027-03-14T20:00:00Z", "2027-03-14", "2027-03-15T07:00:00Z", 23},
		{"an hour too many", "2026-11-01T20:00:00Z", "2026-11-01", "2026-11-02T08:00:00Z", 25},
	} {
		now, err := time.Parse(time.RFC3339, test.now)
		if err != nil {
			t.Fatal(err)
		}
		day, ends := quota.Day(now)
		if got := ends.UTC().Format(time.RFC3339); day != test.day || got != test.ends {
			t.Errorf("%s: day %s ends %s, want %s and %s", test.name, day, got, test.day, test.ends)
		}
		before, _ := quota.Day(ends.Add(-time.Duration(test.hours * float64(time.Hour))))
		earlier, _ := quota.Day(ends.Add(-time.Duration(test.hours*float64(time.Hour)) - time.Second))
		if before != test.day || earlier == test.day {
			t.Errorf("%s: the day has not %v hours", test.name, test.hours)
		}
	}
}
