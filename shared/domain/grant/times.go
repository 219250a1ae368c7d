package grant

import "time"

// What time alone asks for after access was given.
const (
	// WarnBefore is how long before its end a person hears that access is about to end.
	WarnBefore = 15 * time.Minute
	// ReviewWithin is how long after it was taken, access by breaking glass has to be reviewed;
	// after that the channel hears of it at every ReviewAgain.
	ReviewWithin = 24 * time.Hour
	ReviewAgain  = 24 * time.Hour
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

// ReviewReminders returns how many times by now the channel has to have heard that access by
// breaking glass, which was taken at a time, is not reviewed.
func ReviewReminders(taken, now time.Time) int {
	late := now.Sub(taken) - ReviewWithin
	if late < 0 {
		return 0
	}
	return 1 + int(late/ReviewAgain)
}

// NextReview returns when the channel hears of it next.
func NextReview(taken, now time.Time) time.Time {
	return taken.Add(ReviewWithin + time.Duration(ReviewReminders(taken, now))*ReviewAgain)
}
