package sim

import (
	"sync"
	"time"
)

// Quota refuses what exceeds N requests in any window of length Per, or on any day of a place. The
// zero Quota allows everything. It is safe for concurrent use.
type Quota struct {
	mu      sync.Mutex
	n       int
	per     time.Duration
	allowed []time.Time // of the last n allowed requests; a ring once it is full
	next    int         // the oldest in the ring

	zone *time.Location // where the days are, nil for a window
	day  string         // that of the last request
	used int            // on that day
}

// Set changes the limit to n requests per window and forgets the past. With n of zero or below
// everything is refused, with a window of zero or below everything is allowed.
func (q *Quota) Set(n int, per time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.n, q.per, q.allowed, q.next, q.zone = max(n, 0), max(per, 0), nil, 0, nil
}

// SetDay changes the limit to n requests a day and forgets the past. A day ends at midnight in the
// zone, after 23, 24 or 25 hours, and what was used before does not count on the next one.
func (q *Quota) SetDay(n int, zone *time.Location) {
	q.Set(n, 24*time.Hour)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.zone, q.day, q.used = zone, "", 0
}

// Limit returns what Set was given: n requests in any window of length per. The window is zero
// when everything is allowed.
func (q *Quota) Limit() (n int, per time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.n, q.per
}

// Allow reports whether one more request fits at now, and counts it if it does. A window
// holds its beginning and not its end: with one request a minute, the next fits a minute later.
func (q *Quota) Allow(now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.per == 0:
		return true
	case q.zone != nil:
		return q.allowToday(now.In(q.zone).Format(time.DateOnly))
	case len(q.allowed) < q.n:
		q.allowed = append(q.allowed, now)
		return true
	case q.n == 0 || now.Sub(q.allowed[q.next]) < q.per:
		return false
	}
	q.allowed[q.next] = now
	q.next = (q.next + 1) % q.n
	return true
}

func (q *Quota) allowToday(day string) bool {
	if q.day != day {
		q.day, q.used = day, 0
	}
	if q.used >= q.n {
		return false
	}
	q.used++
	return true
}
