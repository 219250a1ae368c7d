// Package brake bounds how much one rule may do before people look: per run and per rolling
// day, by share and by number, whichever is smaller.
//
// A brake knows nothing of what it bounds. Corrections of settings, stopped accounts and
// memberships that vanish have the same one, because the mistake that it is there for is the same:
// a listing or a rule that is wrong about everybody at once.
package brake

import "time"

// Over is the time over which a brake counts, besides each run.
const Over = 24 * time.Hour

// Brake is the bound: {percent: 2, max: 50} in policy. Without Percent and Max it does not bind.
type Brake struct {
	// Percent is a share of all things of that kind, over 0 and up to 100; 0 means no share.
	Percent float64
	// Max is a number of things, where the share would be more; 0 means no number.
	Max int
	// Least is a number of things that may pass however few there are, because a share of few is
	// nobody; 0 means none. It wins over the others. Policy does not write it.
	Least int
}

// rounding is more than floating point loses, and less than any share of a thing that counts.
const rounding = 1e-6

// Limit returns how many of so many things may be acted on, and whether there is a limit at
// all. A share is rounded down: what is over the line is over it. At least one may pass: a brake
// that never lets anything pass gets taken out.
func (b Brake) Limit(of int) (int, bool) {
	limit, bound := 0, false
	if b.Percent > 0 {
		limit, bound = max(1, int(b.Percent*float64(of)/100+rounding)), true
	}
	if b.Max > 0 && (!bound || b.Max < limit) {
		limit, bound = b.Max, true
	}
	if bound {
		limit = max(limit, b.Least)
	}
	return limit, bound
}

// Verdict is what a brake says to a run.
type Verdict struct {
	// Held says that the run wants more than there is room for. Then it does nothing at all:
	// which of its acts are the wrong ones, nobody knows yet.
	Held bool
	// Bound says whether there is a limit; without one Limit and Room are 0.
	Bound bool
	// Limit is how many acts a day may have, Room how many are left of them.
	Limit, Room int
}

// Check holds a run that wants so many acts against the brake. Recent is how many there were
// in the 24 hours before, without those that people let through by name. So many small runs
// are bounded like one large one.
func (b Brake) Check(of, recent, wanted int) Verdict {
	limit, bound := b.Limit(of)
	if !bound {
		return Verdict{}
	}
	room := max(0, limit-max(0, recent))
	return Verdict{Held: wanted > room, Bound: true, Limit: limit, Room: room}
}
