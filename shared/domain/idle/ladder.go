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

// warned is the memory after one more warning.
func (m Memory) warned(s time.Duration, from, stop time.Time) Memory {
	m.Told = append(slices.Clone(m.Told), s)
	m.From, m.Stop = from, stop
	return m
}
