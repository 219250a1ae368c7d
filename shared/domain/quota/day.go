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
