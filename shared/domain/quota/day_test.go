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

// Google's last refusal of a day may come after midnight: it is not believed for the whole new day.
func TestARefusalJustAfterMidnightMayBeOfTheDayBefore(t *testing.T) {
	for _, test := range []struct{ name, now, want string }{
		{"before midnight", "2026-11-22T07:59:59Z", "2026-11-22T08:00:00Z"},
		{"at midnight", "2026-11-22T08:00:00Z", "2026-11-22T08:10:00Z"},
		{"some minutes later", "2026-11-22T08:34:59Z", "2026-11-22T08:40:00Z"},
		{"at the end of the hour", "2026-11-22T08:59:59.9Z", "2026-11-22T09:00:00Z"},
		{"after it", "2026-11-22T09:00:00Z", "2026-11-23T08:00:00Z"},
		{"in summer", "2026-07-01T07:00:01Z", "2026-07-01T07:10:00Z"},
		{"on a day with an hour too few", "2027-03-14T08:20:00Z", "2027-03-14T08:30:00Z"},
		{"before one with an hour too many", "2026-11-01T07:20:00Z", "2026-11-01T07:30:00Z"},
	} {
		now, err := time.Parse(time.RFC3339, test.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := quota.Refused(now).UTC().Format(time.RFC3339); got != test.want {
			t.Errorf("%s: until %s, want %s", test.name, got, test.want)
		}
	}
}
