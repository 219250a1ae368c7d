package idle

import (
	"slices"
	"time"
)

// Memory is what earlier nights know of an account. Its zero value is that of an account that
// nobody has heard of. Whoever keeps it stores [Decision.Next] once the decision is carried
// out, and may forget a memory that is zero.
type Memory struct {
	// Active is the latest use that the system may not tell of any more: of a session that has
	// ended since, or the moment at which people gave the account back.
	Active time.Time `json:"active,omitzero"`
	// Kept spares the account up to this moment, because people said so.
	Kept time.Time `json:"kept,omitzero"`
	// Told lists the warnings that the person has had since the latest use, each as the time
	// before the stop at which policy wants it.
	Told []time.Duration `json:"told,omitempty"`
	// From is the use from which the warnings count. A later one ends them.
	From time.Time `json:"from,omitzero"`
	// Stop is the day that the latest warning named.
	Stop time.Time `json:"stop,omitzero"`
}

// IsZero reports whether there is nothing to remember.
func (m Memory) IsZero() bool { return m.equal(Memory{}) }

// Keep returns the memory of an account that people want kept until then. If it is still
// unused after that, the warnings begin anew.
func (m Memory) Keep(until time.Time) Memory { return Memory{Active: m.Active, Kept: until} }

// Revive returns the memory of an account that was given back at that moment. It counts as
// used then, because its latest sign-in is as long ago as before.
func (m Memory) Revive(at time.Time) Memory { return Memory{Active: at, Kept: m.Kept} }

func (m Memory) equal(other Memory) bool {
	return m.Active.Equal(other.Active) && m.Kept.Equal(other.Kept) && m.From.Equal(other.From) &&
		m.Stop.Equal(other.Stop) && slices.Equal(m.Told, other.Told)
}

// withoutWarnings is the memory with its warnings forgotten.
func (m Memory) withoutWarnings() Memory { return Memory{Active: m.Active, Kept: m.Kept} }

// The steps of the ladder, and the one rule that they obey: nobody is stopped sooner after a
// warning than the warning says. So each step comes once and in its order, the stop after all
// of them, and a night that was missed can only delay what follows.

// step returns the next warning to give, and whether there is one left. Steps that are longer
// than one that was told are past, also those that policy has added since.
func step(warn, told []time.Duration) (time.Duration, bool) {
	for _, s := range warn {
		past := slices.ContainsFunc(told, func(t time.Duration) bool { return t <= s })
		if !past {
			return s, true
		}
	}
	return 0, false
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
