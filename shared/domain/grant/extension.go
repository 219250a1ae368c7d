package grant

import (
	"errors"
	"slices"
	"time"
)

// This file is about access that goes on from what somebody has: since when without a break, and how
// much longer it may go on.

// After returns a grant as the continuation of what the same person has at an instant: since when
// without a break, and which grants it takes the place of.
func (g Grant) After(grants []Grant, now time.Time) Grant {
	g.Replaces = nil
	for _, other := range grants {
		if other.ID == g.ID || !other.continues(g, now) {
			continue
		}
		if other.Since.Before(g.Since) {
			g.Since = other.Since
		}
		if subset(other.Roles, g.Roles) {
			g.Replaces = append(g.Replaces, other.ID)
		}
	}
	slices.Sort(g.Replaces)
	return g
}

// continues reports whether somebody who is to have g has g's roles, or some of them, by another
// grant of the same entitlement now.
func (g Grant) continues(next Grant, now time.Time) bool {
	if g.Entitlement != next.Entitlement || g.Scope != next.Scope || !sameMember(g.Member, next.Member) || !g.Live(now) {
		return false
	}
	return len(next.Roles) == 0 || slices.ContainsFunc(g.Roles, func(r string) bool { return slices.Contains(next.Roles, r) })
}

// GoesOn reports whether somebody who has another grant has the same access by this one for longer.
func (g Grant) GoesOn(other Grant) bool {
	return g.ID != other.ID && (slices.Contains(g.Replaces, other.ID) || g.Entitlement == other.Entitlement && g.Until.After(other.Until))
}

// Errors of an extension.
var (
	// ErrEnded says that access has ended, so that it has to be asked for anew.
	ErrEnded = errors.New("the access has ended")
	// ErrNothingLeft says that the longest time is used up.
	ErrNothingLeft = errors.New("the longest time is used up")
)

// Extension returns how long from now somebody has to ask for in order to have a grant for so
// much longer than its end, or for as much of that as the longest time leaves. What it returns
// goes into a [Request], which is decided afresh.
func (g Grant) Extension(by, longest time.Duration, now time.Time) (time.Duration, error) {
	if !g.Live(now) {
		return 0, ErrEnded
	}
	until := g.Until.Add(max(by, 0))
	if last := g.Since.Add(longest); until.After(last) {
		until = last
	}
	if !until.After(g.Until) {
		return 0, ErrNothingLeft
	}
	return until.Sub(now.Truncate(time.Second)), nil
}
