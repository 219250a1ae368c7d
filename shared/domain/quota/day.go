// Package quota knows the day by which Google counts requests.
package quota

import (
	"sync"
	"time"
	_ "time/tzdata" // Google's day is Pacific Time, wherever the function runs
)

// pacific is the time zone of Google's daily quotas
// (https://cloud.google.com/docs/quotas/overview).
var pacific = sync.OnceValue(func() *time.Location {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		// The zone is linked in, so this is a defect of the build. Eight hours behind UTC is
		// right in winter and an hour too late in summer.
		return time.FixedZone("PST", -8*60*60)
	}
	return zone
})

// Day returns the name of Google's day and the instant at which it ends: midnight on the Pacific
// coast, after 23, 24 or 25 hours.
func Day(now time.Time) (name string, ends time.Time) {
	t := now.In(pacific())
	y, m, d := t.Date()
	return t.Format(time.DateOnly), time.Date(y, m, d+1, 0, 0, 0, 0, pacific())
}

// What is said on a day that has just begun.
const (
	young = time.Hour
	pause = 10 * time.Minute // a part of an hour, so that all who are refused pause until one instant
)

// Refused returns until when it is to be believed that no request of the day is left, after Google said
// so: until the day ends. In its first hour that may still be said of the day before: the request was made
// before midnight, our clock is ahead of Google's, or Google counts from zero some minutes late. It is
// believed for some minutes then, and heard again if it was meant.
func Refused(now time.Time) time.Time {
	today, ends := Day(now)
	if before, _ := Day(now.Add(-young)); before != today {
		return now.Truncate(pause).Add(pause)
	}
	return ends
}
