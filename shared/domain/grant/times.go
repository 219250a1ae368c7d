package grant

import "time"

// What time alone asks for after access was given.
const (
	// WarnBefore is how long before its end a person hears that access is about to end.
	WarnBefore = 15 * time.Minute
	// ReviewWithin is how long after it was taken, access by breaking glass has to be reviewed;
	// the channel hears of it again whenever so much time has passed.
	ReviewWithin = 24 * time.Hour
	// Grace is how long a binding of ours lies in a policy after its end before it is cleared
	// away. It gives nothing by then; a clock that is ahead by less than this clears away none
	// that does.
	Grace = 5 * time.Minute
)

// WarnAt returns when the person is to be warned of the end. The boolean is false for access
// that is hardly longer than the warning.
func (g Grant) WarnAt(given time.Time) (time.Time, bool) {
	at := g.Until.Add(-WarnBefore)
	return at, at.After(given)
}
