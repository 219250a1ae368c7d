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
	// Session says that it is the use of a session, which may have gone on without a word of it
	// here.
	Session bool `json:"session,omitempty"`
	// Kept spares the account up to this moment, because people said so.
	Kept time.Time `json:"kept,omitzero"`
	// Told lists the warnings that the person has had since the latest use, each as the time
	// before the stop at which policy wants it.
	Told []time.Duration `json:"told,omitempty"`
	// From is the use from which the warnings count. A later one ends them.
	From time.Time `json:"from,omitzero"`
	// Stop is the day that the latest warning named.
	Stop time.Time `json:"stop,omitzero"`
	// Begun is the day (UTC) of the first of the warnings, which tells these warnings from others
	// for the same use.
	Begun time.Time `json:"begun,omitzero"`
	// Due says that the stop has followed by now: what is waited for are people, or room.
	Due bool `json:"due,omitempty"`
}

// IsZero reports whether there is nothing to remember.
func (m Memory) IsZero() bool { return m.Equal(Memory{}) }

// KeepFor is how long a person's "keep" spares an account.
const KeepFor = 90 * 24 * time.Hour

// Keep returns the memory of an account that people want kept until then. What the person was
// told is void with that, and is taken back the next night; if the account is still unused after
// the term, the warnings begin anew.
func (m Memory) Keep(until time.Time) Memory {
	m.Kept = until
	return m
}

// Revive returns the memory of an account that was given back at that moment, or given a role. It counts as
// used then, because its latest sign-in is as long ago as before. What the person was told is void with
// that, and is taken back the next night. A later use that is known stands.
func (m Memory) Revive(at time.Time) Memory {
	if at.After(m.Active) {
		m.Active, m.Session = at, false
	}
	return m
}

// Equal reports whether two memories say the same.
func (m Memory) Equal(other Memory) bool {
	return m.Active.Equal(other.Active) && m.Session == other.Session && m.Kept.Equal(other.Kept) && m.From.Equal(other.From) &&
		m.Stop.Equal(other.Stop) && m.Begun.Equal(other.Begun) && m.Due == other.Due && slices.Equal(m.Told, other.Told)
}

// withoutWarnings is the memory with its warnings forgotten.
func (m Memory) withoutWarnings() Memory {
	return Memory{Active: m.Active, Session: m.Session, Kept: m.Kept}
}

// sameWarnings reports whether all that another memory says a person was told stands in this one.
func (m Memory) sameWarnings(other Memory) bool {
	return len(m.Told) >= len(other.Told) && m.Begun.Equal(other.Begun)
}

// watched reports whether the session of which a use is remembered was seen unused for so long before the
// first warning that nothing is to be added to that use when the session ends: the warnings that began
// while it was there stand.
func (m Memory) watched() bool {
	return len(m.Told) > 0 && !m.From.Before(m.Active) && m.From.Before(m.Active.Add(sessionUnseen)) && !m.Begun.Before(m.From.Add(sessionUnseen))
}
