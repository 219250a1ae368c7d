package grant

import (
	"errors"
	"fmt"
	"time"
)

// ErrNotOurs says that somebody is in a group otherwise than by a grant, which this system
// neither shortens nor takes away: for good, as one who manages it, or for longer than was
// granted.
var ErrNotOurs = errors.New("the membership is not ours")

// Held is what a group knows of somebody's direct membership.
type Held struct {
	// There says that there is one.
	There bool
	// Manages says that the member is an owner or a manager too.
	Manages bool
	// Until is when it ends; zero for one that does not.
	Until time.Time
}

// lasting reports whether a membership is none that ends by itself.
func (h Held) lasting() bool { return h.Manages || h.Until.IsZero() }

// Step is what is to be done to a membership next.
type Step string

// The steps.
const (
	Keep   Step = "keep" // it is as it should be
	Create Step = "create"
	Extend Step = "extend"
	Remove Step = "remove"
)

// GiveMembership returns the step by which somebody becomes a member until the end of a grant.
// A membership never becomes shorter by it; one that lasts is [ErrNotOurs], because the person
// has what was asked for already.
func (g Grant) GiveMembership(h Held, now time.Time) (Step, error) {
	switch {
	case !g.Live(now):
		return "", fmt.Errorf("give %s until %s: %w", g.Entitlement, clock(g.Until), ErrEnded)
	case !h.There:
		return Create, nil
	case h.lasting():
		return "", fmt.Errorf("give %s: %w: %s is in %s for good", g.Entitlement, ErrNotOurs, g.Address(), g.Scope.Name)
	case h.Until.Before(g.Until.Truncate(time.Second)):
		return Extend, nil
	}
	return Keep, nil
}

// TakeMembership returns the step by which a grant ends early. What lasts, or was given for
// longer than the grant, is [ErrNotOurs]: somebody else decided on that.
func (g Grant) TakeMembership(h Held) (Step, error) {
	switch {
	case !h.There:
		return Keep, nil
	case h.lasting():
		return "", fmt.Errorf("take %s back: %w: %s is in %s for good", g.Entitlement, ErrNotOurs, g.Address(), g.Scope.Name)
	case h.Until.Truncate(time.Second).After(g.Until):
		return "", fmt.Errorf("take %s back: %w: %s is in %s until %s", g.Entitlement, ErrNotOurs, g.Address(), g.Scope.Name, clock(h.Until))
	}
	return Remove, nil
}
