package connection

import "time"

// This file is how often setup tests are run that come to no result: the vendor could not run
// them, or took longer than anybody waits for an answer.

const (
	// firstRest is the time from the beginning of one run to that of the next. It is longer than
	// anybody waits for an answer, so that no two runs are under way at once.
	firstRest = 10 * time.Minute
	// mostRest bounds the rests, each of which is twice as long as the one before.
	mostRest = 4 * time.Hour
	// unclearRuns is after how many runs without a result people hear of it: half an hour.
	unclearRuns = 3
)

// rest is how long the setup tests rest after the n-th run has begun.
func rest(n int) time.Duration { return min(firstRest<<min(n-1, 8), mostRest) }

// MayTest reports whether the setup tests may be run now: they are not under way, and do not rest.
func (h Handover) MayTest(now time.Time) bool { return h.State == Connected && !now.Before(h.Rerun) }

// PassedSince reports whether a run that nobody waited for to its end has passed: the vendor shows
// results without saying of which run they are, so they count only after a run whose answer did not
// come and whose rest is over. That the vendor still calls the connection connected is known then,
// since tests that fail break it. A failure is no result here: it may be older than what was
// corrected since.
func (h Handover) PassedSince(shown []Test, now time.Time) bool {
	return h.Awaited && h.MayTest(now) && len(shown) > 0 && Judge(shown) == OutcomePassed
}

// Unclear reports whether the setup tests were run so often without a result that people should
// hear of it.
func (h Handover) Unclear() bool { return h.State == Connected && h.Runs >= unclearRuns }
