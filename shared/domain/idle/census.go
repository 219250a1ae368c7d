package idle

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Census is a listing in numbers, by which one night knows whether to believe the next.
type Census struct {
	// At is when the listing was judged.
	At time.Time `json:"at"`
	// Total counts all accounts, Enabled those that are not stopped.
	Total   int `json:"total"`
	Enabled int `json:"enabled"`
	// Used counts the accounts of which any use is known, stopped ones too, so that stopping many
	// does not look like losing their dates. Active counts the enabled ones that were used within
	// the time of the rule.
	Used   int `json:"used"`
	Active int `json:"active"`
	// Falling counts, by the day from then on, those of the active ones that fall idle unless they are
	// used: the nights to come know them. An account that was never used is none of them.
	Falling []int `json:"falling,omitempty"`
	// Self says that the account with which the listing was asked for is in it.
	Self bool `json:"self"`
	// Admins are the addresses of those who administer the system, in the listing's order; no
	// more than are ever asked for one decision.
	Admins []string `json:"admins,omitempty"`
}

// Equal reports whether two listings are the same in every number.
func (c Census) Equal(other Census) bool {
	return c.At.Equal(other.At) && c.Total == other.Total && c.Enabled == other.Enabled && c.Used == other.Used && c.Active == other.Active &&
		c.Self == other.Self && slices.Equal(c.Falling, other.Falling) && slices.Equal(c.Admins, other.Admins)
}

// Doubt says why a listing is not believed.
type Doubt string

// The doubts.
const (
	Nobody      Doubt = "nobody is listed"
	WithoutSelf Doubt = "the account that asks is not listed itself"
	Shrunk      Doubt = "half of the accounts are gone since the last listing"
	Undated     Doubt = "half of the sign-in dates are gone since the last listing"
	Deserted    Doubt = "half of the people who were to be active still are not any more"
)

const (
	// few is below how many accounts halves mean nothing: of two, one may well have gone.
	few = 4
	// fewActive is the same for people who stop working. Many who were set up together may
	// well fall idle together.
	fewActive = 20
	// desertion is how soon after one listing another can be suspicious for having fewer
	// active people in it. After a longer pause it may well be true.
	desertion = 7 * 24 * time.Hour
)

// Doubts lists all that speaks against believing a listing. With one doubt or more nothing may
// be warned or stopped by it. Before is the census of the last listing that was believed, nil
// if there was none.
//
// A doubt does not go by itself: as long as the listings stay as they are, they stay doubted,
// until people look and let the newest stand for the last one that was believed. Only
// [Deserted] ends with time, because only that can happen without anybody meaning it.
func (c Census) Doubts(before *Census) []Doubt {
	var out []Doubt
	if c.Total == 0 {
		return []Doubt{Nobody}
	}
	if !c.Self {
		out = append(out, WithoutSelf)
	}
	if before == nil {
		return out
	}
	if before.Total >= few && 2*c.Total <= before.Total {
		out = append(out, Shrunk)
	}
	if before.Used >= few && 2*c.Used <= before.Used {
		out = append(out, Undated)
	}
	expected := before.Active - before.fallen(c.At)
	if expected >= fewActive && 2*c.Active <= expected && c.At.Sub(before.At) < desertion {
		out = append(out, Deserted)
	}
	return out
}

// fallen counts those who have fallen idle by a time without anything else having happened: many
// who began together stop on one day.
func (c Census) fallen(by time.Time) int {
	sum := 0
	for ahead, count := range c.Falling {
		if c.At.Add(time.Duration(ahead) * day).After(by) {
			break
		}
		sum += count
	}
	return sum
}

// ErrClock says that our clock and the vendor's do not agree.
var ErrClock = errors.New("the clocks do not agree")

// maxSkew is how far two clocks may be apart.
const maxSkew = time.Minute

// ClockError is an [ErrClock] with what the two clocks say.
type ClockError struct {
	// Ours and Theirs are the times at one moment; Theirs is zero where the vendor does not tell the
	// time.
	Ours, Theirs time.Time
}

// Error implements error.
func (e *ClockError) Error() string {
	if e.Theirs.IsZero() {
		return fmt.Sprintf("compare clocks: %v: the vendor does not tell the time", ErrClock)
	}
	return fmt.Sprintf("compare clocks: %v: ours is %s and the vendor's %s", ErrClock, e.Ours.UTC().Format(time.RFC3339), e.Theirs.UTC().Format(time.RFC3339))
}

// Unwrap returns [ErrClock].
func (e *ClockError) Unwrap() error { return ErrClock }

// CheckClock compares our clock with the vendor's as its answer's Date header tells it (RFC
// 9110, section 6.6.1, in whole seconds). More than 60 s apart, or without the vendor's time,
// the error is a [ClockError]: by a wrong clock everybody is idle.
func CheckClock(ours, theirs time.Time) error {
	if theirs.IsZero() || ours.Sub(theirs).Abs() > maxSkew {
		return &ClockError{Ours: ours, Theirs: theirs}
	}
	return nil
}

// Reading tells of a listing of accounts that ended well.
type Reading struct {
	// Accounts is how many were listed, Calls how many requests that took.
	Accounts int
	Calls    int
	// Ours and Theirs are our clock and the vendor's at one moment, for [CheckClock].
	Ours, Theirs time.Time
}
