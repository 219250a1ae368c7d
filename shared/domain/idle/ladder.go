package idle

import (
	"slices"
	"time"
)

// The ladder. The day of the stop is policy's: so long after the latest use. As long as it is
// ahead it stands, and a warning that comes late names it all the same. But nobody is stopped
// unwarned, whatever nights were missed:
//
//   - The last warning comes at least its own time before the stop, which waits for that.
//   - If the day passes before anybody has said a word, as on the first night of all, the
//     warnings begin then, and the whole of their time with them.
//
// Of several warnings that are due the nearest is given; those before it are past then. So each
// comes at most once, and in order.
//
// Warnings are good for the stop that they name. Where that day passes and nobody is stopped, the
// person takes the matter for settled; so the warnings are void, and all of them come anew, where
//
//   - the stop falls due more than a day later than they said: the time of the rule is longer now;
//   - the day has long passed and no stop has followed: no night came to it;
//   - a stop has followed and people have not decided about it for [KeepFor].

// step returns the warning to give at a moment and the stop that it names, which is at least
// stop. The boolean is false while none is due. The steps are sorted, the longest first.
func step(now, stop time.Time, warn, told []time.Duration) (time.Duration, time.Time, bool) {
	left := untold(warn, told)
	if len(left) == 0 {
		return 0, stop, false
	}
	longest, shortest := left[0], left[len(left)-1]
	tooLate := stop.Sub(now) < shortest
	switch {
	case tooLate && len(told) == 0:
		return longest, later(stop, promise(now, longest)), true
	case tooLate:
		return shortest, later(stop, promise(now, shortest)), true
	}
	for _, s := range slices.Backward(left) {
		if !now.Before(stop.Add(-s)) {
			return s, stop, true
		}
	}
	return 0, stop, false
}

// untold lists the steps that are still to come: those that are shorter than every one that
// was told.
func untold(warn, told []time.Duration) []time.Duration {
	if len(told) == 0 {
		return warn
	}
	least := slices.Min(told)
	for i, s := range warn {
		if s < least {
			return warn[i:]
		}
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// promise is the earliest stop after a warning given now that it comes in so much time. It is
// rounded down to the hour, so that a nightly run which comes seconds earlier than the last
// one does not lose a night by it.
func promise(now time.Time, s time.Duration) time.Time {
	at := now.Add(s)
	if s >= 24*time.Hour {
		at = at.Truncate(time.Hour)
	}
	return at
}

// longPast is how long after the day that they named warnings stand at least, though no stop has
// followed: a few nights may come to nothing.
const longPast = 7 * 24 * time.Hour

// stale reports whether what a person was told is void, because the stop comes so much later than
// that. The stop falls due at that time.
func (j *Judge) stale(m Memory, due time.Time) bool {
	if len(m.Told) == 0 || len(j.warn) == 0 {
		return false
	}
	late := j.now.Sub(m.Stop)
	return due.Sub(m.Stop) > day || !m.Due && late > max(j.warn[0], longPast) || late > KeepFor
}

// warned is the memory after one more warning, given at that moment.
func (m Memory) warned(s time.Duration, from, stop, now time.Time) Memory {
	if len(m.Told) == 0 {
		m.Begun = now.UTC().Truncate(day)
	}
	m.Told = append(slices.Clone(m.Told), s)
	m.From, m.Stop, m.Due = from, stop, false
	return m
}
