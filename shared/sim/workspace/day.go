package workspace

import (
	"sync"
	"time"
	_ "time/tzdata" // the days of California, wherever the simulator runs
)

// SetDailyQuota lets one API grant n requests a day. Google's day ends at midnight in California
// (https://cloud.google.com/docs/quotas/overview).
func (s *Server) SetDailyQuota(api string, n int) { s.quotas[api].SetDay(n, california()) }

var california = sync.OnceValue(func() *time.Location {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		panic(err) // it is linked in
	}
	return zone
})
