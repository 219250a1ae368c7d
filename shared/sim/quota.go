package sim

import (
	"sync"
	"time"
)

// Quota refuses what exceeds N requests in any window of length Per. The zero Quota allows
// everything. It is safe for concurrent use.
type Quota struct {
	mu   sync.Mutex
	n    int
	per  time.Duration
	ring []time.Time // times of the last n allowed requests
	next int
}

// Set changes the limit to n requests per window and forgets the past.
func (q *Quota) Set(n int, per time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.n, q.per, q.ring, q.next = n, per, make([]time.Time, n), 0
}

// Limit returns what Set was given: n requests in any window of length per. The window is zero
// when everything is allowed.
func (q *Quota) Limit() (n int, per time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.n, q.per
}

// Allow reports whether one more request fits at now, and counts it if it does.
func (q *Quota) Allow(now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.per == 0 {
		return true
	}
	if q.n == 0 {
		return false
	}
	oldest := q.ring[q.next]
	if !oldest.IsZero() && now.Sub(oldest) < q.per {
		return false
	}
	q.ring[q.next] = now
	q.next = (q.next + 1) % q.n
	return true
}
