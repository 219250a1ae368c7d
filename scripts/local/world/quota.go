package world

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/sim"
)

// Quota returns the quota of a vendor's API; nil where it has none.
func (w *World) Quota(api string) *sim.Quota {
	switch api {
	case "directory", "settings", "reports":
		return w.Workspace.Quota(api)
	case "iam":
		return w.Cloud.Quota(api)
	case "looker":
		return w.Looker.Quota()
	case "fivetran":
		return w.Fivetran.Quota()
	case "openmetadata":
		return w.Catalog.Quota()
	}
	return nil
}

// paced are the queues whose rate follows the quota of the API behind them, and how many calls
// one of their tasks makes at most.
var paced = map[string]struct {
	queue string
	calls float64
}{
	"directory": {event.QueueDirectory, 1},
	"settings":  {event.QueueSettings, 3}, // what is patched is read before and after
}

// longestWindow bounds the quotas that a queue's rate follows. What is granted for a day is a
// budget and no speed: spread evenly, the first reading of everything would take that day.
const longestWindow = time.Hour

// budgeted are the functions that keep the calls of a day, by the API that grants them.
var budgeted = map[string]string{"directory": "GroupRefresh", "settings": "GroupSettings"}

// SetQuota lets a vendor's API grant n requests in any window of length per. The queue before it
// slows down to that where it was faster, as an operator who is granted less than usual sets it; a
// number for a day goes into the configuration of the function that keeps to it, which starts
// again. The API must have a quota.
func (w *World) SetQuota(ctx context.Context, api string, n int, per time.Duration) error {
	if function, ok := budgeted[api]; ok && per == 24*time.Hour && n > 0 {
		w.Workspace.SetDailyQuota(api, n)
		w.perDay[strings.ToLower(function)] = n
		w.instances[function].restart()
		return nil
	}
	w.Quota(api).Set(n, per)
	p, ok := paced[api]
	if !ok || n <= 0 || per <= 0 || per > longestWindow {
		return nil
	}
	q := w.queues[p.queue]
	rate := w.backend.Within(float64(n)/p.calls, per)
	q.Limits.Rate = min(q.Limits.Rate, max(rate, queue.LowestRate))
	w.queues[p.queue] = q
	if err := w.backend.Limit(ctx, p.queue, q); err != nil {
		return fmt.Errorf("slow the queue %s down: %w", p.queue, err)
	}
	return nil
}

// evenly returns the rate at which no window sees more than n tasks of a queue that starts them
// evenly.
func evenly(n float64, per time.Duration) float64 { return n / per.Seconds() }

// inBursts returns the rate at which no window sees more than n tasks of a queue of Cloud Tasks,
// which starts a second's worth at once after a pause; see [queue.Limits].
func inBursts(n float64, per time.Duration) float64 {
	if rate := math.Floor(n / (per.Seconds() + 1)); rate >= 1 {
		return rate
	}
	return min(1, n/per.Seconds()) // its burst is one task
}
